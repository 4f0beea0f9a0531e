//! Secrets of others in a file of the host that ours replaces: nobody here knows their values, and a plan shows the lines that go.

/// How names of secrets end.
const ENDS: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "secrets", "token", "api_key"];

/// What stands in the place of a value.
const HIDDEN: &str = "[hidden]";

/// The text without the values of what is called a secret, in lines that the wanted text does not have.
pub fn hide_foreign(found: &str, wanted: &str) -> String {
    let line = |line: &str| match wanted.lines().any(|own| own == line.trim_end_matches('\n')) {
        true => line.to_owned(),
        false => hidden(line),
    };
    found.split_inclusive('\n').map(line).collect()
}

fn hidden(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['=', ':']) {
        let (key, value) = rest.split_at(at);
        text.push_str(key);
        text.push_str(value.get(..1).unwrap_or_default());
        rest = value.get(1..).unwrap_or_default();
        if is_secret(key) {
            let begin = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let (gap, value) = rest.split_at(begin);
            let end = end(value);
            text.push_str(gap);
            // What is a mask already, or nothing, says no more than before.
            let is_told = end == 0 || value.starts_with("[secret ");
            text.push_str(if is_told { value.get(..end).unwrap_or_default() } else { HIDDEN });
            rest = value.get(end..).unwrap_or_default();
        }
    }
    text + rest
}

/// Whether the word before a sign is the name of a secret.
fn is_secret(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begin = word.rfind(|c: char| !is_part(c)).map_or(0, |at| at + 1);
    let name = word.get(begin..).unwrap_or_default().to_ascii_lowercase().replace('-', "_");
    ENDS.iter().any(|end| name.ends_with(end))
}

/// Where a value ends: at its quote, else at a space.
fn end(value: &str) -> usize {
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
    let found = match quote {
        Some(quote) => value.get(1..).and_then(|rest| rest.find(quote)).map(|at| at + 2),
        None => value.find(char::is_whitespace),
    };
    found.unwrap_or_else(|| value.trim_end_matches('\n').len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_what_is_called_a_secret_are_hidden() {
        for (found, shown) in [
            (
                "ldap ldapbindpasswd=\"a # b\" ldapport=1\n",
                "ldap ldapbindpasswd=[hidden] ldapport=1\n",
            ),
            ("radiussecrets=hush", "radiussecrets=[hidden]"),
            ("DB_PASSWORD = 'x' # c\n", "DB_PASSWORD = [hidden] # c\n"),
            ("\"access-token\": hush\n", "\"access-token\": [hidden]\n"),
            ("password_encryption = 'scram'\n", "password_encryption = 'scram'\n"),
            ("api_secret: [secret a/b] x\n", "api_secret: [secret a/b] x\n"),
            ("password:\n  url: http://x:1/\n", "password:\n  url: http://x:1/\n"),
            ("token = \"open\nend = é=ü", "token = [hidden]\nend = é=ü"),
        ] {
            assert_eq!(hide_foreign(found, ""), shown);
        }
    }

    #[test]
    fn a_line_that_is_wanted_is_shown() {
        let line = "token: public\n";
        assert_eq!(hide_foreign(line, "a\ntoken: public\nb"), line);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(found: String, wanted: String) {
            hide_foreign(&found, &wanted);
        }

        #[test]
        fn no_line_makes_it_panic(found in "[a-z]{0,3}(token|secret)[ \t\"']{0,2}[=:][ é\"'x]{0,4}") {
            hide_foreign(&found, "");
        }
    }
}
