//! The comparison of a restored database with the rows that were counted in its dump.

use super::Manifest;
use std::fmt::Write;

/// SQL that fails, and says where, unless the database holds what the manifest says, row for row.
pub fn check_sql(manifest: &Manifest) -> String {
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
