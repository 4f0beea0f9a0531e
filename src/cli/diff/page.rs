//! Prints comparisons: the facts each is based on, then the plan as `plan` prints it; several specs one after the
//! other.

use super::ComparedPair;
use super::compare::ComparedSpecs;
use super::pairs::Pair;
use crate::cli::args::{PlanFormat, View};
use crate::cli::output::Output;
use crate::diagnostic::visible;
use crate::plan::PlanDocument;
use crate::render;
use serde_json::{Value, json};

/// The size limit of a comment for all specs together (characters), leaving room for what a pipeline adds.
const MAX_PAGE_CHARS: usize = 64_000;

/// Prints all comparisons.
pub(super) fn print(found: &[ComparedPair], view: View, output: &mut Output) {
    let mut length = 0;
    match (view.format, found) {
        (
            PlanFormat::Json,
            [ComparedPair { pair: Pair::Both { name: None, .. }, compared: Some(one) }],
        ) => {
            output.json(&render::plan::json(&one.shown));
        }
        (PlanFormat::Json, all) => {
            let specs: Vec<Value> = all.iter().map(document).collect();
            output.json(&json!({ "format": 1, "specs": specs }));
        }
        _ => found.iter().for_each(|one| text(one, view, &mut length, output)),
    }
}

/// Returns the JSON of one spec in a directory.
fn document(found: &ComparedPair) -> Value {
    let plan = found.compared.as_ref().map(|one| render::plan::json(&one.shown));
    let (name, state) = match &found.pair {
        Pair::Both { name, .. } => (name.as_deref().unwrap_or_default(), "compared"),
        Pair::New(name) => (name.as_str(), "new"),
        Pair::Gone(name) => (name.as_str(), "gone"),
    };
    json!({ "name": name, "state": state, "plan": plan })
}

fn text(found: &ComparedPair, view: View, length: &mut usize, output: &mut Output) {
    let is_markdown = view.format == PlanFormat::Markdown && !view.summary;
    let line = |text: &str| match is_markdown {
        true => format!("{}\n", render::plan::markdown_prose(text)),
        false => visible(text).replace('\n', "\\n"),
    };
    match (&found.pair, &found.compared) {
        (Pair::New(name), _) => output.result(&line(&format!("{name}: a new spec"))),
        (Pair::Gone(name), _) => {
            let what = format!("{name}: the spec is gone; everything stays on its host");
            output.result(&line(&what));
        }
        (Pair::Both { name, .. }, Some(ComparedSpecs { by, shown, .. })) => {
            let by = name.iter().fold(by.clone(), |by, name| format!("{name}: {by}"));
            // Printed above, so not repeated as a remark.
            let shown = PlanDocument { remarks: Vec::new(), ..shown.clone() };
            if !is_markdown {
                output.result(&line(&by));
                return output.plan(&shown, view);
            }
            let text = render::plan::markdown(&shown);
            let (marker, rest) = text.split_once('\n').unwrap_or((&text, ""));
            *length += text.chars().count();
            match *length > MAX_PAGE_CHARS {
                true => output.result(&format!("{}\ntoo long to show here\n", line(&by))),
                false => output.result(&format!("{marker}\n{}\n{rest}", line(&by))),
            }
        }
        (Pair::Both { .. }, None) => {}
    }
}
