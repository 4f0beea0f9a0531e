//! Cron schedules: five fields or a word such as `@daily`. Accepts what Debian's cron accepts; a
//! schedule that never runs is refused, as cron would only stay silent.

use super::Spelt;
use super::schedule_spoken::fields as spoken;
use super::schedule_words::words;
use super::text_type::{Refused, TextType};
use minijinja::Value;

pub(super) const SCHEDULE: TextType = TextType {
    name: "schedule",
    article: "a cron schedule",
    example: "`17 4 * * 0`",
    pattern: r"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly|reboot)|[ \t]*([0-9A-Za-z*,/-]+[ \t]+){4}[0-9A-Za-z*,/-]+[ \t]*)$",
    fields: &["words", "text"],
    parse,
};

/// The words that cron knows, with what they mean.
const NAMED: [(&str, &str); 8] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
    ("@reboot", ""),
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What one field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Every value, in order.
    pub(super) values: Vec<u32>,
    /// Whether it began with `*`: then the other of the two day fields decides alone.
    pub(super) star: bool,
    /// `n` of `*/n`.
    pub(super) step: Option<u32>,
}

/// The five fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) minute: Range,
    pub(super) hour: Range,
    pub(super) day: Range,
    pub(super) month: Range,
    pub(super) weekday: Range,
}

fn parse(text: &str) -> Result<Value, Refused> {
    let said = if text.starts_with('@') {
        let named = NAMED.iter().find(|(name, _)| *name == text);
        let (_, fields) = named.ok_or_else(|| Refused::because("cron does not know this word"))?;
        if fields.is_empty() { "at every boot".to_owned() } else { words(&schedule(fields)?) }
    } else {
        words(&schedule(text)?)
    };
    Ok(Spelt::new(text, vec![("words", Value::from(said))]).to_value())
}

/// Reads five fields.
pub(super) fn schedule(text: &str) -> Result<Schedule, Refused> {
    let fields: Vec<&str> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        let help = "minute, hour, day of the month, month, weekday: `17 4 * * 0`";
        let help = spoken(text).map_or(help.to_owned(), |cron| format!("write `{cron}`: {help}"));
        return Err(Refused::because(format!("{} fields, not five", fields.len())).write(help));
    };
    let mut weekday = range("weekday", weekday, 0, 7, &DAYS)?;
    // Sunday is 0 and 7.
    weekday.values.iter_mut().filter(|value| **value == 7).for_each(|value| *value = 0);
    weekday.values.sort_unstable();
    weekday.values.dedup();
    let schedule = Schedule {
        minute: range("minute", minute, 0, 59, &[])?,
        hour: range("hour", hour, 0, 23, &[])?,
        day: range("day", day, 1, 31, &[])?,
        month: range("month", month, 1, 12, &MONTHS)?,
        weekday,
    };
    if schedule.never() {
        return Err(Refused::because("no such day: this never runs"));
    }
    Ok(schedule)
}

impl Schedule {
    fn never(&self) -> bool {
        let length = |month: &u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first = self.day.values.first().copied().unwrap_or(1);
        let any = self.month.values.iter().any(|month| first <= length(month));
        self.weekday.star && !any
    }
}

fn range(name: &str, text: &str, min: u32, max: u32, names: &[&str]) -> Result<Range, Refused> {
    let refused = |item: &str| {
        let item = item.escape_debug();
        Refused::because(format!("`{item}` is not a {name} from {min} to {max}"))
    };
    let mut values = Vec::new();
    for item in text.split(',') {
        values.extend(items(item, min, max, names).ok_or_else(|| refused(item))?);
    }
    values.sort_unstable();
    values.dedup();
    let step = text.strip_prefix("*/").and_then(|step| step.parse().ok());
    Ok(Range { values, star: text.starts_with('*'), step })
}

/// `*`, `a`, `a-b`, `*/n`, `a-b/n`; cron refuses a step after a single value.
fn items(text: &str, min: u32, max: u32, names: &[&str]) -> Option<Vec<u32>> {
    let (span, step) = match text.split_once('/') {
        Some((span, step)) => (span, number(step).filter(|step| (1..=max).contains(step))?),
        None => (text, 1),
    };
    let value = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        // Months count from 1, days from 0.
        let named = named.map(|at| at as u32 + min);
        named.or_else(|| number(text)).filter(|value| (min..=max).contains(value))
    };
    let (from, to) = match span.split_once('-') {
        _ if span == "*" => (min, max),
        Some((from, to)) => (value(from)?, value(to)?),
        None if text.contains('/') => return None,
        None => (value(span)?, value(span)?),
    };
    (from <= to).then(|| (from..=to).step_by(step as usize).collect())
}

fn number(text: &str) -> Option<u32> {
    let clean = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    clean.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_cron_takes() {
        for text in [
            "* * * * *",
            "*/5 0-6,22 1 jan,DEC mon-fri",
            "0 0 31 1,2 *",
            "0 0 29 2 *",
            "@daily",
            "@reboot",
            "17\t4  * * 7",
            "0 0-23/2 * * *",
            "0 0 30 2 1",
            "*,5 * * * *",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5/10 * * * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "+5 * * * *",
            "0 0 31 2 *",
            "0 0 31 4,6 *",
            "@often",
            "1,,2 * * * *",
            "*/ * * * *",
            "-1 * * * *",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
