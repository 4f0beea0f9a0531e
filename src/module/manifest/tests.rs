//! Every message about a single manifest; and that no text makes the loader panic.

use super::Manifest;
use crate::module::{ModuleDirectory, Modules};
use proptest::prelude::*;

fn problems(text: &str) -> String {
    shown(&ModuleDirectory::new("a", "modules/a").with("module.toml", text))
}

fn shown(directory: &ModuleDirectory) -> String {
    let problems = Manifest::read(directory).unwrap_err();
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<String>>().join("\n\n")
}

#[test]
fn a_newer_format_is_the_only_problem_reported() {
    insta::assert_snapshot!(problems("format = 2\nwhatever = true\n"));
    let none = problems("format = 0\nwhatever = true\n");
    assert!(none.contains("format 0 does not exist") && !none.contains("whatever ="), "{none}");
}

#[test]
fn unreadable_fields_hide_no_unique_one() {
    let collect = "[collect.v]\ndoc = \"V.\"\nunique = \"name\"\nfields = { name = \"tex\" }";
    let found = problems(&format!("format = 1\nsummary = \"x\"\n{collect}\n"));
    assert!(found.contains("tex") && !found.contains("not one of `fields`"), "{found}");
}

#[test]
fn a_directory_without_a_manifest_is_named() {
    insta::assert_snapshot!(shown(&ModuleDirectory::new("a", "inventory/modules/a")));
}

#[test]
fn unknown_keys_are_errors_at_every_level() {
    insta::assert_snapshot!(problems(
        r#"
format = 1
sumary = "x"
shape = "lists"
[facts]
package = ["x"]
[params.x]
type = "int"
doc = "X."
defualt = 1
[derive.y]
for_each = "[1]"
wehn = "true"
value = 1
[collect.z]
doc = "Z."
fields = { a = { type = "int" } }
uniq = "a"
[[contribute]]
to = "b.c"
value = {}
whn = "true"
[[finding]]
id = "MF1"
level = "eror"
if = "true"
message = "m"
fix = "f"
[[activation]]
name = "n"
effect = "relaod"
valdate = []
[[control]]
id = "c"
threat = "t"
titel = "x"
probes = []
"#
    ));
}

#[test]
fn missing_keys_are_reported() {
    insta::assert_snapshot!(problems(
        r#"
format = 1
[params.x]
type = "int"
[params.y]
doc = "Y."
[params.z]
type = "integer"
doc = "Z."
[derive.w]
when = "true"
[collect.v]
fields = {}
unique = "a"
[[contribute]]
to = "b"
[[finding]]
level = "error"
[[activation]]
health = [{ status = 200 }]
timeout = "soon"
[[resource]]
name = "/x"
"#
    ));
}

#[test]
fn names_are_unique_and_not_reserved() {
    insta::assert_snapshot!(problems(
        "format = 1\nsummary = \"x\"\n[params.at]\ntype = \"int\"\ndoc = \"A.\"\n\
         [params.x]\ntype = \"int\"\ndoc = \"X.\"\n[derive]\nx = \"1\"\n"
    ));
    let directory = ModuleDirectory::new("facts", "modules/facts")
        .with("module.toml", "format = 1\nsummary = \"x\"\n");
    insta::assert_snapshot!(shown(&directory));
}

#[test]
fn contents_of_files_are_checked() {
    insta::assert_snapshot!(problems(
        r#"
format = 1
summary = "x"
[params.p]
type = "int"
doc = "P."
sets = "a"
[params.q]
type = "int"
doc = "Q."
sets = "othr:a"
[params.l]
type = "list"
of = "table"
fields = { x = { type = "int", sets = "b" } }
doc = "L."
[params.r]
type = "int"
doc = "R."
sets = "one:a.b"
[params.s]
type = "int"
doc = "S."
sets = "one:a"
[[resource]]
kind = "file"
name = "/1"
format = "yaml"
document = "one"
contents = { a = "{{ a.p }" }
[[resource]]
kind = "file"
name = "/2"
format = "yml"
document = "other"
contents = ["x"]
[[resource]]
kind = "file"
name = "/3"
header = "x"
content = "a"
template = "b"
"#
    ));
}

#[test]
fn documents_that_parameters_set_are_found() {
    let file = |name: &str| {
        format!(
            "[[resource]]\nkind = \"file\"\nname = \"/{name}\"\nformat = \"yaml\"\ndocument = \"{name}\"\ncontents = {{}}\n"
        )
    };
    let param = |name: &str, sets: &str| {
        format!("[params.{name}]\ntype = \"int\"\ndoc = \"X.\"\nsets = \"{sets}\"\n")
    };
    let params = [
        param("p", "a"),
        param("q", "othr:a"),
        param("r", "one:a.b"),
        param("s", "one:a"),
        param("t", "one:c..d"),
    ];
    insta::assert_snapshot!(problems(&format!(
        "format = 1\nsummary = \"x\"\n{}{}{}",
        params.concat(),
        file("one"),
        file("other")
    )));
}

#[test]
fn only_params_are_merged_from_other_files() {
    let directory = ModuleDirectory::new("a", "modules/a")
        .with(
            "module.toml",
            "format = 1\nsummary = \"x\"\n[params.x]\ntype = \"int\"\ndoc = \"X.\"\n",
        )
        .with("params/more.toml", "[params.y]\ntype = \"int\"\ndoc = \"Y.\"\n");
    let manifest = Manifest::read(&directory).unwrap();
    assert_eq!(manifest.params.keys().collect::<Vec<_>>(), ["x", "y"]);
    let directory = directory.with(
        "params/more.toml",
        "[params.x]\ntype = \"int\"\ndoc = \"X.\"\n[derive]\nz = \"1\"\n",
    );
    insta::assert_snapshot!(shown(&directory));
}

const WHOLE: &str = include_str!("../skeleton/module.toml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_the_loader_panic(text in "(?s).{0,400}") {
        let directory = ModuleDirectory::new("a", "modules/a").with("module.toml", text);
        let _ = Modules::load(&[directory], &[]);
    }

    /// Near-valid manifests get further than noise.
    #[test]
    fn no_change_of_a_manifest_makes_the_loader_panic(
        keys in proptest::collection::vec(
            ("[a-z_.\\[\\]]{1,20}", prop_oneof![
                "\"[^\"\\\\\u{0}-\u{1f}]{0,40}\"",
                "\"\\{\\{ [a-z.|()\\[\\]' ]{0,30} \\}\\}\"",
                "-?[0-9]{1,20}", "true", "\\[\\]", "\\{\\}", "[0-9]{4}-01-01",
            ]), 0..6),
        cut in 0usize..600,
    ) {
        let mut text = WHOLE.replace("NAME", "a");
        let at = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let lines: String = keys.iter().map(|(key, value)| format!("\n{key} = {value}\n")).collect();
        text.insert_str(at, &lines);
        let directory = ModuleDirectory::new("a", "modules/a")
            .with("module.toml", text)
            .with("templates/motd.j2", "{{ a.text }}");
        let _ = Modules::load(&[directory], &[]);
    }
}

#[test]
fn checkers_must_exist_and_apply_to_parameters() {
    insta::assert_snapshot!(problems(
        r#"
format = 1
summary = "x"
[params.a]
type = "map"
of = { type = "any" }
check = "synapse_option"
doc = "A."
[params.b]
type = "table"
fields = { c = { type = "any", check = "synapse_options", doc = "C." } }
doc = "B."
[params.d]
type = "any"
check = 1
doc = "D."
"#
    ));
}
