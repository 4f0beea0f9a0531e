//! CAA (RFC 8659): whether the authority in use may issue certificates, for this account and validation method (RFC
//! 8657). Judged as authorities do: one record that allows it is enough, and an unreadable one allows nobody. Pure.

use super::super::report::Fault;
use super::super::shortened;
use crate::module::outside::Issue;
use crate::net::dns::Data;

/// Tags that authorities are known to understand: a critical record with one of these does not forbid everything.
const KNOWN: [&str; 7] =
    ["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"];

/// The content of an `issue` value.
#[derive(Debug, Default, PartialEq)]
struct Grant {
    authority: String,
    account: Option<String>,
    methods: Option<Vec<String>>,
}

impl Grant {
    fn read(value: &str) -> Option<Grant> {
        let mut parts = value.split(';').map(str::trim);
        let authority = parts.next()?.to_ascii_lowercase();
        let mut grant = Grant { authority, ..Grant::default() };
        if grant.authority.contains(char::is_whitespace) {
            return None;
        }
        let mut seen = Vec::new();
        // `ca.example;` has no parameters.
        for part in parts.filter(|part| !part.is_empty()) {
            let (tag, value) = part.split_once('=')?;
            let (tag, value) = (tag.trim().to_ascii_lowercase(), value.trim());
            if value.contains(char::is_whitespace) || seen.contains(&tag) {
                return None;
            }
            match tag.as_str() {
                "accounturi" => grant.account = Some(value.to_owned()),
                "validationmethods" => {
                    grant.methods = Some(value.split(',').map(str::to_owned).collect());
                }
                _ => {}
            }
            seen.push(tag);
        }
        Some(grant)
    }
}

/// What one record means for the next certificate; later variants are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    OtherAuthority,
    OtherMethod,
    OtherAccount,
    AccountUnknown,
    Lets,
    LetsEveryAccount,
}

impl Verdict {
    fn of(value: &str, wanted: &Grant, method: Option<&str>) -> Verdict {
        let Some(grant) = Grant::read(value).filter(|one| one.authority == wanted.authority) else {
            return Verdict::OtherAuthority;
        };
        // A certificate from elsewhere may have been validated by any method.
        let Some(method) = method else { return Verdict::Lets };
        if grant.methods.is_some_and(|methods| !methods.iter().any(|one| one == method)) {
            return Verdict::OtherMethod;
        }
        match (grant.account, &wanted.account) {
            (None, None) => Verdict::Lets,
            (None, Some(_)) => Verdict::LetsEveryAccount,
            (Some(_), None) => Verdict::AccountUnknown,
            (Some(one), Some(wanted)) if one == *wanted => Verdict::Lets,
            (Some(_), Some(_)) => Verdict::OtherAccount,
        }
    }
}

/// Returns what is wrong with the records that apply to a name.
pub(super) fn find_faults(name: &str, data: &[&Data], issue: &Issue) -> Vec<Fault> {
    let records: Vec<(bool, &str, &str)> = data
        .iter()
        .filter_map(|data| match data {
            Data::Authority { critical, tag, value } => {
                Some((*critical, tag.as_str(), value.as_str()))
            }
            _ => None,
        })
        .collect();
    let expected = format!("CAA 0 issue \"{}\"", issue.value);
    if let Some((_, tag, _)) = records.iter().find(|(must, tag, _)| *must && !KNOWN.contains(tag)) {
        let fix = "remove the record, or its flag 128: an authority that does not know the tag must not issue certificates";
        return vec![Fault::new(name, format!("CAA 128 {}", shortened(tag)), expected).fix(fix)];
    }
    let values: Vec<&str> =
        records.iter().filter(|(_, tag, _)| *tag == "issue").map(|(_, _, value)| *value).collect();
    let wanted = Grant::read(&issue.value).unwrap_or_default();
    let verdicts = values.iter().map(|value| Verdict::of(value, &wanted, issue.method.as_deref()));
    let seen = || {
        let all: Vec<String> =
            values.iter().map(|value| format!("CAA 0 issue \"{value}\"")).collect();
        shortened(&all.join(", "))
    };
    let fault = |fix: &str| vec![Fault::new(name, seen(), expected.clone()).fix(fix)];
    let warning = |fix: &str| vec![Fault::new(name, seen(), expected.clone()).fix(fix).warning()];
    match verdicts.max() {
        None => {
            let fix =
                "create the record, so that no other authority issues a certificate for this name";
            let seen = "no CAA: any authority may issue";
            vec![Fault::new(name, seen, expected).fix(fix).warning()]
        }
        Some(Verdict::Lets) => Vec::new(),
        Some(Verdict::LetsEveryAccount) => warning(
            "add the account to the record: this one allows every account of that authority",
        ),
        Some(Verdict::AccountUnknown) => warning(
            "set `account` under `[tls]`: the record allows one account, and it is unknown whether that is this host's",
        ),
        Some(Verdict::OtherAccount) => fault(
            "correct `accounturi`: it names a different account, so the authority will refuse the next certificate",
        ),
        Some(Verdict::OtherMethod) => {
            let method = issue.method.as_deref().unwrap_or_default();
            fault(&format!(
                "add {method} to `validationmethods`: the host uses it, and without it the authority will refuse the next certificate"
            ))
        }
        Some(Verdict::OtherAuthority) => {
            fault("add the record: without it the authority will refuse the next certificate")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "https://ca.example/acct/1";

    /// Returns the verdict on values of `issue` for a host that validates by http-01: `ok`, `warning` or `fault`, with
    /// what to do.
    fn verdict(values: &[&str], wanted: &str, method: Option<&str>) -> String {
        let data: Vec<Data> = values
            .iter()
            .map(|value| Data::Authority {
                critical: false,
                tag: "issue".into(),
                value: (*value).into(),
            })
            .collect();
        let issue = Issue { value: wanted.into(), method: method.map(str::to_owned) };
        let faults = find_faults("a.example", &data.iter().collect::<Vec<_>>(), &issue);
        match faults.as_slice() {
            [] => "ok".to_owned(),
            [one] => format!("{}: {}", if one.warning { "warning" } else { "fault" }, one.fix),
            more => panic!("{more:?}"),
        }
    }

    #[test]
    fn caa_parameters_are_respected() {
        let full = format!("ca.example; accounturi={ACCOUNT}; validationmethods=http-01");
        let own = format!("ca.example; accounturi={ACCOUNT}");
        let other = "ca.example;accounturi=https://ca.example/acct/12";
        for (values, wanted, expected) in [
            // The account is not known yet.
            (vec!["ca.example"], "ca.example", "ok"),
            (vec!["ca.example;"], "ca.example", "ok"),
            (vec!["ca.example; policy=ev"], "ca.example", "ok"),
            (vec!["CA.example ; validationmethods=dns-01,http-01"], "ca.example", "ok"),
            (vec!["ca.example; validationmethods=dns-01"], "ca.example", "fault: add http-01"),
            (vec!["ca.example; validationmethods="], "ca.example", "fault: add http-01"),
            (vec![other], "ca.example", "warning: set `account`"),
            // One record forbids it and one allows it.
            (vec![other, "ca.example"], "ca.example", "ok"),
            (vec!["ca.example; validationmethods=dns-01", "ca.example"], "ca.example", "ok"),
            // The account is known.
            (vec![&full], &full, "ok"),
            (vec![&own], &full, "ok"),
            (vec![other], &full, "fault: correct `accounturi`"),
            (vec![other, &own], &full, "ok"),
            (vec!["ca.example"], &full, "warning: add the account to"),
            (vec!["ca.example", &own], &full, "warning: add the account to"),
            (vec!["ca.example; validationmethods=tls-alpn-01"], &full, "fault: add http-01"),
            // An unreadable value allows nobody.
            (vec!["ca.example accounturi=x"], "ca.example", "fault: add the record"),
            (vec!["ca.example; accounturi"], "ca.example", "fault: add the record"),
            (vec!["ca.example; a=1; a=2"], "ca.example", "fault: add the record"),
            (vec![";"], "ca.example", "fault: add the record"),
            (vec!["other.example"], "ca.example", "fault: add the record"),
        ] {
            let verdict = verdict(&values, wanted, Some("http-01"));
            assert!(verdict.starts_with(expected), "{values:?} for {wanted}: {verdict}");
        }
    }

    #[test]
    fn the_method_of_foreign_certificates_is_not_checked() {
        let values = ["ca.example; accounturi=x; validationmethods=dns-01"];
        assert_eq!(verdict(&values, "ca.example", None), "ok");
    }

    #[test]
    fn unknown_critical_records_forbid_issuance() {
        let issue = Issue { value: "ca.example".into(), method: None };
        let record = |critical, tag: &str, value: &str| Data::Authority {
            critical,
            tag: tag.into(),
            value: value.into(),
        };
        let right = record(true, "issue", "ca.example");
        assert!(find_faults("a", &[&right, &record(false, "future", "x")], &issue).is_empty());
        assert!(find_faults("a", &[&right, &record(true, "iodef", "mailto:x")], &issue).is_empty());
        let faults = find_faults("a", &[&right, &record(true, "future", "x")], &issue);
        assert!(faults.len() == 1 && !faults[0].warning && faults[0].seen == "CAA 128 future");
    }
}
