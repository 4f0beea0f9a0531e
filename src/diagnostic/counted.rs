//! Numbers of things, as messages write them.

/// Formats `1 line`, `2 lines`.
pub fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
