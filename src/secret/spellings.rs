//! The forms in which a secret may appear in text: as it is, quoted, encoded, or in parts.

use super::hex;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter pieces are not searched for: they would be found in innocent text.
pub(super) const SHORTEST: usize = 6;

/// Parts of a secret of several words or lines are secret on their own from this length on.
const PART: usize = 16;

/// Returns all spellings of a secret's value that are long enough to search for.
pub(super) fn spellings(value: &[u8]) -> Vec<String> {
    if value.len() < SHORTEST {
        return Vec::new();
    }
    let mut found = vec![hex(value), hex(value).to_uppercase(), percent(value)];
    found.extend(base64(value));
    if let Ok(text) = std::str::from_utf8(value) {
        found.push(text.to_owned());
        found.extend(quoted(text));
        // Diffs and logs show a key line by line, and a signing key's seed may appear alone.
        let parts = text.split_whitespace().filter(|part| part.len() >= PART);
        found.extend(parts.map(str::to_owned));
    }
    found.retain(|spelling| spelling.len() >= SHORTEST);
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns it quoted for JSON (also YAML and TOML), for YAML and SQL in single quotes, for a shell, for a person.
fn quoted(text: &str) -> Vec<String> {
    let json = serde_json::to_string(text).unwrap_or_default();
    let inside = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    let json = inside.unwrap_or_default().to_owned();
    vec![
        json.replace('/', "\\/"),
        json,
        text.replace('\'', "''"),
        text.replace('\'', "'\\''"),
        text.trim().to_owned(),
        crate::diagnostic::visible(text),
    ]
}

fn percent(value: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let spell = |byte: &u8| match *byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.iter().map(spell).collect()
}

/// Returns it in base64, also as part of a longer text: text before it shifts it by one or two bytes, and the
/// characters that it shares with adjacent bytes are omitted.
fn base64(value: &[u8]) -> Vec<String> {
    let mut found = vec![STANDARD.encode(value), STANDARD_NO_PAD.encode(value)];
    for shift in 0..3_usize {
        let zeros: &[u8] = [&[][..], &[0], &[0, 0]].get(shift).copied().unwrap_or(&[0, 0]);
        let shifted = [zeros, value].concat();
        let skip = (shift * 8).div_ceil(6);
        let whole = shifted.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            found.push(text.get(skip..whole).unwrap_or_default().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_inside_longer_texts() {
        for before in ["", "u", "us", "user:"] {
            for after in ["", "x", "xy"] {
                let text = STANDARD.encode(format!("{before}hunter2-hunter2{after}"));
                let found = spellings(b"hunter2-hunter2").iter().any(|part| text.contains(part));
                assert!(found, "{before} {after}");
            }
        }
    }

    #[test]
    fn short_secrets_have_no_spellings() {
        assert!(spellings(b"short").is_empty());
    }
}
