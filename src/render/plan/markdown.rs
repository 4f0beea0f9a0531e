//! A plan as a comment on a forge: a marker by which the comment is found again, the most important parts first, then a
//! collapsible section for each module. It fits into the 65,536 characters that forges accept.

use super::item::{clean_address, reasons, title};
use super::{by_module, difference, numbers, risks, scope, secrets};
use crate::diagnostic::counted;
use crate::plan::shown::{PlanDocument, ShownItem};
use crate::render::page::Page;
use crate::render::phrases::one_line;
use crate::render::style::Style;
use std::collections::BTreeMap;

/// Limit for a comment (characters), with some room for a pipeline's additions.
const MAX_PAGE_CHARS: usize = 64_000;

/// With fewer characters left, no further item is tried.
const LEAST: usize = 200;

/// Limit for the part before the changes (characters).
const HEAD: usize = 12_000;

/// Formats the plan as Markdown; ends in a newline.
pub fn markdown(plan: &PlanDocument) -> String {
    let mut text = head(plan);
    let whole = kept_whole(plan, MAX_PAGE_CHARS - text.chars().count());
    let mut left_out = 0;
    for (module, items) in by_module(plan) {
        let section = section(module, &items, &whole);
        if text.chars().count() + section.chars().count() > MAX_PAGE_CHARS {
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

/// Formats the marker, the name, labels and numbers, and the risks.
fn head(plan: &PlanDocument) -> String {
    let marker = |text: &str| one_line(text).replace("--", "- -").replace(' ', "_");
    let mut text = format!(
        "<!-- matrixform host={} installation={} plan={} -->\n",
        marker(&plan.host),
        marker(&plan.bound.installation),
        marker(&plan.id),
    );
    let labels: Vec<String> =
        plan.labels.iter().map(|label| format!("`{}`", label.as_str())).collect();
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
    // There may be a thousand names.
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

/// Returns, by address, the full details of the items that are shown with them: in order, as long as one line for each
/// of the others still fits.
fn kept_whole(plan: &PlanDocument, limit: usize) -> BTreeMap<&str, String> {
    // The text that frames each section.
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

/// Formats a resource's action, and the line of the spec that requested it.
fn line(item: &ShownItem) -> String {
    let (_, word) = title(item);
    let requested =
        item.origin.requested.iter().map(|place| format!(" · {}", code(&place.to_string())));
    format!("**{}** {}{}\n", prose(word), code(&clean_address(item)), requested.collect::<String>())
}

/// Formats the reasons and the differences.
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

/// Returns a fence longer than any run of backticks in the text.
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

/// Formats text of the spec or the host as code: nothing in it is Markdown, a mention or a link.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(&one_line(text)))
}

/// Formats a sentence so that nothing in it is Markdown.
pub fn prose(text: &str) -> String {
    escaped(&one_line(text))
}

/// Replaces Markdown's special characters by entities. Afterwards, forges turn mentions, issues and addresses into
/// links wherever they appear in one text node: an HTML comment splits it.
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
