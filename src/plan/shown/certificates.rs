//! Shows certificates in readable form: subject, names, issuer and dates instead of base64. A digest stands for the
//! rest, so that two different ones never look alike.

use super::sha256;
use crate::x509::chain;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Returns the text with each readable certificate in words.
pub(super) fn in_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(BEGIN) {
        let (before, block) = rest.split_at(start);
        let Some(length) = block.find(END).map(|at| at + END.len()) else { break };
        let (block, after) = block.split_at(length);
        out.push_str(before);
        out.push_str(&summary(block).unwrap_or_else(|| block.to_owned()));
        rest = after;
    }
    out + rest
}

fn summary(block: &str) -> Option<String> {
    let all = chain(&format!("{block}\n")).ok()?;
    let [one] = all.as_slice() else { return None };
    let names = match one.names.as_slice() {
        [] => "no names".to_owned(),
        names => names.join(", "),
    };
    Some(format!(
        "[certificate of {}, by {}]\n[for {names}]\n[from {} to {}]\n[sha256 {}]",
        one.subject_name(),
        one.issuer_name(),
        one.not_before.day,
        one.not_after.day,
        sha256(block.as_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../../x509/certificate_2051.pem");

    #[test]
    fn a_certificate_is_named_and_its_base64_left_out() {
        let text = format!("# mine\n{PEM}# end\n");
        let shown = in_words(&text);
        assert!(
            shown.starts_with("# mine\n[certificate of ") && shown.ends_with("]\n# end\n"),
            "{shown}"
        );
        assert!(shown.contains("2051") && !shown.contains("MII"), "{shown}");
        assert!(shown.lines().all(|line| line.len() < 120), "{shown}");
    }

    #[test]
    fn two_are_distinguished_and_anything_else_stays() {
        let other = PEM.replacen('\n', "\n\n", 1);
        assert_ne!(in_words(PEM), in_words(&other));
        for text in
            ["", "a\n", BEGIN, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert_eq!(in_words(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            proptest::prop_assert_eq!(in_words(&text), text);
        }
    }
}
