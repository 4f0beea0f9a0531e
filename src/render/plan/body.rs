//! A file's content: a diff where both sides are text, else one line. Both sides are masked before
//! they meet, and no digest of content with a secret is shown: a short secret could be guessed from it.

use super::hunks;
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::{counted, listed, one_line, short};
use crate::resource::{Body, Seen};
use crate::secret::Content;

/// Lines of a new file that are shown, unless all are asked for.
const NEW_LINES: usize = 24;

/// Writes how a content shall change.
pub(super) fn write(attribute: &str, from: &Seen, to: &Body, page: &mut Page) {
    let Some(wanted) = &to.content else { return page.field(attribute, &digests(from, to)) };
    match from {
        Seen::Nothing => write_new(attribute, "", wanted, to, page),
        Seen::Unknown(reason) => {
            let reason = one_line(&format!("cannot be seen ({reason}), shall be"));
            write_new(attribute, &reason, wanted, to, page);
        }
        Seen::Body(body) => write_changed(attribute, body, wanted, to, page),
        Seen::Word(_) => page.field(attribute, &digests(from, to)),
    }
}

fn write_new(attribute: &str, reason: &str, wanted: &Content, to: &Body, page: &mut Page) {
    let space = if reason.is_empty() { "" } else { " " };
    if wanted.is_only_secret() {
        let value = String::from_utf8_lossy(&wanted.masked()).trim_end().to_owned();
        return page.field(attribute, &format!("{reason}{space}{}", one_line(&value)));
    }
    match readable(wanted) {
        Some(text) if text.is_empty() => page.field(attribute, &format!("{reason}{space}empty")),
        Some(text) => {
            page.line(format!("{attribute}: {reason}").trim_end());
            page.inside(|page| write_lines(&text, page));
        }
        None if wanted.has_secrets() => page.field(attribute, "[not text, holds a secret]"),
        None => {
            let size = counted(usize::try_from(to.size).unwrap_or(usize::MAX), "byte");
            page.field(attribute, &format!("{size}, not text (sha256 {})", short(&to.digest)));
        }
    }
}

fn write_changed(attribute: &str, seen: &Body, wanted: &Content, to: &Body, page: &mut Page) {
    if wanted.is_only_secret() {
        return page.field(attribute, &format!("{} differs", names(wanted)));
    }
    let old = seen.content.as_ref();
    match (old.and_then(readable), readable(wanted)) {
        (Some(before), Some(after)) => {
            let secrets = old.map(|old| wanted.differing_secrets(old)).unwrap_or_default();
            let secrets = secrets.iter().map(|name| format!("[secret {name}]"));
            let secrets = secrets.collect::<Vec<_>>();
            if !secrets.is_empty() {
                let verb = if secrets.len() == 1 { "differs" } else { "differ" };
                page.field(attribute, &format!("{} {verb}", listed(&secrets)));
            } else {
                page.line(&format!("{attribute}:"));
            }
            page.inside(|page| hunks::write(&before, &after, page));
        }
        _ if wanted.has_secrets() => page.field(attribute, "[differs, holds a secret]"),
        _ => page.field(attribute, &digests(&Seen::Body(seen.clone()), to)),
    }
}

/// The first lines of a new content.
fn write_lines(text: &str, page: &mut Page) {
    let style = page.style();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // One line over the limit is shown rather than announced.
    let whole = style.full || lines.len() <= NEW_LINES + 1;
    let shown = if whole { lines.len() } else { NEW_LINES };
    for line in lines.iter().take(shown) {
        let line = hunks::visible_line(line);
        page.line(&style.paint(Label::Added, &format!("+{line}")));
    }
    if shown < lines.len() {
        let more = format!("… {} more lines", lines.len() - shown);
        page.painted(Label::Quiet, &more);
    } else if !text.ends_with('\n') {
        page.painted(Label::Quiet, hunks::NO_NEWLINE);
    }
}

/// The masked content, when it is text.
fn readable(content: &Content) -> Option<String> {
    let text = String::from_utf8(content.masked()).ok()?;
    if text.contains('\0') { None } else { Some(text) }
}

fn names(content: &Content) -> String {
    let names = content.secrets().iter().map(|secret| format!("[secret {}]", secret.name));
    listed(&names.collect::<Vec<_>>())
}

fn digests(from: &Seen, to: &Body) -> String {
    let from = match from {
        Seen::Body(body) => short(&body.digest),
        _ => "none".to_owned(),
    };
    format!("differs (sha256 {from} → {})", short(&to.digest))
}
