//! One request of HTTP/1.1 over a stream that is there, and its answer, bounded: a client that sends a path as it is given, which
//! none that cleans paths up can do.

use super::url::HttpUrl;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// As much of a head, and of a body, is read.
const HEAD: usize = 32 << 10;
const BODY: usize = 512 << 10;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Where to.
    pub to: HttpUrl,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent along, as JSON.
    pub body: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, as far as it is read.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// Why a client would not have taken it: what is wrong with the certificate.
    pub distrusted: Option<String>,
}

impl Request {
    /// A GET.
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
    /// The answer in these bytes; none while more must come. `ended`: nothing more will.
    ///
    /// # Errors
    ///
    /// Why the bytes are no answer of HTTP/1.1, or one that is too large.
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
            // What comes before the answer proper.
            if (100..200).contains(&response.status) {
                rest = body;
                continue;
            }
            let found = match body_of(&response, body, ended) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(None),
                Err(why) => return Err(why),
            };
            response.cut = found.len() > BODY;
            response.body = found.into_iter().take(BODY).collect();
            return Ok(Some(response));
        }
    }

    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let own = self.headers.iter().filter(|(key, _)| key == name);
        own.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request and reads the answer. An error is why there is none.
pub(super) async fn send<S: AsyncRead + AsyncWrite + Unpin>(
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
            // A server that hangs up without TLS's goodbye, once something came.
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
        cut: false,
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

/// What the chunks hold; none while the last one is missing and the limit is not reached.
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
