//! Sends a request and checks the answer.

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::{HttpProbe, MinimumVersion};
use crate::net::{HttpUrl, Request, Response};
use serde_json::Value;

/// The origin of a web client that requests a document.
const ORIGIN: &str = "https://client.invalid";

/// Sends the request and checks the answer.
pub(super) async fn check(context: &VerifyContext, probe: &HttpProbe) -> ProbeResult {
    let (method, url) = probe.http.split_once(' ').unwrap_or(("GET", &probe.http));
    let Some(to) = HttpUrl::read(url) else {
        return Fault::new(url, "not a URL that can be requested", "`GET https://example.org/`")
            .into();
    };
    let headers = if probe.cors { vec![("Origin", ORIGIN.to_owned())] } else { Vec::new() };
    let request = Request { method: method.to_owned(), to, headers, body: probe.body.clone() };
    let at = match method {
        "GET" => url.to_owned(),
        method => format!("{method} {url}"),
    };
    match context.net.send(&request).await {
        Ok(answer) => find_faults(&at, probe, &answer).into(),
        Err(why) => {
            let expected = match probe.status.as_slice() {
                [] => "an answer".to_owned(),
                wanted => format!("status {}", listed(wanted)),
            };
            let fault = Fault::new(at, format!("no answer: {}", shortened(&why.why)), expected);
            fault.unreached(&request.to.host, request.to.port, &why).into()
        }
    }
}

/// Returns everything that is not as wanted.
fn find_faults(at: &str, probe: &HttpProbe, answer: &Response) -> Vec<Fault> {
    let fault = |seen: String, expected: String| Fault::new(at, seen, expected);
    let mut faults = Vec::new();
    if !probe.status.is_empty() && !probe.status.contains(&answer.status) {
        let seen = format!("status {}: {}", answer.status, shortened(&answer.text()));
        faults.push(fault(seen, format!("status {}", listed(&probe.status))));
    }
    faults.extend(headers(at, probe, answer));
    // With an unexpected status, the rest of the answer says nothing.
    if !faults.is_empty() && !probe.status.is_empty() && !probe.status.contains(&answer.status) {
        return faults;
    }
    let text = answer.text();
    if answer.is_truncated {
        faults.push(fault("more than 512 KiB".to_owned(), "a short answer".to_owned()));
    }
    if let Some(has) = probe.has.as_ref().filter(|has| !text.contains(has.as_str())) {
        faults.push(fault(shortened(&text), format!("an answer with `{has}`")));
    }
    for lacks in probe.lacks.iter().filter(|lacks| text.contains(lacks.as_str())) {
        faults.push(fault(format!("it has `{lacks}`"), "an answer without it".to_owned()));
    }
    let json: Option<Value> = serde_json::from_str(&text).ok();
    if probe.json.is_some() || probe.flows.is_some() || probe.at_least.is_some() {
        match &json {
            Some(json) => faults.extend(content(at, probe, json)),
            None => faults.push(fault(format!("no JSON: {}", shortened(&text)), "JSON".to_owned())),
        }
    }
    faults
}

fn headers(at: &str, probe: &HttpProbe, answer: &Response) -> Vec<Fault> {
    let fault = |seen: String, expected: String| Fault::new(at, seen, expected);
    let mut faults = Vec::new();
    let header = |name: &str| match answer.header(name).as_slice() {
        [] => format!("no {name}"),
        values => format!("{name}: {}", shortened(&values.join(" | "))),
    };
    if let Some(wanted) = &probe.location
        && answer.header("location") != [wanted.as_str()]
    {
        faults.push(fault(header("location"), format!("location: {wanted}")));
    }
    if let Some(wanted) = &probe.hsts {
        let name = "strict-transport-security";
        let values = answer.header(name);
        match (wanted.is_empty(), values.as_slice()) {
            (true, []) => {}
            (false, [one]) if one.eq_ignore_ascii_case(wanted) => {}
            (true, _) => faults.push(fault(header(name), format!("no {name} without TLS"))),
            (false, _) => {
                let seen = format!("{} (status {})", header(name), answer.status);
                faults.push(fault(seen, format!("{name}: {wanted}")));
            }
        }
    }
    if let Some(wanted) = &probe.content_type {
        let name = "content-type";
        let values = answer.header(name);
        let is = |value: &&str| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case(wanted)
        };
        if values.len() != 1 || !values.iter().all(is) {
            faults.push(fault(header(name), format!("{name}: {wanted}")));
        }
    }
    let name = "access-control-allow-origin";
    if probe.cors && !matches!(answer.header(name).as_slice(), ["*"] | [ORIGIN]) {
        faults.push(fault(header(name), format!("{name}: *, for clients in a browser")));
    }
    faults
}

fn content(at: &str, probe: &HttpProbe, json: &Value) -> Vec<Fault> {
    let fault = |seen: String, expected: String| Fault::new(at, seen, expected);
    let mut faults = Vec::new();
    if let Some(wanted) = &probe.json {
        let differing = differing(wanted, json, "");
        faults.extend(differing.into_iter().map(|(at, wanted, seen)| {
            let shown = |value: Option<&Value>| match value {
                Some(value) => format!("{at}: {}", shortened(&value.to_string())),
                None => format!("no {at}"),
            };
            fault(shown(seen), shown(wanted))
        }));
    }
    if let Some(stage) = &probe.flows {
        let flows = json.get("flows").and_then(Value::as_array).cloned().unwrap_or_default();
        let has = |flow: &Value| {
            let stages = flow.get("stages").and_then(Value::as_array);
            stages.into_iter().flatten().any(|one| one.as_str() == Some(stage))
        };
        if flows.is_empty() || !flows.iter().all(has) {
            let seen = shortened(&Value::Array(flows).to_string());
            faults.push(fault(format!("flows {seen}"), format!("`{stage}` in each flow")));
        }
    }
    if let Some(MinimumVersion { at: pointer, version }) = &probe.at_least {
        let seen = json.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if !is_at_least(seen, version) {
            let seen = format!("version {}", if seen.is_empty() { "unknown" } else { seen });
            faults.push(fault(shortened(&seen), format!("{version} or later")));
        }
    }
    faults
}

/// Returns where two values differ, as deep as both are tables: the key, the wanted value, the value seen.
fn differing<'v>(
    wanted: &'v Value,
    seen: &'v Value,
    at: &str,
) -> Vec<(String, Option<&'v Value>, Option<&'v Value>)> {
    let (Value::Object(want), Value::Object(see)) = (wanted, seen) else {
        let at = if at.is_empty() { "the document" } else { at };
        let differ = wanted != seen;
        return differ.then(|| (at.to_owned(), Some(wanted), Some(seen))).into_iter().collect();
    };
    let below = |key: &str| match at {
        "" => format!("`{key}`"),
        at => format!("{at}.`{key}`"),
    };
    let mut found = Vec::new();
    for (key, value) in want {
        match see.get(key) {
            Some(other) => found.extend(differing(value, other, &below(key))),
            None => found.push((below(key), Some(value), None)),
        }
    }
    let more = see.iter().filter(|(key, _)| !want.contains_key(*key));
    // A foreign document may have any number of keys.
    found.extend(more.take(5).map(|(key, value)| (shortened(&below(key)), None, Some(value))));
    found
}

/// Compares versions by their numbers; anything after the first word (`1.163.2 (b=…)`) is ignored.
fn is_at_least(seen: &str, wanted: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let word = text.split_whitespace().next().unwrap_or_default();
        let parts = word.split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        });
        parts.collect()
    };
    !seen.is_empty() && numbers(seen) >= numbers(wanted)
}

fn listed(statuses: &[u16]) -> String {
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests;
