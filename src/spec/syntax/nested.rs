//! Lists and inline tables that are not valid TOML: parsed leniently, and written correctly.

use super::value::{Correction, fixed, is_value, quoted};

/// The maximum depth of brackets.
const DEPTH: usize = 8;

/// Guesses what a text in brackets was meant to be.
pub(super) fn meant(text: &str) -> Option<Correction> {
    if !text.starts_with(['[', '{']) {
        return None;
    }
    let mut parser = BracketParser { rest: text, why: None };
    let write = parser.bracket(0).filter(|_| parser.rest.trim().is_empty());
    let write = write.filter(|write| is_value(write) && write.len() <= 200);
    let why = parser.why.unwrap_or("this list or inline table is not valid TOML");
    let help = "a list is written `[\"a\", \"b\"]`, a table `{ key = \"value\", other = 1 }`";
    Some(Correction { why: why.to_owned(), write, help })
}

struct BracketParser<'a> {
    rest: &'a str,
    /// The first mistake.
    why: Option<&'static str>,
}

impl BracketParser<'_> {
    fn wrong(&mut self, why: &'static str) {
        self.why.get_or_insert(why);
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, of: &[char]) -> Option<char> {
        self.blank();
        let c = self.rest.chars().next().filter(|c| of.contains(c))?;
        self.rest = self.rest.get(c.len_utf8()..)?;
        Some(c)
    }

    /// Parses a list or a table, and writes it correctly.
    fn bracket(&mut self, depth: usize) -> Option<String> {
        let open = self.take(&['[', '{']).filter(|_| depth < DEPTH)?;
        let mut items = Vec::new();
        loop {
            self.blank();
            if let Some(close) = self.take(&[']', '}']) {
                if (open == '[') != (close == ']') {
                    self.wrong("`[` is closed by `]`, and `{` by `}`");
                }
                break;
            }
            if self.rest.is_empty() {
                self.wrong("this bracket is never closed");
                break;
            }
            let item = if open == '[' { self.value(depth)? } else { self.pair(depth)? };
            items.push(item);
            let comma = self.take(&[',', ';']);
            self.blank();
            match comma {
                Some(';') => self.wrong("a comma goes between items, not `;`"),
                None if !self.rest.starts_with([']', '}']) && !self.rest.is_empty() => {
                    self.wrong("missing comma between items");
                }
                _ => {}
            }
        }
        let items = items.join(", ");
        Some(match open {
            '[' => format!("[{items}]"),
            _ if items.is_empty() => "{}".to_owned(),
            _ => format!("{{ {items} }}"),
        })
    }

    /// Parses `key = value`.
    fn pair(&mut self, depth: usize) -> Option<String> {
        let key = match self.rest.chars().next()? {
            '"' | '\'' => self.text()?,
            _ => {
                let end = self.rest.find(|c: char| " \t\n=:,}".contains(c))?;
                let key = self.rest.get(..end).filter(|key| !key.is_empty())?.to_owned();
                self.rest = self.rest.get(end..)?;
                key
            }
        };
        match self.take(&['=', ':']) {
            Some(':') => self.wrong("TOML uses `=` between key and value, not `:`"),
            Some(_) => {}
            None => {
                self.wrong("an inline table holds `key = value` pairs");
                return None;
            }
        }
        self.take(&['>', '=']);
        self.blank();
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        let is_key_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let bare = bare.filter(|key| !key.is_empty() && key.chars().all(is_key_char));
        let key = bare.map_or(key.clone(), str::to_owned);
        Some(format!("{key} = {}", self.value(depth)?))
    }

    fn value(&mut self, depth: usize) -> Option<String> {
        match self.rest.chars().next()? {
            '[' | '{' if !self.rest.starts_with("{{") => self.bracket(depth + 1),
            '"' | '\'' => self.text(),
            _ => {
                let end = self.rest.find([',', ']', '}', '\n', ';']);
                let end = match self.rest.starts_with("{{") {
                    true => self.rest.find("}}")? + 2,
                    false => end.unwrap_or(self.rest.len()),
                };
                let all = self.rest.get(..end)?;
                // `a = 1 b = 2`: the second key is not part of the first value.
                let first = all.contains(['=']).then(|| all.split_whitespace().next()).flatten();
                let text = first.unwrap_or(all.trim_end());
                self.rest = self.rest.get(text.len()..)?;
                if is_value(text) {
                    return Some(text.to_owned());
                }
                self.wrong("text needs quotes");
                fixed(text)
            }
        }
    }

    /// Parses a quoted text.
    fn text(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = !escaped && *c == quote;
            escaped = !escaped && *c == '\\' && quote == '"';
            ends
        });
        match end {
            Some((end, _)) => {
                let text = self.rest.get(..=end)?;
                self.rest = self.rest.get(end + 1..)?;
                Some(text.to_owned())
            }
            None => {
                self.wrong("this string is never closed");
                let inside = self.rest.get(1..)?;
                let text = inside.trim_end_matches([']', '}', ',', ' ']);
                self.rest = inside.get(text.len()..)?;
                Some(quoted(text))
            }
        }
    }
}
