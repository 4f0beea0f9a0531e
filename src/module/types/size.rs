//! Sizes: a whole number with `K`, `M`, `G` or `T` in steps of 1024, or `0`. Synapse reads a plain number as bytes,
//! which nobody who writes `100` means: it is refused with a suggestion, and so is `50MB`, which crashes Synapse.

use super::Literal;
use super::text_type::{RefusedText, TextType};
use minijinja::Value;

pub(super) const SIZE: TextType = TextType {
    name: "size",
    article: "a size",
    example: "`50M`",
    pattern: r"^([0-9]+[KMGT]|0+)$",
    fields: &["bytes", "text"],
    parse,
};

const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];

fn parse(text: &str) -> Result<Value, RefusedText> {
    match bytes(text) {
        Some(plain) if plain > 0 && !text.ends_with(UNITS) => Err(without_unit(plain)),
        Some(bytes) => {
            let fields = vec![("bytes", Value::from(bytes))];
            Ok(Literal::new(text, fields).ranked(bytes).into_value())
        }
        None => Err(refused(text)),
    }
}

/// The suggestion for a number that may be in bytes or in any other unit.
pub(in crate::module) fn without_unit(number: u64) -> RefusedText {
    let spelt = of_bytes(number).to_string();
    let refused = RefusedText::because(format!("`{number}` has no unit"));
    match spelt.ends_with(UNITS) {
        true => refused.write(format!("write `\"{spelt}\"`, which is the same")),
        false => refused.write(format!(
            "write `\"{number}M\"` for mebibytes, or `K`, `G` or `T` in place of `M`"
        )),
    }
}

/// Returns the bytes of a size, given its spelling.
pub(in crate::module) fn bytes(text: &str) -> Option<u64> {
    let number = text.trim_end_matches(UNITS);
    let power = match text.strip_prefix(number)? {
        "" => 0,
        unit => UNITS.iter().position(|known| unit == known.to_string())? + 1,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bytes = number.parse::<u64>().ok()?.checked_mul(1024_u64.checked_pow(power as u32)?)?;
    Some(bytes).filter(|bytes| *bytes <= i64::MAX as u64)
}

/// A number of bytes in its shortest spelling, as a value.
pub(in crate::module) fn of_bytes(bytes: u64) -> Value {
    let mut number = bytes;
    let mut unit = String::new();
    for name in UNITS {
        if number == 0 || !number.is_multiple_of(1024) {
            break;
        }
        number /= 1024;
        unit = name.to_string();
    }
    let fields = vec![("bytes", Value::from(bytes))];
    Literal::new(format!("{number}{unit}"), fields).ranked(bytes).into_value()
}

fn refused(text: &str) -> RefusedText {
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = lower.strip_prefix(number).unwrap_or("").trim();
    let letter = unit.chars().next().map(|c| c.to_ascii_uppercase());
    let rest = unit.get(1..).unwrap_or("");
    let at = UNITS.iter().position(|known| letter == Some(*known));
    let at = at.filter(|_| ["", "b", "ib"].contains(&rest));
    let (Some(at), Some(letter)) = (at, letter) else {
        return RefusedText::because(
            "must be a whole number of bytes, or end in `K`, `M`, `G` or `T`",
        );
    };
    let meant = format!("{number}{letter}");
    let smaller = at.checked_sub(1).and_then(|below| UNITS.get(below));
    match number.parse::<f64>() {
        Ok(number) if number < 0.0 => RefusedText::because("a size cannot be negative"),
        _ if bytes(&meant).is_some() && meant != text => {
            RefusedText::because("the unit must be a single capital letter")
                .write(format!("write `{meant}` (steps of 1024)"))
        }
        Ok(part) if part.fract() != 0.0 => {
            let whole = smaller.filter(|_| (part * 1024.0).fract() == 0.0);
            let refused = RefusedText::because("a whole number must come before the unit");
            match whole {
                Some(unit) => refused.write(format!("write `{}{unit}`", part * 1024.0)),
                None => refused,
            }
        }
        Ok(_) => RefusedText::because("too large"),
        Err(_) => {
            RefusedText::because("must be a whole number of bytes, or end in `K`, `M`, `G` or `T`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_bytes_and_spelling() {
        let value = parse("50M").unwrap();
        assert_eq!(value.to_string(), "50M");
        assert_eq!(value.get_attr("bytes").unwrap(), Value::from(52_428_800));
        assert_eq!(parse("1G").unwrap(), parse("1024M").unwrap());
        assert_eq!(of_bytes(3 << 30).to_string(), "3G");
        assert_eq!(of_bytes(1000).to_string(), "1000");
        assert_eq!(of_bytes(0).to_string(), "0");
    }

    #[test]
    fn errors_suggest_the_right_spelling() {
        for text in ["50MB", "50MiB", "50m", "50 M", "50mb"] {
            let refused = parse(text).unwrap_err();
            assert_eq!(refused.help.as_deref(), Some("write `50M` (steps of 1024)"), "{text}");
        }
        let refusal = |text: &str| {
            let refused = parse(text).unwrap_err();
            (refused.why, refused.help)
        };
        assert_eq!(refusal("1.5G").1.as_deref(), Some("write `1536M`"));
        for (text, why) in [
            ("-1M", "a size cannot be negative"),
            ("99999999999999999999999M", "too large"),
            ("1.3G", "a whole number must come before the unit"),
        ] {
            assert_eq!(refusal(text), (why.to_owned(), None), "{text}");
        }
        assert_eq!(refusal("1048576").1.as_deref(), Some("write `\"1M\"`, which is the same"));
        assert!(refusal("100").1.unwrap().starts_with("write `\"100M\"`"));
        assert!(parse("0").is_ok());
        for text in ["", "M", "50X", "1.5G", "-1", "9999999999T", "50MM"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
