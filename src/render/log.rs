//! Events, details and messages as JSON objects: the output of `--log-format json`, one object per line. The fields are
//! stable (docs/log.md): add some, but never rename or reuse one.

use super::Verbosity;
use crate::apply::Event;
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::run::Detail;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// An event of apply. A note becomes a message.
pub fn event(event: &Event) -> Value {
    match event {
        Event::Begun { host, steps } => normal("begun", json!({ "host": host, "steps": steps })),
        Event::Step { number, label } => {
            normal("step", json!({ "number": number, "description": label }))
        }
        Event::Called { function, args } => called(function, args),
        Event::Line(text) => at(super::event_verbosity(event), "line", json!({ "text": text })),
        Event::Ended { number, took } => at(
            Verbosity::Verbose,
            "step_ended",
            json!({ "number": number, "ms": milliseconds(*took) }),
        ),
        Event::Changed(address) => normal("changed", json!({ "address": address.to_string() })),
        Event::Note(note) => diagnostic(note),
        Event::Finished => normal("finished", json!({})),
    }
}

/// Something that was read or asked.
pub fn detail(detail: &Detail) -> Value {
    let verbose = |event: &str, fields: Value| at(Verbosity::Verbose, event, fields);
    match detail {
        Detail::Read { what, path } => verbose("read", json!({ "what": what, "path": path })),
        Detail::Module { name, directory } => {
            verbose("module", json!({ "name": name, "directory": directory }))
        }
        Detail::Route(hops) => verbose("route", json!({ "hops": hops })),
        Detail::Lap { part, took } => {
            verbose("part", json!({ "part": part, "ms": milliseconds(*took) }))
        }
        Detail::Asked { function, things } => {
            verbose("questions", json!({ "function": function, "count": things }))
        }
        Detail::Called { function, args } => called(function, args),
    }
}

/// A message with its places; empty fields are omitted.
pub fn diagnostic(problem: &Diagnostic) -> Value {
    let level = match problem.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut fields = json!({ "code": problem.code, "message": problem.message });
    if let (Some((at, label)), Some(fields)) = (&problem.place, fields.as_object_mut()) {
        fields.insert("place".to_owned(), place(at, label));
    }
    let context: Vec<Value> = problem.context.iter().map(|(at, label)| place(at, label)).collect();
    add(&mut fields, "context", (!context.is_empty()).then(|| context.into()));
    add(&mut fields, "notes", (!problem.notes.is_empty()).then(|| problem.notes.clone().into()));
    add(&mut fields, "help", problem.help.clone().map(Value::from));
    object(level, "diagnostic", fields)
}

/// Text for people only, such as a question.
pub fn text(event: &str, text: &str) -> Value {
    normal(event, json!({ "text": text }))
}

/// The end of the run.
pub fn end(status: u8, took: Duration) -> Value {
    normal("end", json!({ "status": status, "ms": milliseconds(took) }))
}

fn called(function: &str, args: &[String]) -> Value {
    at(Verbosity::Everything, "call", json!({ "function": function, "args": args }))
}

fn normal(event: &str, fields: Value) -> Value {
    at(Verbosity::Normal, event, fields)
}

fn at(verbosity: Verbosity, event: &str, fields: Value) -> Value {
    object(verbosity.as_str(), event, fields)
}

fn object(level: &str, event: &str, fields: Value) -> Value {
    let mut all = Map::new();
    all.insert("level".to_owned(), level.into());
    all.insert("event".to_owned(), event.into());
    if let Value::Object(fields) = fields {
        all.extend(fields);
    }
    Value::Object(all)
}

fn add(fields: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (fields.as_object_mut(), value) {
        fields.insert(name.to_owned(), value);
    }
}

fn place(place: &Place, label: &str) -> Value {
    let (line, column) = place.line_column();
    let mut value = json!({ "file": place.source.name, "line": line, "column": column });
    add(&mut value, "label", (!label.is_empty()).then(|| label.into()));
    value
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::resource::Address;

    #[test]
    fn every_object_has_its_fields() {
        let source = Source::new("prod.toml", "[host]\nadress = 1\n");
        let problem = Diagnostic::error("spec/unknown-key", "unknown key `adress`")
            .labelled(&Place::new(&source, 7..13), "not a key of `[host]`")
            .see(&Place::new(&source, 0..6), "")
            .note_line("a line")
            .help("did you mean `address`?");
        let args = vec!["/srv/a".to_owned()];
        let events = [
            Event::Begun { host: "vps".to_owned(), steps: 3 },
            Event::Step { number: 1, label: "taking the host's lock".to_owned() },
            Event::Called { function: "file_converge", args: args.clone() },
            Event::Line("waiting for apt".to_owned()),
            Event::Line("Unpacking".to_owned()),
            Event::Ended { number: 1, took: Duration::from_micros(12_345) },
            Event::Changed(Address::new("file", "/srv/a")),
            Event::Note(Diagnostic::note("apply/stopping", "stopping")),
            Event::Finished,
        ];
        let details = [
            Detail::Read { what: "spec", path: "prod.toml".to_owned() },
            Detail::Module { name: "turn".to_owned(), directory: "modules/turn".to_owned() },
            Detail::Route(vec!["ops@vps:22".to_owned()]),
            Detail::Lap { part: "connecting", took: Duration::from_millis(85) },
            Detail::Asked { function: "paths_observe", things: 4 },
            Detail::Called { function: "paths_observe", args },
        ];
        let mut objects: Vec<Value> = events.iter().map(event).collect();
        objects.extend(details.iter().map(detail));
        objects.push(diagnostic(&problem));
        objects.push(end(3, Duration::from_secs(2)));
        let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
