//! Reads a lineage's configuration file (`/etc/letsencrypt/renewal/NAME.conf`) as certbot does.

use super::certificate_text::CertificateText;

/// The value for a lineage that is renewed at the right time.
pub(super) const A_THIRD: &str = "when a third of its lifetime is left";

/// The parts of the file that matter here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lineage {
    pub(super) directory: Option<String>,
    pub(super) profile: Option<String>,
    authenticator: Option<String>,
    /// Challenge directories: the common one, and those of individual names.
    webroots: Vec<String>,
    /// Commands, each prefixed with its kind.
    hooks: Vec<String>,
    /// Hours before expiry, if set at the top level in the form that matrixform writes.
    before: Option<i64>,
    /// The same setting as written, in any form that certbot honours.
    before_text: Option<String>,
}

impl Lineage {
    /// Parses the file. Sections matter: certbot ignores a key in the wrong section.
    pub(super) fn of(text: &str) -> Lineage {
        let mut lineage = Lineage::default();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
                continue;
            };
            lineage.take(section, key.trim(), value.trim());
        }
        lineage.webroots.sort();
        lineage.webroots.dedup();
        lineage
    }

    fn take(&mut self, section: &str, key: &str, value: &str) {
        let own = || Some(value.to_owned());
        match (section, key) {
            ("", "renew_before_expiry") => {
                self.before = value.strip_suffix(" hours").and_then(|hours| hours.parse().ok());
                self.before_text = own();
            }
            ("[renewalparams]", "server") => self.directory = own(),
            ("[renewalparams]", "authenticator") => self.authenticator = own(),
            ("[renewalparams]", "preferred_profile" | "required_profile") => self.profile = own(),
            ("[renewalparams]", "webroot_path") => {
                let directories = value.split(',').map(str::trim).filter(|one| !one.is_empty());
                self.webroots.extend(directories.map(str::to_owned));
            }
            ("[renewalparams]", "pre_hook" | "post_hook") => {
                self.hooks.push(format!("{} {value}", key.trim_end_matches("_hook")));
            }
            ("[renewalparams]", "renew_hook" | "deploy_hook") => {
                self.hooks.push(format!("deploy {value}"))
            }
            ("[[webroot_map]]", _) => self.webroots.push(value.to_owned()),
            _ => {}
        }
    }

    /// Describes how challenges are answered.
    pub(super) fn challenges(&self) -> String {
        let way = self.authenticator.as_deref().unwrap_or("none");
        [&[way.to_owned()], self.webroots.as_slice()].concat().join(" ")
    }

    /// Lists the hooks that run.
    pub(super) fn hooks(&self) -> String {
        if self.hooks.is_empty() { "none".to_owned() } else { self.hooks.join("; ") }
    }

    /// Describes when the certificate is renewed.
    pub(super) fn renews(&self, certificate: &CertificateText) -> String {
        let third = ((certificate.lifetime() + 1) / 3 / 3600).max(1);
        match (&self.before, &self.before_text) {
            (Some(hours), _) if *hours == third => A_THIRD.to_owned(),
            (_, Some(text)) => format!("{text} before its end"),
            (_, None) => "30 days before its end".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# renew_before_expiry = 30 days\nrenew_before_expiry = 720 hours\nversion = 2.1.0\n\
        [renewalparams]\naccount = 1\nserver = https://a/dir\nauthenticator = webroot\nwebroot_path = /w,\n\
        renew_hook = /h x\n[[webroot_map]]\na.example = /w\n";

    fn certificate(days: i64) -> CertificateText {
        CertificateText {
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            not_before: 0,
            not_after: days * 86_400 - 1,
        }
    }

    #[test]
    fn certbot_configurations_are_read() {
        let lineage = Lineage::of(TEXT);
        assert_eq!(lineage.directory.as_deref(), Some("https://a/dir"));
        assert_eq!(lineage.challenges(), "webroot /w");
        assert_eq!(lineage.hooks(), "deploy /h x");
        assert_eq!(lineage.renews(&certificate(90)), A_THIRD);
        assert_eq!(lineage.renews(&certificate(45)), "720 hours before its end");
    }

    #[test]
    fn keys_in_the_wrong_section_are_ignored() {
        let moved = "[renewalparams]\nrenew_before_expiry = 720 hours\npre_hook = systemctl stop nginx\n\
            authenticator = standalone\n";
        let lineage = Lineage::of(moved);
        assert_eq!(lineage.renews(&certificate(90)), "30 days before its end");
        assert_eq!(lineage.hooks(), "pre systemctl stop nginx");
        assert_eq!(lineage.challenges(), "standalone");
        let foreign = TEXT.replace("a.example = /w", "a.example = /elsewhere");
        assert_eq!(Lineage::of(&foreign).challenges(), "webroot /elsewhere /w");
        let rubbish = TEXT.replace("720 hours", "a while");
        assert_eq!(Lineage::of(&rubbish).renews(&certificate(90)), "a while before its end");
    }
}
