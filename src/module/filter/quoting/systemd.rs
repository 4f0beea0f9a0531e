//! systemd: one word of `ExecStart=`, `Environment=` and the like, where `%` begins a specifier.

use super::{is_bare, no_control};

/// One word. `$` is refused because `ExecStart=` expands it even between quotes and `Environment=` does not: no
/// spelling is right in both.
pub(super) fn systemd(text: &str) -> Result<String, String> {
    no_control(text)?;
    if text.contains('$') {
        return Err("systemd reads `$` differently from line to line".into());
    }
    if is_bare(text, "_-./:=@+,") {
        return Ok(text.to_owned());
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Ok(format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests {
    use super::systemd;
    use proptest::prelude::*;

    /// Reads a word that we wrote, as extract-word.c and specifier_printf do.
    fn read(word: &str) -> String {
        let Some(inner) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return word.to_owned();
        };
        let mut text = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => panic!("the word ends early: {word}"),
                '\\' => text.push(chars.next().unwrap()),
                '%' => {
                    assert_eq!(chars.next(), Some('%'), "{word}");
                    text.push('%');
                }
                c => text.push(c),
            }
        }
        text
    }

    proptest! {
        #[test]
        fn reads_back_the_same(text in "[^$\\p{C}]*", other in "[\\\\\"%a ]*") {
            prop_assert_eq!(read(&systemd(&text).unwrap()), text);
            prop_assert_eq!(read(&systemd(&other).unwrap()), other);
        }
    }

    #[test]
    fn stays_readable() {
        assert_eq!(systemd("/usr/bin/python").unwrap(), "/usr/bin/python");
        assert_eq!(systemd("50% off").unwrap(), "\"50%% off\"");
        assert!(systemd("$HOME").is_err() && systemd("a\nb").is_err());
    }
}
