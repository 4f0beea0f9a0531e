//! The API of a forge on the loopback, as far as the scripts use it: open requests, comments, and the request of a
//! commit.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct State {
    requests: BTreeMap<u64, (String, String)>,
    comments: Vec<(u64, u64, String, String)>,
    merged: BTreeMap<String, u64>,
    writes: usize,
}

pub(super) struct Forge {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Forge {
    /// Answers callers with the token until the test ends.
    pub(super) fn open(token: &'static str) -> Forge {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in door.incoming().flatten() {
                let _ = serve(stream, token, &shared);
            }
        });
        Forge { port, state }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn request(&self, number: u64, head: &str, from: &str) {
        self.state.lock().unwrap().requests.insert(number, (head.to_owned(), from.to_owned()));
    }

    pub(super) fn close(&self, number: u64) {
        self.state.lock().unwrap().requests.remove(&number);
    }

    pub(super) fn merged(&self, commit: &str, number: u64) {
        self.state.lock().unwrap().merged.insert(commit.to_owned(), number);
    }

    pub(super) fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }

    pub(super) fn say(&self, number: u64, who: &str, body: &str) {
        let mut state = self.state.lock().unwrap();
        let id = state.comments.len() as u64 + 100;
        state.comments.push((id, number, who.to_owned(), body.to_owned()));
    }

    /// The authors and texts of the comments on a request.
    pub(super) fn comments(&self, number: u64) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap();
        let own = state.comments.iter().filter(|one| one.1 == number);
        own.map(|(_, _, who, body)| (who.clone(), body.clone())).collect()
    }

    /// The pipeline's only comment.
    pub(super) fn comment(&self, number: u64) -> String {
        let all = self.comments(number).into_iter();
        let own: Vec<String> = all.filter(|(who, _)| who == BOT).map(|(_, body)| body).collect();
        assert_eq!(own.len(), 1, "comments on {number}: {own:?}");
        own.into_iter().next().unwrap()
    }
}

const BOT: &str = "github-actions[bot]";

fn serve(mut stream: TcpStream, token: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length, mut is_known) = (String::new(), 0, false);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        is_known |= line == format!("Authorization: Bearer {token}");
        let lower = line.to_ascii_lowercase();
        if let Some(number) = lower.strip_prefix("content-length: ") {
            length = number.parse().unwrap_or(0);
        }
        if lower == "expect: 100-continue" {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let answer = match is_known {
        true => answer(method, path, query, &body, &mut state.lock().unwrap()),
        false => None,
    };
    let (status, text) = match answer {
        Some(value) => ("200 OK", value.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(text.as_bytes())
}

fn answer(method: &str, path: &str, query: &str, body: &[u8], state: &mut State) -> Option<Value> {
    let parts: Vec<&str> = path.strip_prefix("/repos/a/b/")?.split('/').collect();
    let is_first = query.is_empty() || query.ends_with("&page=1");
    let text = || Some(serde_json::from_slice::<Value>(body).ok()?["body"].as_str()?.to_owned());
    let list = |items: Vec<Value>| Some(Value::Array(if is_first { items } else { Vec::new() }));
    match (method, parts.as_slice()) {
        ("GET", ["pulls"]) => list(
            state
                .requests
                .iter()
                .map(|(number, (head, from))| {
                    json!({"number": number, "base": {"ref": "main"}, "head": {"sha": head, "repo": {"full_name": from}}})
                })
                .collect(),
        ),
        ("GET", ["commits", commit, "pulls"]) => {
            list(state.merged.get(*commit).iter().map(|number| json!({"number": number})).collect())
        }
        ("GET", ["issues", number, "comments"]) => {
            let number: u64 = number.parse().ok()?;
            let own = state.comments.iter().filter(|one| one.1 == number);
            list(own.map(|(id, _, who, body)| json!({"id": id, "user": {"login": who}, "body": body})).collect())
        }
        ("POST", ["issues", number, "comments"]) => {
            let id = state.comments.len() as u64 + 100;
            state.comments.push((id, number.parse().ok()?, BOT.to_owned(), text()?));
            state.writes += 1;
            Some(json!({"id": id}))
        }
        ("PATCH", ["issues", "comments", id]) => {
            let id: u64 = id.parse().ok()?;
            let one = state.comments.iter_mut().find(|one| one.0 == id && one.2 == BOT)?;
            one.3 = text()?;
            state.writes += 1;
            Some(json!({"id": id}))
        }
        _ => None,
    }
}
