//! Properties of all kinds.

use crate::host::declarations;
use matrixform::for_tests::resource::{declare, kinds};

#[test]
fn kinds_are_sorted_by_name() {
    let names: Vec<&str> = kinds().iter().map(|kind| kind.name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn every_example_is_declared_without_a_problem() {
    for kind in kinds() {
        let parsed = declarations(kind.example);
        assert!(parsed.iter().any(|declared| declared.address.kind == kind.name), "{}", kind.name);
        let wanted = declare(parsed).unwrap_or_else(|problems| {
            panic!("{}: {:?}", kind.name, problems[0].message);
        });
        assert!(wanted.iter().all(|item| !item.resource.provides().is_empty()), "{}", kind.name);
    }
}

#[test]
fn every_attribute_is_documented_with_its_values() {
    for kind in kinds() {
        for doc in kind.attributes {
            let name = format!("{}.{}", kind.name, doc.name);
            assert!(doc.doc.ends_with('.') && !doc.takes.is_empty(), "{name}");
            assert!(!(doc.required && doc.default.is_some()), "{name} is required: no default");
        }
    }
}
