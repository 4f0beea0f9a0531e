//! The reference under docs/ is generated; this keeps it current.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use matrixform::module::{
    Modules, embedded, findings_reference, kinds_reference, options_reference, reference,
};
use std::path::Path;

#[test]
fn the_reference_is_current() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let pages = [
        ("options.md", reference(&modules)),
        ("findings.md", findings_reference(&modules)),
        ("synapse-options.md", options_reference(&modules)),
        ("kinds.md", kinds_reference(matrixform::resource::kinds())),
    ];
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, wanted) in pages {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&docs).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} is stale: UPDATE_DOCS=1 cargo test --test reference");
    }
}
