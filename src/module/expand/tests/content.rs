//! Structured files, merged contents and the secrets in them.

use super::*;

#[test]
fn secrets_are_ranges_and_only_used_ones_are_fetched() {
    let a = module(
        "a",
        r#"
[params.pepper]
type = "secret"
generate = "password:40"
doc = "Pepper."
[params.unused]
type = "secret"
default = { secret = "missing/unused" }
doc = "Never used."
[params.given]
type = "secret"
doc = "Given by the spec."
[[resource]]
kind = "file"
name = "/x"
content = "a={{ a.pepper }}\nb={{ a.given }}\n"
"#,
    );
    let spec = "[a]\ngiven = { secret = \"x/given\" }\n";
    insta::assert_snapshot!(shown(run(std::slice::from_ref(&a), spec)), @r#"
    file:/x
      content = Text("a=[secret a/pepper]\nb=[secret x/given]\n")
    "#);
    insta::assert_snapshot!(shown(run(&[a], "[a]\ngiven = { secret = \"missing/x\" }\n")));
}

#[test]
fn a_secret_cannot_be_a_name_or_an_argument() {
    let a = "[params.s]\ntype = \"secret\"\ngenerate = \"hex:32\"\ndoc = \"S.\"\n";
    let name = module(
        "a",
        &format!("{a}[[resource]]\nkind = \"file\"\nname = \"/{{{{ a.s }}}}\"\ncontent = \"x\"\n"),
    );
    insta::assert_snapshot!(shown(run(&[name], "[a]\n")));
    let owner = module(
        "a",
        &format!(
            "{a}[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"x\"\nowner = \"{{{{ a.s }}}}\"\n"
        ),
    );
    insta::assert_snapshot!(shown(run(&[owner], "[a]\n")));
}

const STRUCTURED: &str = r#"
[params.server_name]
type = "domain"
required = true
sets = "server_name"
doc = "Name."
[params.limits]
type = "table"
doc = "Limits."
[params.limits.fields]
login = { type = "number", default = 0.5, sets = "rc_login.address.per_second" }
burst = { type = "int", sets = "rc_login.address.burst_count" }
[params.pepper]
type = "secret"
generate = "password:40"
sets = "password_config.pepper"
doc = "Pepper."
[params.extra]
type = "map"
of = "any"
doc = "Extra."
[[resource]]
kind = "file"
name = "/etc/synapse.yaml"
format = "yaml"
header = "matrixform: from [a] of the spec"
document = "homeserver"
contents = [{ listeners = [{ port = 8008 }], turn = { uri = "{{ none }}" }, rc_login = { account = { per_second = 1 } } }, "{{ a.extra }}"]
"#;

#[test]
fn parameters_set_keys_of_a_structured_file() {
    let spec = "[a]\nserver_name = \"example.org\"\n[a.extra]\npresence = { enabled = false }\n";
    let expanded = run(&[module("a", STRUCTURED)], spec).unwrap();
    let crate::resource::DeclaredValue::Text(content) =
        &expanded.expansion.resources[0].attributes["content"].value
    else {
        panic!("text")
    };
    insta::assert_snapshot!(String::from_utf8_lossy(&content.masked()));
}

#[test]
fn a_key_from_two_sides_is_refused() {
    let spec = "[a]\nserver_name = \"example.org\"\n[a.extra]\nserver_name = \"other\"\n";
    insta::assert_snapshot!(shown(run(&[module("a", STRUCTURED)], spec)));
}

#[test]
fn more_contents_are_merged_with_secrets_in_them() {
    let a = module(
        "a",
        r#"
[params.extra]
type = "map"
of = { type = "any" }
check = "synapse_options"
doc = "Extra."
[[resource]]
kind = "file"
name = "/a.yaml"
format = "yaml"
more_contents = "{{ a.extra | only(['presence', 'modules']) }}"
[resource.contents]
presence = { enabled = true }
[[resource]]
kind = "file"
name = "/b.yaml"
format = "yaml"
contents = "{{ a.extra | without(['presence', 'modules']) }}"
"#,
    );
    let spec = r#"
[a.extra]
turn_password = { secret = "x/turn" }
presence = { include_offline_users_on_sync = true }
[[a.extra.modules]]
module = "a.B"
config = { list = [{ secret = "x/deep" }] }
"#;
    insta::assert_snapshot!(shown(run(&[a], spec)));
}
