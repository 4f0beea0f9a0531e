//! An expansion as text for review: what one module declares, contributes and reports. The format is made for `diff`: one
//! item per line, contents line by line, secrets by name.

use crate::diagnostic::{Level, Problems};
use crate::module::outside::{Issue, RecordWant};
use crate::module::{Expanded, Manifest, Row};
use crate::resource::{Activation, Declared, DeclaredValue, Effect, Health};

/// The text for what a module produced.
pub(super) fn shown(manifest: &Manifest, expanded: &Result<Expanded, Problems>) -> String {
    match expanded {
        Err(problems) => {
            problems.iter().map(|problem| problem.render(false) + "\n\n").collect::<String>()
        }
        Ok(expanded) => good(manifest, expanded),
    }
}

fn good(manifest: &Manifest, expanded: &Expanded) -> String {
    let mut text = String::new();
    let own = |id: &str| manifest.findings.iter().any(|finding| finding.id == id);
    for note in &expanded.expansion.notes {
        match note.level {
            Level::Note if !own(&note.code) => {}
            Level::Note => {
                let fix = note.help.as_deref().unwrap_or_default();
                let fix: String = fix.lines().map(|line| format!("    | {line}\n")).collect();
                text += &format!("note {}\n{fix}", note.message);
            }
            _ => text += &format!("warning {}\n", note.message),
        }
    }
    for row in expanded.rows.iter().filter(|row| row.from == manifest.name) {
        text += &format!("contribute {} {}\n", row.to, flat(row));
    }
    for record in expanded.expansion.records.iter().filter(|one| one.module == manifest.name) {
        text += &format!("record {} {}\n", record.name, of_record(&record.want));
    }
    for control in expanded.expansion.controls.iter().filter(|one| one.module == manifest.name) {
        for probe in &control.probes {
            text += &format!("outside {} {probe}\n", control.id);
        }
    }
    let own = |name: &str| manifest.activations.iter().any(|form| form.name == name);
    for activation in expanded.expansion.activations.iter().filter(|one| own(&one.name)) {
        text.push_str(&of_activation(activation));
    }
    let resources = expanded.expansion.resources.iter();
    for declared in resources.filter(|declared| declared.origin.module == manifest.name) {
        text.push_str(&of_resource(declared));
    }
    text
}

fn of_record(want: &RecordWant) -> String {
    match want {
        RecordWant::Host => "of the host".to_owned(),
        RecordWant::Is(of, value) => format!("{} {value}", of.name()),
        RecordWant::Issue(Issue { value, method: None }) => format!("CAA {value}"),
        RecordWant::Issue(Issue { value, method: Some(method) }) => {
            format!("CAA {value} (by {method})")
        }
        RecordWant::Some(of, begins) => format!("{} {begins}…", of.name()),
        RecordWant::None(of) => format!("without {}", of.name()),
    }
}

/// A row: keys with their printed values, secrets hidden.
fn flat(row: &Row) -> String {
    let pairs = row.value.as_object().and_then(|object| object.try_iter_pairs());
    let pairs = pairs.into_iter().flatten().map(|(key, value)| {
        let value = match crate::module::filter::SecretText::of(&value) {
            Some(text) => String::from_utf8_lossy(&text.content().masked()).into_owned(),
            None => value.to_string(),
        };
        format!("{key}={value}")
    });
    pairs.collect::<Vec<String>>().join(" ")
}

fn of_activation(activation: &Activation) -> String {
    let mut text = format!("\nactivation {}\n", activation.name);
    let mut line = |key: &str, value: &str| {
        let gap = if value.starts_with('\n') { "" } else { " " };
        text += &format!("  {key}{gap}{value}\n");
    };
    line("effect", effect_name(activation.effect));
    activation.owns.iter().for_each(|one| line("owns", one));
    activation.validate.iter().for_each(|one| line("validate", one));
    activation.validate_switched.iter().for_each(|one| line("validate_switched", one));
    activation.inspect.iter().for_each(|one| line("inspect", one));
    let first = |text: &String| text.trim_start().lines().next().map(|line| format!("{line} …"));
    activation.survey.iter().filter_map(first).for_each(|one| line("survey", &one));
    activation.reports.iter().for_each(|one| line("reports", one));
    activation.watches.iter().filter_map(first).for_each(|one| line("watches", &one));
    let public_ports = activation.outside.iter().map(|(name, port)| format!("{name}:{port}"));
    public_ports.for_each(|one| line("outside", &one));
    activation.as_user.iter().for_each(|one| line("as_user", one));
    if let Some(sandbox) = &activation.sandbox {
        let network = if sandbox.network { " with its network" } else { "" };
        line("sandbox", &format!("{}{network}", sandbox.unit));
    }
    activation.restart.iter().for_each(|one| line("restart", one));
    for health in &activation.health {
        match health {
            Health::Run { command, early: false } => line("health", command),
            Health::Run { command, early: true } => line("early health", command),
            Health::Login => line("health", "a new login"),
            Health::Http { url, status, body } => {
                let body = body.as_ref().map(|body| format!(" {body:?}")).unwrap_or_default();
                line("health", &format!("{url} {status}{body}"));
            }
        }
    }
    line("timeout", &format!("{}s", activation.timeout.as_secs()));
    text
}

fn of_resource(declared: &Declared) -> String {
    let mut text = format!("\n{}\n", declared.address);
    let mut line = |key: &str, value: &str| {
        let gap = if value.starts_with('\n') { "" } else { " " };
        text += &format!("  {key}{gap}{value}\n");
    };
    declared.why.iter().for_each(|why| line("why", why));
    for need in &declared.needs {
        line("needs", &format!("{}{}", need.pattern, if need.optional { "?" } else { "" }));
    }
    declared.activation.iter().for_each(|name| line("activation", name));
    declared.effect.iter().for_each(|effect| line("effect", effect_name(*effect)));
    for (name, attribute) in &declared.attributes {
        line(name, &of_value(&attribute.value));
    }
    text
}

fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Reload => "reload",
        Effect::Restart => "restart",
    }
}

/// A value; text of several lines goes below its key, each line after a bar.
fn of_value(value: &DeclaredValue) -> String {
    match value {
        DeclaredValue::Bool(flag) => flag.to_string(),
        DeclaredValue::Int(number) => number.to_string(),
        DeclaredValue::Float(number) => number.to_string(),
        DeclaredValue::Text(content) => {
            let masked = content.masked();
            let text = String::from_utf8_lossy(&masked);
            if !text.contains('\n') {
                return text.into_owned();
            }
            let end = if text.ends_with('\n') { "" } else { "\n    (no line end)" };
            text.lines().map(barred).collect::<String>() + end
        }
        DeclaredValue::List(items) => {
            let items: Vec<String> = items.iter().map(of_value).collect();
            format!("[{}]", items.join(", "))
        }
        DeclaredValue::Table(table) => {
            let pairs: Vec<String> =
                table.iter().map(|(key, value)| format!("{key}={}", of_value(value))).collect();
            format!("{{{}}}", pairs.join(" "))
        }
    }
}

fn barred(line: &str) -> String {
    if line.is_empty() { "\n    |".to_owned() } else { format!("\n    | {line}") }
}
