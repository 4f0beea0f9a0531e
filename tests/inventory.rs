//! The specs shipped with the repository are correct: newcomers copy them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/any_secret.rs"]
mod any_secret;

use any_secret::Any;
use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::facts::Facts;
use matrixform::for_tests::module::{Modules, check, embedded, expand, golden};
use matrixform::for_tests::resource::declare;
use matrixform::for_tests::spec::{Spec, files::SpecDirectory};
use std::path::Path;
use std::sync::Arc;

#[test]
fn shipped_specs_expand_on_every_release() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = Modules::load(&embedded(), &[]).unwrap();
    for file in ["inventory/prod.toml", "inventory/staging.toml", "examples/lab/lab.toml"] {
        let path = top.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let files = Arc::new(SpecDirectory::new(path.parent().unwrap()));
        let spec = Spec::read(&Source::new(file, text), files)
            .unwrap_or_else(|problems| panic!("{}", shown(&problems)));
        let review = check(&spec, &modules);
        assert!(!review.is_refused(), "{}", shown(&review.problems));
        for name in golden::facts_names() {
            let facts: Facts = golden::facts(name).unwrap();
            let expansion = expand(&spec, &modules, &facts, &Any)
                .unwrap_or_else(|problems| panic!("{file} on {name}: {}", shown(&problems)));
            let wanted = declare(expansion.resources)
                .unwrap_or_else(|problems| panic!("{file} on {name}: {}", shown(&problems)));
            assert!(wanted.len() > 30, "{file} on {name}: {}", wanted.len());
        }
    }
}

fn shown(problems: &[matrixform::for_tests::diagnostic::Diagnostic]) -> String {
    problems.iter().map(|problem| problem.render(false)).collect()
}
