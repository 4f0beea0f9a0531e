//! The DNS spelling of a name with letters outside its alphabet: `xn--bcher-kva.example` for `bücher.example` (RFC
//! 3492). It is suggested, never applied automatically: a name may look like another one.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;

/// The spelling of a whole name; none if it contains characters that are not letters on their own, such as a loose
/// accent.
pub(in crate::module) fn spelling(name: &str) -> Option<String> {
    let loose =
        |c: char| ('\u{300}'..='\u{36f}').contains(&c) || !(c.is_alphanumeric() || c == '-');
    let lower = name.to_lowercase();
    let labels: Option<Vec<String>> = lower
        .split('.')
        .map(|label| match label.is_ascii() {
            true => Some(label.to_owned()),
            false if label.chars().any(loose) => None,
            false => Some(format!("xn--{}", encode(label)?)),
        })
        .collect();
    labels.map(|labels| labels.join("."))
}

fn encode(label: &str) -> Option<String> {
    let chars: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (128_u32, 0_u32, 72_u32, basic);
    while (done as usize) < chars.len() {
        let next = chars.iter().copied().filter(|c| *c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for c in &chars {
            if *c < n {
                delta = delta.checked_add(1)?;
            }
            if *c == n {
                number(delta, bias, &mut out);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

/// Appends a variable-length integer, whose last digit is recognised by its value.
fn number(delta: u32, bias: u32, out: &mut String) {
    let mut q = delta;
    let mut k = BASE;
    loop {
        let t = if k <= bias { T_MIN } else { (k - bias).min(T_MAX) };
        if q < t {
            break;
        }
        out.push(digit(t + (q - t) % (BASE - t)));
        q = (q - t) / (BASE - t);
        k += BASE;
    }
    out.push(digit(q));
}

fn digit(value: u32) -> char {
    let at = if value < 26 { u32::from(b'a') + value } else { u32::from(b'0') + value - 26 };
    char::from_u32(at).unwrap_or('0')
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_as_punycode() {
        for (name, dns) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("München.de", "xn--mnchen-3ya.de"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("почта.рф", "xn--80a1acny.xn--p1ai"),
            ("example.org", "example.org"),
        ] {
            assert_eq!(spelling(name).as_deref(), Some(dns), "{name}");
        }
        assert_eq!(spelling("bu\u{308}cher.example"), None);
        assert_eq!(spelling("a\u{2603}.example"), None);
    }
}
