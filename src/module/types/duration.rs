//! Durations: a whole number and one unit, as Synapse, nginx and Postgres take them. No months, since they have no
//! fixed length; no `1h30m`, since Synapse refuses it.

use super::Literal;
use super::text_type::{RefusedText, TextType};
use minijinja::Value;

/// Each unit with its milliseconds; a year is 365 days, as for Synapse.
const UNITS: [(&str, u64); 7] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
    ("y", 31_536_000_000),
];

pub(super) const DURATION: TextType = TextType {
    name: "duration",
    article: "a duration",
    example: "`90d`",
    pattern: r"^[0-9]+(ms|s|m|h|d|w|y)$",
    fields: &["seconds", "ms", "text"],
    parse,
};

fn parse(text: &str) -> Result<Value, RefusedText> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    let (false, Some(factor)) = (number.is_empty(), factor) else {
        return Err(refused(number, unit));
    };
    let ms = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
    let ms =
        ms.filter(|ms| *ms <= i64::MAX as u64).ok_or_else(|| RefusedText::because("too long"))?;
    // Rounded up: to many programs 0 means "without end".
    let fields = vec![("seconds", Value::from(ms.div_ceil(1_000))), ("ms", Value::from(ms))];
    Ok(Literal::new(text, fields).ranked(ms).into_value())
}

/// Returns the milliseconds of a duration, given its spelling.
pub fn ms(text: &str) -> Option<u64> {
    Literal::of(&parse(text).ok()?)?.rank()
}

fn refused(number: &str, unit: &str) -> RefusedText {
    let meant = match unit.trim().to_ascii_lowercase().as_str() {
        _ if number.is_empty() => None,
        "" => return RefusedText::because("a unit is missing").write(all_units(number)),
        "mo" | "month" | "months" => {
            return RefusedText::because("months differ in length")
                .write("write days, such as `30d`");
        }
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hour" | "hours" | "hr" | "hrs" => Some("h"),
        "day" | "days" => Some("d"),
        "week" | "weeks" => Some("w"),
        "year" | "years" => Some("y"),
        "m" if unit.trim() == "M" => {
            let minutes = format!("write `{number}m` for minutes, or `30d` for a month");
            return RefusedText::because("not a known unit").write(minutes);
        }
        lower => UNITS.iter().map(|(name, _)| *name).find(|name| *name == lower),
    };
    match meant {
        Some(unit) => {
            RefusedText::because("not a known unit").write(format!("write `{number}{unit}`"))
        }
        None => RefusedText::because("a whole number with one unit").write(all_units("90")),
    }
}

fn all_units(number: &str) -> String {
    format!("the units are `ms`, `s`, `m`, `h`, `d`, `w` and `y`: write `{number}s` or `{number}d`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_spelt_and_compares_by_length() {
        let value = parse("90d").unwrap();
        assert_eq!(value.to_string(), "90d");
        assert_eq!(value.get_attr("seconds").unwrap(), Value::from(7_776_000));
        assert_eq!(parse("1500ms").unwrap().get_attr("seconds").unwrap(), Value::from(2));
        assert_eq!(parse("1h").unwrap(), parse("60m").unwrap());
        assert!(parse("1w").unwrap() < parse("8d").unwrap());
    }

    #[test]
    fn errors_suggest_the_right_spelling() {
        let help = |text| parse(text).unwrap_err().help.unwrap();
        assert_eq!(help("90 days"), "write `90d`");
        assert_eq!(help("5min"), "write `5m`");
        assert_eq!(help("3H"), "write `3h`");
        assert_eq!(help("1M"), "write `1m` for minutes, or `30d` for a month");
        assert_eq!(help("2 months"), "write days, such as `30d`");
        assert!(help("90").contains("write `90s` or `90d`"));
        for text in ["", "d", "1.5h", "-1d", "1h30m", "99999999999999999999y", "５d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
