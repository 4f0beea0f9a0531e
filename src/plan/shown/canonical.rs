//! JSON in canonical form (RFC 8785, limited to whole numbers), so that equal documents have equal digests.

use crate::secret::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Writes keys in order, without spaces. Numbers are written as they are: documents contain only whole ones.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            // RFC 8785 sorts by UTF-16. Our keys are ASCII, except for facts, and no other program relies on their
            // order.
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            out.push('{');
            for (number, key) in keys.into_iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(fields.get(key).unwrap_or(&Value::Null), out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// Returns the SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns the SHA-256 over texts in order, delimited so that different lists never hash the same bytes.
pub fn sha256_of_all<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    hex(&digest.finalize())
}

/// Removes what may differ at the next look: values seen of volatile attributes, and reasons why something could not
/// be seen.
pub(super) fn strip_volatile(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("volatile") == Some(&Value::Bool(true)) {
                fields.insert("from".to_owned(), Value::Null);
            }
            for (key, value) in fields {
                match key.as_str() {
                    super::value::UNKNOWN => *value = Value::Null,
                    _ => strip_volatile(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(strip_volatile),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_and_whitespace_do_not_matter() {
        let text = canonical(&json!({ "b": [1, "\u{1}é\"", null], "a": { "d": true, "c": {} } }));
        assert_eq!(text, "{\"a\":{\"c\":{},\"d\":true},\"b\":[1,\"\\u0001é\\\"\",null]}");
    }

    proptest::proptest! {
        #[test]
        fn canonical_json_preserves_the_document(text: String, number: i64) {
            let value = json!({ "z": text, "a": [number, { "k": null }] });
            let read: Value = serde_json::from_str(&canonical(&value)).unwrap();
            proptest::prop_assert_eq!(&read, &value);
            proptest::prop_assert_eq!(canonical(&read), canonical(&value));
        }
    }
}
