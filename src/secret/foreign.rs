//! Other people's secrets in a file on the host that ours replaces: their values are unknown here, but a plan shows the
//! removed lines.

use std::collections::HashSet;

/// Parts of names of secrets, whatever follows (`secret_key_base`, `token_2`).
const WORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "token", "private_key", "access_key", "api_key"];

/// Replaces a value.
const HIDDEN: &str = "[hidden]";

/// Returns the text without the values of keys that look like secrets, in lines that the wanted text does not have.
pub fn hide_foreign(found: &str, wanted: &str) -> String {
    let own: HashSet<&str> = wanted.lines().collect();
    let mut shown = String::new();
    // The indentation of the key whose value is in the lines below it.
    let mut block: Option<usize> = None;
    for line in found.split_inclusive('\n') {
        let text = line.trim_end_matches('\n');
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        let is_empty = text.trim().is_empty();
        if !is_empty && block.is_some_and(|begin| indent <= begin) {
            block = None;
        }
        if own.contains(text) {
            shown.push_str(line);
        } else if block.is_some() && !is_empty {
            shown.push_str(text.get(..indent).unwrap_or_default());
            shown.push_str(HIDDEN);
            shown.push_str(line.get(text.len()..).unwrap_or_default());
        } else {
            shown.push_str(&without_login(&hidden(text)));
            shown.push_str(line.get(text.len()..).unwrap_or_default());
            block = block.or_else(|| opens_block(text).then_some(indent));
        }
    }
    shown
}

/// Whether a line is a secret's YAML key whose value is in the lines below: `key: |`, `>-`, `!!binary |`.
fn opens_block(line: &str) -> bool {
    let Some((key, value)) = line.split_once(':') else { return false };
    let sign = value.split(" #").next().unwrap_or_default().trim().rsplit(' ').next();
    is_secret(key)
        && sign.is_some_and(|sign| {
            sign.starts_with(['|', '>'])
                && sign.chars().skip(1).all(|c| c == '+' || c == '-' || c.is_ascii_digit())
        })
}

fn hidden(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['=', ':']) {
        let (key, value) = rest.split_at(at);
        let (sign, value) = value.split_at(1);
        text.push_str(key);
        text.push_str(sign);
        rest = value;
        if !is_secret(key) {
            continue;
        }
        let begin = value.len() - value.trim_start_matches([' ', '\t']).len();
        let (gap, value) = value.split_at(begin);
        let end = end(value);
        text.push_str(gap);
        // A mask, an empty value or a block indicator reveals nothing.
        let is_mask = value.starts_with("[secret ");
        let end = if is_mask { value.find(']').map_or(end, |at| at + 1) } else { end };
        let is_open = end == 0 || is_mask || opens_block(line);
        text.push_str(if is_open { value.get(..end).unwrap_or_default() } else { HIDDEN });
        rest = value.get(end..).unwrap_or_default();
    }
    text + rest
}

/// Whether the word before a separator is the name of a secret.
fn is_secret(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begin = word.rfind(|c: char| !is_part(c)).map_or(0, |at| at + 1);
    let name = word.get(begin..).unwrap_or_default().to_ascii_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word))
}

/// Returns where a value ends: at its quote, else at the end of the line, since a value may contain spaces.
fn end(value: &str) -> usize {
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
    let Some(quote) = quote else { return value.len() };
    let is_escaped = |at: usize| {
        let before = value.get(..at).unwrap_or_default();
        quote == '"' && (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
    };
    let mut ends = value.match_indices(quote).skip(1).map(|(at, _)| at);
    // In YAML or SQL, a doubled quote stands for one within a value.
    while let Some(at) = ends.find(|at| !is_escaped(*at)) {
        if !value.get(at + 1..).unwrap_or_default().starts_with(quote) {
            return at + 1;
        }
        ends.next();
    }
    value.len()
}

/// Returns the line without the passwords in its URLs: `://user:password@`.
fn without_login(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        text.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/\"'?#".contains(c));
        let (authority, next) = after.split_at(end.unwrap_or(after.len()));
        // A password that is not percent-encoded may contain `/` and the like.
        let word = after.split(char::is_whitespace).next().unwrap_or_default();
        let login = authority.rfind('@').or_else(|| {
            let is_open =
                authority.contains(':') && !authority.rsplit(':').next().is_some_and(is_port);
            is_open.then(|| word.rfind('@')).flatten()
        });
        match login.and_then(|at| Some((after.get(..at)?.split_once(':')?.0, after.get(at..)?))) {
            Some((user, host)) => {
                text.push_str(user);
                text.push(':');
                text.push_str(HIDDEN);
                rest = host;
            }
            None => {
                text.push_str(authority);
                rest = next;
            }
        }
    }
    text + rest
}

fn is_port(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_secret_names_are_hidden() {
        for (found, shown) in [
            (
                "ldap ldapbindpasswd=\"a # b\" ldapport=1\n",
                "ldap ldapbindpasswd=[hidden] ldapport=1\n",
            ),
            ("secret_key_base: a b c\nx: 1\n", "secret_key_base: [hidden]\nx: 1\n"),
            ("AWS_ACCESS_KEY_ID=a # b\n", "AWS_ACCESS_KEY_ID=[hidden]\n"),
            ("private-key = a b\n", "private-key = [hidden]\n"),
            ("password: 'it''s' # c\n", "password: [hidden] # c\n"),
            ("password: \"a\\\"b\" # c\n", "password: [hidden] # c\n"),
            ("{token: a, x: 'b'}\n", "{token: [hidden]\n"),
            (
                "  tls_secret: |- # c\n    MII\n\n      x: y\n  next: 1\n",
                "  tls_secret: |- # c\n    [hidden]\n\n      [hidden]\n  next: 1\n",
            ),
            ("token: >2\n  a\nb: |\n  c\n", "token: >2\n  [hidden]\nb: |\n  c\n"),
            ("uri: redis://:hush@h:1/0 x\n", "uri: redis://:[hidden]@h:1/0 x\n"),
            ("a postgres://u:h/u:s@h/d?x=1", "a postgres://u:[hidden]@h/d?x=1"),
            (
                "http://a:1/@x http://u@h http://u:p@h",
                "http://a:1/@x http://u@h http://u:[hidden]@h",
            ),
            ("radiussecrets=hush", "radiussecrets=[hidden]"),
            ("DB_PASSWORD = 'x' # c\n", "DB_PASSWORD = [hidden] # c\n"),
            ("\"access-token\": hush\n", "\"access-token\": [hidden]\n"),
            ("password_encryption = 'scram'\n", "password_encryption = [hidden]\n"),
            ("api_secret: [secret a/b] x\n", "api_secret: [secret a/b] x\n"),
            ("password:\n  url: http://x:1/\n", "password:\n  url: http://x:1/\n"),
            ("token = \"open\nend = é=ü", "token = [hidden]\nend = é=ü"),
        ] {
            assert_eq!(hide_foreign(found, ""), shown);
        }
    }

    #[test]
    fn wanted_lines_are_shown() {
        let line = "token: public\n";
        assert_eq!(hide_foreign(line, "a\ntoken: public\nb"), line);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(found: String, wanted: String) {
            hide_foreign(&found, &wanted);
        }

        #[test]
        fn no_line_makes_it_panic(found in "[a-z]{0,3}(token|secret|://u)[ \t\"']{0,2}[=:][ é\"'\\\\@|\nx]{0,6}") {
            hide_foreign(&found, "");
        }
    }
}
