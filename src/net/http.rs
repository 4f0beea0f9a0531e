//! One HTTP/1.1 request over an open stream, and its bounded answer. This client sends a path exactly as given, which
//! clients that normalise paths cannot do.

use super::url::HttpUrl;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The most of a header and of a body that is read.
const HEAD: usize = 32 << 10;
const BODY: usize = 512 << 10;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// The URL.
    pub to: HttpUrl,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, up to the limit.
    pub body: Vec<u8>,
    /// Whether the body exceeds the limit.
    pub is_truncated: bool,
    /// The problem with the certificate for which a client would have refused the answer.
    pub distrusted: Option<String>,
}

impl Request {
    /// Returns a GET request.
    pub fn get(to: HttpUrl) -> Request {
        Request { method: "GET".to_owned(), to, headers: Vec::new(), body: None }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: matrixform/{}\r\nAccept: */*\r\nConnection: close\r\n",
            self.method,
            self.to.path,
            self.to.host_header(),
            env!("CARGO_PKG_VERSION"),
        );
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = self.body.as_deref().unwrap_or_default();
        if self.body.is_some() {
            text.push_str("Content-Type: application/json\r\n");
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        text.into_bytes()
    }
}

impl Response {
    /// Reads the answer in these bytes; none while it is incomplete. `ended`: no more bytes will follow.
    ///
    /// # Errors
    ///
    /// The bytes are not an HTTP/1.1 answer, or its head is too large.
    pub fn read(bytes: &[u8], ended: bool) -> Result<Option<Response>, String> {
        let mut rest = bytes;
        loop {
            let Some(at) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                let is_http = b"HTTP/1.".starts_with(rest.get(..7).unwrap_or(rest));
                return match is_http && rest.len() <= HEAD {
                    true => Ok(None),
                    false => Err("the answer is not HTTP".to_owned()),
                };
            };
            let (head, body) =
                (rest.get(..at).unwrap_or_default(), rest.get(at + 4..).unwrap_or_default());
            let mut response = head_of(head).ok_or("the answer is not HTTP")?;
            // An interim response precedes the final one.
            if (100..200).contains(&response.status) {
                rest = body;
                continue;
            }
            let found = match body_of(&response, body, ended) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(None),
                Err(why) => return Err(why),
            };
            response.is_truncated = found.len() > BODY;
            response.body = found.into_iter().take(BODY).collect();
            return Ok(Some(response));
        }
    }

    /// Returns all values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let own = self.headers.iter().filter(|(key, _)| key == name);
        own.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request and reads the answer.
///
/// # Errors
///
/// The connection ends, or what arrives is not an HTTP answer.
pub async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    request: &Request,
) -> Result<Response, String> {
    stream.write_all(&request.bytes()).await.map_err(|error| error.to_string())?;
    stream.flush().await.map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let ended = loop {
        if let Some(response) = Response::read(&bytes, false)? {
            return Ok(response);
        }
        if bytes.len() > HEAD + 2 * BODY {
            break false;
        }
        let before = bytes.len();
        let read = (&mut stream).take(1 << 16).read_buf(&mut bytes).await;
        match read {
            Ok(0) => break true,
            Ok(_) => {}
            // The server closed the connection without a TLS close_notify, after sending something.
            Err(_) if before > 0 => break true,
            Err(error) => return Err(error.to_string()),
        }
    };
    match Response::read(&bytes, ended)? {
        Some(response) => Ok(response),
        None if bytes.is_empty() => Err("the connection was closed without an answer".to_owned()),
        None => Err("the connection was closed in the middle of the answer".to_owned()),
    }
}

fn head_of(head: &[u8]) -> Option<Response> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?;
    let status = status.get(2..5)?.parse().ok().filter(|status| *status >= 100)?;
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Response {
        status,
        headers: headers.collect(),
        body: Vec::new(),
        is_truncated: false,
        distrusted: None,
    })
}

fn body_of(response: &Response, body: &[u8], ended: bool) -> Result<Option<Vec<u8>>, String> {
    if matches!(response.status, 204 | 304) {
        return Ok(Some(Vec::new()));
    }
    let chunked = response.header("transfer-encoding");
    if chunked.iter().any(|value| value.to_ascii_lowercase().contains("chunked")) {
        return chunks(body).map(|found| if ended { found.or(Some(Vec::new())) } else { found });
    }
    let length = response.header("content-length");
    let length = length.first().and_then(|value| value.parse::<usize>().ok());
    Ok(match length {
        Some(length) if body.len() >= length => body.get(..length).map(<[u8]>::to_vec),
        Some(_) if body.len() > BODY || ended => Some(body.to_vec()),
        Some(_) => None,
        None if ended || body.len() > BODY => Some(body.to_vec()),
        None => None,
    })
}

/// The content of the chunks; none until the last chunk or the limit is reached.
fn chunks(mut body: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let wrong = || "its chunks cannot be read".to_owned();
    let mut found = Vec::new();
    loop {
        let Some(at) = body.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let line = String::from_utf8_lossy(body.get(..at).unwrap_or_default()).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| wrong())?;
        if size == 0 || found.len() > BODY {
            return Ok(Some(found));
        }
        let begin = at + 2;
        let Some(end) = begin.checked_add(size) else { return Err(wrong()) };
        let Some(chunk) = body.get(begin..end) else {
            found.extend(body.get(begin..).unwrap_or_default());
            return Ok((found.len() > BODY).then_some(found));
        };
        found.extend(chunk);
        body = body.get(end + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
