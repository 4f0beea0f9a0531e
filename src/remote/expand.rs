//! `~` and `%` tokens in values of the SSH configuration. An unknown token is an error: with a silently wrong path, a
//! key or a known_hosts file would seem to be missing.

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;

/// The values of the tokens.
pub(super) struct Tokens<'a> {
    /// `%h`: the address after `HostName`.
    pub(super) host: &'a str,
    /// `%n`: the name as given.
    pub(super) original: &'a str,
    /// `%p`
    pub(super) port: u16,
    /// `%r`: the user on the host.
    pub(super) user: &'a str,
    /// `%u`: the user here.
    pub(super) local_user: &'a str,
    /// `%d` and `~`
    pub(super) home: Option<&'a Path>,
}

impl Tokens<'_> {
    /// Replaces the tokens.
    pub(super) fn text(&self, text: &str) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => out.push_str(&self.token(chars.next(), text)?),
                other => out.push(other),
            }
        }
        Ok(out)
    }

    /// Replaces a leading `~` and the tokens.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, Diagnostic> {
        self.text(&self.at_home(text).to_string_lossy()).map(PathBuf::from)
    }

    /// Replaces only a leading `~`.
    pub(super) fn at_home(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }

    fn token(&self, token: Option<char>, text: &str) -> Result<String, Diagnostic> {
        Ok(match (token, self.home) {
            (Some('h'), _) => self.host.to_owned(),
            (Some('n'), _) => self.original.to_owned(),
            (Some('p'), _) => self.port.to_string(),
            (Some('r'), _) => self.user.to_owned(),
            (Some('u'), _) => self.local_user.to_owned(),
            (Some('d'), Some(home)) => home.display().to_string(),
            (Some('%'), _) => "%".to_owned(),
            (other, _) => return Err(unknown(other, text)),
        })
    }
}

fn unknown(token: Option<char>, text: &str) -> Diagnostic {
    let token = token.map(String::from).unwrap_or_default();
    Diagnostic::error(
        "remote/ssh-config",
        format!(
            "`{text}` in the SSH configuration uses `%{token}`, which matrixform cannot expand"
        ),
    )
    .help("use one of %h %n %p %r %u %d, or write the value in full")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_tokens_and_home() {
        let tokens = Tokens {
            host: "10.0.0.1",
            original: "web",
            port: 2222,
            user: "root",
            local_user: "ada",
            home: Some(Path::new("/home/ada")),
        };
        assert_eq!(tokens.text("%n/%h:%p-%r-%u-100%%").unwrap(), "web/10.0.0.1:2222-root-ada-100%");
        assert_eq!(tokens.path("~/.ssh/%n").unwrap(), Path::new("/home/ada/.ssh/web"));
        assert_eq!(tokens.text("%k").unwrap_err().code, "remote/ssh-config");
        assert!(tokens.text("%").is_err());
    }
}
