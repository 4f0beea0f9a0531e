//! The output of the library's `paths_observe`. Every call also asks about `/`: an answer without it means "not seen",
//! never "absent".

use super::{Answers, AttributeValue, Attributes, Record};

/// Returns the record of a path: `None` if nothing exists there; an error if the host did not answer.
pub(super) fn path_record<'a>(
    answers: &'a Answers,
    path: &str,
) -> Result<Option<&'a Record>, String> {
    if answers.get("paths_observe", "/").is_none() {
        return Err("the host's `stat` did not answer".to_owned());
    }
    Ok(answers.get("paths_observe", path))
}

/// Returns a path's owner, group and mode.
pub(super) fn path_attributes(record: &Record) -> Attributes {
    let mut seen = Attributes::new();
    for name in ["owner", "group"] {
        seen.insert(name, AttributeValue::word(record.text(name).unwrap_or_default()));
    }
    let mode = record.text("mode").unwrap_or_default();
    seen.insert("mode", AttributeValue::word(format!("{mode:0>4}")));
    seen
}

/// Returns the file type, in the words of `stat`: `regular file`, `directory`, `symbolic link` …
pub(super) fn path_type(record: &Record) -> String {
    record.text("type").unwrap_or_default()
}
