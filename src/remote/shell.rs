//! A shell on the host that runs a library of functions and answers requests in frames. Requests are
//! sent without waiting; answers are read as they come. The first flight starts the shell and asks
//! questions alone: it can go as a word of the command that starts it, a round trip before standard
//! input could. What follows goes to standard input, to a shell that knows nothing of the first.

use super::frame::{Frame, Parser};
use super::library::Library;
use super::output::Chunk;
use super::request::{CANNOT_UNPACK, call, pack, packed, with_input};
use crate::diagnostic::Diagnostic;
use crate::secret::hex;
use bytes::Bytes;
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Where a shell's bytes go and come from.
pub trait Link {
    /// Starts the shell with a packed script that it unpacks and runs before it reads its standard
    /// input; how many bytes were sent.
    fn start(&mut self, script: &str) -> impl Future<Output = usize>;
    /// Sends bytes to standard input; false when the other side takes no more.
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = bool>;
    /// The next piece of output.
    fn next(&mut self) -> impl Future<Output = Option<Chunk>>;
    /// Why there is no more output.
    fn lost(&self) -> Option<Diagnostic>;
}

/// A running shell with its library.
pub struct Shell<L> {
    link: L,
    /// The first flight, until it is sent, and what is left of the library for it.
    first: Option<(String, Library)>,
    library: Library,
    /// Whether what runs on the host was told the nonce.
    told: bool,
    /// How long the host may take to say the nonce, and until when that is.
    patience: Duration,
    deadline: Option<Instant>,
    /// How long questions may take on the host.
    answers_within: Duration,
    /// Until when the answer that is waited for must have come, and how long it may take.
    due: Option<(Instant, Duration)>,
    parser: Parser,
    ready: VecDeque<Frame>,
    stderr: Vec<u8>,
    ended: Option<String>,
    next_id: u32,
    outbox: String,
    traffic: Traffic,
    /// Behind a relay: when the next sign of life is due.
    beat: Option<Instant>,
}

/// What a shell has sent and received, in bytes. Both stay below about 14 kB for a look at a host,
/// which is what a fresh TCP connection carries before it waits for an acknowledgement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// To the host: the library and all requests.
    pub sent: usize,
    /// From the host: all answers.
    pub received: usize,
}

impl std::fmt::Display for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kilobytes = |bytes: usize| bytes as f64 / 1000.0;
        let (sent, received) = (kilobytes(self.sent), kilobytes(self.received));
        write!(f, "{sent:.1} kB sent, {received:.1} kB received")
    }
}

/// A host that answers more than this in one frame is refused (bytes).
const BODY_LIMIT: usize = 256 << 20;

/// How often a sign of life is sent to a host that is held.
const BEAT: Duration = Duration::from_secs(3);

/// How long another run may be waited for.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long taking the lock may last: what an earlier run left at work is waited for.
const SILENT_LOCK: Duration = Duration::from_secs(70 * 60);

/// A host that is held and hears nothing for so long ends the run by itself (seconds).
const SILENCE: u64 = 20;
/// How long all questions of a flight may take together: the slowest of them has a minute of its own.
const ANSWERS_WITHIN: Duration = Duration::from_secs(90);

/// The host ends what takes too long. This is how much later this side gives up: some things on a host
/// cannot be ended.
const GRACE: Duration = Duration::from_secs(15);

/// How the shell ends on a host without /proc.
const NO_NONCE: u32 = 73;

/// Standard error beyond this is dropped: it is only for error messages.
const STDERR_LIMIT: usize = 8 * 1024;

impl<L: Link> Shell<L> {
    /// A shell on this link whose library is `library`. Nothing is sent before `flush`. A host on which
    /// something else runs in the place of a shell shows no sign of it within `patience`, or ever.
    pub fn new(link: L, library: &str, patience: Duration) -> Result<Shell<L>, Diagnostic> {
        let mut random = [0u8; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Diagnostic::bug(format!("no random numbers: {error}")))?;
        let mark = hex(&random);
        let begin = format!(
            "read -r mf_nonce </proc/sys/kernel/random/uuid || exit {NO_NONCE}\n\
             printf '\\n%s %s\\n' {mark} \"$mf_nonce\"\n"
        );
        let library = Library::new(library);
        Ok(Shell {
            link,
            first: Some((begin, library.clone())),
            library,
            told: false,
            patience,
            deadline: None,
            answers_within: ANSWERS_WITHIN,
            due: None,
            parser: Parser::announced(&mark),
            ready: VecDeque::new(),
            stderr: Vec::new(),
            ended: None,
            next_id: 1,
            outbox: String::new(),
            traffic: Traffic::default(),
            beat: None,
        })
    }

    /// The same shell, with another time for questions.
    pub fn answers_within(mut self, limit: Duration) -> Shell<L> {
        self.answers_within = limit;
        self
    }

    /// Asks questions: the answers come in one compressed frame, whose id this is.
    pub fn ask<'a>(&mut self, calls: impl Iterator<Item = (&'static str, Vec<&'a str>)>) -> Asked {
        let mut lines = Vec::new();
        let mut functions = Vec::new();
        for (function, words) in calls {
            let id = self.id();
            functions.push((id, function.to_owned()));
            let id = id.to_string();
            let mut all = vec![id.as_str(), function];
            all.extend(words);
            lines.push(call("ask", &all));
        }
        let pack = self.id();
        let (batch, limit) = (at_once(&lines), self.answers_within);
        let seconds = limit.as_secs();
        let script = format!("mf_batch() {{\n{batch}\n}}\npack {pack} mf_batch {seconds}\n");
        let called = functions.iter().map(|(_, function)| function.as_str());
        let called = called.chain(["ask", "pack"]);
        match &mut self.first {
            Some((first, library)) => first.extend([library.take(called), script]),
            None => {
                let needed = self.library.take(called);
                self.bring(&needed);
                self.outbox.push_str(&packed("mf_request", &script));
            }
        }
        Asked { pack, functions, limit }
    }

    /// Asks for one step of converging, and gives its id.
    pub fn step(
        &mut self,
        limit: Duration,
        function: &str,
        words: &[&str],
        input: Option<&[u8]>,
    ) -> u32 {
        let id = self.id();
        let (number, seconds) = (id.to_string(), limit.as_secs().to_string());
        let mut all = vec![number.as_str(), &seconds, function];
        all.extend(words);
        // A step may go on as a unit of its own, which gets the library whole.
        let rest = self.library.take_all();
        self.bring(&rest);
        self.outbox.push_str(&with_input(&call("step", &all), input));
        self.outbox.push('\n');
        id
    }

    /// Asks for steps that the host carries out as a whole, by a unit of its own that goes on when this connection is
    /// lost (see `guard` in src/apply/switch.sh).
    pub fn guarded<'a>(&mut self, steps: impl Iterator<Item = GuardedStep<'a>>) -> Guarded {
        let rest = self.library.take_all();
        self.bring(&rest);
        let mut script = zeroize::Zeroizing::new(String::new());
        let mut ids = Vec::new();
        for step in steps {
            let id = self.id();
            let (number, seconds) = (id.to_string(), step.limit.as_secs().to_string());
            let mut all =
                vec![number.as_str(), step.says, step.unit.unwrap_or("-"), &seconds, step.function];
            all.extend(step.words);
            script.push_str(&with_input(&call("switch_step", &all), step.input));
            script.push('\n');
            ids.push(id);
        }
        let end = self.id();
        script.push_str(&call("switch_end", &[&end.to_string()]));
        let guard = call("guard", &[&end.to_string()]);
        self.outbox.push_str(&with_input(&guard, Some(script.as_bytes())));
        self.outbox.push('\n');
        Guarded { steps: ids, end }
    }

    /// Adds functions to the library on the host.
    fn bring(&mut self, functions: &str) {
        if !functions.is_empty() {
            self.outbox.push_str(&packed("mf_more", functions));
            self.outbox.push_str("mf_library=\"$mf_library$mf_more\n\"\n");
        }
    }

    /// Takes the host for a run of `who`; `wait` until another run has ended. Gives what the host says, and its status:
    /// 0, or 6 while somebody else holds it. From then on the host hears signs of life, and without any it ends the run.
    pub async fn hold(
        &mut self,
        wait: bool,
        who: &str,
        line: impl FnMut(&[u8]),
    ) -> Result<(Vec<u8>, u32), Diagnostic> {
        let rest = self.library.take_all();
        self.bring(&rest);
        let (id, seconds) = (self.id(), SILENCE.to_string());
        let wait = if wait { "yes" } else { "no" };
        self.outbox.push_str(&call("lock_hold", &[&id.to_string(), wait, &seconds, who]));
        self.outbox.push('\n');
        self.flush().await;
        let limit = if wait == "yes" { DAY } else { SILENT_LOCK };
        let answer = self.body(id, limit, line).await?;
        if answer.1 == 0 {
            self.beat = Some(Instant::now() + BEAT);
        }
        Ok(answer)
    }

    /// Sends what was asked for.
    pub async fn flush(&mut self) {
        if let Some((first, _)) = self.first.take() {
            self.deadline = Some(Instant::now() + self.patience);
            self.traffic.sent += self.link.start(&pack(&first)).await;
        }
        if self.outbox.is_empty() || !(self.told || self.tell().await) {
            return; // the reading side says why
        }
        let mut rest = Bytes::from(std::mem::take(&mut self.outbox).into_bytes());
        self.traffic.sent += rest.len();
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(64 * 1024));
            let head = self.beat.map(|_| Bytes::from(format!("d {}\n", piece.len())));
            for bytes in head.into_iter().chain([piece]) {
                if !self.link.send(bytes).await {
                    return;
                }
            }
        }
    }

    /// Tells the shell on standard input, which waits for a line, what the nonce is; false when the
    /// first flight did not get as far as to say it.
    async fn tell(&mut self) -> bool {
        while self.parser.nonce().is_none() && self.ended.is_none() {
            let Some(chunk) = self.chunk().await else { return false };
            self.take(chunk);
        }
        let Some(nonce) = self.parser.nonce() else { return false };
        self.outbox.insert_str(0, &format!("\nmf_nonce={nonce}\nmf_library=\n"));
        self.told = true;
        true
    }

    /// The next frame, or why there is none.
    pub async fn next(&mut self) -> Result<Frame, Diagnostic> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(frame);
            }
            match self.chunk().await {
                Some(chunk) => self.take(chunk),
                None => return Err(self.broken()),
            }
        }
    }

    /// The next piece of output; none too when a shell should have shown itself by now, or the answer come.
    async fn chunk(&mut self) -> Option<Chunk> {
        let due = self.due.map(|(due, _)| due);
        let due = if self.parser.nonce().is_none() { self.deadline } else { due };
        match (due, self.beat) {
            (due, Some(beat)) => self.chunk_or_beat(beat, due).await,
            (Some(due), None) => timeout_at(due, self.link.next()).await.ok().flatten(),
            (None, None) => self.link.next().await,
        }
    }

    /// The next piece of output; signs of life are sent until it comes.
    async fn chunk_or_beat(&mut self, mut beat: Instant, due: Option<Instant>) -> Option<Chunk> {
        let chunk = loop {
            match timeout_at(due.map_or(beat, |due| due.min(beat)), self.link.next()).await {
                Ok(chunk) => break chunk,
                Err(_) if due.is_some_and(|due| due <= Instant::now()) => break None,
                // Where nothing is taken any more the reading side says why.
                Err(_) => drop(self.link.send(Bytes::from_static(b"h\n")).await),
            }
            beat = Instant::now() + BEAT;
        };
        self.beat = Some(beat);
        chunk
    }

    fn take(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Stdout(bytes) => {
                self.traffic.received += bytes.len();
                self.ready.extend(self.parser.feed(&bytes));
            }
            Chunk::Stderr(bytes) => {
                let room = STDERR_LIMIT.saturating_sub(self.stderr.len());
                self.stderr.extend(bytes.iter().take(room));
            }
            Chunk::Exit(status) => self.ended = Some(format!("exit status {status}")),
            Chunk::Signal(name) => self.ended = Some(format!("signal {name}")),
        }
    }

    /// The whole body of the frame `id`, which the host has `limit` for; `line` sees what comes in on the way, and may see an end of
    /// a line twice: once as soon as it came, and once when it is known not to be the frame's.
    pub async fn body(
        &mut self,
        id: u32,
        limit: Duration,
        line: impl FnMut(&[u8]),
    ) -> Result<(Vec<u8>, u32), Diagnostic> {
        self.first_of(&[id], limit, line).await.map(|(_, body, status)| (body, status))
    }

    /// The same for whichever of these frames ends first, and which one that is.
    pub async fn first_of(
        &mut self,
        ids: &[u32],
        limit: Duration,
        mut line: impl FnMut(&[u8]),
    ) -> Result<(u32, Vec<u8>, u32), Diagnostic> {
        let mut body = Vec::new();
        self.due = Some((Instant::now() + limit + GRACE + self.patience, limit));
        loop {
            match self.next().await? {
                Frame::Begin(of) if ids.contains(&of) => body.clear(),
                Frame::Data(of, bytes) if ids.contains(&of) => {
                    self.due = Some((Instant::now() + limit + GRACE, limit));
                    line(&bytes);
                    if body.len() + bytes.len() > BODY_LIMIT {
                        let message = format!("the host answered more than {BODY_LIMIT} bytes");
                        return Err(Diagnostic::error("remote/too-much", message));
                    }
                    body.extend_from_slice(&bytes);
                    if self.ready.is_empty() && self.parser.is_at_line_end() {
                        line(b"\n");
                    }
                }
                Frame::End(of, status) if ids.contains(&of) => {
                    self.due = None;
                    return Ok((of, body, status));
                }
                _ => {}
            }
        }
    }

    /// The nonce, for reading frames inside a compressed one; empty before the first frame.
    pub fn nonce(&self) -> &str {
        self.parser.nonce().unwrap_or_default()
    }

    /// The questions that the host says it could not end when their time was up.
    pub fn overdue(&self) -> Vec<u32> {
        let said = String::from_utf8_lossy(&self.stderr);
        let ids = said.lines().filter_map(|line| line.strip_prefix("matrixform: overdue "));
        ids.filter_map(|id| id.parse().ok()).collect()
    }

    /// What went over the link so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn broken(&self) -> Diagnostic {
        let said = String::from_utf8_lossy(&self.stderr).trim().to_owned();
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if is_late && self.parser.nonce().is_none() && self.ended.is_none() {
            return self.no_shell(&said);
        }
        let Some(ended) = &self.ended else {
            if let Some((_, limit)) = self.due.filter(|(due, _)| *due <= Instant::now()) {
                return no_answer(limit);
            }
            return self.link.lost().unwrap_or_else(|| {
                Diagnostic::error("remote/lost", "the connection to the host was lost")
            });
        };
        if let Some(diagnostic) = sudo(&said) {
            return diagnostic;
        }
        if *ended == format!("exit status {NO_NONCE}") {
            return Diagnostic::error("remote/no-random", "the host gives no random numbers")
                .help("on the host: see whether /proc is mounted (/proc/sys/kernel/random/uuid)");
        }
        if *ended == format!("exit status {CANNOT_UNPACK}") {
            return Diagnostic::error("remote/unpack", "the host cannot unpack what it is sent")
                .note_line(format!("it said: {said}"))
                .help("on the host: apt-get install gzip coreutils");
        }
        let message = format!("the shell on the host ended with {ended}");
        self.quoting(Diagnostic::error("remote/shell", message), &said)
            .help("see whether `ssh HOST /bin/sh -c true` works, what its login shell prints, and whether its sshd_config \
             (`ForceCommand`) or the key in authorized_keys (`command=`) runs another command")
    }

    fn no_shell(&self, said: &str) -> Diagnostic {
        let seconds = self.patience.as_secs();
        let message = format!("the host started no shell within {seconds} s");
        self.quoting(Diagnostic::error("remote/no-shell", message), said).help(
            "see `ForceCommand` in its sshd_config, `command=` before the key in authorized_keys, \
             and the user's login shell",
        )
    }

    fn quoting(&self, diagnostic: Diagnostic, said: &str) -> Diagnostic {
        let noise = self.parser.noise();
        let texts = [said, &noise].into_iter().filter(|text| !text.is_empty());
        texts.fold(diagnostic, |diagnostic, text| diagnostic.note_line(format!("it said: {text}")))
    }
}

/// Something on the host hangs, and could not be ended there.
fn no_answer(limit: Duration) -> Diagnostic {
    let seconds = limit.as_secs();
    Diagnostic::error("remote/no-answer", format!("the host gave no answer within {seconds} s"))
        .help("on the host: look for processes that wait for a disk (`ps -eo pid,stat,args`, a `D`), and for mounts that no longer answer")
}

/// All of these at the same time, each one's output whole: most of the time programs start and wait.
/// Each line writes into a pipe that is read when the lines after it have ended.
fn at_once(lines: &[String]) -> String {
    let mut rest = lines.iter().rev();
    let last = rest.next().cloned().unwrap_or_else(|| ":".to_owned());
    rest.fold(last, |after, line| format!("{line} | {{\n{after}\ncat\n}}"))
}

/// One step of what the host carries out as a whole.
#[derive(Clone, Debug)]
pub struct GuardedStep<'a> {
    /// What is running then, for whoever asks the host what came of it.
    pub says: &'a str,
    /// The unit that it starts, stops or reloads.
    pub unit: Option<&'a str>,
    /// How long it may take.
    pub limit: Duration,
    /// The function.
    pub function: &'a str,
    /// Its words.
    pub words: Vec<&'a str>,
    /// Its standard input.
    pub input: Option<&'a [u8]>,
}

/// What `guarded` will be answered by.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// A frame for each step.
    pub steps: Vec<u32>,
    /// How it ended: 0 applied, 4 as it was before, 1 nothing was changed, else neither of them.
    pub end: u32,
}

/// What `ask` will be answered by.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The compressed frame.
    pub pack: u32,
    /// The frames in it, and which function made each.
    pub functions: Vec<(u32, String)>,
    /// How long the host has for all of them.
    pub limit: Duration,
}

/// sudo's own words, understood.
fn sudo(said: &str) -> Option<Diagnostic> {
    let (message, help) = if said.contains("a password is required") {
        (
            "sudo on the host asks for a password",
            "let the user run sudo without one, or name a secret in `[host] sudo_password`",
        )
    } else if said.contains("incorrect password") || said.contains("try again") {
        (
            "sudo on the host refused the password",
            "correct the secret that `[host] sudo_password` names",
        )
    } else if said.contains("not in the sudoers") || said.contains("may not run sudo") {
        (
            "the user may not use sudo on the host",
            "log in as root, or add the user to the host's sudoers",
        )
    } else if said.contains("you must have a tty") {
        (
            "sudo on the host wants a terminal",
            "in the host's sudoers: `Defaults:USER !requiretty` for the user that logs in",
        )
    } else if said.contains("sudo: not found") || said.contains("sudo: command not found") {
        (
            "there is no sudo on the host",
            "log in as root (`[host] user = \"root\"`), or install sudo",
        )
    } else if said.contains("no place for named pipes") {
        (
            "the login user finds no room for the pipes that keep secrets out of sudo's log",
            "make $XDG_RUNTIME_DIR, /dev/shm or /tmp on the host writable, or log in as root",
        )
    } else {
        return None;
    };
    Some(Diagnostic::error("remote/sudo", message).note_line(format!("it said: {said}")).help(help))
}
