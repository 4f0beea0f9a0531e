//! The recovery kit as text: instructions in clear, then everything secret in age's armor. Pure.

use crate::diagnostic::{Diagnostic, shell_path};
use crate::secret::{KIT, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use russh::keys::ssh_key::private::Ed25519Keypair;
use zeroize::Zeroizing;

/// The contents of a kit.
pub(super) struct Kit {
    /// The spec as it was named, such as `inventory/prod.toml`.
    pub(super) spec: String,
    /// The age file beside it; `None` if the spec keeps its secrets in another file that it names.
    pub(super) age: Option<String>,
    /// The name of this kit's own file.
    pub(super) file: String,
    /// The host's address.
    pub(super) address: String,
    /// The Matrix server name.
    pub(super) server_name: Option<String>,
    /// The server's public key, `ed25519:ID BASE64`.
    pub(super) public_key: Option<String>,
    /// Where backups go: the spec's repositories as lines of TOML, without any secret; `None` if it has no `[backup]`.
    pub(super) backup: Option<Vec<String>>,
    /// The age identity, as `age-keygen` writes it.
    pub(super) identity: Option<Zeroizing<String>>,
    /// All secrets.
    pub(super) secrets: Vec<Secret>,
}

/// The public key of a signing key in Synapse's form (`ed25519 ID SEED`), as `ed25519:ID KEY`.
pub(super) fn public_key(signing_key: &Secret) -> Option<String> {
    let text = std::str::from_utf8(signing_key.expose()).ok()?;
    let mut fields = text.split_whitespace();
    let ("ed25519", id, seed) = (fields.next()?, fields.next()?, fields.next()?) else {
        return None;
    };
    let seed = Zeroizing::new(STANDARD_NO_PAD.decode(seed.trim_end_matches('=')).ok()?);
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?);
    let pair = Ed25519Keypair::from_seed(&seed);
    Some(format!("ed25519:{id} {}", STANDARD_NO_PAD.encode(pair.public.0)))
}

impl Kit {
    /// Returns the text to encrypt: TOML that `matrixform secrets import --from` can read.
    pub(super) fn inside(&self) -> Result<Zeroizing<String>, Diagnostic> {
        let mut text = Zeroizing::new(String::from("# The recovery kit of a Matrix homeserver.\n"));
        for line in self.public() {
            text.push_str(&format!("# {line}\n"));
        }
        if let Some(identity) = &self.identity {
            text.push_str(
                "# The age identity that opens the encrypted secrets file beside the spec:\n",
            );
            identity.lines().for_each(|line| text.push_str(&format!("#   {line}\n")));
        }
        for secret in &self.secrets {
            let value = std::str::from_utf8(secret.expose()).map_err(|_| {
                let message = format!("the value of `{}` is not text", secret.name());
                Diagnostic::error("secret/value", message)
            })?;
            let value = Zeroizing::new(toml::Value::String(value.to_owned()).to_string());
            for part in ["\"", secret.name(), "\" = ", value.as_str(), "\n"] {
                text.push_str(part);
            }
        }
        Ok(text)
    }

    /// Returns the whole file: steps in clear, then the armor.
    pub(super) fn page(&self, armor: &str, passphrase: bool) -> String {
        let mut lines = vec![format!("{KIT} OF A MATRIX HOMESERVER (matrixform)"), String::new()];
        lines.extend(self.public());
        lines.push("\nTo rebuild the server:".to_owned());
        let steps = self.steps(passphrase).into_iter().zip(1..);
        lines.extend(steps.map(|(step, number)| format!("{number:2}. {step}")));
        format!("{}\n\n{armor}", lines.join("\n"))
    }

    /// Returns the steps. Lines indented further are shell commands: a test runs them as written.
    fn steps(&self, passphrase: bool) -> Vec<String> {
        let (spec, kit) = (shell_path(&self.spec), shell_path(&self.file));
        let (opens, with) = match passphrase {
            true => ("age asks for the passphrase", ""),
            false => ("IDENTITY is the file with the matching identity", " -i IDENTITY"),
        };
        let mut steps = vec![
            "Get matrixform, age (`apt-get install age`), and a blank host.\n    \
             Never run two hosts under one server name: shut the old one down first."
                .to_owned(),
            format!(
                "Open this kit in memory, in private, and keep using this shell; {opens}:\n        \
                 opened=$(mktemp -d /dev/shm/kit.XXXXXXXXXX)\n        \
                 (umask 077; sed -n '/^-----BEGIN AGE/,/^-----END AGE/p' {kit} | age -d{with} -o \"$opened/kit.toml\")"
            ),
        ];
        if self.identity.is_some() {
            steps.push(
                "Let this machine open the secrets file beside the spec:\n        \
                 mkdir -p ~/.config/matrixform\n        \
                 (umask 077; sed -n 's/^#   \\(AGE-SECRET-KEY-1\\)/\\1/p' \"$opened/kit.toml\" >>~/.config/matrixform/age-identity)"
                    .to_owned(),
            );
        }
        let tables = self.backup.iter().map(|lines| {
            let lines = lines.iter().map(|line| format!("\n      {line}"));
            format!(" Add to it:\n      [backup]{}", lines.collect::<String>())
        });
        steps.push(format!(
            "Get the repository with {spec}. If it is lost too, `matrixform init` asks for the names above\n    and writes a new spec, inventory/prod.toml: use its path in the next steps.{}",
            tables.collect::<String>()
        ));
        let create = self.age.iter().map(|age| {
            format!("        [ -e {} ] || matrixform secrets create {spec}\n", shell_path(age))
        });
        steps.push(format!(
            "Import the secrets. If one differs, it was changed after this kit was made: the file beside the\n    spec has the newer value, and nothing is missing.\n{}        \
             matrixform secrets import {spec} --from \"$opened/kit.toml\"",
            create.collect::<String>()
        ));
        match &self.backup {
            Some(_) => steps.push(format!(
                "Write the new host's address into {spec}, and its key if there is a `host_key`. The SSH key with\n    which you log in is not in this kit. Rebuild the server from its newest backup:\n        matrixform rebuild {spec}"
            )),
            None => {
                let restore = "Restore the database and the media before the next step starts Synapse: the spec has no `[backup]`.";
                steps.push(restore.to_owned());
                steps.push(format!(
                    "Write the new host's address into {spec}, and its key if there is a `host_key`. Let the server's\n    names lead to it, and apply the spec:\n        matrixform apply {spec}"
                ));
            }
        }
        if self.public_key.is_some() {
            let name = self.server_name.as_deref().unwrap_or("SERVER-NAME");
            steps.push(format!(
                "Compare the public key above with that of https://{name}/_matrix/key/v2/server."
            ));
        }
        let end = "shred -u \"$opened/kit.toml\" && rmdir \"$opened\"";
        steps.push(format!("Make a new kit, and:\n        {end}"));
        steps
    }

    /// Returns what may be public.
    fn public(&self) -> Vec<String> {
        let mut lines =
            vec![format!("spec:        {}", self.spec), format!("host:        {}", self.address)];
        lines.extend(self.server_name.iter().map(|name| format!("server name: {name}")));
        lines.extend(self.public_key.iter().map(|key| format!("public key:  {key}")));
        lines.push(format!("secrets:     {}", self.secrets.len()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seed and public key from RFC 8032, section 7.1, test 1.
    #[test]
    fn the_public_key_is_that_of_the_seed() {
        let key =
            Secret::new("s/k", "ed25519 a_test nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\n");
        let public = public_key(&key).unwrap();
        assert_eq!(public, "ed25519:a_test 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(public_key(&Secret::new("s/k", "nothing of the kind")), None);
    }

    #[test]
    fn the_kit_page_has_instructions_but_no_secret() {
        let kit = Kit {
            spec: "inventory/prod.toml".to_owned(),
            age: Some("inventory/prod.secrets.age".to_owned()),
            file: "prod.recovery-kit.txt".to_owned(),
            address: "vps".to_owned(),
            server_name: Some("example.org".to_owned()),
            public_key: None,
            backup: None,
            identity: Some(Zeroizing::new("AGE-SECRET-KEY-1CANARY\n".to_owned())),
            secrets: vec![Secret::new("a/b", "CANARY \"x\"\n")],
        };
        let rebuilt = Kit {
            backup: Some(vec![
                "[[backup.repositories]]".to_owned(),
                "url = \"rest:https://b/\"".to_owned(),
            ]),
            secrets: vec![],
            identity: None,
            ..kit
        };
        let page = rebuilt.page("-----BEGIN AGE", true);
        assert!(page.contains("\n        matrixform rebuild inventory/prod.toml\n"), "{page}");
        assert!(
            page.contains("\n      [[backup.repositories]]\n      url = \"rest:https://b/\"\n")
                && !page.contains("matrixform apply"),
            "{page}"
        );
        let kit = Kit {
            backup: None,
            identity: Some(Zeroizing::new("AGE-SECRET-KEY-1CANARY\n".to_owned())),
            secrets: vec![Secret::new("a/b", "CANARY \"x\"\n")],
            ..rebuilt
        };
        let page = kit.page("-----BEGIN AGE", true);
        assert!(!page.contains("CANARY") && page.contains("server name: example.org"));
        assert!(page.is_ascii(), "it can be printed anywhere");
        assert!(!page.contains("public key above"), "there is none: {page}");
        let inside = kit.inside().unwrap();
        let read: toml::Table = inside.parse().unwrap();
        assert_eq!(read["a/b"].as_str(), Some("CANARY \"x\"\n"));
        assert!(inside.contains("AGE-SECRET-KEY-1CANARY"));
    }
}
