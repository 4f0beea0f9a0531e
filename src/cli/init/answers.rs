//! What is known of the server so far, by the name of the flag that says it.

use std::collections::BTreeMap;

/// Answers by flag, without its dashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(BTreeMap<&'static str, String>);

impl Answers {
    /// An answer.
    pub(super) fn get(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }

    /// An answer; nothing while there is none.
    pub(super) fn text(&self, flag: &str) -> &str {
        self.get(flag).unwrap_or_default()
    }

    /// Takes an answer.
    pub(super) fn set(&mut self, flag: &'static str, text: impl Into<String>) {
        self.0.insert(flag, text.into());
    }

    /// All answers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(flag, text)| (*flag, text.as_str()))
    }

    /// The server name's host: the name that certificates and documents are about.
    pub(super) fn site(&self) -> &str {
        let name = self.text("server-name");
        name.rsplit_once(':').map_or(name, |(host, _)| host)
    }
}

impl FromIterator<(&'static str, String)> for Answers {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(answers: I) -> Answers {
        Answers(answers.into_iter().collect())
    }
}
