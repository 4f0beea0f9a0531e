//! Compares a restored database with the row counts of its dump.

use super::SnapshotManifest;
use std::fmt::Write;

/// Returns SQL that fails, and says where, unless the database has exactly the rows counted in the manifest.
pub fn check_sql(manifest: &SnapshotManifest) -> String {
    let mut known = String::new();
    for (at, (table, rows)) in manifest.rows.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(known, "{comma}\n        ('{table}'::text, {rows}::bigint)");
    }
    if known.is_empty() {
        known = "('none'::text, 0::bigint)".to_owned();
    }
    let of = include_str!("check.sql");
    of.replace("-- KNOWN", &known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rebuild::manifest::tests::manifest;

    #[test]
    fn every_table_is_named() {
        insta::assert_snapshot!(check_sql(&manifest()));
    }
}
