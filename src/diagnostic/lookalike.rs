//! Characters that look like those of a programming language, or are invisible: word processors, web pages and other
//! keyboards insert them instead.

/// A character that was typed in place of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookalike {
    /// The character found.
    pub found: char,
    /// Its name in Unicode.
    pub name: &'static str,
    /// The intended character; empty if there is none.
    pub meant: &'static str,
}

const fn like(found: char, name: &'static str, meant: &'static str) -> Lookalike {
    Lookalike { found, name, meant }
}

/// Returns the look-alike that this character is, if any.
pub fn lookalike(c: char) -> Option<Lookalike> {
    ALL.iter().find(|known| known.found == c).copied()
}

impl Lookalike {
    /// Returns "U+00A0 (no-break space)", with the character itself if it is visible.
    pub fn describe(&self) -> String {
        let code = format!("U+{:04X}", u32::from(self.found));
        match self.meant.trim().is_empty() {
            true => format!("{code} ({})", self.name),
            false => format!("`{}`, {code} ({})", self.found, self.name),
        }
    }

    /// Whether it was typed in place of a quote.
    pub fn is_quote(&self) -> bool {
        self.meant == "\""
    }
}

const ALL: [Lookalike; 65] = [
    like('\u{201c}', "left double quotation mark", "\""),
    like('\u{201d}', "right double quotation mark", "\""),
    like('\u{201e}', "double low-9 quotation mark", "\""),
    like('\u{201f}', "double high-reversed-9 quotation mark", "\""),
    like('\u{ab}', "left-pointing double angle quotation mark", "\""),
    like('\u{bb}', "right-pointing double angle quotation mark", "\""),
    like('\u{2033}', "double prime", "\""),
    like('\u{ff02}', "fullwidth quotation mark", "\""),
    like('\u{2018}', "left single quotation mark", "\""),
    like('\u{2019}', "right single quotation mark", "\""),
    like('\u{201a}', "single low-9 quotation mark", "\""),
    like('\u{201b}', "single high-reversed-9 quotation mark", "\""),
    like('\u{2039}', "single left-pointing angle quotation mark", "\""),
    like('\u{203a}', "single right-pointing angle quotation mark", "\""),
    like('\u{2032}', "prime", "\""),
    like('\u{ff07}', "fullwidth apostrophe", "\""),
    like('\u{b4}', "acute accent", "\""),
    like('\u{a0}', "no-break space", " "),
    like('\u{1680}', "ogham space mark", " "),
    like('\u{2002}', "en space", " "),
    like('\u{2003}', "em space", " "),
    like('\u{2007}', "figure space", " "),
    like('\u{2009}', "thin space", " "),
    like('\u{200a}', "hair space", " "),
    like('\u{202f}', "narrow no-break space", " "),
    like('\u{3000}', "ideographic space", " "),
    like('\u{2028}', "line separator", " "),
    like('\u{2029}', "paragraph separator", " "),
    like('\u{85}', "next line", " "),
    like('\u{ad}', "soft hyphen", ""),
    like('\u{200b}', "zero width space", ""),
    like('\u{200c}', "zero width non-joiner", ""),
    like('\u{200d}', "zero width joiner", ""),
    like('\u{200e}', "left-to-right mark", ""),
    like('\u{200f}', "right-to-left mark", ""),
    like('\u{202a}', "left-to-right embedding", ""),
    like('\u{202b}', "right-to-left embedding", ""),
    like('\u{202c}', "pop directional formatting", ""),
    like('\u{202d}', "left-to-right override", ""),
    like('\u{202e}', "right-to-left override", ""),
    like('\u{2060}', "word joiner", ""),
    like('\u{feff}', "zero width no-break space", ""),
    like('\u{ff1d}', "fullwidth equals sign", "="),
    like('\u{2010}', "hyphen", "-"),
    like('\u{2011}', "non-breaking hyphen", "-"),
    like('\u{2013}', "en dash", "-"),
    like('\u{2014}', "em dash", "-"),
    like('\u{2212}', "minus sign", "-"),
    like('\u{ff0c}', "fullwidth comma", ","),
    like('\u{ff0e}', "fullwidth full stop", "."),
    like('\u{3002}', "ideographic full stop", "."),
    like('\u{ff1a}', "fullwidth colon", ":"),
    like('\u{ff3b}', "fullwidth left square bracket", "["),
    like('\u{ff3d}', "fullwidth right square bracket", "]"),
    like('\u{ff5b}', "fullwidth left curly bracket", "{"),
    like('\u{ff5d}', "fullwidth right curly bracket", "}"),
    like('\u{ff03}', "fullwidth number sign", "#"),
    like('\u{430}', "Cyrillic small letter a", "a"),
    like('\u{435}', "Cyrillic small letter ie", "e"),
    like('\u{43e}', "Cyrillic small letter o", "o"),
    like('\u{440}', "Cyrillic small letter er", "p"),
    like('\u{441}', "Cyrillic small letter es", "c"),
    like('\u{443}', "Cyrillic small letter u", "y"),
    like('\u{445}', "Cyrillic small letter ha", "x"),
    like('\u{456}', "Cyrillic small letter Byelorussian-Ukrainian i", "i"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookalikes_are_unique_and_not_ascii() {
        for (at, one) in ALL.iter().enumerate() {
            assert!(!one.found.is_ascii() && one.meant.is_ascii(), "{one:?}");
            assert!(!ALL[..at].iter().any(|other| other.found == one.found), "{one:?}");
        }
        assert_eq!(lookalike('\u{a0}').unwrap().describe(), "U+00A0 (no-break space)");
        let quote = lookalike('\u{201c}').unwrap().describe();
        assert_eq!(quote, "`\u{201c}`, U+201C (left double quotation mark)");
    }
}
