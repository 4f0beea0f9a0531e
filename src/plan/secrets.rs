//! The host's own list of the secrets in use there: it distinguishes a secret that was lost from the stores from one
//! that never existed. A host without the list was set up by hand or by an old version; there, existing resources
//! count as proof.

use super::Ledger;
use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{Answers, DeclaredValue, Observed, SECRETS, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// The key of the record that says that the list exists.
const EXISTS: &str = "/";

/// Returns the names of all secrets in the wanted state.
pub fn secret_names(wanted: &[Wanted]) -> BTreeSet<String> {
    let values = wanted.iter().flat_map(|item| item.declared.attributes.values());
    let mut names = BTreeSet::new();
    values.for_each(|attribute| collect(&attribute.value, &mut names));
    names
}

pub(super) fn collect(value: &DeclaredValue, names: &mut BTreeSet<String>) {
    match value {
        DeclaredValue::Text(content) => {
            names.extend(content.secrets().iter().map(|one| one.name.clone()))
        }
        DeclaredValue::List(items) => items.iter().for_each(|item| collect(item, names)),
        DeclaredValue::Table(table) => table.values().for_each(|item| collect(item, names)),
        DeclaredValue::Bool(_) | DeclaredValue::Int(_) | DeclaredValue::Float(_) => {}
    }
}

/// Returns the secrets that the host has, by its list and its ledger; `None` if it has no list, in which case nothing
/// is known.
pub fn secrets_in_use(answers: &Answers, ledger: Option<&Ledger>) -> Option<BTreeSet<String>> {
    answers.get(SECRETS, EXISTS)?;
    let listed = answers.answer(SECRETS)?.records.keys().filter(|name| *name != EXISTS).cloned();
    Some(listed.chain(ledger.iter().flat_map(|ledger| ledger.secrets.keys().cloned())).collect())
}

/// Returns whether the host's list lacks any of these names.
pub fn unlisted(names: &BTreeSet<String>, answers: &Answers) -> bool {
    names.iter().any(|name| answers.get(SECRETS, name).is_none())
}

/// Reports secrets that the host has and no store here: generating new ones would break it.
pub(super) fn lost(item: &Wanted, observed: &Observed, answers: &Answers) -> Problems {
    let is_listed = answers.get(SECRETS, EXISTS).is_some();
    // A command is not something that could have existed before.
    let is_there = matches!(observed, Observed::Present(_)) && !item.address().is_command();
    let is_lost = |name: &String| match is_listed {
        true => answers.get(SECRETS, name).is_some(),
        false => is_there,
    };
    let names = item.resource.pending_secrets().into_iter();
    names.filter(is_lost).map(|name| problem(item, &name, is_there)).collect()
}

/// Reports secrets to be generated that can never be replaced (`why` says why), on a host that already has their
/// module's database: its users need the value that was in use, whatever the host's list says.
pub fn endangered(
    wanted: &[Wanted],
    answers: &Answers,
    why: &dyn Fn(&str) -> Option<&'static str>,
) -> Problems {
    let mut problems: BTreeMap<String, Diagnostic> = BTreeMap::new();
    for item in wanted {
        let names = item.resource.pending_secrets().into_iter();
        for (why, name) in names.filter_map(|name| Some((why(&name)?, name))) {
            let Some(database) = database_of(item, wanted, answers) else { continue };
            problems.entry(name.clone()).or_insert_with(|| endangers(&name, why, database));
        }
    }
    problems.into_values().collect()
}

/// Returns the database that the module of `item` needs, if it exists.
fn database_of<'w>(item: &Wanted, wanted: &'w [Wanted], answers: &Answers) -> Option<&'w Wanted> {
    let is_there = |other: &&Wanted| {
        matches!(other.resource.observe(&other.context, answers), Observed::Present(_))
    };
    needed_database(item, wanted).filter(is_there)
}

/// Returns the database that the module of `item` needs.
pub(super) fn needed_database<'w>(item: &Wanted, wanted: &'w [Wanted]) -> Option<&'w Wanted> {
    let module = &item.declared.origin.module;
    let same = wanted.iter().filter(|other| other.declared.origin.module == *module);
    let needs: Vec<&str> =
        same.flat_map(|other| &other.declared.needs).map(|need| need.pattern.as_str()).collect();
    wanted.iter().find(|other| {
        other.address().is_database() && needs.contains(&other.address().to_string().as_str())
    })
}

fn endangers(name: &str, why: &str, database: &Wanted) -> Diagnostic {
    let database = database.address();
    let message = format!("`{name}` is missing here and is not generated: {database} exists");
    Diagnostic::error("secret/lost", message).note_line(why).help(format!(
        "import it with `matrixform secrets import SPEC --from-host`, or set it with `matrixform secrets set SPEC {name}`"
    ))
}

fn problem(item: &Wanted, name: &str, is_there: bool) -> Diagnostic {
    let address = item.address();
    let why = match is_there {
        true => format!("{address} exists"),
        false => "an earlier apply used it there".to_owned(),
    };
    let message =
        format!("the secret `{name}` is missing here, but the host already has it: {why}");
    Diagnostic::error("secret/lost", message).at(item.declared.origin.place()).help(format!(
        "use the store that holds it, import the host's with `matrixform secrets import SPEC --from-host`, \
         or set it (`matrixform secrets set SPEC {name}`)"
    ))
}
