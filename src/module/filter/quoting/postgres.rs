//! PostgreSQL: values of postgresql.conf, and fields of a password file. Templates contain no statements; the kinds for
//! roles and databases build those.

use super::no_control;

/// A value of postgresql.conf: single quotes, in which `''` is a quote and `\` begins an escape.
pub(super) fn pg(text: &str) -> Result<String, String> {
    no_control(text)?;
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
}

/// A field of .pgpass, where `:` and `\` are escaped. A lone `*` would match everything.
pub(super) fn pgpass(text: &str) -> Result<String, String> {
    no_control(text)?;
    if text == "*" {
        return Err("a lone `*` would match everything".into());
    }
    Ok(text.replace('\\', "\\\\").replace(':', "\\:"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a value that we wrote, as guc-file.l does (DeescapeQuotedString).
    fn read_conf(quoted: &str) -> String {
        let inner = quoted.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
        let mut chars = inner.chars();
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => text.push(chars.next().unwrap()),
                '\'' => {
                    assert_eq!(chars.next(), Some('\''), "the value ends early");
                    text.push('\'');
                }
                c => text.push(c),
            }
        }
        text
    }

    /// Reads the fields as libpq's pwdfMatchesString and getpgpassword do.
    fn read_fields(line: &str) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => fields.last_mut().unwrap().push(chars.next().unwrap()),
                ':' => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        fields
    }

    proptest! {
        #[test]
        fn reads_back_the_same(text in "\\PC*", other in "[:\\\\'a]*") {
            prop_assert_eq!(read_conf(&pg(&text).unwrap()), text.clone());
            prop_assert_eq!(read_conf(&pg(&other).unwrap()), other.clone());
            let line = format!("{}:{}", pgpass(&other).unwrap(), pgpass("end").unwrap());
            prop_assert_eq!(read_fields(&line), vec![other, "end".to_owned()]);
        }
    }

    #[test]
    fn refuses_line_ends() {
        assert!(pg("a\nb").is_err() && pgpass("a\nb").is_err() && pgpass("*").is_err());
    }
}
