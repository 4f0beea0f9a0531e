//! Where findings point, and which ones need no host.

use super::*;

#[test]
fn findings_point_to_the_spec() {
    let a = module(
        "a",
        r#"
[params.mode]
type = "enum"
values = ["open", "closed"]
default = "closed"
doc = "Mode."
[params.warn]
type = "bool"
default = false
doc = "Warn."
[[finding]]
id = "MF001"
level = "error"
if = "a.mode == 'open'"
message = "Anyone may create an account"
fix = "say `mode = \"closed\"`"
[[finding]]
id = "MF002"
level = "warning"
if = "a.warn"
message = "mode is {{ a.mode }}"
fix = ""
"#,
    );
    let run = |spec: &str| shown(run(std::slice::from_ref(&a), spec));
    insta::assert_snapshot!(run("[a]\nwarn = true\nmode = \"open\"\n"));
    insta::assert_snapshot!(run("[a]\nwarn = true\n"));
    insta::assert_snapshot!(run(
        "[a]\nwarn = true\n[[accept]]\nid = \"MF002\"\nreason = \"a lab\"\n"
    ));
}

#[test]
fn a_remark_on_an_option_points_to_it() {
    let a = module(
        "a",
        r#"
[params.extra]
type = "map"
of = { type = "any" }
check = "synapse_options"
doc = "Extra."
[[finding]]
id = "MF001"
level = "warning"
for_each = "a.extra | option_remarks('deletes')"
if = "item.name"
at = "extra.{{ item.name }}"
why = "x"
message = "{{ item.name }} deletes"
fix = ""
"#,
    );
    let spec =
        "[a.extra]\nenable_search = true\n[a.extra.retention]\nallowed_lifetime_max = \"1y\"\n";
    let Expanded { expansion, .. } = run(&[a], spec).unwrap();
    insta::assert_snapshot!(rendered(&expansion.notes));
}

#[test]
fn sections_are_checked_against_modules() {
    let a = module("a", "[params.y]\ntype = \"int\"\ndefault = 1\ndoc = \"Y.\"\n");
    let nginx = module("nginx", FRONT);
    let caddy = module(
        "caddy",
        "role = \"front\"\n[collect.documents]\ndoc = \"D.\"\nfields = { path = { type = \"path\" } }\n",
    );
    let spec = "[ngnix]\n[hots]\n[[a]]\ny = 1\n[nginx]\nport = \"x\"\nprot = 1\n[caddy]\n";
    insta::assert_snapshot!(shown(run(&[a, nginx, caddy], spec)));
}

const HOSTLY: &str = r#"
[params.size]
type = "int"
default = 1
doc = "Size."
[derive]
memory = "facts.memory // 2"
[[finding]]
id = "MF1"
level = "warning"
if = "a.size > 5"
message = "large"
fix = "smaller"
[[finding]]
id = "MF2"
level = "error"
if = "a.memory < a.size"
message = "too large for this host"
fix = "smaller"
[[resource]]
kind = "file"
name = "/x"
content = "{{ a.memory }} {{ a.size }}"
"#;

#[test]
fn a_spec_is_checked_without_a_host_where_possible() {
    let modules = Modules::load(&[module("a", HOSTLY)], &[]).unwrap();
    let check = |text: &str| {
        let source = Source::new("s.toml", format!("[host]\naddress = \"a\"\n{text}"));
        let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
        crate::module::check(&spec, &modules).problems
    };
    assert!(check("[a]\n").is_empty());
    insta::assert_snapshot!(rendered(&check("[a]\nsize = 9\n")));
    let own = "[a]\n[[resource]]\nkind = \"file\"\nname = \"/y\"\ncontent = \"{{ a.sise }}\"\n";
    insta::assert_snapshot!(rendered(&check(own)));
}

#[test]
fn a_failing_value_does_not_hide_the_finding_that_explains_it() {
    let text = "[params.name]\ntype = \"domain\"\ndoc = \"N.\"\n[derive]\nx = \"a.name or b.name\"\n\
                [[finding]]\nid = \"MF1\"\nlevel = \"error\"\nif = \"not a.name and not b\"\nmessage = \"no name\"\nfix = \"add `name`\"\n\
                [[finding]]\nid = \"MF2\"\nlevel = \"warning\"\nif = \"a.x\"\nmessage = \"{{ a.x }}\"\nfix = \"\"\n";
    let b = module("b", "[params.name]\ntype = \"domain\"\ndoc = \"N.\"\n");
    insta::assert_snapshot!(shown(run(&[module("a", text), b], "[a]\n")));
}
