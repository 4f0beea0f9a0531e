//! Host names with letters that DNS does not have, in its spelling (RFC 3492): for what a help says, so
//! letters are put into lower case and nothing else (IDNA knows more rules).

const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;

/// `xn--bcher-kva.example` of `bücher.example`; none where a number gets too large.
pub(super) fn spelt(name: &str) -> Option<String> {
    let labels = name.split('.').map(|label| {
        let lower = label.to_lowercase();
        if lower.is_ascii() { Some(lower) } else { Some(format!("xn--{}", encoded(&lower)?)) }
    });
    Some(labels.collect::<Option<Vec<String>>>()?.join("."))
}

fn encoded(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias, mut done) = (128_u32, 0_u32, FIRST_BIAS, basic);
    let all = u32::try_from(label.chars().count()).ok().filter(|all| *all < 64)?;
    while done < all {
        let least = label.chars().map(u32::from).filter(|c| *c >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(done + 1)?)?;
        next = least;
        for c in label.chars().map(u32::from) {
            if c < next {
                delta = delta.checked_add(1)?;
            }
            if c == next {
                digits(delta, bias, &mut out)?;
                bias = adapted(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        next += 1;
    }
    Some(out)
}

/// A number in digits whose last one is known by its size.
fn digits(mut number: u32, bias: u32, out: &mut String) -> Option<()> {
    for step in (BASE..).step_by(BASE as usize) {
        let threshold = step.saturating_sub(bias).clamp(LEAST, MOST);
        if number < threshold {
            break;
        }
        out.push(digit(threshold + (number - threshold) % (BASE - threshold))?);
        number = (number - threshold) / (BASE - threshold);
    }
    out.push(digit(number)?);
    Some(())
}

/// `a` to `z`, then `0` to `9`.
fn digit(number: u32) -> Option<char> {
    match number {
        0..26 => char::from_u32(u32::from('a') + number),
        _ => char::from_digit(number - 26, 10),
    }
}

fn adapted(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut bias = 0;
    while delta > (BASE - LEAST) * MOST / 2 {
        delta /= BASE - LEAST;
        bias += BASE;
    }
    bias + (BASE - LEAST + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_as_dns_does() {
        for (name, dns) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("München.example", "xn--mnchen-3ya.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
            ("a.bääh", "a.xn--bh-viaa"),
        ] {
            assert_eq!(spelt(name).as_deref(), Some(dns));
        }
        assert_eq!(spelt(&"ü".repeat(1000)), None);
    }
}
