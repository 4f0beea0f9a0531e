//! Files that a spec's own resources name.

use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::spec::Spec;
use std::sync::Arc;

/// The bytes of a file next to the spec.
pub(super) fn read_beside(spec: &Spec, path: &str, place: &Place) -> Result<Vec<u8>, Problems> {
    spec.file(path, place).map_err(|why| vec![unreadable(path, &why, place)])
}

/// The same, as text.
pub(super) fn read_text_beside(
    spec: &Spec,
    path: &str,
    place: &Place,
) -> Result<Arc<Source>, Problems> {
    let text = String::from_utf8(read_beside(spec, path, place)?);
    let text = text.map_err(|_| vec![unreadable(path, "it is not text", place)])?;
    Ok(Source::new(path, text))
}

/// "`x` cannot be read: why".
pub(super) fn unreadable(path: &str, why: &str, place: &Place) -> Diagnostic {
    Diagnostic::error("spec/file", format!("`{path}` cannot be read: {why}"))
        .at(place)
        .help("the path is relative to the file that names it, and must stay inside the inventory's repository")
}
