//! Expansion of small modules in memory as a whole: authors of modules rely on what is tested here.

mod activations;
mod content;
mod findings;

use crate::diagnostic::{Diagnostic, Problems, Source};
use crate::facts::Facts;
use crate::module::{Expanded, ModuleDirectory, Modules, expand_with_rows};
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

fn module(name: &str, text: &str) -> ModuleDirectory {
    let text = format!("format = 1\nsummary = \"x\"\n{text}");
    ModuleDirectory::new(name, format!("modules/{name}")).with("module.toml", text)
}

fn run(directories: &[ModuleDirectory], spec: &str) -> Result<Expanded, Problems> {
    let modules = Modules::load(directories, &[])?;
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
        Err(problems) => rendered(&problems),
        Ok(expanded) => {
            let resources = expanded.expansion.resources.iter().map(|declared| {
                let attributes = declared.attributes.iter();
                let attributes: String = attributes
                    .map(|(name, attribute)| format!("  {name} = {:?}\n", attribute.value))
                    .collect();
                format!("{}\n{attributes}", declared.address)
            });
            resources.collect::<String>() + &rendered(&expanded.expansion.notes)
        }
    }
}

fn rendered(problems: &Problems) -> String {
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
[[contribute]]
to = "front.documents"
for_each = "docs.list"
when = "item.name != 'skipped'"
value = { path = "/{{ item.name }}", age = "{{ item.age }}" }
"#;

#[test]
fn rows_go_through_a_role_and_keep_their_types() {
    let directories = [module("nginx", FRONT), module("docs", GIVER)];
    let spec = "[nginx]\n[[docs]]\nname = \"a\"\n[[docs]]\nname = \"skipped\"\n[[docs]]\nname = \"b\"\nage = \"2h\"\n";
    insta::assert_snapshot!(shown(run(&directories, spec)));
}

#[test]
fn a_give_without_a_collector_names_what_to_add() {
    let directories = [module("nginx", FRONT), module("docs", GIVER)];
    insta::assert_snapshot!(shown(run(&directories, "[[docs]]\nname = \"a\"\n")));
}

#[test]
fn two_rows_with_one_unique_value_are_refused() {
    let directories = [module("nginx", FRONT), module("docs", GIVER)];
    let spec = "[nginx]\n[[docs]]\nname = \"a\"\n[[docs]]\nname = \"a\"\n";
    insta::assert_snapshot!(shown(run(&directories, spec)));
}

#[test]
fn a_missing_release_is_named_with_the_known_ones() {
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
fn an_absent_module_is_false_and_has_no_fields() {
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
fn user_resources_read_modules_and_neighbouring_files() {
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
fn a_users_own_module_is_named_in_every_plan() {
    let spec = Spec::read(
        &Source::new("inventory/prod.toml", "[host]\naddress = \"a\"\n[nginx]\n"),
        Arc::new(InMemory::default()),
    )
    .unwrap();
    let own = ModuleDirectory::new("nginx", "inventory/modules/nginx")
        .with("module.toml", "format = 1\nsummary = \"x\"\n");
    let modules = Modules::load(&[module("nginx", FRONT)], &[own]).unwrap();
    let expanded = expand_with_rows(&spec, &modules, &Facts::default(), &Fixed);
    insta::assert_snapshot!(shown(expanded));
}

#[test]
fn defaults_follow_an_option_of_another_module() {
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
