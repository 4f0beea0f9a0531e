//! The problems found, for editors and other programs. The format is stable: docs/check.md describes it, `format` is
//! its version, and adding keys does not change that number.

use super::{CheckReport, FoundProblem, first};
use crate::diagnostic::{Level, Place};
use serde_json::{Map, Value, json as value};

/// The version of the format.
const FORMAT: u32 = 1;

/// The largest number of problems in one document.
const MAX_SHOWN: usize = 1_000;

/// The document.
pub fn json(report: &CheckReport) -> Value {
    let (shown, left_out) = first(&report.found, MAX_SHOWN);
    value!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "specs": report.specs,
        "errors": report.count(Level::Error),
        "warnings": report.count(Level::Warning),
        "notes": report.count(Level::Note),
        "left_out": left_out,
        "problems": shown.iter().map(problem).collect::<Vec<Value>>(),
    })
}

fn problem(found: &FoundProblem) -> Value {
    let of = &found.problem;
    let mut problem = Map::new();
    let mut put = |key: &str, value: Value| drop(problem.insert(key.to_owned(), value));
    put("level", level_name(of.level).into());
    put("code", of.code.as_ref().into());
    put("message", of.message.as_str().into());
    put("spec", found.spec.as_str().into());
    match &of.place {
        Some((at, label)) => place(at, label).into_iter().for_each(|(key, value)| put(&key, value)),
        None => PLACE.iter().for_each(|key| put(key, Value::Null)),
    }
    let also = of.context.iter().map(|(at, label)| Value::Object(place(at, label)));
    put("also", also.collect());
    put("notes", of.notes.clone().into());
    put("help", of.help.clone().into());
    Value::Object(problem)
}

/// Returns the word for a level.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

const PLACE: [&str; 6] = ["file", "line", "column", "end_line", "end_column", "label"];

fn place(place: &Place, label: &str) -> Map<String, Value> {
    let ((line, column), (end_line, end_column)) = (place.line_column(), place.end_line_column());
    let values: [Value; 6] = [
        place.source.name.as_str().into(),
        line.into(),
        column.into(),
        end_line.into(),
        end_column.into(),
        label.into(),
    ];
    PLACE.iter().map(|key| (*key).to_owned()).zip(values).collect()
}
