//! Tests the verdicts on answers.

use super::*;

fn probe(text: serde_json::Value) -> HttpProbe {
    serde_json::from_value(text).unwrap()
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (headers, body) = (headers.collect(), body.as_bytes().to_vec());
    Response { status, headers, body, is_truncated: false, distrusted: None }
}

#[test]
fn differing_fields_are_named() {
    let wanted = serde_json::json!({"a": {"b": 1, "c": 2}, "d": 3});
    let seen = serde_json::json!({"a": {"b": 9, "e\u{1b}": 2}, "d": 3, "f": 4});
    let found = differing(&wanted, &seen, "");
    let at: Vec<&str> = found.iter().map(|(at, ..)| at.as_str()).collect();
    assert_eq!(at, ["`a`.`b`", "`a`.`c`", "`a`.`e\\u{1b}`", "`f`"]);
    let text = serde_json::json!("x");
    assert_eq!(differing(&wanted, &text, "")[0].0, "the document");
    assert!(differing(&wanted, &wanted, "").is_empty());
}

#[test]
fn each_expectation_is_checked() {
    let faults = |wish: serde_json::Value, answer: &Response| {
        let mut whole = serde_json::json!({ "http": "GET https://a.example/", "status": [] });
        whole.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
        find_faults("a", &probe(whole), answer).len()
    };
    let json = |wish: &str| serde_json::from_str::<serde_json::Value>(wish).unwrap();
    let good = answer(
        200,
        &[
            ("strict-transport-security", "max-age=1"),
            ("content-type", "application/json; charset=utf-8"),
            ("access-control-allow-origin", "*"),
            ("location", "/x"),
        ],
        r#"{"a": 1, "flows": [{"stages": ["t"]}, {"stages": ["t", "m"]}], "v": "1.163.2 (b=x)"}"#,
    );
    for (wish, right) in [
        (r#"{"status": [200, 401]}"#, true),
        (r#"{"status": [404]}"#, false),
        (r#"{"location": "/x"}"#, true),
        (r#"{"location": "/y"}"#, false),
        (r#"{"hsts": "max-age=1"}"#, true),
        (r#"{"hsts": "max-age=2"}"#, false),
        (r#"{"hsts": ""}"#, false),
        (r#"{"type": "application/json"}"#, true),
        (r#"{"type": "text/html"}"#, false),
        (r#"{"cors": true}"#, true),
        (r#"{"has": "163"}"#, true),
        (r#"{"has": "164"}"#, false),
        (r#"{"lacks": ["164"]}"#, true),
        (r#"{"lacks": ["164", "163"]}"#, false),
        (r#"{"json": {"a": 1}}"#, false),
        (r#"{"flows": "t"}"#, true),
        (r#"{"flows": "m"}"#, false),
        (r#"{"at_least": {"at": "/v", "version": "1.157.2"}}"#, true),
        (r#"{"at_least": {"at": "/v", "version": "1.164"}}"#, false),
        (r#"{"at_least": {"at": "/w", "version": "1.1"}}"#, false),
    ] {
        assert_eq!(faults(json(wish), &good) == 0, right, "{wish}");
    }
    let bare = answer(200, &[], "<html>");
    for wish in
        [r#"{"cors": true}"#, r#"{"type": "x/y"}"#, r#"{"json": {}}"#, r#"{"hsts": "max-age=1"}"#]
    {
        assert_eq!(faults(json(wish), &bare), 1, "{wish}");
    }
    let twice = answer(
        200,
        &[("access-control-allow-origin", "*"), ("access-control-allow-origin", "*")],
        "",
    );
    assert_eq!(faults(json(r#"{"cors": true}"#), &twice), 1, "browsers refuse two");
}
