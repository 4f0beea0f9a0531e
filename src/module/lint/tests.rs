//! Every message of the lint, on small modules.

use crate::module::{ModuleDirectory, Modules};

const HEAD: &str = "format = 1\nsummary = \"x\"\n";

const SYNAPSE: &str = r#"
role = "server"
[const.ports]
client = 8008
[params.port]
type = "port"
default = 8008
doc = "Port."
[params.lifetime]
type = "duration"
default = "1h"
doc = "Lifetime."
[params.key]
type = "secret"
generate = "hex:32"
doc = "Key."
[params.quota]
type = "list"
of = "table"
fields = { period = { type = "duration", required = true } }
doc = "Quota."
[collect.instances]
doc = "Instances."
fields = { name = { type = "slug", required = true }, port = { type = "port", default = 1 } }
[derive]
senders = "synapse.instances | having('name', 'a')"
"#;

/// The program relies on this: it does not lint the embedded modules again.
#[test]
fn the_embedded_modules_pass() {
    assert_eq!(Modules::load(&crate::module::embedded(), &[]).map(drop), Ok(()));
}

fn problems(text: &str, template: &str) -> String {
    let directories = [
        ModuleDirectory::new("synapse", "modules/synapse")
            .with("module.toml", format!("{HEAD}{SYNAPSE}")),
        ModuleDirectory::new("a", "modules/a")
            .with("module.toml", format!("{HEAD}{text}"))
            .with("templates/t.j2", template),
    ];
    match Modules::load(&directories, &[]) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.render(false))
            .collect::<Vec<String>>()
            .join("\n\n"),
    }
}

const USES: &str = "[[resource]]\nkind = \"file\"\nname = \"/x\"\ntemplate = \"t.j2\"\n";

fn template(text: &str) -> String {
    problems(USES, text)
}

fn derive(expression: &str) -> String {
    problems(&format!("[derive]\nx = \"\"\"{expression}\"\"\"\n{USES}"), "")
}

#[test]
fn valid_input_passes() {
    let text = r#"{% macro listen(port) %}listen {{ port }};{% endmacro %}
{% for row in synapse.senders %}{{ row.name }} {{ loop.index }} {{ listen(row.port) }}{% endfor %}
{% set first = synapse.instances | first %}{{ first.name }}
{% if synapse and not a %}{{ synapse.lifetime.seconds }} {{ synapse.lifetime.text }}{% endif %}
{{ synapse.key | yaml }} {{ server.port }} {{ synapse['port'] }} {{ facts.os.codename or 'x' }}
{{ (synapse.quota | first).period }} {{ synapse.ports.client }} {{ host.at }} {{ synapse.at }}
"#;
    assert_eq!(template(text), "no problem");
}

#[test]
fn misspelt_names_are_found_everywhere() {
    insta::assert_snapshot!(template(
        "{% if false %}{{ synaps.port }}{% endif %}\n{{ synapse.prot }}\n{{ synapse['prot'] }}\n\
         {% for q in synapse.quota %}{{ q.perod }}{% endfor %}\n{{ synapse.lifetime.secs }}\n\
         {{ (synapse.senders | first).nam }}\n{{ synapse.instances | pluck('nmae') | join(' ') }}\n\
         {{ facts.os.name }}{{ facts.packages.nginx }}{{ host.bnd }}\n{{ server.prt }}\n"
    ));
}

#[test]
fn unknown_filters_tests_and_calls_are_found() {
    insta::assert_snapshot!(template(
        "{{ synapse.port | tojson }}{{ synapse.port | yml }}\n{{ 1 if synapse.port is defined else 2 }}\n\
         {{ range(3) }}{{ synapse.port.upper() }}\n{% include 'x' %}\n{% set synapse = 1 %}\n\
         {{ nothing() }}\n"
    ));
}

#[test]
fn unprintable_values_are_found() {
    insta::assert_snapshot!(template(
        "{{ synapse.quota }}{{ none }}{{ {'a': 1} }}{{ synapse }}{{ 'x' if synapse.port }}\n"
    ));
}

#[test]
fn durations_are_not_compared_with_text() {
    insta::assert_snapshot!(derive("synapse.lifetime == '1h'"));
    assert_eq!(derive("synapse.lifetime.seconds < 3600 and synapse.quota"), "no problem");
}

#[test]
fn places_in_expressions_are_exact() {
    insta::assert_snapshot!(derive("synapse.port + \\\n   synapse.prot"));
}

#[test]
fn items_exist_only_with_for_each() {
    let text = "[[resource]]\nkind = \"file\"\nname = \"/{{ item }}\"\ncontent = \"x\"\n\
                [[resource]]\nkind = \"file\"\nfor_each = \"[{'n': 'a'}, {'n': 'b'}]\"\nname = \"/{{ item.m }}\"\ncontent = \"\"\n\
                [[resource]]\nkind = \"file\"\nfor_each = \"synapse.port\"\nname = \"/y\"\ncontent = \"\"\n";
    insta::assert_snapshot!(problems(&format!("{text}{USES}"), ""));
}

#[test]
fn resources_are_checked_against_kinds() {
    let text = "[[resource]]\nkind = \"fil\"\nname = \"/x\"\n\
                [[resource]]\nkind = \"file\"\nname = \"/{{ synapse.key }}\"\nonwer = \"root\"\n\
                [[resource]]\nkind = \"directory\"\nname = \"/d\"\ntemplate = \"u.j2\"\n";
    insta::assert_snapshot!(problems(text, ""));
}

#[test]
fn gives_are_checked_against_lists() {
    let text = "[[contribute]]\nto = \"synaps.instances\"\nvalue = { name = \"a\" }\n\
                [[contribute]]\nto = \"synapse.instance\"\nvalue = { name = \"a\" }\n\
                [[contribute]]\nto = \"synapse.instances\"\nvalue = { nme = \"a\" }\n\
                [[contribute]]\nto = \"synapse.instances\"\nvalue = \"a\"\n";
    insta::assert_snapshot!(problems(&format!("{text}{USES}"), ""));
}

#[test]
fn ids_of_findings_are_unique() {
    let one = "[[finding]]\nid = \"MF1\"\nlevel = \"error\"\nif = \"true\"\nmessage = \"m\"\nfix = \"\"\n";
    insta::assert_snapshot!(problems(&format!("{one}{one}{USES}"), ""));
}

#[test]
fn default_by_accepts_only_enums_and_their_values() {
    let by = |by: &str| {
        format!("[params.x]\ntype = \"duration\"\ndoc = \"X.\"\ndefault_by = {by}\n{USES}")
    };
    let mode = "[params.mode]\ntype = \"enum\"\nvalues = [\"calm\", \"busy\"]\ndoc = \"Mode.\"\n";
    let good = by("{ of = \"a.mode\", busy = \"1h\" }");
    assert_eq!(problems(&format!("{mode}{good}"), ""), "no problem");
    let row = "[collect.rows]\ndoc = \"Rows.\"\n\
               fields = { n = { type = \"int\", default_by = { of = \"a.mode\", busy = 2 } } }\n";
    let wrong = [
        by("{ of = \"synaps.mode\", busy = \"1h\" }"),
        by("{ of = \"synapse.port\", busy = \"1h\" }"),
        format!("{mode}{}", by("{ of = \"a.mode\", buzy = \"1h\", calm = \"2h\" }")),
        format!("{mode}default_by = {{ of = \"a.x\", calm = \"busy\" }}\n{good}"),
        format!("{mode}{row}{good}"),
    ];
    let shown: Vec<String> = wrong.iter().map(|text| problems(text, "")).collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn default_by_values_are_checked_by_type() {
    let by = |by: &str| format!("[params.x]\ntype = \"duration\"\ndoc = \"X.\"\n{by}\n{USES}");
    let wrong = [
        by("default_by = \"a.mode\""),
        by("default_by = { busy = \"1h\" }"),
        by("default_by = { of = \"mode\", busy = \"1h\" }"),
        by("default_by = { of = \"a.mode\", busy = 3 }"),
        by("required = true\ndefault_by = { of = \"a.mode\", busy = \"3d\" }"),
    ];
    let shown: Vec<String> = wrong.iter().map(|text| problems(text, "")).collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}
