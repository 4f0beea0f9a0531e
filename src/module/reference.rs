//! The reference of all options, as Markdown generated from the manifests: it documents what the loader reads. A test
//! keeps the page under `docs/` current.

use super::Modules;
use super::findings_reference::elided;
use super::manifest::{Collect, Manifest, ModuleShape};
use super::types::{Field, ParamType};
use crate::resource::{Kind, OF_EVERY_RUN};
use indexmap::IndexMap;

/// Returns the reference of all modules.
pub fn reference(modules: &Modules) -> String {
    let head =
        "# Options\n\nGenerated from the manifests by `matrixform module docs`; do not edit.\n";
    let mut manifests: Vec<&Manifest> = modules.iter().collect();
    manifests.sort_by_key(|manifest| &manifest.name);
    manifests.into_iter().fold(head.to_owned(), |text, manifest| text + &module(manifest))
}

/// Returns the reference of all kinds, each with its example.
pub fn kinds_reference(all: &[Kind]) -> String {
    let head = "# Kinds of resources\n\nGenerated from the kinds by `matrixform module docs`; do not edit.\n";
    let kinds = all.iter().map(|kind| {
        let rows = kind.attributes.iter().map(|doc| {
            let default = match (doc.required, doc.default) {
                (true, _) => "**required**".to_owned(),
                (false, default) => cell(default.unwrap_or_default()),
            };
            format!("| `{}` | {} | {default} | {} |\n", doc.name, cell(doc.takes), cell(doc.doc))
        });
        let rows: String = rows.collect();
        let table = "| Attribute | Takes | Default | Meaning |\n| --- | --- | --- | --- |\n";
        let table = if rows.is_empty() { String::new() } else { format!("\n{table}{rows}") };
        let (name, summary, example) = (kind.name, kind.summary, kind.example.trim_end());
        let forget = kind.forget.describe();
        format!("\n## `{name}`\n\n{summary}\n\n```toml\n{example}\n```\n{table}\nWhen it is removed from the spec: {forget}.\n")
    });
    let tables = left(all) + "\n" + &footprints(all);
    head.to_owned() + "\n" + &worked() + &tables + "\n" + kinds.collect::<String>().trim_start()
}

/// A table of what happens when a resource of each kind leaves the spec.
fn left(kinds: &[Kind]) -> String {
    let head = "## Removal\n\nWhat happens to what an earlier apply created and the spec no longer has ([plan.md](plan.md)):\n\n\
                | Kind | What happens |\n| --- | --- |\n";
    let row = |kind: &Kind| format!("| `{}` | {} |\n", kind.name, cell(&kind.forget.describe()));
    head.to_owned() + &kinds.iter().map(row).collect::<String>()
}

/// A table of what each kind changes on a host: the audit of the lab's hosts treats everything else as a bug.
fn footprints(kinds: &[Kind]) -> String {
    let head = "## What changes on the host\n\nChanging a resource leaves at least one of its own traces; what else may change is listed here, or in `[[by_product]]` of a module. `{name}` is the resource's name, `{stem}` the same without `.service`, `*` any characters but `/`, `?` one of them, `/**` everything below, and `gone` a path that no longer exists. For packages that change, `{file}`, `{unit}` and `{script}` are what dpkg lists, `{bytecode}` is what Python compiles from it, and `{dependency}` a package that it depends on. Every other change is a bug ([reliability.md](reliability.md)).\n\n\
                | Kind | Its own traces | By-products | Why |\n| --- | --- | --- | --- |\n";
    let list = |traces: &[&str]| {
        traces.iter().map(|one| format!("`{}`", cell(one))).collect::<Vec<_>>().join("<br>")
    };
    let mut rows = String::new();
    for kind in kinds {
        let (name, own) = (kind.name, list(kind.footprint.own));
        let mut by_products = kind.footprint.by_products.iter();
        let first = by_products.next().map(|one| (list(one.traces), one.why)).unwrap_or_default();
        rows += &format!("| `{name}` | {own} | {} | {} |\n", first.0, cell(first.1));
        for one in by_products {
            rows += &format!("| | | {} | {} |\n", list(one.traces), cell(one.why));
        }
    }
    for one in OF_EVERY_RUN {
        rows += &format!("| every run | | {} | {} |\n", list(one.traces), cell(one.why));
    }
    head.to_owned() + &rows
}

/// The introduction to all kinds, with specs that a test reads.
fn worked() -> String {
    let [site, bridge, own] = WORKED.map(str::trim_end);
    include_str!("worked/kinds.md")
        .replace("SITE", site)
        .replace("BRIDGE", bridge)
        .replace("OWN", own)
}

/// Excerpts of specs: an nginx site, a bridge, and an activation of the user's own.
pub const WORKED: [&str; 3] = [
    include_str!("worked/site.toml"),
    include_str!("worked/bridge.toml"),
    include_str!("worked/own.toml"),
];

/// The reference of one module.
fn module(manifest: &Manifest) -> String {
    let name = &manifest.name;
    let section = match manifest.shape {
        ModuleShape::Table => format!("[{name}]"),
        ModuleShape::List => format!("[[{name}]]"),
    };
    let mut text = format!("\n## `{section}`\n\n{}.\n", manifest.summary.trim_end_matches('.'));
    if let Some(role) = &manifest.role {
        text += &format!("\nOther modules call it `{role}`.\n");
    }
    let (mut rows, mut sections) = (Vec::new(), String::new());
    for (option_name, param) in &manifest.params {
        match section_of(&param.field.ty) {
            Some(section) => {
                sections +=
                    &options_section(&format!("{name}.{option_name}"), &param.field, section);
            }
            None => option(option_name, &param.field, &mut rows),
        }
    }
    text += &table(&rows);
    text += &sections;
    for (list, collect) in &manifest.collects {
        text += &collected(name, list, collect);
    }
    text + &findings(manifest)
}

/// The fields of an option that is a section of its own, and what is around its name in the header of that section.
type OptionFields<'f> = (&'f IndexMap<String, Field>, [&'static str; 2]);

fn section_of(ty: &ParamType) -> Option<OptionFields<'_>> {
    let (ty, around) = match ty {
        ParamType::List(ty) => (ty.as_ref(), ["[[", "]]"]),
        ParamType::Map(ty, _) => (ty.as_ref(), ["[", ".KEY]"]),
        ty => (ty, ["[", "]"]),
    };
    let ParamType::Table(fields) = ty else { return None };
    Some((fields, around))
}

/// The section of an option that has fields.
fn options_section(path: &str, field: &Field, (fields, [open, close]): OptionFields<'_>) -> String {
    let mut text = format!("\n### `{open}{path}{close}`\n\n");
    text += field.doc.as_deref().unwrap_or_default().trim();
    if let Some(why) = field.declared.get("hardens").and_then(|entry| entry.node.as_str()) {
        text += &format!(" Why it hardens: {}", why.trim());
    }
    match default(field) {
        none if none.is_empty() => {}
        required if field.required => text += &format!(" {required}."),
        default => text += &format!(" Default: {default}."),
    }
    let mut rows = Vec::new();
    for (name, field) in fields {
        option(name, field, &mut rows);
    }
    text + "\n" + &table(&rows)
}

/// A table of options.
fn table(rows: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    const HEAD: &str = "\n| Option | Type | Default | Meaning | Why it hardens |\n| --- | --- | --- | --- | --- |\n";
    HEAD.to_owned() + &rows.concat()
}

/// The row of an option, and the rows of the fields below it.
fn option(path: &str, field: &Field, rows: &mut Vec<String>) {
    let text = |key: &str| {
        let text = field.declared.get(key).and_then(|entry| entry.node.as_str());
        cell(text.unwrap_or_default())
    };
    let (ty, default) = (cell(&kind(&field.ty)), default(field));
    let doc = cell(field.doc.as_deref().unwrap_or_default());
    rows.push(format!("| `{path}` | {ty} | {default} | {doc} | {} |\n", text("hardens")));
    let (ty, below) = match &field.ty {
        ParamType::List(ty) => (ty.as_ref(), format!("{path}[]")),
        ParamType::Map(ty, _) => (ty.as_ref(), format!("{path}.KEY")),
        ty => (ty, path.to_owned()),
    };
    let ParamType::Table(fields) = ty else { return };
    for (name, field) in fields {
        option(&format!("{below}.{name}"), field, rows);
    }
}

/// The type in a few words; the fields of tables have rows of their own.
fn kind(ty: &ParamType) -> String {
    match ty {
        ParamType::Table(_) => "a table".to_owned(),
        ParamType::List(ty) => format!("a list, each {}", kind(ty)),
        ParamType::Map(ty, _) => format!("a table with your own keys, each {}", kind(ty)),
        other => other.describe(),
    }
}

/// The default as the manifest spells it, and the defaults that follow another parameter.
fn default(field: &Field) -> String {
    let Some(by) = &field.by else { return own_default(field) };
    let by_value = by.spelt().map(|(chooser, value)| format!("with {chooser}: `{}`", cell(&value)));
    let own = own_default(field);
    let own = if own.is_empty() { "unset".to_owned() } else { own };
    std::iter::once(own).chain(by_value).collect::<Vec<String>>().join("; ")
}

fn own_default(field: &Field) -> String {
    match field.declared.get("default") {
        Some(entry) => format!("`{}`", cell(entry.node.place.text())),
        None if field.required => "**required**".to_owned(),
        None if matches!(&field.ty, ParamType::Secret(Some(_))) => "generated".to_owned(),
        None => String::new(),
    }
}

fn collected(module: &str, list: &str, collect: &Collect) -> String {
    let fields = collect.fields.iter().map(|(name, field)| {
        let required = if field.must_be_given() { ", required" } else { "" };
        format!("- `{name}`: {}{required}\n", kind(&field.ty))
    });
    let fields: String = fields.collect();
    format!("\nOther modules add rows to `{module}.{list}`: {}\n\n{fields}", collect.doc)
}

fn findings(manifest: &Manifest) -> String {
    if manifest.findings.is_empty() {
        return String::new();
    }
    let rows = manifest.findings.iter().map(|finding| {
        let (id, level) = (&finding.id, finding.level.as_str());
        let message = cell(&elided(&finding.message.text));
        format!("| [{id}](findings.md#{}) | {level} | {message} |\n", id.to_lowercase())
    });
    let rows: String = rows.collect();
    let name = &manifest.name;
    format!("\n### Findings of `{name}`\n\n| Finding | | Message |\n| --- | --- | --- |\n{rows}")
}

/// Text for a table cell.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<&str>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::ModuleDirectory;
    use crate::resource::kinds;

    #[test]
    fn options_come_with_type_default_meaning_and_reason() {
        let manifest = r#"
format = 1
summary = "A front"
role = "front"
[params.tls_min]
type = "enum"
values = ["1.2", "1.3"]
default = "1.2"
doc = "Oldest TLS version."
hardens = "A downgraded handshake is refused."
[params.quota]
type = "list"
of = "table"
fields = { period = { type = "duration", required = true, doc = "How long." } }
doc = "Quota | limits."
[params.pepper]
type = "secret"
generate = "hex:32"
doc = "Pepper."
[collect.names]
doc = "Names."
fields = { name = { type = "domain", required = true } }
[[finding]]
id = "MF1"
level = "error"
if = "a.quota"
message = "no"
fix = ""
"#;
        let directory = ModuleDirectory::new("a", "modules/a").with("module.toml", manifest);
        let modules = Modules::load(&[directory], &[]).unwrap();
        insta::assert_snapshot!(reference(&modules));
    }

    #[test]
    fn the_example_of_every_kind_passes_the_lint() {
        let mut wrong = String::new();
        for kind in kinds() {
            let manifest = format!("format = 1\nsummary = \"x\"\n{}", kind.example);
            let directory = ModuleDirectory::new("a", kind.name).with("module.toml", manifest);
            for problem in Modules::load(&[directory], &[]).err().into_iter().flatten() {
                wrong += &format!("{}\n\n", problem.render(false));
            }
            assert!(kinds_reference(kinds()).contains(&format!("## `{}`", kind.name)));
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}
