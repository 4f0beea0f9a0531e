//! User ids of a server.

use crate::diagnostic::{Diagnostic, visible};

/// The longest valid id (bytes).
const MAX_CHARS: usize = 255;

/// The id of a user of this server, `@ada:example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserId(String);

impl UserId {
    /// Returns the id for a name: `ada`, or the complete id. A `new` id may only use the letters that the specification
    /// allows; existing ones may have others.
    ///
    /// # Errors
    ///
    /// The name is empty, too long, not text, or of another server, is an id without `@` or server name, or has letters
    /// that a `new` one may not have (`accounts/name`).
    pub fn of(name: &str, server: &str, new: bool) -> Result<UserId, Diagnostic> {
        let refused = |why: String| {
            let message = format!("`{}` is not a user of {server}: {why}", visible(name));
            Diagnostic::error("accounts/name", message)
        };
        let local = match name.strip_prefix('@') {
            None if name.contains(':') => {
                return Err(refused("a user id starts with `@`".to_owned())
                    .help(format!("write just the name, such as `ada`, or `@ada:{server}`")));
            }
            None => name,
            Some(rest) => match rest.split_once(':') {
                Some((local, of)) if of == server => local,
                Some((_, of)) => {
                    return Err(refused(format!("it is a user of {}", visible(of))));
                }
                None => {
                    return Err(refused("the server name is missing".to_owned())
                        .help(format!("write `@{}:{server}`, or just the name", visible(rest))));
                }
            },
        };
        let id = format!("@{local}:{server}");
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=/+-".contains(c);
        if local.is_empty()
            || id.len() > MAX_CHARS
            || local.chars().any(|c| c.is_control() || c == '\0')
        {
            let why =
                if local.is_empty() { "the name is empty" } else { "it is too long, or not text" };
            return Err(refused(why.to_owned()));
        }
        if new && !local.chars().all(fits) {
            let problem =
                refused("names consist of lowercase letters, digits and `. _ = / + -`".to_owned());
            let lower = local.to_ascii_lowercase();
            return Err(match lower.chars().all(fits) {
                true => {
                    problem.help(format!("write `{lower}`; the display name is set in the client"))
                }
                false => problem,
            });
        }
        Ok(UserId(id))
    }

    /// Returns the complete id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id as a segment of a URL's path.
    pub(super) fn in_path(&self) -> String {
        in_path(&self.0)
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text as one segment of a URL's path. Dots are escaped, since a segment of only dots would lead elsewhere.
pub(super) fn in_path(text: &str) -> String {
    let mut path = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_local_name_or_a_full_id() {
        let of = |name: &str, new: bool| UserId::of(name, "hs.test:8448", new);
        assert_eq!(of("ada", true).unwrap().as_str(), "@ada:hs.test:8448");
        assert_eq!(of("@ada:hs.test:8448", true).unwrap().as_str(), "@ada:hs.test:8448");
        for wrong in ["", "@ada", "@ada:hs.test", "ada:hs.test:8448", "@:hs.test:8448", "a\nb"] {
            assert!(of(wrong, false).is_err(), "{wrong}");
        }
        let upper = of("Ada", true).unwrap_err();
        assert!(upper.help.iter().any(|help| help.contains("`ada`")), "{upper:?}");
        assert_eq!(of("Ada Ü", false).unwrap().in_path(), "%40Ada%20%C3%9C%3Ahs%2Etest%3A8448");
    }

    proptest::proptest! {
        #[test]
        fn names_are_encoded_as_one_path_segment(name: String) {
            let part = in_path(&name);
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_~%".contains(c);
            assert!(part.chars().all(plain), "{part}");
        }
    }
}
