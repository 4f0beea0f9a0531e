//! Typical mistakes of newcomers to specs: `mistakes.toml`, and whole files in other languages. Each error points to
//! the mistake, quotes what was typed, and suggests a fix that passes when followed to the letter.

use crate::workspace::{Ran, Workspace};
use serde_json::Value;
use toml::Table;

const TABLE: &str = include_str!("mistakes.toml");

/// A certificate for the two names in the base spec.
const CHAIN: &str = include_str!("../../inventory/tls/example.org.pem");

struct Mistake {
    of: String,
    spec: String,
    fixed: String,
    /// Line and column of the mistake.
    at: (u64, u64),
    says: Vec<String>,
    write: String,
    /// Errors besides the expected one.
    more: usize,
}

fn mistakes() -> Vec<Mistake> {
    let table: Table = TABLE.parse().unwrap();
    let base = table["base"].as_str().unwrap();
    let rows = table["mistake"].as_array().unwrap().iter();
    rows.map(|row| mistake(base, row.as_table().unwrap())).collect()
}

fn mistake(base: &str, row: &Table) -> Mistake {
    let text = |key: &str| row.get(key).map(|value| value.as_str().unwrap().to_owned());
    let of = format!(
        "{} ({})",
        text("of").unwrap(),
        row.get("row").map_or("-".into(), ToString::to_string)
    );
    let base = text("drop").map_or(base.to_owned(), |part| base.replace(&part, ""));
    let (instead_of, typed) = (text("instead_of").unwrap(), text("typed").unwrap());
    let start = base.find(&instead_of).unwrap_or_else(|| panic!("{of}: not in the base"));
    let spec = base.replacen(&instead_of, &typed, 1);
    let fixed = text("fixed").unwrap_or_else(|| instead_of.clone());
    let mut fixed = base.replacen(&instead_of, &fixed, 1);
    if let Some(moves) = row.get("moves") {
        let part = |at: usize| moves[at].as_str().unwrap();
        fixed = base.replacen(part(0), &format!("{}{}", part(1), part(0)), 1);
    }
    let at = text("at").unwrap();
    let inside = spec[start..].starts_with(&typed).then(|| typed.find(&at)).flatten();
    let found = inside.map(|found| start + found).or_else(|| spec.find(&at));
    let before = &spec[..found.unwrap_or_else(|| panic!("{of}: `at` is nowhere"))];
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() as u64 + 1;
    let says = row["says"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    let more = row.get("more").map_or(0, |more| more.as_integer().unwrap() as usize);
    Mistake {
        of,
        spec,
        fixed,
        at: (line, column),
        says: says.collect(),
        write: text("write").unwrap(),
        more,
    }
}

fn workspace(spec: &str) -> Workspace {
    let workspace = Workspace::with(spec);
    workspace.write("base.toml", "");
    workspace.write("example.org.pem", CHAIN);
    workspace
}

/// The fault in a mistake's error report, if any.
fn fault(mistake: &Mistake) -> Option<String> {
    let workspace = workspace(&mistake.spec);
    let ran = workspace.run(&["check", "prod.toml", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let errors: Vec<&Value> = found["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["level"] == "error")
        .collect();
    let shown = || workspace.run(&["check", "prod.toml"]).to_string();
    if errors.len() != 1 + mistake.more {
        return Some(format!("{} errors:\n{}", errors.len(), shown()));
    }
    let place =
        |one: &Value| (one["line"].as_u64().unwrap_or(0), one["column"].as_u64().unwrap_or(0));
    let Some(error) = errors.iter().find(|one| place(one) == mistake.at) else {
        return Some(format!("nothing at {:?}:\n{}", mistake.at, shown()));
    };
    let help = error["help"].as_str().unwrap_or_default();
    let output = shown();
    let silent: Vec<&String> = mistake.says.iter().filter(|word| !output.contains(*word)).collect();
    if !silent.is_empty() {
        return Some(format!("does not say {silent:?}:\n{output}"));
    }
    if !help.contains(&mistake.write) {
        return Some(format!("the help has no {:?}:\n{output}", mistake.write));
    }
    let fixed = self::workspace(&mistake.fixed).run(&["check", "prod.toml"]);
    (fixed.status != 0).then(|| format!("the fixed spec is refused:\n{fixed}"))
}

#[test]
fn each_mistake_has_a_place_a_reason_and_a_working_fix() {
    let faults = mistakes();
    let faults = faults.iter().filter_map(|one| Some(format!("## {}: {}", one.of, fault(one)?)));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Expects exactly one error, whatever the file contains.
fn one_error(name: &str, text: impl AsRef<[u8]>) -> Ran {
    let workspace = Workspace::new();
    std::fs::write(workspace.0.path().join("prod.toml"), text).unwrap();
    let ran = workspace.run(&["check", "prod.toml"]);
    assert_eq!(ran.stdout.matches("error: ").count(), 1, "{name}: {ran}");
    assert_eq!(ran.status, 1, "{name}: {ran}");
    ran
}

#[test]
fn a_file_in_another_format_is_one_error() {
    let utf16: Vec<u8> = "\u{feff}[host]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, text, says) in [
        (
            "YAML",
            "host:\n  address: a.example\nsynapse:\n  server_name: example.org\n".as_bytes(),
            "this looks like YAML",
        ),
        ("JSON", b"{\n  \"host\": { \"address\": \"a\" }\n}\n", "this looks like JSON"),
        (
            "INI",
            b"; mine\n[host]\naddress = a.example\nuser = root\n",
            "this looks like an INI file",
        ),
        ("HTML", b"<!DOCTYPE html>\n<title>404</title>\n", "this looks like HTML or XML"),
        ("Terraform", b"resource \"a\" \"b\" {\n  name = \"x\"\n}\n", "HCL"),
        ("nginx", b"server {\n  listen 80;\n  server_name a;\n}\n", "an nginx configuration"),
        ("UTF-16", &utf16, "UTF-16"),
        ("old line ends", b"[host]\raddress = \"a\"\r", "U+000D"),
        ("a merge", b"<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> b\n", "merge conflict"),
        ("NUL", b"[host]\naddress = \"a\0b\"\n", "U+0000"),
    ] {
        let ran = one_error(name, text);
        assert!(ran.stdout.contains(says) && ran.stdout.contains("= help: "), "{name}: {ran}");
    }
}

/// Row 47: files from Windows editors.
#[test]
fn byte_order_marks_and_crlf_are_accepted() {
    let table: Table = TABLE.parse().unwrap();
    let base = table["base"].as_str().unwrap();
    for text in
        [format!("\u{feff}{base}"), base.replace('\n', "\r\n"), base.replace(" = ", "\t=\t")]
    {
        let ran = workspace(&text).run(&["check", "prod.toml"]);
        assert_eq!(ran.status, 0, "{ran}");
    }
}
