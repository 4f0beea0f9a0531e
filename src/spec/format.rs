//! `format = 1`: the version of the spec's format. A newer one is refused with its number as the only problem; a spec
//! without it has the first.

use super::keys::wrong;
use super::node::{Entry, Value};
use crate::diagnostic::{Diagnostic, Problems};

/// The format of specs that this version reads.
pub const FORMAT: i64 = 1;

/// Refuses a format that this version does not read.
pub(super) fn check_format(entry: Option<&Entry>) -> Result<(), Problems> {
    let Some(entry) = entry else { return Ok(()) };
    let problem = match entry.node.value {
        Value::Integer(FORMAT) => return Ok(()),
        Value::Integer(newer) if newer > FORMAT => {
            let tool = concat!("matrixform ", env!("CARGO_PKG_VERSION"));
            let message = format!("this spec has format {newer}, but {tool} reads format {FORMAT}");
            let help = format!("use a newer matrixform, or write the spec in format {FORMAT}");
            Diagnostic::error("spec/format", message).help(help)
        }
        Value::Integer(none) => {
            let message = format!("format {none} does not exist");
            Diagnostic::error("spec/value", message).help(format!("write `format = {FORMAT}`"))
        }
        _ => wrong("`format`", "a whole number", &entry.node)
            .help(format!("write `format = {FORMAT}`")),
    };
    Err(vec![problem.at(&entry.node.place)])
}
