//! Calendar events in systemd's form (`Sun *-*-* 04:17`), as `OnCalendar=` takes them. Nothing at
//! home can check them, so this is our own small reading of systemd.time(7); `%` is not in it.

use super::text_type::{Refused, TextType};
use minijinja::Value;

pub(super) const CALENDAR: TextType = TextType {
    name: "calendar",
    article: "a systemd calendar event",
    example: "`Sun *-*-* 04:17`",
    pattern: r"^[A-Za-z0-9*.,:/~_+ -]+$",
    fields: &[],
    parse: |text| event(text).map(|()| Value::from(text)),
};

const SHORTHANDS: [&str; 9] = [
    "minutely",
    "hourly",
    "daily",
    "monthly",
    "weekly",
    "yearly",
    "annually",
    "quarterly",
    "semiannually",
];

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn event(text: &str) -> Result<(), Refused> {
    let help = "weekdays, a date and a time, each may be left out: `Mon..Fri *-*-01 04:17:00`";
    let parts: Vec<&str> = text.split(' ').filter(|part| !part.is_empty()).collect();
    let mut left = parts.as_slice();
    if let [zone_or_time @ .., zone] = left
        && !zone_or_time.is_empty()
        && is_zone(zone)
    {
        left = zone_or_time;
    }
    if let [word] = left
        && SHORTHANDS.contains(&word.to_ascii_lowercase().as_str())
    {
        return Ok(());
    }
    let mut seen = Vec::new();
    for part in left {
        let kind = if part.contains(':') {
            time(part)?;
            2
        } else if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            weekdays(part)?;
            0
        } else {
            date(part)?;
            1
        };
        if seen.last().is_some_and(|last| *last >= kind) {
            return Err(Refused::because("the order is weekdays, date, time").write(help));
        }
        seen.push(kind);
    }
    if seen.is_empty() { Err(Refused::because("empty").write(help)) } else { Ok(()) }
}

fn is_zone(text: &str) -> bool {
    let name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    text == "UTC"
        || text.split_once('/').is_some_and(|(area, city)| name(area) && city.split('/').all(name))
}

/// `Mon`, `Mon,Thursday`, `Mon..Fri`.
fn weekdays(text: &str) -> Result<(), Refused> {
    let known = |day: &str| {
        let lower = day.to_ascii_lowercase();
        DAYS.iter().any(|name| *name == lower || name.get(..3) == Some(lower.as_str()))
    };
    let unknown = text.split(',').flat_map(|span| span.split("..")).find(|day| !known(day));
    match unknown {
        None if text.split(',').all(|span| span.matches("..").count() < 2) => Ok(()),
        None => Err(Refused::because("a range of weekdays has two ends")),
        Some(day) => Err(Refused::because(format!("`{}` is not a weekday", day.escape_debug()))),
    }
}

/// `2027-01-01`, `*-*-01..07`, `01-01`, and `~` before the day to count from the month's end.
fn date(text: &str) -> Result<(), Refused> {
    let (months, day) = match text.rsplit_once(['-', '~']) {
        Some((months, day)) => (months, day),
        None => return Err(Refused::because("a date is `YEAR-MONTH-DAY` or `MONTH-DAY`")),
    };
    let (year, month) = months.split_once('-').unwrap_or(("*", months));
    component("year", year, 1970, 2199)?;
    component("month", month, 1, 12)?;
    component("day", day, 1, 31)
}

/// `04:17`, `*:0/15`, `04:17:30`.
fn time(text: &str) -> Result<(), Refused> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (hour, minute, &"0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(Refused::because("a time is `HOUR:MINUTE` or `HOUR:MINUTE:SECOND`")),
    };
    component("hour", hour, 0, 23)?;
    component("minute", minute, 0, 59)?;
    component("second", second, 0, 59)
}

/// `*`, numbers, ranges `a..b`, each with a step `/n`, between commas.
fn component(name: &str, text: &str, min: u32, max: u32) -> Result<(), Refused> {
    let number = |text: &str| {
        let clean = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        clean.then(|| text.parse::<u32>().ok()).flatten()
    };
    let inside = |text: &str| number(text).filter(|number| (min..=max).contains(number));
    let good = |item: &str| {
        let (span, step) = match item.split_once('/') {
            Some((span, step)) => (span, number(step).filter(|step| (1..=max).contains(step))),
            None => (item, Some(1)),
        };
        let span = match span.split_once("..") {
            Some((from, to)) => inside(from).zip(inside(to)).is_some_and(|(from, to)| from <= to),
            None => span == "*" || inside(span).is_some(),
        };
        span && step.is_some()
    };
    match text.split(',').find(|item| !good(item)) {
        None => Ok(()),
        Some(item) => {
            let item = item.escape_debug();
            Err(Refused::because(format!("`{item}` is not a {name} from {min} to {max}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 17] = [
        "daily",
        "Weekly",
        "Sun *-*-* 04:17",
        "Mon..Fri 08:00",
        "Mon,Wed,Fri *-*-01..07 12:00:00",
        "*-*-* *:0/15",
        "*:0/5:30",
        "2027-01-01",
        "*-02~01",
        "01-15 03:30",
        "Sat",
        "04:17 UTC",
        "*-*-* 04:17:00 Europe/Berlin",
        "*-1,7-1 0:0",
        "Monday 3:05",
        "*-*~07/1 00:00",
        "daily UTC",
    ];

    #[test]
    fn takes_and_refuses() {
        for text in GOOD {
            assert!(event(text).is_ok(), "{text}: {:?}", event(text));
        }
        for text in [
            "",
            "often",
            "Sunday-ish",
            "25:00",
            "04:60",
            "04:17 Sun",
            "*-13-01",
            "*-*-32",
            "4",
            "04:17:00:00",
            "Mon..",
            "%H:00",
            "04:17 04:18",
            "Mon..Tue..Wed",
            "*-*-* 04:17 Nowhere",
            "2027",
            "07..03:00",
            "*-*-*/0",
        ] {
            assert!(event(text).is_err(), "{text}");
        }
    }

    #[test]
    fn systemd_agrees() {
        let systemd = |text: &str| {
            std::process::Command::new("systemd-analyze").args(["calendar", text]).output()
        };
        if systemd("daily").is_err() {
            return;
        }
        for text in GOOD {
            assert!(systemd(text).is_ok_and(|said| said.status.success()), "{text}");
        }
    }
}
