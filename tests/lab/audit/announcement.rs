//! The announcement of an apply: the addresses of the plan as printed.

/// The prefixes of an address, as printed by `render::plan`.
const WORDS: [&str; 6] =
    ["+ create  ", "~ update  ", "~ restart  ", "~ reload  ", "- remove  ", "! cannot change  "];

/// The addresses of a plan in text, or of one that was approved or shown before (one per line, with its differences).
pub(crate) fn announced(stdout: &str) -> Vec<String> {
    let is_summary = ["\nas approved; nothing has changed since\n", "\nas shown by `plan` "]
        .iter()
        .any(|end| stdout.contains(end));
    let indent = if is_summary { "" } else { "  " };
    let address = |line: &str| {
        let line = line.strip_prefix(indent)?;
        let rest = WORDS.iter().find_map(|word| line.strip_prefix(word))?;
        let end = if is_summary { rest.find(": ") } else { None };
        Some(rest.get(..end.unwrap_or(rest.len()))?.to_owned())
    };
    stdout.lines().filter_map(address).collect()
}
