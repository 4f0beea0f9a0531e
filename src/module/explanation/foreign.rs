//! Names that are not options here but that `check` knows: Synapse's own, those invented by guides, and words that
//! people look for in a section (`letsencrypt`).

use super::About;
use super::options::options;
use super::page::{ExplanationPage, row};
use crate::module::options_reference::notes;
use crate::module::teach::{hint_for_section, known_elsewhere, name_of_limit, with_header};
use crate::module::types::ParamType;
use crate::module::{Manifest, Modules};
use crate::synapse::{OptionKind, options as own_options};

/// The page of a name that is not an option here; none if nothing is known about it.
pub(super) fn page(about: &About<'_>, name: &str) -> Option<ExplanationPage> {
    let modules = about.known.modules;
    let mut page = ExplanationPage::new(name);
    if let Some((option, name)) = [name.to_owned(), name_of_limit(name)]
        .into_iter()
        .find_map(|name| Some((own_options().known.get(&name)?, name)))
    {
        page.sentence(format!(
            "An option of Synapse's homeserver.yaml (Synapse {}).",
            own_options().version
        ));
        let mut rows =
            vec![row("name", name.clone()), row("takes", OptionKind::describe_all(&option.kinds))];
        rows.extend(option.since.iter().map(|version| row("since", version.clone())));
        rows.extend(
            Some(notes(option)).filter(|notes| !notes.is_empty()).map(|it| row("notes", it)),
        );
        page.part("in homeserver.yaml", rows);
    }
    if let Some(gone) = own_options().gone.get(name) {
        let version = gone.version.iter().map(|version| format!(" in {version}"));
        page.sentence(format!("Removed from Synapse{}.", version.collect::<String>()));
        let instead = gone.instead.iter().map(|name| row(format!("`{name}`"), ""));
        page.part("instead", instead.collect());
    }
    let in_spec = in_spec(modules, name);
    if page.sentences.is_empty() && in_spec.is_empty() {
        return None;
    }
    if page.sentences.is_empty() {
        page.sentence("No option of this name.");
    }
    page.part("in a spec", in_spec.into_iter().map(|line| row("", line)).collect());
    Some(page)
}

/// What to write in a spec instead, as `check` puts it.
fn in_spec(modules: &Modules, name: &str) -> Vec<String> {
    let mut lines: Vec<String> = hint_for_section(modules, name).into_iter().collect();
    lines.extend(known_elsewhere(modules, name));
    let hints = |one: &Manifest| {
        let found = one.hint(name).into_iter().chain(one.hint_for_key(name));
        found.map(|help| with_header(one, help)).collect::<Vec<_>>()
    };
    lines.extend(modules.iter().flat_map(hints));
    let values = options(modules).into_iter().filter(|one| takes(&one.field.ty, name));
    lines.extend(values.map(|one| format!("it is a value of `{}`", one.name())));
    lines
}

/// Whether an option takes this word.
fn takes(ty: &ParamType, word: &str) -> bool {
    match ty {
        ParamType::Enum(words) => words.iter().any(|known| known == word),
        ParamType::List(ty) => takes(ty, word),
        _ => false,
    }
}

/// All such names, except values.
pub(super) fn names(modules: &Modules) -> Vec<String> {
    let own = own_options().known.keys().chain(own_options().gone.keys()).cloned();
    let guides = crate::synapse::guide_names().map(str::to_owned);
    let hints = modules.iter().flat_map(|one| &one.hints);
    let hints = hints.flat_map(|hint| hint.words.iter().chain(&hint.keys).chain(&hint.sections));
    own.chain(guides).chain(hints.cloned()).collect()
}
