//! Options whose defaults follow a parameter such as `synapse.profile`, collected from all modules for the page about
//! profiles and for a spec that starts with one.

use super::Modules;
use super::types::{Field, ParamType};
use indexmap::IndexMap;

/// An option whose default follows a parameter; values are spelt as in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// `synapse.media.quota`.
    pub name: String,
    /// The default if no value selects one; none if the option is then unset.
    pub default: Option<String>,
    /// The defaults for the values of the parameter that have one.
    pub by_value: IndexMap<String, String>,
}

/// Returns the followers of a module's parameter, ordered by module name.
pub fn followers(modules: &Modules, module: &str, param: &str) -> Vec<Follower> {
    let mut manifests: Vec<_> = modules.iter().collect();
    manifests.sort_by_key(|manifest| &manifest.name);
    let mut found = Vec::new();
    for manifest in manifests {
        for (name, one) in &manifest.params {
            let name = format!("{}.{name}", manifest.name);
            gather(&name, &one.field, (module, param), &mut found);
        }
    }
    found
}

fn gather(name: &str, field: &Field, chooser: (&str, &str), found: &mut Vec<Follower>) {
    if let Some(by) =
        field.by.as_ref().filter(|by| (by.module.as_str(), by.param.as_str()) == chooser)
    {
        let by_value =
            by.defaults.iter().map(|(value, one)| (value.clone(), one.place.text().to_owned()));
        let default = field.declared.get("default").map(|entry| entry.node.place.text().to_owned());
        found.push(Follower { name: name.to_owned(), default, by_value: by_value.collect() });
    }
    if let ParamType::Table(fields) = &field.ty {
        fields
            .iter()
            .for_each(|(key, field)| gather(&format!("{name}.{key}"), field, chooser, found));
    }
}

/// Returns a Markdown table of what each value of a parameter sets.
pub fn followers_table(modules: &Modules, module: &str, param: &str) -> String {
    let field = modules.get(module).and_then(|manifest| manifest.params.get(param));
    let Some(ParamType::Enum(words)) = field.map(|param| &param.field.ty) else {
        return String::new();
    };
    let heads: String = words.iter().map(|word| format!(" `{word}` |")).collect();
    let rules: String = words.iter().map(|_| " --- |").collect();
    let rows = followers(modules, module, param).into_iter().map(|one| {
        let of = |word: &String| cell(one.by_value.get(word).or(one.default.as_ref()));
        let cells: String = words.iter().map(|word| format!(" {} |", of(word))).collect();
        format!("| `{}` | {} |{cells}\n", one.name, cell(one.default.as_ref()))
    });
    let rows: String = rows.collect();
    format!("| Option | without `{param}` |{heads}\n| --- | --- |{rules}\n{rows}")
}

fn cell(value: Option<&String>) -> String {
    value.map_or_else(|| "unset".to_owned(), |value| format!("`{}`", value.replace('|', "\\|")))
}
