//! Names that are not options here but that `check` knows: Synapse's own, those invented by guides, and words that
//! people look for in a section (`letsencrypt`).

use super::About;
use super::page::{ExplanationPage, row};
use crate::module::Modules;
use crate::module::options_reference::notes;
use crate::module::teach::{known_elsewhere, name_of_limit};
use crate::synapse::{OptionKind, options};

/// The page of a name that is not an option here; none if nothing is known about it.
pub(super) fn page(about: &About<'_>, name: &str) -> Option<ExplanationPage> {
    let modules = about.known.modules;
    let mut page = ExplanationPage::new(name);
    if let Some((option, name)) = [name.to_owned(), name_of_limit(name)]
        .into_iter()
        .find_map(|name| Some((options().known.get(&name)?, name)))
    {
        page.say(format!(
            "An option of Synapse's homeserver.yaml (Synapse {}).",
            options().version
        ));
        let mut rows =
            vec![row("name", name.clone()), row("takes", OptionKind::describe_all(&option.kinds))];
        rows.extend(option.since.iter().map(|version| row("since", version.clone())));
        rows.extend(
            Some(notes(option)).filter(|notes| !notes.is_empty()).map(|it| row("notes", it)),
        );
        page.part("in homeserver.yaml", rows);
    }
    if let Some(gone) = options().gone.get(name) {
        let version = gone.version.iter().map(|version| format!(" in {version}"));
        page.say(format!("Removed from Synapse{}.", version.collect::<String>()));
        let instead = gone.instead.iter().map(|name| row(format!("`{name}`"), ""));
        page.part("instead", instead.collect());
    }
    let here = here(modules, name);
    if page.words.is_empty() && here.is_empty() {
        return None;
    }
    if page.words.is_empty() {
        page.say("No option of this name.");
    }
    page.part("in a spec", here.into_iter().map(|line| row("", line)).collect());
    Some(page)
}

/// What to write in a spec instead, as `check` puts it.
fn here(modules: &Modules, name: &str) -> Vec<String> {
    let mut lines = known_elsewhere(modules, name);
    let hints = modules.iter().filter_map(|one| Some((one, one.hints.get(name)?)));
    lines.extend(hints.map(|(one, hint)| format!("{}: {hint}", one.header())));
    lines
}

/// All such names.
pub(super) fn names(modules: &Modules) -> Vec<String> {
    let own = options().known.keys().chain(options().gone.keys()).cloned();
    let guides = crate::synapse::guide_names().map(str::to_owned);
    let hints = modules.iter().flat_map(|one| one.hints.keys().cloned());
    own.chain(guides).chain(hints).collect()
}
