//! Answers in every form, including broken ones.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Option<Response>, String> {
    Response::read(text.as_bytes(), false)
}

#[test]
fn answers_are_read_in_each_form() {
    let body = |text: &str| read(text).unwrap().map(|one| (one.status, one.text()));
    let head = "HTTP/1.1 200 OK\r\n";
    assert_eq!(body(&format!("{head}Content-Length: 2\r\n\r\nhi")), Some((200, "hi".into())));
    assert_eq!(body(&format!("{head}Content-Length: 3\r\n\r\nhi")), None);
    let chunked = "transfer-encoding: Chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\n\r\n";
    assert_eq!(body(&format!("{head}{chunked}")), Some((200, "hi!".into())));
    assert_eq!(body(&format!("{head}{}", &chunked[..chunked.len() - 6])), None);
    assert_eq!(
        body(&format!("HTTP/1.1 100 Go\r\n\r\n{head}Content-Length: 0\r\n\r\n")),
        Some((200, String::new()))
    );
    assert_eq!(body("HTTP/1.1 304 Same\r\nX: y\r\n\r\n"), Some((304, String::new())));
    assert_eq!(body(&format!("{head}\r\nhi")), None);
    let ended = Response::read(format!("{head}\r\nhi").as_bytes(), true).unwrap().unwrap();
    assert_eq!(ended.text(), "hi");
    for wrong in [
        "SSH-2.0-OpenSSH",
        "HTTP/1.1 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert_eq!(read("HTT"), Ok(None));
}

#[test]
fn long_bodies_are_truncated() {
    let long = "x".repeat(BODY + 10);
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{long}");
    let response = read(&text).unwrap().unwrap();
    assert!(response.is_truncated && response.body.len() == BODY);
    assert!(read(&format!("HTTP/1.1 200 OK\r\n{long}")).is_err());
}

#[test]
fn the_path_is_sent_unchanged() {
    let to = HttpUrl::read("https://a.example:8448//x/..%2f;y?%23").unwrap();
    let text = String::from_utf8(Request::get(to).bytes()).unwrap();
    assert!(text.starts_with("GET //x/..%2f;y?%23 HTTP/1.1\r\nHost: a.example:8448\r\n"), "{text}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), form in 0..3, ended: bool) {
        let head: &[u8] = match form {
            0 => b"",
            1 => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
        };
        let _ = Response::read(&[head, bytes.as_slice()].concat(), ended);
    }
}
