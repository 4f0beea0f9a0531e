//! Tests what comes along with a part of a plan, and what is left out with one that is skipped.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::resource::{Address, Attribute, Declared, DeclaredValue, Need, Origin, declare};
use crate::secret::Content;
use indexmap::IndexMap;
use proptest::prelude::*;

/// `MODULE PATH [needs PATH…] [with ACTIVATION]`.
fn file(words: &str) -> Declared {
    let words: Vec<&str> = words.split(' ').collect();
    let place = Place::new(&Source::new("prod.toml", ""), 0..0);
    let value = DeclaredValue::Text(Content::plain("x"));
    let content = Attribute { value, place: place.clone() };
    let after = |word: &str| words.iter().position(|one| *one == word).map(|at| at + 1);
    let needs = after("needs").map_or(&[][..], |at| &words[at..]);
    let needs = needs.iter().take_while(|word| **word != "with");
    let need = |path: &&str| Need { pattern: format!("file:{path}"), optional: false };
    Declared {
        address: Address::new("file", words[1]),
        attributes: IndexMap::from([("content".to_owned(), content)]),
        needs: needs.map(need).collect(),
        activation: after("with").map(|at| words[at].to_owned()),
        effect: None,
        why: None,
        origin: Origin { module: words[0].to_owned(), declared: place, requested: None },
    }
}

fn wanted(lines: &[&str]) -> Vec<Wanted> {
    declare(lines.iter().map(|line| file(line)).collect()).unwrap()
}

const SERVER: [&str; 6] = [
    "base /ca",
    "web /web.conf needs /ca with nginx",
    "web /web.d with nginx",
    "chat /chat.yaml needs /ca with synapse",
    "docs /index needs /web.conf",
    "spec /motd",
];

/// Returns the paths that are included, and what is reported about the rest.
fn scoped(only: &[&str], skip: &[&str], as_wanted: &[&str]) -> (Vec<String>, Scoped) {
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let scope = Scope { only: texts(only), skip: texts(skip) };
    let wanted = wanted(&SERVER);
    assert!(scope.check(&wanted).is_empty());
    let needs = crate::plan::edges::edges(&wanted).unwrap();
    let changed = |item: &Wanted| !as_wanted.contains(&item.address().name.as_str());
    let changed: Vec<bool> = wanted.iter().map(changed).collect();
    let limited = limit_to(&scope, &wanted, &needs, &changed);
    let inside = wanted.iter().zip(&limited.inside).filter(|(_, inside)| **inside);
    (inside.map(|(item, _)| item.address().name.clone()).collect(), limited.scoped)
}

fn reasons(list: &[ScopeReason]) -> Vec<String> {
    list.iter().map(|one| format!("{}: {}", one.address, one.why)).collect()
}

#[test]
fn a_selection_includes_needs_and_activation_mates() {
    let (inside, scoped) = scoped(&["file:/web.conf"], &[], &[]);
    assert_eq!(inside, ["/ca", "/web.conf", "/web.d"]);
    let with = [
        "file:/ca: file:/web.conf needs it",
        "file:/web.d: it takes effect together with file:/web.conf",
    ];
    assert_eq!(reasons(&scoped.with), with);
    let left = ["file:/chat.yaml", "file:/index", "file:/motd"];
    assert_eq!(reasons(&scoped.omitted), left.map(|one| format!("{one}: not selected")));
}

#[test]
fn unchanged_resources_include_nothing_but_pass_needs_on() {
    assert_eq!(scoped(&["docs"], &[], &["/web.conf"]).0, ["/ca", "/index"]);
    assert_eq!(scoped(&["docs"], &[], &["/web.conf", "/ca"]).0, ["/index"]);
    assert_eq!(scoped(&["docs"], &[], &["/index"]).0, Vec::<String>::new());
}

#[test]
fn skipping_holds_back_dependents() {
    let (inside, scoped) = scoped(&[], &["web"], &[]);
    assert_eq!(inside, ["/ca", "/chat.yaml", "/motd"]);
    assert_eq!(reasons(&scoped.omitted)[0], "file:/web.conf: skipped");
    assert_eq!(reasons(&scoped.omitted)[2], "file:/index: it needs file:/web.conf");
    // What takes effect together with it is held back, and so is what needs that.
    let (inside, scoped) = self::scoped(&[], &["file:/web.d"], &[]);
    assert_eq!(inside, ["/ca", "/chat.yaml", "/motd"]);
    assert_eq!(
        reasons(&scoped.omitted)[0],
        "file:/web.conf: it takes effect together with file:/web.d"
    );
    // A resource that is as wanted holds nothing back.
    assert_eq!(self::scoped(&[], &["web"], &["/web.conf", "/web.d"]).0.len(), 4);
}

#[test]
fn skip_overrides_only_and_is_reported() {
    let (inside, scoped) = scoped(&["web", "spec"], &["base"], &[]);
    assert_eq!(inside, ["/motd"]);
    assert!(reasons(&scoped.omitted).contains(&"file:/web.conf: it needs file:/ca".to_owned()));
    assert_eq!(scoped.options(), "--only web --only spec --skip base");
}

#[test]
fn a_scope_that_matches_nothing_is_an_error() {
    let wanted = wanted(&SERVER);
    let problem = |pattern: &str| {
        let scope = Scope { only: vec![pattern.to_owned()], skip: Vec::new() };
        scope
            .check(&wanted)
            .first()
            .map(|one| format!("{}; {}", one.message, one.help.clone().unwrap()))
    };
    assert_eq!(problem("web"), None);
    assert_eq!(problem("file:/web*"), None);
    let typo = problem("wbe").unwrap();
    assert_eq!(typo, "`--only wbe` matches nothing in this spec; did you mean `web`?");
    let typo = problem("file:/web.cnf").unwrap();
    assert!(typo.ends_with("did you mean `file:/web.conf`?"), "{typo}");
    let other = problem("postgres").unwrap();
    assert!(other.contains("name a module (base, chat, docs, spec, web)"), "{other}");
    assert!(problem("we*").is_some(), "a module is named in full");
}

proptest! {
    /// For every scope: nothing included waits for a change that is left out, no activation is divided, nothing
    /// skipped is included, and included and left out together are all changes.
    #[test]
    fn every_scope_is_self_contained(
        changed in proptest::collection::vec(any::<bool>(), SERVER.len()),
        only in proptest::collection::vec(0..SERVER.len(), 0..3),
        skip in proptest::collection::vec(0..SERVER.len(), 0..2),
    ) {
        let wanted = wanted(&SERVER);
        let needs = crate::plan::edges::edges(&wanted).unwrap();
        let address = |at: &usize| wanted[*at].address().to_string();
        let scope = Scope { only: only.iter().map(address).collect(), skip: skip.iter().map(address).collect() };
        let limited = limit_to(&scope, &wanted, &needs, &changed);
        let inside = |at: usize| limited.inside[at];
        let activation = |at: usize| wanted[at].declared.activation.clone();
        for at in (0..wanted.len()).filter(|at| inside(*at)) {
            prop_assert!(changed[at] && !skip.contains(&at));
            for need in &needs[at] {
                prop_assert!(!changed[*need] || inside(*need));
            }
            for mate in (0..wanted.len()).filter(|mate| activation(at).is_some() && activation(*mate) == activation(at)) {
                prop_assert!(!changed[mate] || inside(mate));
            }
        }
        let number = limited.inside.iter().filter(|one| **one).count() + limited.scoped.omitted.len();
        prop_assert_eq!(number, changed.iter().filter(|one| **one).count());
    }
}
