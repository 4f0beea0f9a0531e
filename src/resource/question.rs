//! Questions to the host and their answers. The questions of all resources are batched by shell function, so that one
//! call answers them all; every function prints the same format: records `KEY NUL (FIELD=VALUE NUL)* NUL`. Records with
//! the same key are merged.

use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// The shell function that lists the secrets in use on the host; called in every observation.
pub const SECRETS: &str = "secrets_observe";

/// The shell function that prints the host's ledger; called in every observation.
pub const LEDGER: &str = "ledger_observe";

/// The question about runs on the host: the one that holds the lock, and what earlier ones left behind.
pub const RUNS: &str = "run_observe";

/// The question about directories left behind by killed runs.
pub const LEFTOVERS: &str = "leftovers_observe";

/// The question for the results of the activations' checks of the files on disk.
pub const INSPECT: &str = "inspect_observe";

/// The question for what the host's own firewall drops.
pub const FIREWALL: &str = "firewall_observe";

/// The question for problems on the host that need attention, whatever the plan.
pub const REPORT: &str = "report_observe";

/// The question for effects on others of a change of an activation.
pub const SURVEY: &str = "survey_observe";

/// The shell function that prints which installation the host belongs to; called in every observation.
pub const INSTALLATION: &str = "installation_observe";

/// The question for the identity of a key on the host: its public half.
pub const HOST_IDENTITY: &str = "identity_observe";

/// The questions of all resources: for each shell function, the arguments of its one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questions {
    calls: IndexMap<&'static str, IndexSet<Vec<String>>>,
}

impl Questions {
    /// Asks `function` about one more item. All questions to one function have the same number of arguments; duplicates are
    /// asked once.
    pub fn ask(&mut self, function: &'static str, args: &[&str]) {
        let row = args.iter().map(|arg| (*arg).to_owned()).collect();
        self.calls.entry(function).or_default().insert(row);
    }

    /// Returns the calls: each function with all its arguments in a row.
    pub fn calls(&self) -> impl Iterator<Item = (&'static str, Vec<&str>)> {
        self.calls.iter().map(|(function, rows)| {
            (*function, rows.iter().flatten().map(String::as_str).collect())
        })
    }

    /// Returns the functions, with the number of items each is asked about.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.calls.iter().map(|(function, rows)| (*function, rows.len()))
    }

    /// Returns the questions asked here but not in `asked`.
    pub fn without(&self, asked: &Questions) -> Questions {
        let mut rest = Questions::default();
        for (function, rows) in &self.calls {
            let known = asked.calls.get(function);
            let is_new = |row: &&Vec<String>| known.is_none_or(|known| !known.contains(*row));
            let new: IndexSet<Vec<String>> = rows.iter().filter(is_new).cloned().collect();
            if !new.is_empty() {
                rest.calls.insert(function, new);
            }
        }
        rest
    }

    /// Whether there are no questions.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

/// The host's answers, by function and key.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    functions: HashMap<String, Answer>,
    failures: Vec<QuestionFailure>,
}

/// A question that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionFailure {
    /// The function.
    pub function: String,
    /// Its exit status.
    pub status: u32,
    /// The end of its standard error.
    pub error_output: String,
}

/// The answer of one function.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Exit status of the function.
    pub status: u32,
    /// Its records.
    pub records: HashMap<String, Record>,
}

/// The fields of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    fields: HashMap<String, Vec<u8>>,
}

impl Record {
    /// Returns a field as text; bytes that are not UTF-8 are replaced, and so never equal what is wanted.
    pub fn text(&self, field: &str) -> Option<String> {
        self.bytes(field).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Returns a field's bytes.
    pub fn bytes(&self, field: &str) -> Option<&[u8]> {
        self.fields.get(field).map(Vec::as_slice)
    }

    /// Returns all fields, in no particular order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

impl Answers {
    /// Adds the answer of `function`. An answer is cut off at the first incomplete record; anything after that counts
    /// as not seen.
    pub fn add(&mut self, function: &str, status: u32, body: &[u8]) {
        let answer = self.functions.entry(function.to_owned()).or_default();
        answer.status = status;
        for (key, fields) in records(body) {
            answer.records.entry(key).or_default().fields.extend(fields);
        }
    }

    /// Parses the answer of a function that was called alone.
    pub fn of(function: &str, status: u32, body: &[u8]) -> Answers {
        let mut answers = Answers::default();
        answers.add(function, status, body);
        answers
    }

    /// Records that a question failed: any partial answer is meaningless.
    pub fn fail(&mut self, failure: QuestionFailure) {
        self.failures.push(failure);
    }

    /// Returns the questions that failed.
    pub fn failures(&self) -> &[QuestionFailure] {
        &self.failures
    }

    /// Adds the answers of a later round trip; for the same item, the later one wins.
    pub fn extend(&mut self, later: Answers) {
        self.failures.extend(later.failures);
        for (function, answer) in later.functions {
            let own = self.functions.entry(function).or_default();
            own.status = answer.status;
            for (key, record) in answer.records {
                own.records.entry(key).or_default().fields.extend(record.fields);
            }
        }
    }

    /// Returns what `function` said about `key`.
    pub fn get(&self, function: &str, key: &str) -> Option<&Record> {
        self.functions.get(function)?.records.get(key)
    }

    /// Returns the whole answer of a function; `None` if it did not answer.
    pub fn answer(&self, function: &str) -> Option<&Answer> {
        self.functions.get(function)
    }
}

type Fields = Vec<(String, Vec<u8>)>;

/// Splits a body into complete records.
fn records(body: &[u8]) -> Vec<(String, Fields)> {
    let mut found = Vec::new();
    let mut current: Option<(String, Fields)> = None;
    let mut parts = body.split(|byte| *byte == 0).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break; // what follows the last NUL is not whole
        }
        match (&mut current, part.is_empty()) {
            (None, true) => {}
            (None, false) => current = Some((String::from_utf8_lossy(part).into_owned(), vec![])),
            (Some(_), true) => found.extend(current.take()),
            (Some((_, fields)), false) => fields.extend(field(part)),
        }
    }
    found
}

fn field(part: &[u8]) -> Option<(String, Vec<u8>)> {
    let equals = part.iter().position(|byte| *byte == b'=')?;
    let (name, value) = part.split_at(equals);
    Some((String::from_utf8_lossy(name).into_owned(), value.get(1..)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_are_read_and_merged() {
        let mut answers = Answers::default();
        answers.add("paths", 0, b"/a\0mode=644\0size=1\0\0/b\0mode=600\0\0");
        answers.add("paths", 0, b"/a\0sha256=ff=\0\0/cut\0mode=1");
        let a = answers.get("paths", "/a").unwrap();
        assert_eq!(a.text("mode").unwrap(), "644");
        assert_eq!(a.text("sha256").unwrap(), "ff=");
        assert!(answers.get("paths", "/cut").is_none());
        assert!(answers.get("paths", "/c").is_none());
    }

    #[test]
    fn the_same_question_is_asked_once() {
        let mut questions = Questions::default();
        questions.ask("paths", &["/a", "x"]);
        questions.ask("paths", &["/a", "x"]);
        questions.ask("paths", &["/b", "y"]);
        assert_eq!(questions.calls().collect::<Vec<_>>(), [("paths", vec!["/a", "x", "/b", "y"])]);
    }

    #[test]
    fn only_new_questions_are_asked_again() {
        let mut first = Questions::default();
        first.ask("paths", &["/a"]);
        let mut second = first.clone();
        assert!(second.without(&first).is_empty());
        second.ask("paths", &["/b"]);
        assert_eq!(second.without(&first).calls().collect::<Vec<_>>(), [("paths", vec!["/b"])]);
    }

    type Written = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Vec<u8>>>;

    fn written() -> impl Strategy<Value = Written> {
        let value = proptest::collection::vec(1_u8.., 0..9);
        let fields = proptest::collection::btree_map("[a-z_]{1,8}", value, 0..4);
        proptest::collection::btree_map("[^\0]{1,9}", fields, 0..6)
    }

    proptest! {
        /// Records as the prelude's `record` writes them, cut off at any byte: complete ones are read, and nothing
        /// else.
        #[test]
        fn only_complete_records_are_read(written in written(), cut in 0_usize..400) {
            let mut body = Vec::new();
            let mut whole = Written::new();
            for (key, fields) in written {
                let mut parts = vec![key.clone().into_bytes()];
                parts.extend(fields.iter().map(|(name, value)| [name.as_bytes(), b"=", value].concat()));
                body.extend(parts.iter().flat_map(|part| [part.as_slice(), b"\0"].concat()));
                body.push(0);
                if body.len() <= cut {
                    whole.insert(key, fields);
                }
            }
            body.truncate(cut);
            let answers = Answers::of("x", 0, &body);
            let read: Written = answers
                .answer("x")
                .into_iter()
                .flat_map(|answer| &answer.records)
                .map(|(key, record)| {
                    let fields = record.fields().map(|(name, value)| (name.to_owned(), value.to_vec()));
                    (key.clone(), fields.collect())
                })
                .collect();
            prop_assert_eq!(read, whole);
        }
    }
}
