//! The reference under docs/ and the schemas under inventory/ are generated; this keeps them current.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use matrixform::module::{
    Modules, SchemaFor, embedded, findings_reference, kinds_reference, options_reference,
    reference, schema,
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
    let schema = |of| {
        serde_json::to_string_pretty(&schema(&modules, matrixform::resource::kinds(), of)).unwrap()
            + "\n"
    };
    let pages = pages.map(|(name, page)| (format!("docs/{name}"), page)).into_iter().chain([
        ("inventory/schema.json".to_owned(), schema(SchemaFor::Whole)),
        ("inventory/schema-layer.json".to_owned(), schema(SchemaFor::Layer)),
    ]);
    for (name, wanted) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} is stale: UPDATE_DOCS=1 cargo test --test reference");
    }
}
