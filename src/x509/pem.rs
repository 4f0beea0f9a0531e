//! PEM as read by OpenSSL, which the programs that serve TLS use: what OpenSSL silently skips or refuses is a fault
//! here.

use super::PemFault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block.
pub(super) struct Block<'t> {
    /// The text after `BEGIN`.
    pub(super) label: &'t str,
    /// The line of its `BEGIN`, from 1.
    pub(super) line: usize,
    /// Its bytes, which may be those of a private key.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Whether its headers say that it is encrypted (RFC 1421).
    pub(super) encrypted: bool,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const EDGE: &str = "-----";

/// Returns all blocks of a text, in order. Text between them is skipped.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, PemFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines =
        text.split('\n').map(str::trim_end).enumerate().map(|(at, line)| (at + 1, line));
    let mut found = Vec::new();
    while let Some((line, begin)) = lines.next() {
        let label = begin.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(EDGE));
        match label {
            Some(label) if !label.contains(EDGE) => {
                found.push(block(label, line, &mut lines)?);
            }
            _ if begin.contains(EDGE) && begin.contains("BEGIN") => return Err(edge(line, begin)),
            // With four dashes, or six, OpenSSL does not read a block.
            _ if begin.trim_start().starts_with("--") && begin.contains("BEGIN ") => {
                return Err(edge(line, begin));
            }
            _ => {}
        }
    }
    Ok(found)
}

fn block<'t>(
    label: &'t str,
    line: usize,
    lines: &mut impl Iterator<Item = (usize, &'t str)>,
) -> Result<Block<'t>, PemFault> {
    let mut body = Zeroizing::new(String::new());
    let mut encrypted = false;
    let mut blank = None;
    for (at, text) in lines {
        let end = text.strip_prefix(END).and_then(|rest| rest.strip_suffix(EDGE));
        if end == Some(label) {
            let bytes = STANDARD.decode(body.as_bytes()).map_err(|_| {
                let why =
                    format!("the block that starts in line {line} (`BEGIN {label}`) is not base64");
                PemFault::new(why, COPY)
            })?;
            return Ok(Block { label, line, bytes: Zeroizing::new(bytes), encrypted });
        }
        if text.contains("--") {
            return Err(edge(at, text));
        }
        if text.is_empty() {
            blank = blank.or(Some(at));
            continue;
        }
        if text.contains(':') {
            encrypted |= text.starts_with("Proc-Type:") && text.contains("ENCRYPTED");
            (blank, body) = (None, Zeroizing::new(String::new()));
            continue;
        }
        if let Some(at) = blank.filter(|_| !body.is_empty()) {
            let why = format!(
                "line {at} is empty, inside the block that starts in line {line} (`BEGIN {label}`)"
            );
            return Err(PemFault::new(why, "remove the empty line"));
        }
        blank = None;
        body.extend(text.chars().filter(|c| !c.is_ascii_whitespace()));
    }
    let why = format!(
        "the block that starts in line {line} (`BEGIN {label}`) has no `-----END {label}-----`"
    );
    Err(PemFault::new(why, COPY))
}

const COPY: &str = "copy the whole file again: part of it is missing or damaged";

/// Returns the fault of a line that starts or ends a block but that OpenSSL does not recognise.
fn edge(line: usize, text: &str) -> PemFault {
    let trimmed = text.trim_start();
    let is_edge = |text: &str| {
        (text.starts_with(BEGIN) || text.starts_with(END))
            && text.ends_with(EDGE)
            && text.matches(EDGE).count() == 2
    };
    if trimmed.len() < text.len() && is_edge(trimmed) {
        let why = format!("line {line} is indented, so that block is not read");
        return PemFault::new(why, "remove the spaces at the start of all lines");
    }
    if text.matches(EDGE).count() > 2 || text.contains("----------") {
        let why = format!("in line {line} one block ends and the next starts without a line break");
        return PemFault::new(
            why,
            "put each `-----BEGIN …-----` and `-----END …-----` on a line of its own",
        );
    }
    let why = format!(
        "line {line} is neither `-----BEGIN …-----` nor `-----END …-----`, each alone on its line"
    );
    PemFault::new(why, COPY)
}
