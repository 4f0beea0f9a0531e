//! Whether cron understands a schedule: five fields of numbers, names, ranges and steps within their
//! bounds, or one of its words.

const WORDS: [&str; 8] =
    ["@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 8] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A field: what it is called, its bounds, and names for its numbers from the lower bound on.
struct Field(&'static str, u32, u32, &'static [&'static str]);

const FIELDS: [Field; 5] = [
    Field("minute", 0, 59, &[]),
    Field("hour", 0, 23, &[]),
    Field("day of the month", 1, 31, &[]),
    Field("month", 1, 12, &MONTHS),
    Field("weekday", 0, 7, &DAYS),
];

/// Checks a schedule; an error says what is wrong.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.starts_with('@') {
        let known = WORDS.contains(&text);
        return if known { Ok(()) } else { Err(format!("cron does not know `{text}`")) };
    }
    let given: Vec<&str> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
    if given.len() != FIELDS.len() {
        return Err(format!("there are {} fields", given.len()));
    }
    FIELDS.iter().zip(given).try_for_each(|(field, given)| field.check(given))
}

impl Field {
    fn check(&self, given: &str) -> Result<(), String> {
        let good = given.split(',').all(|part| self.part(part).is_some());
        if good { Ok(()) } else { Err(format!("`{given}` is no {}", self.0)) }
    }

    /// One part of a list: `*`, `4`, `1-5`, each also with a step.
    fn part(&self, part: &str) -> Option<()> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number(step)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.1, self.2),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            // A step needs a range to step through.
            None if part.contains('/') => return None,
            None => (self.value(range)?, self.value(range)?),
        };
        (first <= last && step > 0 && step <= self.2).then_some(())
    }

    fn value(&self, text: &str) -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = self.3.iter().zip(self.1..).find(|(name, _)| **name == lower);
        let value = named.map(|(_, value)| value).or_else(|| number(text))?;
        (self.1..=self.2).contains(&value).then_some(value)
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Whether a text can stand in one line of a file that cron reads.
pub(super) fn fits_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn takes_what_cron_takes_and_nothing_else() {
        for good in ["17 4 * * 0", "*/5 0-23/2 1,15 jan-mar Mon", "@daily", "0\t0 31 12 7"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "* * * *", "60 * * * *", "* * 0 * *", "5/10 * * * *", "@fortnightly"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for bad in
            ["5-1 * * * *", "*/0 * * * *", "+1 * * * *", "1,, * * * *", "* * * * mon-sun-tue"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
