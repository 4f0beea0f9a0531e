//! Requests to a homeserver on the loopback, as lines of curl configuration, and the replies.

use crate::diagnostic::{Diagnostic, visible};
use serde_json::Value;
use zeroize::Zeroizing;

/// The most of an error reply that is quoted (characters).
const MAX_QUOTED_CHARS: usize = 300;

/// One request. Its body may hold a password.
pub struct AdminCall {
    method: &'static str,
    path: String,
    body: Option<Zeroizing<String>>,
    expect: u16,
    step: Option<usize>,
    last: bool,
}

impl AdminCall {
    /// A read; expects status 200.
    pub fn get(path: impl Into<String>) -> AdminCall {
        AdminCall {
            method: "GET",
            path: path.into(),
            body: None,
            expect: 200,
            step: None,
            last: false,
        }
    }

    /// Reads a list page by page; the number of the first item is appended to `path`.
    pub fn pages(path: impl Into<String>, step: usize) -> AdminCall {
        AdminCall { step: Some(step), ..AdminCall::get(path) }
    }

    /// A change with this body.
    pub fn change(method: &'static str, path: impl Into<String>, body: &Value) -> AdminCall {
        AdminCall::secret(method, path, Zeroizing::new(body.to_string()))
    }

    /// Like [`AdminCall::change`], with a JSON body that contains a secret.
    pub fn secret(
        method: &'static str,
        path: impl Into<String>,
        body: Zeroizing<String>,
    ) -> AdminCall {
        AdminCall { method, body: Some(body), ..AdminCall::get(path) }
    }

    /// Sets the expected status; after any other one, the requests that follow are not made.
    pub fn expecting(self, expect: u16) -> AdminCall {
        AdminCall { expect, ..self }
    }

    /// Marks the last request: the same curl process may revoke the token afterwards. The host does not retry it.
    pub fn last(self) -> AdminCall {
        AdminCall { last: true, ..self }
    }

    /// The request in the format that the host reads (see synapse.sh).
    pub(super) fn lines(&self, url: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("expect {}\n", self.expect));
        match self.step {
            Some(step) => text.push_str(&format!("paged {step} {url}{}\n", self.path)),
            None => text
                .push_str(&format!("url = {}\n", quoted(&format!("{url}{}", self.path)).as_str())),
        }
        if self.method != "GET" {
            text.push_str(&format!("request = \"{}\"\n", self.method));
        }
        if let Some(body) = &self.body {
            text.push_str("header = \"Content-Type: application/json\"\ndata-raw = ");
            text.push_str(&quoted(body));
            text.push('\n');
        }
        text.push_str(if self.last { "last\nend\n" } else { "end\n" });
        text
    }
}

/// A quoted value for a curl configuration file.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(2 * text.len() + 2));
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        // JSON escapes all characters that would end the line.
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminReply {
    /// The status; 0 if there was no response.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl AdminReply {
    /// Parses the body as JSON.
    ///
    /// # Errors
    ///
    /// The body is truncated or not JSON (`accounts/unreadable`).
    pub fn json(&self) -> Result<Value, Diagnostic> {
        serde_json::from_slice(&self.body).map_err(|_| {
            let message = "the homeserver's answer cannot be read: it is truncated, or not JSON";
            Diagnostic::error("accounts/unreadable", message)
                .help("see `journalctl -u matrix-synapse` on the host")
        })
    }

    /// Returns the error code of the reply, such as `M_NOT_FOUND`.
    pub fn code(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get("errcode")?.as_str().map(str::to_owned)
    }

    /// Returns an error that says what was not done, and why in the homeserver's own words.
    pub fn refused(&self, what: &str) -> Diagnostic {
        let help = "see `journalctl -u matrix-synapse` on the host";
        let problem = |why: &str| Diagnostic::error("accounts/refused", format!("{what}: {why}"));
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let message: String = visible(text("error")).chars().take(MAX_QUOTED_CHARS).collect();
        match self.status {
            0 => problem("Synapse did not answer").help(help),
            401 => problem("Synapse did not accept matrixform's own token").help(help),
            500.. => problem(&format!("Synapse failed ({})", self.status)).help(help),
            status if message.is_empty() => {
                problem(&format!("Synapse answered {status}")).help(help)
            }
            _ => problem(&format!("Synapse answered: {message} ({})", visible(text("errcode")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_cannot_break_out_of_a_request() {
        let body = json!({"password": "a\"b\\c\nd\r\u{0}é"});
        let call = AdminCall::change("PUT", "/x", &body).expecting(201);
        assert_eq!(
            call.lines("http://127.0.0.1:1").as_str(),
            "expect 201\nurl = \"http://127.0.0.1:1/x\"\nrequest = \"PUT\"\n\
             header = \"Content-Type: application/json\"\n\
             data-raw = \"{\\\"password\\\":\\\"a\\\\\\\"b\\\\\\\\c\\\\nd\\\\r\\\\u0000é\\\"}\"\nend\n"
        );
        let pages = AdminCall::pages("/l?from=", 9).lines("http://127.0.0.1:1");
        assert_eq!(pages.as_str(), "expect 200\npaged 9 http://127.0.0.1:1/l?from=\nend\n");
    }

    #[test]
    fn a_refusal_quotes_a_bounded_printable_answer() {
        let hostile = format!("no\u{1b}[2J{}", "x".repeat(9999));
        let body = json!({"errcode": "M_X", "error": hostile}).to_string().into_bytes();
        let problem = AdminReply { status: 400, body }.refused("the account was not made");
        assert!(
            problem.message.contains("no") && problem.message.len() < 400,
            "{}",
            problem.message
        );
        assert!(!problem.message.contains('\u{1b}'));
    }
}
