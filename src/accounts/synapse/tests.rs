//! Replies that a homeserver hardly ever gives.

use super::*;

/// A caller with prepared replies.
struct Canned(Vec<Vec<AdminReply>>);

impl Caller for Canned {
    async fn ask(&mut self, _: &[AdminCall]) -> Result<Vec<AdminReply>, Diagnostic> {
        Ok(self.0.remove(0))
    }

    async fn change(&mut self, calls: &[AdminCall]) -> Result<Vec<AdminReply>, Diagnostic> {
        self.ask(calls).await
    }
}

fn listed(answers: Vec<Vec<AdminReply>>) -> Result<Vec<User>, Diagnostic> {
    let synapse = Synapse { own: vec!["own".to_owned()] };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(synapse.users(&mut Canned(answers)))
}

fn page(name: &str, next: Option<&str>) -> AdminReply {
    let users = json!([{"name": format!("@{name}:x"), "admin": false}]);
    let body = json!({"users": users, "next_token": next});
    let mut body = body.as_object().unwrap().clone();
    body.retain(|_, value| !value.is_null());
    AdminReply { status: 200, body: serde_json::to_vec(&body).unwrap() }
}

#[test]
fn an_incomplete_list_is_an_error() {
    let ids = |answers| listed(answers).map(|users| users.into_iter().map(|one| one.id).collect());
    let first = || vec![page("a", Some("1000"))];
    let all: Vec<String> =
        ids(vec![first(), vec![page("b", Some("1000")), page("a", None)]]).unwrap();
    assert_eq!(all, ["@a:x", "@b:x"]);
    let truncated =
        ids(vec![first(), vec![page("a", Some("1000")), page("b", Some("2000"))]]).unwrap_err();
    assert!(truncated.message.contains("only the first 2 accounts are shown"), "{truncated:?}");
    let failed = AdminReply { status: 500, body: Vec::new() };
    let failed = ids(vec![first(), vec![page("a", Some("1000")), failed]]).unwrap_err();
    assert!(failed.message.contains("were not listed"), "{failed:?}");
}
