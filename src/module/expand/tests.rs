//! Expansion of small modules in memory, whole: what stands here is what authors of modules rely on.

use crate::diagnostic::{Diagnostic, Problems, Source};
use crate::facts::Facts;
use crate::module::{Expanded, Folder, Modules, expand_with_rows};
use crate::secret::{Secret, SecretSource};
use crate::spec::Spec;
use crate::spec::files::InMemory;
use std::sync::Arc;

struct Fixed;

impl SecretSource for Fixed {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        match (name.starts_with("missing"), generate) {
            (false, _) => Ok(Secret::new(name, format!("<{name}>"))),
            (true, Some(_)) => Ok(Secret::pending(name)),
            (true, None) => Err(Diagnostic::error("secret/missing", format!("no secret `{name}`"))),
        }
    }
}

fn module(name: &str, text: &str) -> Folder {
    let text = format!("format = 1\nsummary = \"x\"\n{text}");
    Folder::new(name, format!("modules/{name}")).with("module.toml", text)
}

fn run(folders: &[Folder], spec: &str) -> Result<Expanded, Problems> {
    let modules = Modules::load(folders, &[])?;
    let mut files = InMemory::default();
    files.0.insert("tls/front.crt".into(), b"CERT\n".to_vec());
    files.0.insert("motd.j2".into(), b"on {{ facts.os.codename }}\n".to_vec());
    let spec = format!("[host]\naddress = \"a\"\n{spec}");
    let spec = Spec::read(&Source::new("inventory/prod.toml", spec), Arc::new(files))?;
    let mut facts = Facts::default();
    facts.os.codename = Some("noble".into());
    facts.packages.insert("nginx".into(), None);
    expand_with_rows(&spec, &modules, &facts, &Fixed)
}

fn shown(result: Result<Expanded, Problems>) -> String {
    match result {
        Err(problems) => said(&problems),
        Ok(expanded) => {
            let resources = expanded.expansion.resources.iter().map(|declared| {
                let attributes = declared.attributes.iter();
                let attributes: String = attributes
                    .map(|(name, attribute)| format!("  {name} = {:?}\n", attribute.value))
                    .collect();
                format!("{}\n{attributes}", declared.address)
            });
            resources.collect::<String>() + &said(&expanded.expansion.notes)
        }
    }
}

fn said(problems: &Problems) -> String {
    problems.iter().map(|problem| problem.render(false) + "\n").collect()
}

const FRONT: &str = r#"
role = "front"
[facts]
packages = ["nginx"]
[const.versions]
noble = "1.24.0"
[params.port]
type = "port"
default = 443
doc = "Where."
[collect.documents]
doc = "A document."
fields = { path = { type = "path", required = true }, age = { type = "duration", default = "1h" }, password = { type = "any" } }
unique = "path"
[derive]
version = "facts.packages.nginx or facts.candidates.nginx or nginx.versions[facts.os.codename]"
first = "nginx.documents[0].path if nginx.documents else none"
[[activation]]
name = "front"
validate = ["nginx -t -q"]
effect = "reload"
[[resource]]
kind = "file"
for_each = "nginx.documents"
name = "/etc/x{{ item.path }}"
content = "{{ nginx.version }} {{ item.age }} {{ item.age.seconds }}\n"
activation = "front"
[[resource]]
kind = "file"
when = "nginx.first"
name = "/etc/first"
content = "{{ nginx.first }}"
"#;

const GIVER: &str = r#"
shape = "list"
[params.name]
type = "slug"
required = true
doc = "Name."
[params.age]
type = "duration"
default = "5m"
doc = "Age."
[[give]]
to = "front.documents"
for_each = "docs.list"
when = "item.name != 'skipped'"
value = { path = "/{{ item.name }}", age = "{{ item.age }}" }
"#;

#[test]
fn rows_go_through_a_role_and_keep_their_types() {
    let folders = [module("nginx", FRONT), module("docs", GIVER)];
    let spec = "[nginx]\n[[docs]]\nname = \"a\"\n[[docs]]\nname = \"skipped\"\n[[docs]]\nname = \"b\"\nage = \"2h\"\n";
    insta::assert_snapshot!(shown(run(&folders, spec)));
}

/// What lies where an activation's services read joins it by itself; who says otherwise is heard.
#[test]
fn what_lies_where_an_activation_owns_joins_it() {
    let owning = |name: &str, owns: &str| {
        module(
            name,
            &format!("[[activation]]\nname = \"{name}\"\neffect = \"reload\"\nowns = {owns}\n"),
        )
    };
    let folders = [
        owning("a", "['/etc/a/', \"{{ ['/srv/x/bridge.yaml', '/srv/templates'] }}\"]"),
        owning("b", "['/etc/a/inner', '/etc/a']"),
    ];
    let file = |path: &str, more: &str| {
        format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"\"\n{more}\n")
    };
    let spec = "[a]\n[b]\n".to_owned()
        + &file("/etc/a/x", "")
        + &file("/etc/a/inner/x", "")
        + &file("/etc/a/out", "activation = \"none\"")
        + &file("/etc/a/other", "activation = \"b\"")
        + &file("/etc/ab", "")
        + &file("/srv/x/bridge.yaml", "")
        + &file("/srv/x/bridge.yaml.old", "")
        + &file("/srv/templates/mail/a.html", "")
        + "[[resource]]\nkind = \"command\"\nname = \"/etc/a/run\"\nrun = \"true\"\ncheck = \"true\"\n"
        + "[[resource]]\nkind = \"absent\"\nname = \"/etc/a/gone\"\n";
    let resources = run(&folders, &spec).unwrap().expansion.resources;
    let joined = resources
        .iter()
        .map(|one| format!("{} {}", one.address.name, one.activation.as_deref().unwrap_or("-")));
    assert_eq!(
        joined.collect::<Vec<_>>(),
        [
            "/etc/a/x a",
            "/etc/a/inner/x b",
            "/etc/a/out -",
            "/etc/a/other b",
            "/etc/ab -",
            "/srv/x/bridge.yaml a",
            "/srv/x/bridge.yaml.old -",
            "/srv/templates/mail/a.html a",
            "/etc/a/run -",
            "/etc/a/gone a",
        ]
    );
}

/// sshd's folder belongs to an activation that no module has to name, and only where something is declared there.
#[test]
fn what_lies_in_sshds_folder_is_tested_by_sshd() {
    let file = |path: &str, more: &str| {
        format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"\"\n{more}\n")
    };
    let run = |spec: &str| run(&[], spec).unwrap().expansion;
    let plain = run(&(file("/etc/ssh/x", "activation = \"none\"") + &file("/etc/sshd", "")));
    assert!(plain.activations.is_empty() && plain.resources.len() == 2);
    let expansion = run(&file("/etc/ssh/sshd_config.d/x.conf", ""));
    let names: Vec<&str> = expansion.activations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["sshd"]);
    let joined =
        expansion.resources.iter().map(|one| (one.address.to_string(), one.activation.clone()));
    let sshd = Some("sshd".to_owned());
    assert_eq!(
        joined.collect::<Vec<_>>(),
        [
            ("file:/etc/ssh/sshd_config.d/x.conf".to_owned(), sshd.clone()),
            ("service:ssh.service".to_owned(), sshd)
        ]
    );
}

/// A spec's own activation is read, linted and joined as a module's.
#[test]
fn a_spec_may_say_what_takes_effect_together() {
    let spec = "[[activation]]\nname = \"own\"\neffect = \"reload\"\nowns = [\"/etc/own\"]\nvalidate = [\"own -t\"]\n\
        [[resource]]\nkind = \"file\"\nname = \"/etc/own/x\"\ncontent = \"\"\n";
    let expansion = run(&[], spec).unwrap().expansion;
    assert_eq!(expansion.activations[0].validate, ["own -t"]);
    assert_eq!(expansion.resources[0].activation.as_deref(), Some("own"));
    let wrong = spec.replace("own -t", "own {{ nothing.here }}");
    assert!(said(&run(&[], &wrong).unwrap_err()).contains("nothing"));
    let wrong = spec.replace("name = \"own\"", "name = \"none\"");
    assert!(said(&run(&[], &wrong).unwrap_err()).contains("joins no activation"));
}

#[test]
fn a_give_without_a_taker_says_what_to_add() {
    let folders = [module("nginx", FRONT), module("docs", GIVER)];
    insta::assert_snapshot!(shown(run(&folders, "[[docs]]\nname = \"a\"\n")));
}

#[test]
fn two_rows_with_one_unique_value_are_refused() {
    let folders = [module("nginx", FRONT), module("docs", GIVER)];
    let spec = "[nginx]\n[[docs]]\nname = \"a\"\n[[docs]]\nname = \"a\"\n";
    insta::assert_snapshot!(shown(run(&folders, spec)));
}

#[test]
fn a_release_that_a_table_lacks_is_named_with_those_it_has() {
    let front = FRONT.replace("noble", "trixie");
    insta::assert_snapshot!(shown(run(&[module("nginx", &front)], "[nginx]\n")));
}

#[test]
fn a_cycle_across_modules_prints_its_path() {
    let a = module("a", "[derive]\nx = \"b.y\"\n");
    let b = module("b", "[derive]\ny = \"b.z\"\nz = \"a.x + 1\"\n");
    insta::assert_snapshot!(shown(run(&[a, b], "[a]\n[b]\n")));
}

#[test]
fn an_absent_module_is_false_and_cannot_be_read_through() {
    let b = module("b", "[params.y]\ntype = \"int\"\ndefault = 1\ndoc = \"Y.\"\n");
    let guarded =
        "[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"{{ b.y if b else 'no b' }}\"\n";
    let a = module("a", guarded);
    insta::assert_snapshot!(shown(run(&[a, b.clone()], "[a]\n")), @r#"
    file:/x
      content = Text("no b")
    "#);
    let a = module("a", &guarded.replace(" if b else 'no b'", ""));
    insta::assert_snapshot!(shown(run(&[a, b], "[a]\n")));
}

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
    let crate::resource::Value::Text(content) =
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
message = "Anyone may make an account"
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
    insta::assert_snapshot!(said(&expansion.notes));
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

#[test]
fn the_users_own_resources_read_modules_and_files_beside_the_spec() {
    let tls = module(
        "tls",
        "[params.chain]\ntype = \"file_ref\"\ndoc = \"Chain.\"\n[[resource]]\nkind = \"file\"\nwhen = \"tls.chain\"\nname = \"/c\"\ncontent = \"{{ tls.chain }}\"\n",
    );
    let spec = "[tls]\nchain = \"tls/front.crt\"\n[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ntemplate = \"motd.j2\"\n[[resource]]\nkind = \"file\"\nname = \"/y\"\nsource = \"tls/front.crt\"\n";
    insta::assert_snapshot!(shown(run(std::slice::from_ref(&tls), spec)), @r#"
    file:/c
      content = Text("CERT\n")
    file:/etc/motd
      content = Text("on noble\n")
    file:/y
      content = Text("CERT\n")
    "#);
    insta::assert_snapshot!(shown(run(&[tls], "[tls]\nchain = \"tls/other.crt\"\n")));
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
fn a_spec_is_checked_without_a_host_as_far_as_that_goes() {
    let modules = Modules::load(&[module("a", HOSTLY)], &[]).unwrap();
    let check = |text: &str| {
        let source = Source::new("s.toml", format!("[host]\naddress = \"a\"\n{text}"));
        let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
        crate::module::check(&spec, &modules).problems
    };
    assert!(check("[a]\n").is_empty());
    insta::assert_snapshot!(said(&check("[a]\nsize = 9\n")));
    let own = "[a]\n[[resource]]\nkind = \"file\"\nname = \"/y\"\ncontent = \"{{ a.sise }}\"\n";
    insta::assert_snapshot!(said(&check(own)));
}

#[test]
fn a_failing_value_does_not_hide_the_finding_that_explains_it() {
    let text = "[params.name]\ntype = \"domain\"\ndoc = \"N.\"\n[derive]\nx = \"a.name or b.name\"\n\
                [[finding]]\nid = \"MF1\"\nlevel = \"error\"\nif = \"not a.name and not b\"\nmessage = \"no name\"\nfix = \"add `name`\"\n\
                [[finding]]\nid = \"MF2\"\nlevel = \"warning\"\nif = \"a.x\"\nmessage = \"{{ a.x }}\"\nfix = \"\"\n";
    let b = module("b", "[params.name]\ntype = \"domain\"\ndoc = \"N.\"\n");
    insta::assert_snapshot!(shown(run(&[module("a", text), b], "[a]\n")));
}

#[test]
fn a_users_own_module_is_named_in_every_plan() {
    let spec = Spec::read(
        &Source::new("inventory/prod.toml", "[host]\naddress = \"a\"\n[nginx]\n"),
        Arc::new(InMemory::default()),
    )
    .unwrap();
    let own = Folder::new("nginx", "inventory/modules/nginx")
        .with("module.toml", "format = 1\nsummary = \"x\"\n");
    let modules = Modules::load(&[module("nginx", FRONT)], &[own]).unwrap();
    let expanded = expand_with_rows(&spec, &modules, &Facts::default(), &Fixed);
    insta::assert_snapshot!(shown(expanded));
}

#[test]
fn defaults_follow_the_word_of_another_module() {
    let lead = "[params.profile]\ntype = \"enum\"\nvalues = [\"calm\", \"strict\"]\ndoc = \"P.\"\n";
    let led = "[params.log]\ntype = \"table\"\ndoc = \"L.\"\n[params.log.fields]\n\
               keep = { type = \"duration\", default = \"28d\", default_by = { of = \"lead.profile\", strict = \"1d\" } }\n\
               level = { type = \"int\", default_by = { of = \"lead.profile\", strict = 3 } }\n\
               [[resource]]\nkind = \"file\"\nname = \"/x\"\n\
               content = \"{{ led.log.keep }} {{ led.log.level or 'unset' }}\"\n";
    let text = |spec: &str| shown(run(&[module("led", led), module("lead", lead)], spec));
    for (spec, wanted) in [
        ("[led]\n", "28d unset"),
        ("[led]\n[lead]\n", "28d unset"),
        ("[led]\n[lead]\nprofile = \"calm\"\n", "28d unset"),
        ("[led]\n[lead]\nprofile = \"strict\"\n", "1d 3"),
        ("[led]\nlog.keep = \"9d\"\n[lead]\nprofile = \"strict\"\n", "9d 3"),
    ] {
        let text = text(spec);
        assert!(text.contains(wanted), "{spec}: {text}");
    }
    let chosen = format!("{lead}default = \"strict\"\n");
    let spec = "[led]\n[lead]\n";
    let text = shown(run(&[module("led", led), module("lead", &chosen)], spec));
    assert!(text.contains("1d 3"), "{text}");
}

/// What is no file would be done for real before the check of the activation that it joins.
#[test]
fn only_files_join_an_activation() {
    let spec = "[nginx]\n[[resource]]\nkind = \"user\"\nname = \"web\"\nactivation = \"front\"\n";
    insta::assert_snapshot!(shown(run(&[module("nginx", FRONT)], spec)));
}
