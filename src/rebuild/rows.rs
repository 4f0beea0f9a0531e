//! Compares a restored database with the row counts of its dump.

use super::SnapshotManifest;
use std::fmt::Write;

/// Lifts the time limits that the spec sets for everybody.
pub(super) const NO_LIMITS: &str = include_str!("limits.sql");

/// Returns SQL that fails, and says where, unless the database has exactly the rows counted in the manifest.
pub fn check_sql(manifest: &SnapshotManifest) -> String {
    let mut known = String::new();
    for (at, (table, rows)) in manifest.rows.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(known, "{comma}\n        ({}::text, {rows}::bigint)", sql_text(table));
    }
    if known.is_empty() {
        known = "('none'::text, 0::bigint)".to_owned();
    }
    NO_LIMITS.to_owned() + &include_str!("check.sql").replace("-- KNOWN", &known)
}

/// Formats a name from a manifest as an SQL expression: whatever it contains, it stays a text.
pub(super) fn sql_text(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    if name.chars().all(is_plain) {
        return format!("'{name}'");
    }
    let digits = name.bytes().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
    format!("convert_from(decode('{digits}', 'hex'), 'UTF8')")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rebuild::manifest::tests::manifest;

    #[test]
    fn every_table_is_named() {
        insta::assert_snapshot!(check_sql(&manifest()));
    }

    #[test]
    fn no_name_leaves_its_text() {
        assert_eq!(sql_text("public.users"), "'public.users'");
        for name in ["x'); drop table users; --", "$$", "public.\"Odd (name)\"", "\\", "ü"] {
            let text = sql_text(name);
            let digits = text.strip_prefix("convert_from(decode('").unwrap();
            let digits = digits.strip_suffix("', 'hex'), 'UTF8')").unwrap();
            assert!(digits.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
            assert_eq!(digits.len(), 2 * name.len());
        }
    }
}
