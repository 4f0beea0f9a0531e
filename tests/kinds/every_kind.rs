//! Properties of all kinds.

use crate::host::declarations;
use matrixform::for_tests::resource::{Attribute, Declared, DeclaredValue, Kind, declare, kinds};

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

/// The first resource of this kind in its example.
fn example(kind: &Kind) -> Declared {
    let mut all = declarations(kind.example).into_iter();
    all.find(|declared| declared.address.kind == kind.name).unwrap()
}

/// The messages about this example with another value of an attribute, or without it.
fn refused(kind: &Kind, name: &str, value: Option<DeclaredValue>) -> String {
    let mut declared = example(kind);
    let place = declared.origin.declared.clone();
    match value {
        Some(value) => drop(declared.attributes.insert(name.into(), Attribute { value, place })),
        None => drop(declared.attributes.shift_remove(name)),
    }
    let problems = (kind.declare)(&declared).err().unwrap_or_default();
    problems.iter().map(|problem| format!("{}\n", problem.message)).collect()
}

/// What a kind takes is what the reference says: a value of another type is refused by the attribute's name.
#[test]
fn every_attribute_takes_what_is_documented() {
    for kind in kinds() {
        for doc in kind.attributes {
            let name = format!("{}.{}", kind.name, doc.name);
            let says = |messages: &str| messages.contains(&format!("`{}` ", doc.name));
            let number = refused(kind, doc.name, Some(DeclaredValue::Float(0.5)));
            assert!(says(&number), "{name} takes a number with a fraction: {number}");
            let flag = refused(kind, doc.name, Some(DeclaredValue::Bool(true)));
            let takes = format!("`{}` takes", doc.name);
            assert_eq!(!flag.contains(&takes), doc.takes == "boolean", "{name}: {flag}");
            let missing = refused(kind, doc.name, None);
            let is_missed = missing.contains(&format!("`{}` is missing", doc.name));
            assert_eq!(is_missed, doc.required, "{name}: {missing}");
        }
    }
}
