//! The reference of all findings, as Markdown generated from the manifests: what each one says, why, what to do, and
//! whether and when it may be accepted. A test keeps the page under `docs/` current.

use super::Modules;
use super::manifest::{Finding, FindingLevel};

const HEAD: &str = "\
# Findings

Generated from the manifests by `matrixform module docs --findings`; do not edit.

Findings are what `matrixform check` reports about a spec that can be read. An **error** stops before the host is contacted. A
**warning** is shown with every plan. A **note** is shown with every plan too, but needs no action. **Advice** is a risk
that many accept knowingly, shown only by `check`. What cannot be read at all (unknown keys, wrong types, a secret in plain
text) has codes such as `spec/unknown-key`, and cannot be accepted. What is found **on the host** is reported by `plan` and `apply`,
before what it is about changes; the state of backups also by `drift`, each time the host is read.

To accept one, give a reason:

```toml
[[accept]]
id = \"MF002\"
reason = \"a public server with three moderators\"
```

It is then shown in one line as accepted, with the reason; advice and notes are no longer shown. `[[accept]]` without a reason, with an
unknown id, or for an error that cannot be accepted is an error; one that is no longer needed is a warning.
";

/// Returns the page.
pub fn findings_reference(modules: &Modules) -> String {
    let mut rows: Vec<(&str, &Finding)> = modules
        .iter()
        .flat_map(|manifest| manifest.findings.iter().map(|one| (manifest.name.as_str(), one)))
        .collect();
    rows.sort_by_key(|(_, finding)| &finding.id);
    let index = rows.iter().map(|(module, finding)| {
        let (id, level) = (&finding.id, finding.level.as_str());
        let level = if finding.survey.is_some() {
            format!("{level}, on the host")
        } else {
            level.to_owned()
        };
        format!("| [{id}](#{}) | {level} | `{module}` | {} |\n", id.to_lowercase(), title(finding))
    });
    let index: String = index.collect();
    let all: String = rows.iter().map(|(_, finding)| section(finding)).collect();
    format!("{HEAD}\n| Id | | Module | Message |\n| --- | --- | --- | --- |\n{index}{all}")
}

fn section(finding: &Finding) -> String {
    let (id, level) = (&finding.id, finding.level.as_str());
    let why = finding.why.as_deref().map(|why| format!("\n{why}\n")).unwrap_or_default();
    let fix = elided(finding.fix.text.lines().next().unwrap_or_default());
    let fix = if fix.is_empty() { fix } else { format!("\n**To fix it:** {fix}.\n") };
    format!("\n## {id}\n\n{level}: {}.\n{why}{fix}\n{}\n", title(finding), acceptance(finding))
}

fn acceptance(finding: &Finding) -> String {
    match (&finding.accept, finding.level) {
        (Some(when), _) => format!("**May be accepted when:** {}", lower(when)),
        (None, FindingLevel::Error) => "It cannot be accepted.".to_owned(),
        (None, _) => "**May be accepted** with a reason.".to_owned(),
    }
}

/// The message without the parts that differ between specs.
fn title(finding: &Finding) -> String {
    elided(finding.message.text.trim()).replace('|', "\\\\|")
}

/// The text of a template with `…` in place of expressions; statements are removed, their bodies stay.
pub(super) fn elided(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find(['{']) {
        let (before, from) = rest.split_at(start);
        text += before;
        let (end, shown) = match from.get(..2) {
            Some("{{") => ("}}", "…"),
            Some("{%") => ("%}", ""),
            _ => ("{", "{"),
        };
        let Some(at) = from.find(end) else { return text + from };
        text += shown;
        rest = from.get(at + end.len()..).unwrap_or_default();
    }
    (text + rest).split_whitespace().collect::<Vec<&str>>().join(" ")
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::ModuleDirectory;

    #[test]
    fn a_finding_comes_with_its_reason_its_fix_and_how_to_accept_it() {
        let manifest = "format = 1\nsummary = \"x\"\n\
            [[finding]]\nid = \"MF2\"\nlevel = \"error\"\nif = \"true\"\nmessage = \"{{ 1 }} of {a} | {% if 1 %}b{% endif %}\"\nfix = \"\"\n\
            [[finding]]\nid = \"MF1\"\nlevel = \"error\"\nif = \"true\"\nmessage = \"no\"\nfix = \"stop\"\nwhy = \"Since.\"\naccept = \"Never mind.\"\n\
            [[finding]]\nid = \"MF3\"\nlevel = \"advice\"\nif = \"true\"\nmessage = \"so\"\nfix = \"a\\nb\"\n";
        let directory = ModuleDirectory::new("a", "modules/a").with("module.toml", manifest);
        let modules = Modules::load(&[directory], &[]).unwrap();
        let page = findings_reference(&modules);
        insta::assert_snapshot!(page.strip_prefix(HEAD).unwrap());
    }
}
