//! The page of all options of Synapse, generated from the table that `[synapse.extra]` is checked against and from the
//! keys that the module writes.

use super::Modules;
use super::checks::WrittenKeys;
use super::reference::cell;
use crate::synapse::{OptionKind, SynapseOption, options};

const HEAD: &str = "What `[synapse.extra]` takes, besides what the module sets itself. Generated from src/synapse/options.toml by a test; do not edit.\n\n\
In a name, `[]` stands for each entry of a list and `*` for each of your own keys. \
Durations are `30s`, `10m`, `12h`, `7d`, `2w`, `1y` or a number of milliseconds; sizes are `500K`, `50M`, `2G`, `1T` \
in steps of 1024, or a number of bytes. Changing an option restarts Synapse; *reload* marks those for which a reload would be enough. A secret is written `{ secret = \"name\" }`, and so can any other text.\n";

/// Returns the page; `synapse` must be the module that has `extra`.
pub fn options_reference(modules: &Modules) -> String {
    let written = modules.get("synapse").map(WrittenKeys::by).unwrap_or_default();
    let version = &options().version;
    let mut page = format!("# Options of Synapse {version}\n\n{HEAD}\n");
    page += "| Option | Takes | Since | Notes | Set by |\n| --- | --- | --- | --- | --- |\n";
    for (name, option) in &options().known {
        page += &row(name, option, &written);
    }
    page += "\n## Removed\n\n| Name | Removed in | Instead |\n| --- | --- | --- |\n";
    for (name, gone) in &options().gone {
        let since = gone.version.as_deref().unwrap_or_default();
        let instead = gone.instead.as_ref().map(|name| format!("`{name}`")).unwrap_or_default();
        page += &format!("| `{name}` | {since} | {instead} |\n");
    }
    page
}

fn row(name: &str, option: &SynapseOption, written: &WrittenKeys) -> String {
    let takes = cell(&OptionKind::describe_all(&option.kinds));
    let since = option.since.as_deref().unwrap_or_default();
    let by = match written.written_by(name) {
        Some(Some(parameter)) => format!("`{parameter}`"),
        Some(None) => "the module".to_owned(),
        None => written.parameter_in_file(name).map(|by| format!("`{by}`")).unwrap_or_default(),
    };
    format!("| `{name}` | {takes} | {since} | {} | {by} |\n", cell(&notes(option)))
}

/// What to know before setting an option.
pub(super) fn notes(option: &SynapseOption) -> String {
    let mut remarks: Vec<String> = Vec::new();
    remarks.extend(option.required.then(|| "required in its table".to_owned()));
    remarks.extend(option.secret.then(|| "a secret".to_owned()));
    remarks.extend(option.reload.then(|| "*reload*".to_owned()));
    remarks.extend(option.deletes.as_ref().map(|what| format!("**deletes**: {what}")));
    remarks.extend(option.forever.as_ref().map(|why| format!("**permanent**: {why}")));
    remarks.extend(option.part.as_ref().map(|part| format!("for a deployment with {part}")));
    remarks.extend(option.needs.iter().map(|any| format!("needs `{}`", any.join("` or `"))));
    remarks.extend(option.excludes.as_ref().map(|name| format!("not with `{name}`")));
    remarks.extend(option.extra.as_ref().map(|extra| format!("`matrix-synapse[{extra}]`")));
    remarks.extend(option.instead.as_ref().map(|name| format!("old: use `{name}`")));
    remarks.join("; ")
}
