//! A cron schedule in words, for plans and documentation: "every Sunday at 04:17". The words only help readers; the
//! schedule next to them is authoritative.

use crate::resource::{CronField, CronTimes};

const MONTHS: [&str; 13] = [
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// More times of day than this are described by minutes and hours.
const MOST_TIMES: usize = 6;

/// The schedule in words.
pub(super) fn in_words(schedule: &CronTimes) -> String {
    let (time, days) = (time(schedule), days(schedule));
    match (time.strip_prefix("at ").is_some(), days) {
        (true, Some(days)) => format!("{days} {time}"),
        (true, None) => format!("every day {time}"),
        (false, Some(days)) => format!("{time}, {days}"),
        (false, None) => time,
    }
}

/// "at 04:17", "every 5 minutes", "every hour at minute 17".
fn time(schedule: &CronTimes) -> String {
    let (minute, hour) = (&schedule.minute, &schedule.hour);
    let count = minute.values.len() * hour.values.len();
    if !hour.star && !minute.star && count <= MOST_TIMES {
        let times = hour.values.iter().flat_map(|hour| {
            minute.values.iter().map(move |minute| format!("{hour:02}:{minute:02}"))
        });
        return format!("at {}", and(times));
    }
    match (minutes(minute), hours(hour)) {
        (every @ Some(_), None) => every.unwrap_or_default(),
        (Some(every), Some(hours)) => format!("{every}, {hours}"),
        (None, hours) => {
            let hours = hours.unwrap_or_else(|| "every hour".into());
            format!("{hours} at minute {}", and(minute.values.iter().map(u32::to_string)))
        }
    }
}

/// "every minute", "every 5 minutes"; none for a list of minutes.
fn minutes(minute: &CronField) -> Option<String> {
    match minute.step {
        Some(step) if step > 1 => Some(format!("every {step} minutes")),
        _ if minute.star && minute.values.len() == 60 => Some("every minute".into()),
        _ => None,
    }
}

/// "every 2 hours", "in the hours 0, 1 and 2"; none for every hour.
fn hours(hour: &CronField) -> Option<String> {
    match hour.step {
        Some(step) if step > 1 => Some(format!("every {step} hours")),
        _ if hour.values.len() == 24 => None,
        _ => {
            let noun = if hour.values.len() == 1 { "hour" } else { "hours" };
            Some(format!("in the {noun} {}", and(hour.values.iter().map(u32::to_string))))
        }
    }
}

/// "every Sunday", "on day 1 of every month"; none for every day. When both day fields are given,
/// cron runs on either.
fn days(schedule: &CronTimes) -> Option<String> {
    let weekdays = (schedule.weekday.values.len() < 7).then(|| weekdays(&schedule.weekday.values));
    let in_month = (schedule.day.values.len() < 31).then(|| {
        let noun = if schedule.day.values.len() == 1 { "day" } else { "days" };
        format!("on {noun} {}", and(schedule.day.values.iter().map(u32::to_string)))
    });
    let months = (schedule.month.values.len() < 12)
        .then(|| and(schedule.month.values.iter().filter_map(|at| name(&MONTHS, *at))));
    // If one of them has a step (`*/2`), both must match.
    let both = if schedule.day.star || schedule.weekday.star { "if it is" } else { "and" };
    let days = match (in_month, weekdays) {
        (Some(day), Some(weekday)) => {
            let weekday = if both == "and" { weekday } else { weekday.replacen("every ", "", 1) };
            Some(format!("{day} {both} {weekday}"))
        }
        (day, weekday) => day.or(weekday),
    };
    match (days, months) {
        (Some(days), None) if days.starts_with("on ") && !days.contains("every ") => {
            Some(format!("{days} of every month"))
        }
        (Some(days), Some(months)) => Some(format!("{days} in {months}")),
        (None, Some(months)) => Some(format!("every day in {months}")),
        (days, None) => days,
    }
}

/// "every Monday to Friday", "every Monday and Thursday".
fn weekdays(values: &[u32]) -> String {
    // Monday comes first, as in speech.
    let mut ordered = values.to_vec();
    ordered.sort_by_key(|day| (day + 6) % 7);
    let names: Vec<String> = ordered.iter().filter_map(|day| name(&DAYS, *day)).collect();
    let (first, last) = (ordered.first().map(|day| (day + 6) % 7), ordered.last());
    let run = last.map(|day| (day + 6) % 7).zip(first).is_some_and(|(last, first)| {
        ordered.len() > 2 && (last - first) as usize + 1 == ordered.len()
    });
    match (run, names.as_slice()) {
        (true, [first, .., last]) => format!("every {first} to {last}"),
        _ => format!("every {}", and(names.iter().cloned())),
    }
}

fn name(names: &[&str], at: u32) -> Option<String> {
    names.get(at as usize).map(|name| (*name).to_owned())
}

/// `a`, `a and b`, `a, b and c`.
fn and(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => items.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use crate::resource::CronSchedule;

    #[test]
    fn schedules_are_described_in_words() {
        for (text, expected) in [
            ("17 4 * * 0", "every Sunday at 04:17"),
            ("0 0 * * *", "every day at 00:00"),
            ("17 4,16 * * *", "every day at 04:17 and 16:17"),
            ("*/5 * * * *", "every 5 minutes"),
            ("* * * * *", "every minute"),
            ("17 * * * *", "every hour at minute 17"),
            ("0 */2 * * *", "every 2 hours at minute 0"),
            (
                "*/10 8-10 * * mon-fri",
                "every 10 minutes, in the hours 8, 9 and 10, every Monday to Friday",
            ),
            ("0 3 1 * *", "on day 1 of every month at 03:00"),
            ("0 3 1 1 *", "on day 1 in January at 03:00"),
            ("0 3 * 6,7 *", "every day in June and July at 03:00"),
            ("0 3 1,15 * 1", "on days 1 and 15 and every Monday at 03:00"),
            ("0 3 * * 1,4", "every Monday and Thursday at 03:00"),
            ("0 3 * * 6,0", "every Saturday and Sunday at 03:00"),
            ("0 3 * * 5-7", "every Friday to Sunday at 03:00"),
            ("0,30 * * * *", "every hour at minute 0 and 30"),
        ] {
            let CronSchedule::Times(times) = text.parse().unwrap() else { panic!("{text}") };
            assert_eq!(in_words(&times), expected, "{text}");
        }
    }
}
