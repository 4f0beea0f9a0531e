//! A plan in a file: writing it, and reading a file that anyone may have written.

use super::{FORMAT, PlanDocument, canonical};
use crate::diagnostic::{Diagnostic, Exit};
use serde_json::Value;

/// The largest file that is read (bytes), a hundred times the size of a complete first apply.
pub const MAX_BYTES: u64 = 8 << 20;

impl PlanDocument {
    /// Returns the file's text: canonical, with a final newline.
    pub fn to_file(&self) -> String {
        canonical(&serde_json::to_value(self).unwrap_or_default()) + "\n"
    }

    /// Reads a file's text; `name` is the file's, for messages.
    ///
    /// # Errors
    ///
    /// The text is not a saved plan (`plan/unreadable`), has another format, or was changed, so that its content does
    /// not match its id (`plan/stale`).
    pub fn of_file(text: &str, name: &str) -> Result<PlanDocument, Diagnostic> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| unreadable(name, &error.to_string()))?;
        let format = value.get("format").and_then(Value::as_u64);
        if format != Some(u64::from(FORMAT)) {
            return Err(of_other_format(name, &value, format));
        }
        let shown: PlanDocument =
            serde_json::from_value(value).map_err(|error| unreadable(name, &error.to_string()))?;
        if shown.id != shown.computed_id() {
            let message = format!("{name} was changed: its content does not match its id");
            return Err(stale(message, "make the plan again with `matrixform plan --out`"));
        }
        Ok(shown)
    }
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    let message = format!("{name} is not a saved plan: {}", why.escape_debug());
    Diagnostic::error("plan/unreadable", message)
        .help("`matrixform plan SPEC --out FILE` writes one")
}

fn of_other_format(name: &str, value: &Value, format: Option<u64>) -> Diagnostic {
    let Some(format) = format else { return unreadable(name, "it has no `format`") };
    let tool = value.pointer("/bound/tool").and_then(Value::as_str).unwrap_or("an unknown version");
    let message = format!(
        "{name} is a plan of format {format} (matrixform {}); this version reads format {FORMAT}",
        tool.escape_debug()
    );
    stale(message, "make the plan again with this version, or apply it with the one that made it")
}

/// Reports that a saved plan cannot be applied.
fn stale(message: String, help: &str) -> Diagnostic {
    Diagnostic::error("plan/stale", message).help(help).exit(Exit::Stale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::shown::{PlanInputs, ShownItem};

    fn item() -> ShownItem {
        serde_json::from_value(serde_json::json!({
            "address": "file:/a", "action": "update", "destroys": null, "refused": null,
            "differences": [
                { "attribute": "mode", "from": "0600", "to": "0644", "secrets": [] },
                { "attribute": "age", "from": { "unknown": "late" }, "to": null, "secrets": [], "volatile": true },
                { "attribute": "content", "from": { "content": "a\n" }, "to": { "hidden": true }, "secrets": ["s"] },
                { "attribute": "body", "from": { "sha256": "0", "size": 1 }, "to": { "content": "" }, "secrets": [] },
            ],
            "because": [], "after": [], "activation": null, "effect": "restart", "one_way": false,
            "generates": [], "notes": [], "why": null,
            "origin": { "module": "spec", "declared": "prod.toml:3", "requested": null },
        }))
        .unwrap()
    }

    fn plan() -> PlanDocument {
        let facts = [("os.id".to_owned(), "debian".into())].into();
        let bound = PlanInputs { tool: "0.1.0".to_owned(), facts, ..PlanInputs::default() };
        let plan = PlanDocument {
            format: FORMAT,
            host: "h".to_owned(),
            bound,
            items: vec![item()],
            unchanged: vec!["file:/b".to_owned()],
            remarks: vec!["about 3 s".to_owned()],
            ..PlanDocument::default()
        };
        plan.masked(&str::to_owned)
    }

    #[test]
    fn valid_input_is_read() {
        let text = plan().to_file();
        assert_eq!(PlanDocument::of_file(&text, "f").unwrap(), plan());
        assert_eq!(text.lines().count(), 1);
    }

    /// With any byte changed, the file is no longer a plan, or is one with the same id and content.
    #[test]
    fn a_changed_byte_is_detected() {
        let text = plan().to_file();
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            if let Ok(read) = PlanDocument::of_file(&changed, "f") {
                let same = PlanDocument { remarks: plan().remarks, ..read };
                let volatile = plan().differs_from(&same).is_empty();
                assert!(volatile, "byte {at}: {changed}");
            }
        }
    }

    #[test]
    fn the_schema_describes_it() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../docs/plan.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let validate = |document: &Value| {
            let errors: Vec<String> = schema
                .iter_errors(document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:#?}");
        };
        let mut plan = plan();
        plan.bound.spec = "0".repeat(64);
        validate(&serde_json::to_value(plan).unwrap());
        let page = include_str!("../../../docs/plan.md");
        let example = page.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
        let example: Value = serde_json::from_str(example).unwrap();
        validate(&example);
        let shown: PlanDocument = serde_json::from_value(example.clone()).unwrap();
        assert_eq!(shown.id, shown.computed_id(), "the id of the example in docs/plan.md");
        assert_eq!(serde_json::to_value(shown).unwrap(), example, "nothing of it is left out");
    }

    #[test]
    fn another_format_is_named() {
        let text = plan().to_file().replace("\"format\":1", "\"format\":2");
        let problem = PlanDocument::of_file(&text, "f").unwrap_err();
        assert_eq!(problem.exit, Exit::Stale);
        assert_eq!(
            problem.message,
            "f is a plan of format 2 (matrixform 0.1.0); this version reads format 1"
        );
        assert_eq!(PlanDocument::of_file("{}", "f").unwrap_err().exit, Exit::Error);
        assert!(PlanDocument::of_file("[1", "f").is_err());
    }

    #[test]
    fn each_difference_is_named() {
        let differ = |change: fn(&mut PlanDocument)| {
            let mut now = plan();
            change(&mut now);
            now.differs_from(&plan())
        };
        assert_eq!(differ(|plan| plan.remarks.clear()), [""; 0]);
        assert_eq!(
            differ(
                |plan| plan.items[0].differences[1].from = crate::plan::shown::ShownValue::Nothing
            ),
            [""; 0]
        );
        type Change = fn(&mut PlanDocument);
        let cases: [(Change, &str); 14] = [
            (
                |plan| plan.bound.tool = "0.2.0".into(),
                "matrixform's version is 0.2.0, and was 0.1.0",
            ),
            (|plan| plan.bound.spec = "x".into(), "the spec's text differs"),
            (|plan| plan.bound.host_key = Some("k".into()), "the host key is k, and was unknown"),
            (
                |plan| plan.bound.machine = Some("m".into()),
                "it is a different machine: its machine-id differs",
            ),
            (
                |plan| drop(plan.bound.facts.insert("os.id".into(), "ubuntu".into())),
                "the fact `os.id` is \"ubuntu\", and was \"debian\"",
            ),
            (|plan| plan.bound.facts.clear(), "the fact `os.id` is not read, and was \"debian\""),
            (|plan| plan.allow.push("destroy:x".into()), "what is allowed is destroy:x, and was "),
            (|plan| plan.items.clear(), "file:/a would no longer change"),
            (|plan| plan.items[0].address = "file:/c".into(), "file:/c would change too"),
            (
                |plan| {
                    plan.items[0].differences[0].to =
                        crate::plan::shown::ShownValue::Word("1".into())
                },
                "file:/a: mode differs",
            ),
            (|plan| plan.items[0].notes.push("x".into()), "file:/a: its text differs"),
            (|plan| plan.unchanged.clear(), "file:/b is no longer managed"),
            (|plan| plan.risks.push("r".into()), "a risk that was not shown: r"),
            (|plan| plan.unchanged.push("file:/d".into()), "file:/d was not managed then"),
        ];
        for (change, expected) in cases {
            assert!(
                differ(change).contains(&expected.to_owned()),
                "{expected}: {:?}",
                differ(change)
            );
        }
    }
}
