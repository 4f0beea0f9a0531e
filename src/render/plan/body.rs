//! A file's content: a diff where both sides are text, else one line. Both sides are masked before
//! they meet, and no digest of content with a secret is shown: a short secret could be guessed from it.

use super::{hunks, new_body};
use crate::render::page::Page;
use crate::render::words::{listed, short};
use crate::resource::{Body, Seen};
use crate::secret::Content;

/// Writes how a content shall change.
pub(super) fn write(attribute: &str, from: &Seen, to: &Body, page: &mut Page) {
    let Some(wanted) = &to.content else { return page.field(attribute, &digests(from, to)) };
    match from {
        // Why it could not be seen has been said by the caller.
        Seen::Nothing | Seen::Unknown(_) => new_body::write(attribute, wanted, page),
        Seen::Body(seen) => write_changed(attribute, seen, wanted, to, page),
        Seen::Word(_) => page.field(attribute, &digests(from, to)),
    }
}

fn write_changed(attribute: &str, seen: &Body, wanted: &Content, to: &Body, page: &mut Page) {
    if wanted.is_only_secret() {
        return page.field(attribute, &differ(&to.differing_secrets(seen)));
    }
    match (seen.found_text(to), wanted.masked_text()) {
        (Some(before), Some(after)) => {
            let names = differ(&to.differing_secrets(seen));
            page.line(format!("{attribute}: {names}").trim_end());
            page.inside(|page| hunks::write(&before, &after, page));
        }
        _ if wanted.has_secrets() => page.field(attribute, "[differs, holds a secret]"),
        _ => page.field(attribute, &digests(&Seen::Body(seen.clone()), to)),
    }
}

/// `[secret a/b] differs`; empty without names.
fn differ(names: &[String]) -> String {
    let masks: Vec<String> = names.iter().map(|name| format!("[secret {name}]")).collect();
    match masks.len() {
        0 => String::new(),
        1 => format!("{} differs", listed(&masks)),
        _ => format!("{} differ", listed(&masks)),
    }
}

fn digests(from: &Seen, to: &Body) -> String {
    match from {
        Seen::Body(body) => {
            format!("differs (sha256 {} → {})", short(&body.digest), short(&to.digest))
        }
        _ => format!("sha256 {}", short(&to.digest)),
    }
}
