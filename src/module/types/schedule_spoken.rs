//! Schedules in everyday words: "every day at 3", "Sundays 4:30 am", "every 15 minutes".

use regex_lite::Regex;

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The five fields of cron; none if any part of the text is not understood.
pub(super) fn fields(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').collect();
    let has = |of: &[&str]| words.iter().any(|word| of.contains(word));
    if let Some(every) =
        Regex::new(r"^every ([0-9]{1,2}) ?(m|min|mins|minutes|h|hours)$").ok()?.captures(&text)
    {
        let number: u32 = every.get(1)?.as_str().parse().ok()?;
        return match every.get(2)?.as_str().starts_with('m') {
            true if number > 0 && 60 % number == 0 => Some(format!("*/{number} * * * *")),
            false if number > 0 && 24 % number == 0 => Some(format!("0 */{number} * * *")),
            _ => None,
        };
    }
    if has(&["hourly"]) || text == "every hour" {
        return Some("0 * * * *".to_owned());
    }
    let day = words.iter().find_map(|word| DAYS.iter().position(|day| word.starts_with(day)));
    let known = has(&["day", "daily", "night", "nightly", "weekly", "week", "monthly", "month"]);
    if !known && day.is_none() {
        return None;
    }
    let (minute, hour) = time(&text)?;
    Some(match day {
        Some(day) => format!("{minute} {hour} * * {day}"),
        None if has(&["weekly", "week"]) => format!("{minute} {hour} * * 0"),
        None if has(&["monthly", "month"]) => format!("{minute} {hour} 1 * *"),
        None => format!("{minute} {hour} * * *"),
    })
}

/// The minute and hour; three at night if the text has no time.
fn time(text: &str) -> Option<(u32, u32)> {
    let Some(captures) =
        Regex::new(r"\b([0-9]{1,2})(:([0-9]{2}))? ?(am|pm)?\b").ok()?.captures(text)
    else {
        return Some((0, 3));
    };
    let number =
        |at: usize| captures.get(at).map_or(Ok(0), |found| found.as_str().parse::<u32>()).ok();
    let (hour, minute) = (number(1)?, number(3)?);
    let hour = match captures.get(4).map(|half| half.as_str()) {
        Some("pm") if hour < 12 => hour + 12,
        Some("am") if hour == 12 => 0,
        _ => hour,
    };
    (hour < 24 && minute < 60).then_some((minute, hour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_schedules_become_cron_fields() {
        for (text, cron) in [
            ("every day at 3", "0 3 * * *"),
            ("daily", "0 3 * * *"),
            ("Sundays 4:30 am", "30 4 * * 0"),
            ("every night at 11pm", "0 23 * * *"),
            ("every 15 minutes", "*/15 * * * *"),
            ("weekly", "0 3 * * 0"),
        ] {
            assert_eq!(fields(text).as_deref(), Some(cron), "{text}");
        }
        for text in ["", "3", "every 7 minutes", "day 25:00", "* * * *"] {
            assert_eq!(fields(text), None, "{text}");
        }
    }
}
