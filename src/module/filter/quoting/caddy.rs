//! Caddyfile: one argument between backquotes, where only `{$NAME}` has a meaning: it is replaced before the file is
//! parsed, and cannot be escaped.

use super::is_bare;

/// One argument.
pub(super) fn caddy(text: &str) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("the text contains a control character".into());
    }
    if text.contains("{$") {
        return Err("Caddy reads `{$` as an environment variable".into());
    }
    if is_bare(text, "_-./:=%+,") {
        return Ok(text.to_owned());
    }
    if !text.contains('`') {
        return Ok(format!("`{text}`"));
    }
    // Between double quotes a backslash is literal, unless a quote follows.
    if text.contains("\\\"") || text.ends_with('\\') {
        return Err("a Caddyfile cannot contain this mix of quotes and backslashes".into());
    }
    Ok(format!("\"{}\"", text.replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::caddy;
    use proptest::prelude::*;

    /// Reads one token that ends before a blank, as the lexer of the Caddyfile does.
    fn read(written: &str) -> String {
        let line = format!("{written} ");
        let mut chars = line.chars();
        let mut text = String::new();
        if let Some(raw) = line.strip_prefix('`') {
            let (inner, rest) = raw.split_once('`').unwrap();
            assert_eq!(rest, " ");
            return inner.to_owned();
        }
        if !line.starts_with('"') {
            return written.to_owned();
        }
        chars.next();
        let mut escaped = false;
        while let Some(c) = chars.next() {
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            if escaped && c != '"' {
                text.push('\\');
            } else if !escaped && c == '"' {
                assert_eq!(chars.as_str(), " ", "{written}");
                return text;
            }
            escaped = false;
            text.push(c);
        }
        panic!("no end: {written}")
    }

    proptest! {
        #[test]
        fn reads_back_the_same(text in "[^\\p{C}{]*", other in "[`\"\\\\ a]*") {
            for text in [text, other] {
                if let Ok(written) = caddy(&text) {
                    prop_assert_eq!(read(&written), text);
                } else {
                    prop_assert!(text.contains('`') && text.contains('\\'));
                }
            }
        }
    }

    #[test]
    fn stays_readable() {
        assert_eq!(caddy("/var/www").unwrap(), "/var/www");
        assert_eq!(caddy("{\"a\": 1}").unwrap(), "`{\"a\": 1}`");
        assert!(caddy("{$HOME}").is_err() && caddy("\0").is_err());
    }
}
