//! Nothing in the built-in modules is without an explanation.

use super::{Known, explain, names};
use crate::diagnostic::Source;
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
    assert!(names.len() > 250, "{}", names.len());
    for spec in [None, Some((&spec, &facts))] {
        let known = Known { modules: &modules, kinds: kinds(), spec, assumed: "recorded" };
        let about = super::About::new(&known).unwrap();
        for name in &names {
            let pages = super::pages(name, &about)
                .unwrap_or_else(|all| panic!("{name}: {}", all[0].message));
            for page in pages {
                assert!(!page.words.is_empty(), "{name} says nothing");
            }
        }
    }
    let known = Known {
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
