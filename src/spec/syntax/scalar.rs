//! Single values as other languages write them: booleans and nulls of YAML and Python, strings with prefixes or wrong
//! quotes, numbers that TOML does not accept.

use super::value::{Correction, fixed, is_value, quoted};

/// `yes`
pub(super) fn boolean(text: &str) -> Option<Correction> {
    let word = match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "y" | "t" | "enable" | "enabled" => "true",
        "no" | "off" | "false" | "n" | "f" | "disable" | "disabled" => "false",
        _ => return None,
    };
    Some(Correction::write(format!("`{text}` is not a TOML value: write `true` or `false`"), word))
}

/// `null`
pub(super) fn nothing(text: &str) -> Option<Correction> {
    let is = ["null", "none", "nil", "~", "undefined", "void"]
        .contains(&text.to_ascii_lowercase().as_str());
    let help = "remove the line: an option that is not set has its default";
    is.then(|| Correction::help(format!("`{text}` is not a value: TOML has no null"), help))
}

pub(super) fn backtick(text: &str) -> Option<Correction> {
    let inside = text.strip_prefix('`')?;
    let inside = inside.strip_suffix('`').unwrap_or(inside);
    Some(Correction::write("a backtick is not a quote in TOML", quoted(inside)))
}

/// `<<EOF`, and `|` of YAML
pub(super) fn heredoc(text: &str) -> Option<Correction> {
    let is = text.starts_with("<<") || ["|", "|-", ">", ">-", "|+"].contains(&text);
    let help = "write `\"\"\"`, the lines, and `\"\"\"` on a line of its own";
    is.then(|| Correction::help("a string of several lines goes between `\"\"\"`", help))
}

/// `r"a"`, `u"a"` of Python
pub(super) fn prefix(text: &str) -> Option<Correction> {
    let rest = text.strip_prefix(['r', 'R', 'u', 'U', 'b', 'B', 'f', 'F', '@'])?;
    let is = rest.starts_with(['"', '\'']) && is_value(rest);
    is.then(|| Correction::write("a string in TOML has no prefix", rest))
}

/// `'it's'`
pub(super) fn apostrophe(text: &str) -> Option<Correction> {
    for quote in ['\'', '"'] {
        let inside = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inside) =
            inside.filter(|inside| inside.contains(quote) && !inside.contains(", "))
        {
            let between = format!("{quote} {quote}");
            if inside.contains(&between) {
                return None;
            }
            let why = format!("the `{quote}` inside this string ends it too early");
            return Some(Correction::write(
                why,
                quoted(&inside.replace("''", "'").replace("\\\"", "\"")),
            ));
        }
    }
    None
}

/// `"\d"`
pub(super) fn escape(text: &str) -> Option<Correction> {
    let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?;
    let is = inside.contains('\\') && !inside.contains(['\'', '"', '\n']);
    let why = "`\\` starts an escape sequence in a `\"…\"` string, and this one does not exist";
    is.then(|| Correction::write(why, format!("'{inside}'")))
}

/// `"a" "b"`, `a, b`
pub(super) fn several(text: &str) -> Option<Correction> {
    let parts: Vec<&str> = match text.contains(',') {
        true => text.split(',').map(str::trim).collect(),
        false => text.split_whitespace().filter(|_| text.starts_with(['"', '\''])).collect(),
    };
    // A single part would be the text itself.
    if parts.len() < 2 {
        return None;
    }
    let parts: Vec<String> = parts.into_iter().map(fixed).collect::<Option<_>>()?;
    let sentence = text.contains(", ")
        && !text.contains(['"', '\''])
        && text.contains(' ')
        && text.split(", ").any(|part| part.contains(' '));
    (!sentence).then(|| {
        Correction::write(
            "several values need brackets around them",
            format!("[{}]", parts.join(", ")),
        )
    })
}

/// `0644`
pub(super) fn leading_zero(text: &str) -> Option<Correction> {
    let digits = text.trim_start_matches(['+', '-']);
    let is =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if !is {
        return None;
    }
    // Octal, like file modes.
    if digits.len() == 4 && digits.bytes().all(|b| b < b'8') {
        return Some(Correction::write(
            "a number cannot start with `0`; a file mode is a string",
            quoted(text),
        ));
    }
    let number = digits.trim_start_matches('0');
    let sign = if text.starts_with('-') { "-" } else { "" };
    let number = if number.is_empty() { "0" } else { number };
    Some(Correction::write("a number cannot start with `0`", format!("{sign}{number}")))
}

/// `.5`, `5.`
pub(super) fn fraction(text: &str) -> Option<Correction> {
    let write = match (text.strip_prefix('.'), text.strip_suffix('.')) {
        (Some(rest), None) if rest.bytes().all(|b| b.is_ascii_digit()) => format!("0.{rest}"),
        (None, Some(rest)) if rest.bytes().all(|b| b.is_ascii_digit()) => format!("{rest}.0"),
        _ => return None,
    };
    let why = "a decimal point needs digits on both sides";
    is_value(&write).then(|| Correction::write(why, write))
}
