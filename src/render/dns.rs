//! DNS records as a table, as lines of a zone file, or as JSON.

use super::phrases::one_line;
use crate::verify::{VerifyReport, ZoneRecord};
use serde_json::{Value, json};

/// A row for each record.
pub fn table(rows: &[ZoneRecord]) -> String {
    let head = ["NAME", "TYPE", "VALUE", "WHAT FOR"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        let placeholder = if row.absent { "(none)" } else { "?" };
        let value = row.value.as_deref().unwrap_or(placeholder);
        [one_line(&row.name), row.record_type.to_owned(), one_line(value), one_line(&row.why)]
    });
    let all: Vec<[String; 4]> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 4]| {
        let line: String =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        line.trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
}

/// Formats lines that can be pasted into a zone; unknown records are comments.
pub fn zone(rows: &[ZoneRecord]) -> String {
    let line = |row: &ZoneRecord| match (&row.value, row.record_type) {
        (Some(value), record_type) if !value.ends_with('…') => {
            let value = if record_type == "TXT" { format!("\"{value}\"") } else { value.clone() };
            format!(
                "{}. IN {record_type} {} ; {}\n",
                one_line(&row.name),
                one_line(&value),
                one_line(&row.why)
            )
        }
        (Some(value), record_type) => format!(
            "; {}. IN {record_type} {} ; {}\n",
            one_line(&row.name),
            one_line(value),
            one_line(&row.why)
        ),
        (None, record_type) if row.absent => {
            format!("; {}. has no {record_type}: {}\n", one_line(&row.name), one_line(&row.why))
        }
        (None, record_type) => {
            format!("; {}. IN {record_type} ? ; {}\n", one_line(&row.name), one_line(&row.why))
        }
    };
    rows.iter().map(line).collect()
}

/// Returns the records, and the results of checking them.
pub fn json(rows: &[ZoneRecord], report: Option<&VerifyReport>) -> Value {
    let rows = rows
        .iter()
        .map(|row| json!({ "name": row.name, "type": row.record_type, "value": row.value, "absent": row.absent, "why": row.why }));
    let mut all = json!({ "format_version": 1, "records": rows.collect::<Vec<_>>() });
    if let (Some(report), Some(table)) = (report, all.as_object_mut()) {
        table.insert("passed".to_owned(), json!(!report.failed()));
        table.insert("steps".to_owned(), serde_json::to_value(&report.steps).unwrap_or_default());
    }
    all
}
