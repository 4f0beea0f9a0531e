//! The contents of an age file: its recipients, and the secrets. The list of recipients is inside, so that nobody with
//! only write access to the repository can add themselves to it.

use super::Recipient;
use crate::secret::Secret;
use crate::secret::lines::quoted;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// The content of an age file.
#[derive(Default)]
pub(in crate::secret) struct Document {
    /// The people who can open it.
    pub(in crate::secret) recipients: Vec<Recipient>,
    /// The secrets by name.
    pub(in crate::secret) secrets: BTreeMap<String, Secret>,
}

impl Document {
    /// Parses a document; an error describes the problem in words, and quotes nothing.
    pub(super) fn read(text: &str) -> Result<Document, String> {
        let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| {
            format!(
                "line {} of its content is not TOML",
                line(error.span().map_or(0, |span| span.start))
            )
        })?;
        let mut document = Document::default();
        for (key, value) in table.get_ref() {
            let DeValue::Table(values) = value.get_ref() else {
                return Err("its content must be `[recipients]` and `[secrets]`".to_owned());
            };
            for (name, value) in values {
                let at = line(name.span().start);
                let DeValue::String(text) = value.get_ref() else {
                    return Err(format!("the value in line {at} of its content is not a string"));
                };
                match key.get_ref().as_ref() {
                    "secrets" if text.is_empty() => {
                        return Err(format!("the value in line {at} of its content is empty"));
                    }
                    "secrets" => {
                        let secret = Secret::new(name.get_ref().as_ref(), text.as_bytes());
                        document.secrets.insert(name.get_ref().to_string(), secret);
                    }
                    "recipients" => document.recipients.push(
                        Recipient::new(name.get_ref(), text)
                            .map_err(|_| format!("line {at} of its content is not a recipient"))?,
                    ),
                    _ => return Err("its content has an unknown section".to_owned()),
                }
            }
        }
        Ok(document)
    }

    /// Returns the document as text, to be encrypted only.
    pub(super) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from("# Secrets of matrixform.\n[recipients]\n"));
        for recipient in &self.recipients {
            let name = toml::Value::String(recipient.name.clone());
            text.push_str(&format!("\"{}\" = {name}\n", recipient.key));
        }
        text.push_str("\n[secrets]\n");
        for (name, secret) in &self.secrets {
            let value = quoted(secret);
            for part in ["\"", name, "\" = ", value.as_str(), "\n"] {
                text.push_str(part);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_back() {
        let mut document = Document::default();
        let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        document.recipients.push(Recipient::new(key, "an \"admin\"").unwrap());
        let value = "-----BEGIN\nit's \"two\"\n\\ lines\n";
        document.secrets.insert("a/b".to_owned(), Secret::new("a/b", value));
        let read = Document::read(&document.text()).unwrap();
        assert_eq!(read.recipients, document.recipients);
        assert_eq!(read.secrets["a/b"].expose(), value.as_bytes());
    }

    #[test]
    fn no_error_quotes_the_document() {
        for wrong in [
            "canary",
            "[secrets]\na = 1",
            "[secrets]\n\"a/b\" = \"canary",
            "[canary]\na = \"b\"",
            "canary = \"x\"",
            "[recipients]\ncanary = \"x\"",
        ] {
            let error = Document::read(wrong).err().unwrap();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
