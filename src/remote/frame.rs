//! Parses the host's answers from a byte stream. A frame is `NONCE b ID`, the unmodified body, and `NONCE e ID STATUS`;
//! no content can contain the nonce by chance, so bodies need no escaping. Text outside frames (a banner, a noisy
//! profile) is noise and only quoted in errors. The host creates the nonce, and announces it before the first frame
//! after a mark that the client chose.

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A body begins.
    Begin(u32),
    /// Bytes of the body.
    Data(u32, Vec<u8>),
    /// The body is complete; with the exit status of the function.
    End(u32, u32),
}

/// Splits bytes into frames, however they are chunked.
pub struct Parser {
    /// The mark before the nonce, until the nonce is known.
    mark: Option<Vec<u8>>,
    nonce: String,
    begin: Vec<u8>,
    end: Vec<u8>,
    buffer: Vec<u8>,
    open: Option<u32>,
    noise: Vec<u8>,
}

/// Length of a nonce (bytes): a random UUID, as Linux writes it.
const NONCE_LENGTH: usize = 36;

/// Maximum length of a line that begins or ends a frame (bytes).
const LINE_LIMIT: usize = 256;

/// Noise is cut off at this length: it is only for error messages.
const NOISE_LIMIT: usize = 8 * 1024;

impl Parser {
    /// Creates a parser for frames with this nonce.
    pub fn new(nonce: &str) -> Parser {
        let mut parser = Parser::announced("");
        parser.know(nonce);
        parser
    }

    /// Creates a parser for frames whose nonce the host announces in a line `MARK NONCE`.
    pub fn announced(mark: &str) -> Parser {
        Parser {
            mark: Some(format!("{mark} ").into_bytes()),
            nonce: String::new(),
            begin: Vec::new(),
            end: Vec::new(),
            buffer: Vec::new(),
            open: None,
            noise: Vec::new(),
        }
    }

    fn know(&mut self, nonce: &str) {
        self.mark = None;
        nonce.clone_into(&mut self.nonce);
        self.begin = format!("{nonce} b ").into_bytes();
        self.end = format!("\n{nonce} e ").into_bytes();
    }

    /// Returns the nonce, if it is known.
    pub fn nonce(&self) -> Option<&str> {
        self.mark.is_none().then_some(self.nonce.as_str())
    }

    /// Takes bytes, and returns the frames that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.buffer.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(frame) = self.step() {
            frames.push(frame);
        }
        frames
    }

    /// Returns the text outside frames so far.
    pub fn noise(&self) -> String {
        let open = if self.open.is_none() { self.buffer.as_slice() } else { &[] };
        String::from_utf8_lossy(&[&self.noise, open].concat()).trim().to_owned()
    }

    fn step(&mut self) -> Option<Frame> {
        if let Some(mark) = self.mark.clone() {
            self.announcement(&mark)?;
        }
        match self.open {
            None => self.outside(),
            Some(id) => self.inside(id),
        }
    }

    /// Reads the nonce: `None` until it arrives.
    fn announcement(&mut self, mark: &[u8]) -> Option<()> {
        let at = self.find_or_drop(mark)?;
        let line = self.line(at + mark.len())?;
        self.drop_noise(at);
        self.buffer.drain(..(line.end - at).min(self.buffer.len()));
        let is_random = line.text.len() == NONCE_LENGTH
            && line.text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_random.then(|| self.know(&line.text))
    }

    /// Finds `wanted` outside frames; if it is missing, discards as noise whatever cannot be its beginning.
    fn find_or_drop(&mut self, wanted: &[u8]) -> Option<usize> {
        let found = find(&self.buffer, wanted);
        if found.is_none() {
            let keep = wanted.len().min(self.buffer.len());
            self.drop_noise(self.buffer.len() - keep);
        }
        found
    }

    fn outside(&mut self) -> Option<Frame> {
        let begin = std::mem::take(&mut self.begin);
        let at = self.find_or_drop(&begin);
        self.begin = begin;
        let at = at?;
        let line = self.line(at + self.begin.len())?;
        self.drop_noise(at);
        self.buffer.drain(..(line.end - at).min(self.buffer.len()));
        let id = line.text.trim().parse().ok()?;
        self.open = Some(id);
        Some(Frame::Begin(id))
    }

    fn inside(&mut self, id: u32) -> Option<Frame> {
        let Some(at) = find(&self.buffer, &self.end) else {
            return self.data(id, self.buffer.len() - self.maybe_end());
        };
        if at > 0 {
            return self.data(id, at);
        }
        let line = self.line(self.end.len())?;
        self.buffer.drain(..line.end.min(self.buffer.len()));
        self.open = None;
        let status = line.text.split(' ').nth(1).and_then(|status| status.trim().parse().ok());
        Some(Frame::End(id, status.unwrap_or(255)))
    }

    /// Returns how many of the last bytes may be the start of the end mark. All others are passed on at once: a line
    /// that says what the host is waiting for may be the last one for a while.
    fn maybe_end(&self) -> usize {
        let most = self.end.len().min(self.buffer.len());
        let could = |length: &usize| self.buffer.ends_with(self.end.get(..*length).unwrap_or(&[]));
        (1..=most).rev().find(could).unwrap_or(0)
    }

    /// Whether the body is at the end of a line, as far as can be seen: the line end may belong to the frame.
    pub fn is_at_line_end(&self) -> bool {
        self.open.is_some() && self.buffer.first() == Some(&b'\n')
    }

    fn data(&mut self, id: u32, length: usize) -> Option<Frame> {
        if length == 0 {
            return None;
        }
        Some(Frame::Data(id, self.buffer.drain(..length).collect()))
    }

    /// Returns the line that begins there, if it is complete; an empty one if it is longer than any of ours.
    fn line(&self, from: usize) -> Option<Line> {
        let rest = self.buffer.get(from..)?;
        let ended = rest.iter().take(LINE_LIMIT).position(|byte| *byte == b'\n');
        let Some(length) = ended else {
            let endless = Line { text: String::new(), end: from };
            return (rest.len() > LINE_LIMIT).then_some(endless);
        };
        let text = String::from_utf8_lossy(rest.get(..length)?).into_owned();
        Some(Line { text, end: from + length + 1 })
    }

    fn drop_noise(&mut self, length: usize) {
        let noise: Vec<u8> = self.buffer.drain(..length).collect();
        let room = NOISE_LIMIT.saturating_sub(self.noise.len());
        self.noise.extend(noise.into_iter().take(room));
    }
}

struct Line {
    text: String,
    end: usize,
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: &str = "0123456789abcdef";

    fn whole(frames: Vec<Frame>) -> Vec<(u32, Vec<u8>, u32)> {
        let mut found = Vec::new();
        let mut body = Vec::new();
        for frame in frames {
            match frame {
                Frame::Begin(_) => body.clear(),
                Frame::Data(_, bytes) => body.extend(bytes),
                Frame::End(id, status) => found.push((id, std::mem::take(&mut body), status)),
            }
        }
        found
    }

    #[test]
    fn noise_is_separated() {
        let mut parser = Parser::new(NONCE);
        let text = format!("Welcome!\n{NONCE} b 7\na\n\n{NONCE} e 7 3\nrest");
        assert_eq!(whole(parser.feed(text.as_bytes())), [(7, b"a\n".to_vec(), 3)]);
        assert_eq!(parser.noise(), "Welcome!\nrest");
    }

    #[test]
    fn the_nonce_is_announced() {
        let nonce = "0a1b2c3d-0000-4000-8000-000000000000";
        let text = format!("hello mark x\nmark {nonce}\n{nonce} b 7\na\n{nonce} e 7 0\n");
        let mut parser = Parser::announced("mark");
        let frames: Vec<Frame> =
            text.as_bytes().chunks(3).flat_map(|piece| parser.feed(piece)).collect();
        assert_eq!(whole(frames), [(7, b"a".to_vec(), 0)]);
        assert_eq!((parser.nonce(), parser.noise().as_str()), (Some(nonce), "hello"));
        // Any other announcement is ignored.
        for other in ["", "short", &"g".repeat(36)] {
            let mut parser = Parser::announced("mark");
            parser.feed(format!("mark {other}\n{other} b 1\n").as_bytes());
            assert_eq!(parser.nonce(), None);
        }
    }

    #[test]
    fn unterminated_lines_are_not_buffered() {
        for (mut parser, start) in [
            (Parser::announced("mark"), "mark ".to_owned()),
            (Parser::new(NONCE), format!("{NONCE} b ")),
            (Parser::new(NONCE), format!("{NONCE} b 1\nx\n{NONCE} e ")),
        ] {
            parser.feed(start.as_bytes());
            for _ in 0..1000 {
                parser.feed(&[b'7'; 1000]);
                assert!(parser.buffer.len() < 3000);
            }
        }
    }

    #[test]
    fn a_line_is_delivered_immediately() {
        let mut parser = Parser::new(NONCE);
        let frames = parser.feed(format!("{NONCE} b 7\nwaiting for it\n").as_bytes());
        assert_eq!(frames, [Frame::Begin(7), Frame::Data(7, b"waiting for it".to_vec())]);
        assert!(parser.is_at_line_end());
        assert_eq!(parser.feed(b"!"), [Frame::Data(7, b"\n!".to_vec())]);
        assert!(!parser.is_at_line_end());
    }

    #[test]
    fn a_truncated_answer_never_completes() {
        let mut parser = Parser::new(NONCE);
        let text = format!("{NONCE} b 7\nabc\n{NONCE} e 7 0");
        assert!(whole(parser.feed(text.as_bytes())).is_empty());
    }

    proptest! {
        #[test]
        fn any_body_survives_any_fragmentation(bodies: Vec<Vec<u8>>, size in 1usize..40) {
            let mut stream = Vec::new();
            for (id, body) in bodies.iter().enumerate() {
                stream.extend(format!("{NONCE} b {id}\n").into_bytes());
                stream.extend(body);
                stream.extend(format!("\n{NONCE} e {id} 0\n").into_bytes());
            }
            let mut parser = Parser::new(NONCE);
            let frames = stream.chunks(size).flat_map(|piece| parser.feed(piece)).collect();
            let got: Vec<Vec<u8>> = whole(frames).into_iter().map(|(_, body, _)| body).collect();
            prop_assert_eq!(got, bodies);
        }
    }
}
