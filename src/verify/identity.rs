//! Checks the keys that a server publishes (server-server API, "Retrieving server keys"): the answer is its own, its
//! signatures are valid, and it is the server that the spec records.

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::IdentityProbe;
use crate::net::{HttpUrl, Request};
use crate::synapse::SigningIdentity;
use serde_json::{Map, Value};

/// Fetches and checks the keys.
pub(super) async fn check(context: &VerifyContext, probe: &IdentityProbe) -> ProbeResult {
    let url = format!("https://{}/_matrix/key/v2/server", probe.at);
    let Some(to) = HttpUrl::read(&url) else {
        return Fault::new(url, "not a URL", "`matrix.example.org:443`").into();
    };
    let fault = |seen: String, expected: &str| Fault::new(&url, seen, expected);
    let (host, port) = (to.host.clone(), to.port);
    let answer = match context.net.send(&Request::get(to)).await {
        Ok(answer) => answer,
        Err(why) => {
            let fault = fault(format!("no answer: {}", shortened(&why.why)), "its keys");
            return fault.unreached(&host, port, &why).into();
        }
    };
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    match json {
        Some(Value::Object(keys)) if answer.status == 200 => {
            let wrong =
                find_faults(&keys, &probe.identity, probe.key.as_deref(), context.now * 1000);
            let faults = wrong
                .into_iter()
                .map(|(seen, expected, fix)| Fault::new(&url, shortened(&seen), expected).fix(fix));
            faults.collect::<Vec<_>>().into()
        }
        _ => {
            let seen = format!("status {}: {}", answer.status, shortened(&answer.text()));
            let fix = "check that nginx passes `/_matrix/` to Synapse, and that Synapse is running";
            fault(seen, "status 200 with the keys as JSON").fix(fix).into()
        }
    }
}

/// Returns what is wrong: what was seen, what was expected, what to do.
fn find_faults(
    keys: &Map<String, Value>,
    name: &str,
    recorded: Option<&str>,
    now: i64,
) -> Vec<(String, String, &'static str)> {
    let mut wrong = Vec::new();
    let server_name = keys.get("server_name").and_then(Value::as_str).unwrap_or_default();
    if server_name != name {
        let fix = "a different homeserver answers there: check DNS, the proxy, and `server_name` in the spec";
        wrong.push((format!("the keys of `{server_name}`"), format!("those of `{name}`"), fix));
    }
    let until = keys.get("valid_until_ts").and_then(Value::as_i64).unwrap_or_default();
    if until <= now {
        let fix = "correct the host's clock";
        wrong.push((format!("valid until {until} ms"), "a time in the future".to_owned(), fix));
    }
    let shown: Vec<(String, Option<SigningIdentity>)> = own(keys);
    if shown.is_empty() {
        wrong.push(("no key".to_owned(), "an ed25519 key in `verify_keys`".to_owned(), ""));
    }
    for (id, identity) in &shown {
        let good = identity.as_ref().is_some_and(|one| is_signed(keys, server_name, id, one));
        if !good {
            let fix = "other servers reject this one: no proxy may change the answer, and Synapse must sign with the key that it publishes";
            let expected = format!("a valid signature of `{server_name}` by `{id}`");
            wrong.push((format!("no valid signature by `{id}`"), expected, fix));
        }
    }
    if let Some(recorded) = recorded {
        let wanted = SigningIdentity::parse(recorded).ok().map(|one| one.to_string());
        let seen = shown.iter().flat_map(|(_, one)| one).map(ToString::to_string);
        let seen: Vec<String> = seen.collect();
        if !wanted.as_ref().is_some_and(|wanted| seen.contains(wanted)) {
            let fix = "to other servers this is a different server under the same name: restore the signing key from the recovery kit, or correct `identity` in the spec";
            wrong.push((
                format!("the key {}", seen.join(", ")),
                format!("the recorded {recorded}"),
                fix,
            ));
        }
    }
    wrong
}

/// Returns the ids of its current signing keys, with the identity of each that can be read.
fn own(keys: &Map<String, Value>) -> Vec<(String, Option<SigningIdentity>)> {
    let shown = keys.get("verify_keys").and_then(Value::as_object);
    let ed25519 = shown.into_iter().flatten().filter(|(id, _)| id.starts_with("ed25519:"));
    ed25519
        .take(16)
        .map(|(id, value)| {
            let key = value.get("key").and_then(Value::as_str).unwrap_or_default();
            (id.clone(), SigningIdentity::parse(&format!("{id} {key}")).ok())
        })
        .collect()
}

fn is_signed(keys: &Map<String, Value>, name: &str, id: &str, by: &SigningIdentity) -> bool {
    let signature = keys.get("signatures").and_then(|all| all.get(name)?.get(id)?.as_str());
    let mut body = keys.clone();
    body.remove("signatures");
    body.remove("unsigned");
    let text = canonical(&Value::Object(body));
    signature.zip(text).is_some_and(|(signature, text)| by.has_signed(text.as_bytes(), signature))
}

/// Returns canonical JSON (appendix of the specification): keys in order, no white space, only whole numbers.
fn canonical(value: &Value) -> Option<String> {
    const MOST: i64 = 1 << 53;
    Some(match value {
        Value::Object(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            let parts = keys.into_iter().map(|(key, value)| {
                Some(format!("{}:{}", Value::String(key.clone()), canonical(value)?))
            });
            format!("{{{}}}", parts.collect::<Option<Vec<_>>>()?.join(","))
        }
        Value::Array(items) => {
            let parts = items.iter().map(canonical).collect::<Option<Vec<_>>>()?;
            format!("[{}]", parts.join(","))
        }
        Value::Number(number) => {
            let whole = number.as_i64().filter(|whole| (-MOST < *whole) && (*whole < MOST))?;
            whole.to_string()
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_matches_the_specification() {
        for (given, wanted) in [
            (json!({}), "{}"),
            (json!({"one": 1, "two": "Two"}), r#"{"one":1,"two":"Two"}"#),
            (json!({"b": "2", "a": "1"}), r#"{"a":"1","b":"2"}"#),
            (json!({"a": "日本語"}), r#"{"a":"日本語"}"#),
            (json!({"本": 2, "日": 1}), r#"{"日":1,"本":2}"#),
            (json!({"a": "\u{65E5}"}), r#"{"a":"日"}"#),
            (json!({"a": null, "b": [true, -0]}), r#"{"a":null,"b":[true,0]}"#),
        ] {
            assert_eq!(canonical(&given).as_deref(), Some(wanted));
        }
        assert_eq!(canonical(&json!({"a": 1.5})), None);
        assert_eq!(canonical(&json!({"a": 1_i64 << 53})), None);
    }

    /// Returns the appendix's example, signed with the specification's test key.
    fn signed() -> Map<String, Value> {
        // {"one":1,"two":"Two"} of `domain`, as the appendix prints it.
        let text = json!({
            "one": 1,
            "signatures": { "domain": { "ed25519:1": "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw" } },
            "two": "Two",
        });
        text.as_object().unwrap().clone()
    }

    const PUBLIC: &str = "ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

    #[test]
    fn a_signature_from_the_specification_is_valid() {
        let by = SigningIdentity::parse(PUBLIC).unwrap();
        assert!(is_signed(&signed(), "domain", "ed25519:1", &by));
        let mut other = signed();
        other.insert("one".into(), json!(2));
        assert!(!is_signed(&other, "domain", "ed25519:1", &by));
        assert!(!is_signed(&signed(), "domain", "ed25519:2", &by));
        assert!(!is_signed(&signed(), "other", "ed25519:1", &by));
    }

    #[test]
    fn every_fault_is_reported() {
        let keys = json!({
            "server_name": "other.example",
            "valid_until_ts": 5,
            "verify_keys": { "ed25519:1": { "key": "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI" }, "ed25519:x": {} },
        });
        let keys = keys.as_object().unwrap();
        let recorded = "ed25519:2 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
        let wrong = find_faults(keys, "a.example", Some(recorded), 6);
        let seen: Vec<&str> = wrong.iter().map(|(seen, ..)| seen.as_str()).collect();
        assert_eq!(
            seen,
            [
                "the keys of `other.example`",
                "valid until 5 ms",
                "no valid signature by `ed25519:1`",
                "no valid signature by `ed25519:x`",
                "the key ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI",
            ]
        );
        assert_eq!(find_faults(&Map::new(), "", None, 0)[1].0, "no key");
    }
}
