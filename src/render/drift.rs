//! A host's drift from the last apply, with its bounds. All of it comes from the host, so control characters in it must
//! not reach the terminal.

#[cfg(test)]
mod tests;

use super::Style;
use super::page::Page;
use super::phrases::{listed, one_line};
use super::plan::{fence, write_differences};
use super::style::TextRole;
use crate::plan::drift::{ChangedBy, DriftedAttribute};
use crate::plan::shown::{ShownAction, ShownDifference as PlanDocument};
use crate::run::drift::{DriftBounds, DriftReport, HostEvent};

/// How many events are shown; the latest ones.
const LINES: usize = 12;

/// The longest comment that a forge accepts (characters).
const MAX_PAGE_CHARS: usize = 65_000;

/// Formats the report for people; ends in a newline.
pub fn text(report: &DriftReport, style: Style) -> String {
    let mut page = Page::new(style);
    page.painted(TextRole::Heading, &title(report));
    if let Some(applied) = &report.applied {
        let commit = applied.commit.as_ref().map(|commit| commit.chars().take(12).collect());
        let commit: String =
            commit.map_or_else(String::new, |start: String| format!(", commit {start}"));
        let (run, who, time) = (&applied.run, &applied.who, &applied.time);
        page.prose(
            Some(TextRole::Quiet),
            &format!("last apply: run {run} by {who}, {time}{commit}"),
        );
    }
    let before = std::iter::once(None).chain(report.resources.iter().map(Some));
    report.resources.iter().zip(before).for_each(|(one, before)| write(one, before, &mut page));
    if !report.in_spec.is_empty() {
        page.gap();
        let list = listed(&report.in_spec);
        page.prose(None, &format!("changed in the spec since (not drift): {list}"));
    }
    if !report.gaps.is_empty() {
        page.gap();
    }
    report.gaps.iter().for_each(|gap| page.prose(Some(TextRole::Update), gap));
    page.finish()
}

/// Formats the report for a forge.
pub fn markdown(report: &DriftReport) -> String {
    let text = text(report, Style::plain());
    let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let title: String =
        title.chars().map(|c| if "<>`[]*_\\".contains(c) { ' ' } else { c }).collect();
    if rest.trim().is_empty() {
        return format!("**{title}**\n");
    }
    let shown: String = rest.trim_end().chars().take(MAX_PAGE_CHARS).collect();
    let more_chars = rest.trim_end().chars().count() - shown.chars().count();
    let more = if more_chars > 0 {
        format!("\n\n{more_chars} more characters not shown.\n")
    } else {
        String::new()
    };
    let fence = fence(&shown);
    format!("**{title}**\n\n{fence}diff\n{shown}\n{fence}\n{more}")
}

fn title(report: &DriftReport) -> String {
    match report.resources.len() {
        0 => format!("{}, no drift", report.host),
        1 => format!("{}, 1 resource differs from the last apply", report.host),
        number => format!("{}, {number} resources differ from the last apply", report.host),
    }
}

fn write(one: &DriftBounds, before: Option<&DriftBounds>, page: &mut Page) {
    page.gap();
    let drifted = &one.drifted;
    let (role, word) = match drifted.missing {
        true => (TextRole::Remove, "- gone"),
        false => (TextRole::Update, "~ changed"),
    };
    let word = page.style().paint(role, word);
    let address = page.style().paint(TextRole::Heading, &one_line(&drifted.address));
    page.line(&format!("{word}  {address}"));
    page.inside(|page| {
        let requested = drifted.requested.iter();
        requested
            .for_each(|place| page.prose(Some(TextRole::Quiet), &format!("requested by {place}")));
        page.inside(|page| drifted.differences.iter().for_each(|one| difference(one, page)));
        bounds(one, before, page);
    });
}

/// Writes the difference from the applied to the observed value, which someone changed.
fn difference(one: &DriftedAttribute, page: &mut Page) {
    let shown = PlanDocument {
        attribute: one.attribute.clone(),
        from: one.applied.clone(),
        to: one.found.clone(),
        secrets: one.secrets.clone(),
        volatile: false,
    };
    write_differences(&[shown], ShownAction::Update, page);
    let name = &one.attribute;
    let text = match &one.whose {
        ChangedBy::Host => return,
        ChangedBy::Both => format!("{name}: the spec has changed since, too"),
        ChangedBy::Unknown { why } => {
            format!("{name}: unknown whether the host changed: {why}")
        }
    };
    page.prose(Some(TextRole::Update), &text);
}

fn bounds(one: &DriftBounds, before: Option<&DriftBounds>, page: &mut Page) {
    if let Some(last_correct) = &one.last_correct {
        page.prose(
            None,
            &format!("correct at the end of run {}, {}", last_correct.run, last_correct.time),
        );
    }
    if let Some(changed) = &one.changed_at {
        page.prose(None, &format!("last changed {} ({})", changed.time, changed.evidence));
    }
    let until = if one.changed_at.is_some() { "in between" } else { "since then" };
    if one.between.is_empty() {
        return page.prose(None, &format!("{until}: nothing is known"));
    }
    if before.is_some_and(|before| before.between == one.between) {
        return page.prose(None, &format!("{until}: as above"));
    }
    page.line(&format!("{until}:"));
    let lines = lines(&one.between);
    let hidden = lines.len().saturating_sub(LINES);
    page.inside(|page| {
        if one.omitted + hidden > 0 {
            page.line("… (everything: `--format json`)");
        }
        lines.iter().skip(hidden).for_each(|line| page.prose(None, line));
    });
}

/// Formats a line for each event; repeated events become one.
fn lines(events: &[HostEvent]) -> Vec<String> {
    let same =
        |one: &HostEvent, other: &HostEvent| one.kind == other.kind && one.text == other.text;
    let line = |events: &[HostEvent]| {
        let (first, last) = (events.first()?, events.last()?);
        let again = match events.len() {
            1 => String::new(),
            number => format!(", {number} times until {}", last.time),
        };
        Some(format!("{}  {:8}  {}{again}", first.time, first.kind.as_str(), first.text))
    };
    events.chunk_by(same).filter_map(line).collect()
}
