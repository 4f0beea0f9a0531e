//! cron schedules: five fields or a keyword such as `@daily`. Accepts what Debian's cron accepts (entry.c), except a
//! schedule that never runs, which cron would silently accept.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The keywords that stand for five fields, besides `@reboot`.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// When cron runs a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronSchedule {
    /// After the host has booted.
    Reboot,
    /// At these times.
    Times(CronTimes),
}

/// The five fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronTimes {
    /// 0 to 59.
    pub minute: CronField,
    /// 0 to 23.
    pub hour: CronField,
    /// The day of the month, 1 to 31.
    pub day: CronField,
    /// 1 to 12.
    pub month: CronField,
    /// 0 to 6, starting at Sunday.
    pub weekday: CronField,
}

/// The contents of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronField {
    /// All matching values, in order.
    pub values: Vec<u32>,
    /// Whether it began with `*`; if so, the other day field alone decides.
    pub star: bool,
    /// `n` of `*/n`.
    pub step: Option<u32>,
}

/// Why a text is not a valid schedule.
#[derive(Debug, PartialEq, Eq)]
pub enum CronFault {
    /// The number of fields, if it is not five.
    Fields(usize),
    /// What is wrong with a field or the keyword.
    Text(String),
}

impl std::fmt::Display for CronFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CronFault::Fields(count) => write!(f, "{count} fields, not five"),
            CronFault::Text(why) => f.write_str(why),
        }
    }
}

impl std::str::FromStr for CronSchedule {
    type Err = CronFault;

    fn from_str(text: &str) -> Result<CronSchedule, CronFault> {
        if text == "@reboot" {
            return Ok(CronSchedule::Reboot);
        }
        let word = WORDS.iter().find(|(word, _)| *word == text).map(|(_, fields)| *fields);
        if text.starts_with('@') && word.is_none() {
            return Err(CronFault::Text("cron does not know this keyword".to_owned()));
        }
        times(word.unwrap_or(text)).map(CronSchedule::Times)
    }
}

fn times(text: &str) -> Result<CronTimes, CronFault> {
    let fields: Vec<&str> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(CronFault::Fields(fields.len()));
    };
    let mut weekday = field("weekday", weekday, 0, 7, &DAYS)?;
    // Sunday is 0 and 7.
    weekday.values.iter_mut().filter(|value| **value == 7).for_each(|value| *value = 0);
    weekday.values.sort_unstable();
    weekday.values.dedup();
    let times = CronTimes {
        minute: field("minute", minute, 0, 59, &[])?,
        hour: field("hour", hour, 0, 23, &[])?,
        day: field("day", day, 1, 31, &[])?,
        month: field("month", month, 1, 12, &MONTHS)?,
        weekday,
    };
    match times.never() {
        true => Err(CronFault::Text("there is no such day: this never runs".to_owned())),
        false => Ok(times),
    }
}

impl CronTimes {
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

fn field(
    name: &str,
    text: &str,
    min: u32,
    max: u32,
    names: &[&str],
) -> Result<CronField, CronFault> {
    let refused = |item: &str| {
        let item = item.escape_debug();
        CronFault::Text(format!("`{item}` is not a {name} from {min} to {max}"))
    };
    let mut values = Vec::new();
    for item in text.split(',') {
        values.extend(items(item, min, max, names).ok_or_else(|| refused(item))?);
    }
    values.sort_unstable();
    values.dedup();
    let step = text.strip_prefix("*/").and_then(|step| step.parse().ok());
    Ok(CronField { values, star: text.starts_with('*'), step })
}

/// `*`, `a`, `a-b`, `*/n`, `a-b/n`; cron refuses a step after a single value.
fn items(text: &str, min: u32, max: u32, names: &[&str]) -> Option<Vec<u32>> {
    let (span, step) = match text.split_once('/') {
        Some((span, step)) => (span, number(step).filter(|step| (1..=max).contains(step))?),
        None => (text, 1),
    };
    let value = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        // Months count from 1, weekdays from 0.
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + min);
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

/// Whether a text fits in one line of a file that cron reads.
pub(super) fn fits_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_cron_schedules_are_accepted() {
        for text in [
            "* * * * *",
            "*/5 0-6,22 1 jan,DEC mon-fri",
            "*/5 0-23/2 1,15 jan-mar Mon",
            "0 0 31 1,2 *",
            "0 0 29 2 *",
            "@daily",
            "@reboot",
            "17\t4  * * 7",
            "0 0-23/2 * * *",
            "0 0 30 2 1",
            "*,5 * * * *",
        ] {
            assert!(text.parse::<CronSchedule>().is_ok(), "{text}");
        }
    }

    #[test]
    fn invalid_cron_schedules_are_refused() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "* * * * mon-sun-tue",
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
            assert!(text.parse::<CronSchedule>().is_err(), "{text}");
        }
    }
}
