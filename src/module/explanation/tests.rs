//! Every name in the built-in modules has an explanation.

use super::foreign;
use super::item::names;
use super::{Knowledge, explain};
use crate::diagnostic::Source;
use crate::module::findings_reference::elided;
use crate::module::{Modules, embedded, golden};
use crate::resource::kinds;
use crate::spec::{Spec, files::InMemory};
use std::sync::Arc;

const SPEC: &str = include_str!("../../../inventory/staging.toml");

#[test]
fn everything_can_be_explained_with_and_without_a_spec() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let spec =
        Spec::read(&Source::new("staging.toml", SPEC), Arc::new(InMemory::default())).unwrap();
    let facts = golden::facts("ubuntu-24.04").unwrap();
    let names = names(&modules, kinds());
    // Other names that `check` knows: names from Synapse and from guides, and words with a hint.
    let others = foreign::names(&modules);
    assert!(names.len() > 250 && others.len() > 250, "{} and {}", names.len(), others.len());
    for spec in [None, Some((&spec, &facts))] {
        let known = Knowledge { modules: &modules, kinds: kinds(), spec, assumed: "recorded" };
        let about = super::About::new(&known).unwrap();
        let others = others.iter().filter(|_| spec.is_none());
        for name in names.iter().chain(others) {
            let pages = super::pages(name, &about)
                .unwrap_or_else(|all| panic!("{name}: {}", all[0].message));
            for page in pages {
                assert!(!page.sentences.is_empty(), "{name} says nothing");
                let text = page.text();
                let last = name.rsplit(['.', ':']).next().unwrap_or(name);
                assert!(text.contains(last), "{name} is not what this explains:\n{text}");
                let unfilled = page.sentences.iter().find(|sentence| sentence.contains("{{"));
                assert_eq!(unfilled, None, "{name}");
                for part in &page.parts {
                    let is_empty =
                        |(name, rest): &(String, String)| name.is_empty() && rest.is_empty();
                    assert!(
                        !part.rows.iter().all(is_empty),
                        "{name}: nothing below {}",
                        part.heading
                    );
                }
            }
        }
    }
    let known = Knowledge {
        modules: &modules,
        kinds: kinds(),
        spec: Some((&spec, &facts)),
        assumed: "recorded",
    };
    let about = super::About::new(&known).unwrap();
    let addresses: Vec<String> = about
        .wanted
        .iter()
        .flat_map(|one| &one.resources)
        .map(|one| one.address.to_string())
        .collect();
    for address in addresses {
        let pages = super::pages(&address, &about).unwrap();
        assert!(
            pages[0].parts.iter().any(|part| part.heading == "where it comes from"),
            "{address}"
        );
    }
    assert!(explain("no_such_thing_at_all", &known).is_err());
}

/// Every id that a spec or the output of `verify` can name has an explanation.
#[test]
fn findings_and_controls_are_explained_by_their_ids() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let known = Knowledge { modules: &modules, kinds: kinds(), spec: None, assumed: "" };
    let text = |item: &str| -> String {
        let pages = explain(item, &known).unwrap_or_else(|all| panic!("{}", all[0].message));
        pages.iter().map(super::ExplanationPage::text).collect()
    };
    let mut seen = (0, 0);
    for manifest in modules.iter() {
        for finding in &manifest.findings {
            let page = text(&finding.id);
            assert!(page.starts_with(&format!("{}\n", finding.id)), "{page}");
            let message = elided(&finding.message.text);
            let fix = elided(finding.fix.text.trim().lines().next().unwrap());
            let why = finding.why.as_deref().unwrap();
            let level = format!("{}: ", finding.level.as_str());
            for (heading, text) in [
                ("", message.as_str()),
                ("", why),
                ("level", level.as_str()),
                ("what to do", fix.as_str()),
                ("declared", ".toml:"),
            ] {
                let is_there = |line: &str| line.contains(heading) && line.contains(text);
                assert!(page.lines().any(is_there), "no {heading} {text}:\n{page}");
            }
            let when = format!("Fine when: {}", finding.accept.as_deref().unwrap_or_default());
            assert_eq!(page.contains(&when), finding.accept.is_some(), "{page}");
            assert_eq!(page.contains("[[accept]]"), finding.can_be_accepted(), "{page}");
            seen.0 += 1;
        }
        for control in &manifest.controls {
            let page = text(&format!("control:{}", control.id));
            let title = super::page::whole(&control.title.text);
            assert!(page.contains(&title) && page.contains(&control.threat), "{title}: {page}");
            let fix = control.fix.as_ref().map(|fix| super::page::whole(&fix.text));
            assert!(page.contains(fix.as_deref().unwrap_or_default()), "{title}: {page}");
            seen.1 += 1;
        }
    }
    assert!(seen.0 > 50 && seen.1 > 10, "{seen:?}");
}

/// The page of a foreign name says what `check` says about the same name in a spec.
#[test]
fn the_page_of_a_name_has_the_advice_of_check() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let known = Knowledge { modules: &modules, kinds: kinds(), spec: None, assumed: "" };
    let about = super::About::new(&known).unwrap();
    let mut names = foreign::names(&modules);
    // Names with dots are not keys of a table.
    names.retain(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    // The page of `name` is about options of this name, though `[synapse]` has none.
    let options = super::item::names(&modules, kinds());
    let is_end = |name: &str| options.iter().any(|one| one.rsplit('.').next() == Some(name));
    names.retain(|name| !is_end(name));
    names.sort();
    names.dedup();
    let keys: String = names.iter().map(|name| format!("{name} = 1\n")).collect();
    let text = format!("[host]\naddress = \"h.example\"\n[synapse]\n{keys}");
    let source = Source::new("prod.toml", text);
    let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
    let review = crate::module::check(&spec, &modules);
    let mut compared = 0;
    for problem in review.problems.iter().filter(|one| one.code == "spec/unknown-key") {
        let (Some((place, _)), Some(help)) = (&problem.place, &problem.help) else { continue };
        let name = place.text();
        if !names.iter().any(|one| one == name)
            || ["did you mean", "known here"].iter().any(|start| help.starts_with(start))
        {
            continue;
        }
        let pages = super::pages(name, &about);
        let pages = pages.unwrap_or_else(|_| panic!("{name}: check says {help}"));
        // A name that is also an option here has its own explanation.
        if pages.iter().all(|page| page.title == name) {
            let page: String = pages.iter().map(super::ExplanationPage::text).collect();
            assert!(page.contains(help), "{name}: check says `{help}`, explain\n{page}");
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared}");
}
