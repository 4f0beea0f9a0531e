//! Cron schedules as values of a spec.

use super::Literal;
use super::schedule_spoken::fields as spoken;
use super::schedule_words::in_words;
use super::text_type::{RefusedText, TextType};
use crate::resource::{CronFault, CronSchedule};
use minijinja::Value;

pub(super) const SCHEDULE: TextType = TextType {
    name: "schedule",
    article: "a cron schedule",
    example: "`17 4 * * 0`",
    pattern: r"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly|reboot)|[ \t]*([0-9A-Za-z*,/-]+[ \t]+){4}[0-9A-Za-z*,/-]+[ \t]*)$",
    fields: &["words", "text"],
    parse,
};

fn parse(text: &str) -> Result<Value, RefusedText> {
    let description = match text.parse().map_err(|fault| refused(text, fault))? {
        CronSchedule::Reboot => "at every boot".to_owned(),
        CronSchedule::Times(times) => in_words(&times),
    };
    Ok(Literal::new(text, vec![("words", Value::from(description))]).into_value())
}

fn refused(text: &str, fault: CronFault) -> RefusedText {
    let refused = RefusedText::because(fault.to_string());
    let CronFault::Fields(_) = fault else { return refused };
    let help = "minute, hour, day of the month, month, weekday: `17 4 * * 0`";
    refused.write(spoken(text).map_or(help.to_owned(), |cron| format!("write `{cron}`: {help}")))
}
