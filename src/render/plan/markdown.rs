//! A plan as a comment on a forge: a marker by which the same comment is found again, what matters first, then one
//! section for each module that can be folded. It fits the 65,536 characters that forges take.

use super::item::{clean_address, reasons, title};
use super::{by_module, difference, numbers, risks, scope, secrets};
use crate::plan::shown::{Shown, ShownItem};
use crate::render::page::Page;
use crate::render::style::Style;
use crate::render::words::{counted, one_line};
use std::collections::BTreeMap;

/// Characters of a comment, some left for what a pipeline adds.
const LIMIT: usize = 64_000;

/// With fewer characters left, nothing is tried any more.
const LEAST: usize = 200;

/// Characters of what stands before the changes.
const HEAD: usize = 12_000;

/// The plan as Markdown; ends in a line end.
pub fn markdown(plan: &Shown) -> String {
    let mut text = head(plan);
    let whole = kept_whole(plan, LIMIT - text.chars().count());
    let mut left_out = 0;
    for (module, items) in by_module(plan) {
        let section = section(module, &items, &whole);
        if text.chars().count() + section.chars().count() > LIMIT {
            left_out += items.len();
        } else {
            text.push_str(&section);
        }
    }
    if left_out > 0 {
        text.push_str(&format!("\n… and {} more, not shown here\n", counted(left_out, "change")));
    }
    plan.remarks
        .iter()
        .for_each(|remark| text.push_str(&format!("\n<sub>{}</sub>\n", prose(remark))));
    text
}

/// The marker, the name, labels and numbers, and what is risky.
fn head(plan: &Shown) -> String {
    let marker = |text: &str| one_line(text).replace("--", "- -").replace(' ', "_");
    let mut text = format!(
        "<!-- matrixform host={} installation={} plan={} -->\n",
        marker(&plan.host),
        marker(&plan.bound.installation),
        marker(&plan.id),
    );
    let labels: Vec<String> =
        plan.labels.iter().map(|label| format!("`{}`", label.word())).collect();
    text.push_str(&format!("### Plan for {}\n\n", code(&plan.host)));
    text.push_str(&format!("{} · **{}**\n\n", labels.join(" "), numbers(plan)));
    text.push_str(&format!("<sub>plan {}</sub>\n", code(&plan.id)));
    if let Some(scope) = &plan.scope {
        text.push_str(&format!("\n**{}**\n\n", prose(&scope::title(scope))));
        for line in scope::lines(scope) {
            let line = format!("- {}\n", prose(&line));
            if text.chars().count() + line.chars().count() > HEAD / 2 {
                text.push_str("- …\n");
                break;
            }
            text.push_str(&line);
        }
    }
    let risks = risks::sentences(plan);
    if !risks.is_empty() {
        text.push_str("\n> [!CAUTION]\n");
    }
    let mut shown = 0;
    for risk in &risks {
        let mut lines = format!("> - {}\n", prose(&risk.sentence));
        risk.more.iter().for_each(|line| lines.push_str(&format!(">   - {}\n", prose(line))));
        if text.chars().count() + lines.chars().count() > HEAD {
            break;
        }
        text.push_str(&lines);
        shown += 1;
    }
    if shown < risks.len() {
        text.push_str(&format!("> - … and {} more\n", counted(risks.len() - shown, "risk")));
    }
    // A thousand names may be listed.
    for sentence in secrets::sentences(plan) {
        let sentence: String = sentence.chars().take(HEAD / 8).collect();
        text.push_str(&format!("\n{}\n", prose(&sentence)));
    }
    for (number, note) in plan.notes.iter().enumerate() {
        let mut line = format!("\n{}: {}\n", note.level, prose(&note.message));
        let more = note.found.iter().cloned().chain(note.help.clone());
        more.for_each(|more| line.push_str(&format!("- {}\n", prose(&more))));
        if text.chars().count() + line.chars().count() > HEAD + 4_000 {
            text.push_str(&format!(
                "\n… and {} more\n",
                counted(plan.notes.len() - number, "note")
            ));
            break;
        }
        text.push_str(&line);
    }
    text
}

/// All that differs, by address, of the items that are shown with it: in their order, as long as a line for each of
/// the others still fits.
fn kept_whole(plan: &Shown, limit: usize) -> BTreeMap<&str, String> {
    // What frames a section.
    let frames = 200 * by_module(plan).len();
    let lines: usize = plan.items.iter().map(|item| line(item).chars().count()).sum();
    let mut left = limit.saturating_sub(frames + lines);
    let mut whole = BTreeMap::new();
    for item in &plan.items {
        if left < LEAST {
            break;
        }
        let details = details(item);
        if let Some(rest) = left.checked_sub(details.chars().count()) {
            left = rest;
            whole.insert(item.address.as_str(), details);
        }
    }
    whole
}

fn section(module: &str, items: &[&ShownItem], whole: &BTreeMap<&str, String>) -> String {
    let count = counted(items.len(), "change");
    let mut text = format!("\n<details><summary><b>{}</b>: {count}</summary>\n\n", html(module));
    for item in items {
        text.push_str(&line(item));
        match whole.get(item.address.as_str()) {
            Some(details) => text.push_str(details),
            None => text.push_str("  (too long to show here)\n\n"),
        }
    }
    text.push_str("</details>\n");
    text
}

/// What is done with which resource, and which line of the spec asked for it.
fn line(item: &ShownItem) -> String {
    let (_, word) = title(item);
    let asked = item.origin.asked.iter().map(|place| format!(" · {}", code(&place.to_string())));
    format!("**{}** {}{}\n", prose(word), code(&clean_address(item)), asked.collect::<String>())
}

/// Why, and what differs.
fn details(item: &ShownItem) -> String {
    let mut text = String::new();
    let destroys = item.destroys.iter().map(|why| format!("**destroys**: {}", prose(why)));
    let reasons: Vec<String> = item.why.iter().cloned().chain(reasons(item)).collect();
    let lines: Vec<String> = destroys.chain(reasons.iter().map(|reason| prose(reason))).collect();
    if !lines.is_empty() {
        text.push_str(&format!("{}\n", lines.join(" · ")));
    }
    let mut page = Page::flat(Style::plain());
    difference::write_all(&item.differences, item.action, &mut page);
    let body = page.finish();
    if !body.is_empty() {
        let fence = fence(&body);
        text.push_str(&format!("\n{fence}diff\n{body}{fence}\n"));
    }
    text.push('\n');
    text
}

/// Longer than any run of backticks in the text.
pub(in crate::render) fn fence(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest.max(2) + 1)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Words of the spec or of the host as code: nothing in it is Markdown, a mention or a link.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(&one_line(text)))
}

/// A sentence of which nothing is Markdown.
pub fn prose(text: &str) -> String {
    escaped(&one_line(text))
}

/// Markdown's own characters as references. Forges make links of mentions, issues and addresses after that, wherever
/// they stand in one piece of text: a comment divides it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' | '*' | '_' | '[' | ']' | '\\' | '|' | '~' | '$' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            '@' | '#' => out.push_str(&format!("{c}<!-- -->")),
            '/' if out.ends_with(":/") => out.push_str("<!-- -->/"),
            _ => out.push(c),
        }
    }
    out
}
