//! Written values read back the same: JSON by serde_json, YAML always by serde-saphyr, and by PyYAML where available.

use super::*;
use crate::module::filter::secret_value;
use crate::secret::Secret;
use minijinja::{Value, context};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::process::{Command, Stdio};

fn emitted(format: FileFormat, value: &Json) -> String {
    let value = Value::from(minijinja::value::Serde(value));
    String::from_utf8(emit(format, &value).unwrap().expose().to_vec()).unwrap()
}

/// How PyYAML reads the texts, as JSON; none without PyYAML.
fn pyyaml(texts: &[String]) -> Option<Vec<Json>> {
    let script = "import sys, json, yaml\n\
        for text in json.load(sys.stdin): print(json.dumps(yaml.safe_load(text), default=repr))";
    let has_yaml = |python: &&str| {
        let imports =
            Command::new(python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success())
    };
    // The system's Python may have it even if another one comes first on PATH.
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has_yaml) else {
        assert!(std::env::var_os("CI").is_none(), "in CI PyYAML must be there to judge");
        return None;
    };
    let mut python = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(json!(texts).to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "PyYAML refuses {texts:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

const TRAPS: &[&str] = &[
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "null",
    "Null",
    "~",
    "",
    " a",
    "a ",
    "12:30",
    "190:20:30",
    "2024-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "0777",
    "0o7",
    "0x1f",
    "1e3",
    "1_000",
    ".5",
    ".inf",
    ".NaN",
    "+1",
    "-1",
    "-",
    "- a",
    "?",
    ":",
    "a: b",
    "a:b",
    "#",
    "a #b",
    "a#b",
    "<<",
    "=",
    "!x",
    "&x",
    "*x",
    "%x",
    "@x",
    "`x`",
    "{",
    "[",
    "a,b",
    "|",
    ">",
    "'",
    "\"",
    "\\",
    "a\nb",
    "\t",
    "\r",
    "\u{85}",
    "\u{2028}",
    "\u{feff}a",
    "\u{7f}",
    "\u{0}",
    "\u{1b}",
    "\u{a0}",
    "\u{fffe}",
    "😀",
    "/etc/x",
    "a-b_c.d",
    "---",
    "...",
    "--- a",
    "0b1",
    "0.1.2",
    "1.",
    "e3",
    "Infinity",
    "NaN",
    "nan",
    "inf",
    "NULL",
    "none",
];

#[test]
fn traps_read_back_the_same() {
    let values: Vec<Json> = TRAPS.iter().map(|text| json!({"v": text, (*text): [text]})).collect();
    let texts: Vec<String> = values.iter().map(|value| emitted(FileFormat::Yaml, value)).collect();
    for (text, value) in texts.iter().zip(&values) {
        let read: Json = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(&read, value, "{text}");
    }
    if let Some(read) = pyyaml(&texts) {
        assert_eq!(read, values);
    }
}

#[test]
fn reads_well() {
    let value = json!({
        "server_name": "example.org", "listeners": [{"port": 8008, "names": ["client", "yes"]}, {"port": 1}],
        "empty": {}, "none": [], "nested": {"a": {"b": 1.5}}, "lists": [[1, 2], []], "on": true,
    });
    insta::assert_snapshot!(emitted(FileFormat::Yaml, &value), @r#"
    server_name: example.org
    listeners:
      - port: 8008
        names:
          - client
          - "yes"
      - port: 1
    empty: {}
    none: []
    nested:
      a:
        b: 1.5
    lists:
      - - 1
        - 2
      - []
    "on": true
    "#);
    insta::assert_snapshot!(emitted(FileFormat::Json, &json!({"a": [1, "x"], "b": {}})), @r#"
    {
      "a": [
        1,
        "x"
      ],
      "b": {}
    }
    "#);
}

fn any_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<i32>().prop_map(|eighths| Json::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(|text| json!(text.replace(crate::module::value::RESERVED, ""))),
        "[-a-z0-9:#{}'\" ,&*!?|>%@`\\\\~.\n]{0,8}".prop_map(Json::from),
        proptest::sample::select(TRAPS).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec(("[-a-z0-9:#~ ]{0,5}", inner), 0..4)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_reads_back_the_same(value in any_value()) {
        let read: Json = serde_json::from_str(&emitted(FileFormat::Json, &value)).unwrap();
        prop_assert_eq!(read, value);
    }

    #[test]
    fn yaml_reads_back_the_same(value in any_value()) {
        let read: Json = serde_saphyr::from_str(&emitted(FileFormat::Yaml, &value)).unwrap();
        prop_assert_eq!(read, value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn pyyaml_reads_back_the_same(values in proptest::collection::vec(any_value(), 40)) {
        let texts: Vec<String> = values.iter().map(|value| emitted(FileFormat::Yaml, value)).collect();
        if let Some(read) = pyyaml(&texts) {
            prop_assert_eq!(read, values);
        }
    }
}

#[test]
fn secrets_become_ranges() {
    let pw = secret_value(Secret::new("a/b", "p\"w"));
    let value = context! { user => "x", password => pw.clone(), list => vec![pw.clone()] };
    let content = emit(FileFormat::Yaml, &value).unwrap();
    assert_eq!(content.masked(), b"user: x\npassword: [secret a/b]\nlist:\n  - [secret a/b]\n");
    assert_eq!(content.expose(), b"user: x\npassword: \"p\\\"w\"\nlist:\n  - \"p\\\"w\"\n");
    let line = secret_value(Secret::new("a/b", "a\nb"));
    assert!(emit(FileFormat::Ini, &context! { password => line }).is_err());
    let ini = emit(FileFormat::Ini, &context! { password => pw }).unwrap();
    assert_eq!(ini.masked(), b"password = [secret a/b]\n");
}

#[test]
fn ini_has_sections() {
    let value = context! { top => 1, jail => context! { enabled => true, filter => "sshd" } };
    let content = emit(FileFormat::Ini, &value).unwrap();
    assert_eq!(content.expose(), b"top = 1\n\n[jail]\nenabled = true\nfilter = sshd\n");
    for value in [
        context! { a => "x\ny" },
        context! { a => " x" },
        context! { a => "x # y" },
        context! { a => vec![1] },
        context! { a => context! { b => context! { c => 1 } } },
    ] {
        assert!(emit(FileFormat::Ini, &value).is_err(), "{value}");
    }
}

#[test]
fn values_without_a_representation_are_refused() {
    for value in [
        context! { a => () },
        context! { a => vec![Value::from(())] },
        context! { a => f64::NAN },
        Value::from_pairs([(1, 2)]),
        Value::UNDEFINED,
    ] {
        assert!(
            emit(FileFormat::Yaml, &value).is_err() && emit(FileFormat::Json, &value).is_err(),
            "{value}"
        );
    }
}
