//! redis.conf: one argument between double quotes, with the escapes of sdssplitargs.

use super::is_bare;

/// One argument.
pub(super) fn redis(text: &str) -> Result<String, String> {
    if is_bare(text, "_-./:@") {
        return Ok(text.to_owned());
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

#[cfg(test)]
mod tests {
    use super::redis;
    use proptest::prelude::*;

    /// Reads an argument that we wrote, as sdssplitargs does.
    fn read(word: &str) -> String {
        let Some(inner) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return word.to_owned();
        };
        let mut text = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match (c, chars.as_str()) {
                ('"', _) => panic!("the argument ends early: {word}"),
                ('\\', rest) if rest.starts_with('x') => {
                    text.push(u8::from_str_radix(&rest[1..3], 16).unwrap() as char);
                    chars = rest[3..].chars();
                }
                ('\\', _) => text.push(chars.next().unwrap()),
                (c, _) => text.push(c),
            }
        }
        text
    }

    proptest! {
        #[test]
        fn reads_back_the_same(text in any::<String>(), other in "[\\\\\"x\n a]*") {
            prop_assert_eq!(read(&redis(&text).unwrap()), text);
            prop_assert_eq!(read(&redis(&other).unwrap()), other);
        }
    }
}
