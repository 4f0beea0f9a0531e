//! Secrets that cannot be mistaken for anything, every way in which they may be spelt, and a watcher
//! that looks for them in the processes and temporary folders of this machine and of a host.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A planted value.
#[derive(Clone)]
pub(crate) struct Canary {
    /// How a failure names it.
    pub(crate) name: String,
    spellings: Vec<String>,
}

impl Canary {
    /// A canary with this value; this derives its spellings anew, not by the program's own code.
    pub(crate) fn new(name: &str, value: &str) -> Canary {
        let quoted =
            |escape: &dyn Fn(char) -> String| value.chars().map(escape).collect::<String>();
        let mut spellings = vec![
            value.to_owned(),
            quoted(&|c| if "\"\\".contains(c) { format!("\\{c}") } else { c.to_string() }),
            quoted(&|c| if c == '\'' { "''".to_owned() } else { c.to_string() }),
            quoted(&|c| if c == '\'' { "'\\''".to_owned() } else { c.to_string() }),
            value.bytes().map(|byte| format!("{byte:02x}")).collect(),
            value.bytes().map(|byte| format!("{byte:02X}")).collect(),
            value.bytes().map(percent).collect(),
        ];
        spellings.extend((0..3).flat_map(|shift| base64(value, shift)));
        spellings.extend(value.lines().filter(|line| line.len() >= 16).map(str::to_owned));
        spellings.sort();
        spellings.dedup();
        Canary { name: name.to_owned(), spellings }
    }

    /// Whether a text holds it in any spelling.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.spellings.iter().any(|spelling| text.contains(spelling))
    }

    /// Lines for `grep -f`: the spellings of one line.
    fn patterns(&self) -> impl Iterator<Item = &String> {
        self.spellings.iter().filter(|spelling| !spelling.contains('\n'))
    }
}

fn percent(byte: u8) -> String {
    let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// In base64 behind `shift` other bytes, without the characters that depend on its neighbours.
fn base64(value: &str, shift: usize) -> Vec<String> {
    let text = format!("{}{value}", "x".repeat(shift));
    let inner = |encoded: String| encoded[4..encoded.len() - 4].to_owned();
    vec![inner(STANDARD_NO_PAD.encode(&text)), inner(URL_SAFE_NO_PAD.encode(&text))]
}

/// No canary is in this text.
pub(crate) fn assert_none(canaries: &[Canary], what: &str, text: &str) {
    for canary in canaries {
        assert!(!canary.is_in(text), "{what} shows {}: {text}", canary.name);
    }
}

/// The file of patterns for `grep -F -f`.
pub(crate) fn write_patterns(canaries: &[Canary], path: &Path) {
    let lines: Vec<&str> = canaries.iter().flat_map(Canary::patterns).map(String::as_str).collect();
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// Looks again and again at the arguments and the environment of every process, and into the folders
/// for temporary files, until it is asked what it saw.
pub(crate) struct Watcher {
    stop: Arc<AtomicBool>,
    looking: Option<std::thread::JoinHandle<Seen>>,
}

/// What a watcher saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Where a canary was.
    pub(crate) leaks: Vec<String>,
    /// How many times it looked while a process named `MARKED` was at work.
    pub(crate) at_work: usize,
}

impl Watcher {
    /// Starts looking. `given` is a process that was handed a canary in its environment on purpose:
    /// its own environment, and that of nobody else, may hold it.
    pub(crate) fn start(
        canaries: &[Canary],
        folders: Vec<PathBuf>,
        given: Option<String>,
    ) -> Watcher {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, canaries) = (Arc::clone(&stop), canaries.to_vec());
        let looking = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !stopped.load(Ordering::SeqCst) {
                look(&canaries, given.as_deref(), &mut seen);
                folders.iter().for_each(|folder| files(&canaries, folder, &mut seen));
            }
            seen
        });
        Watcher { stop, looking: Some(looking) }
    }

    /// Stops, and tells.
    pub(crate) fn end(mut self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        self.looking.take().unwrap().join().unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn look(canaries: &[Canary], given: Option<&str>, seen: &mut Seen) {
    let mut marked = false;
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |file: &str| {
            let bytes = std::fs::read(process.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (words, environment) = (read("cmdline"), read("environ"));
        marked |= words.contains("MARKED");
        for canary in canaries {
            if canary.is_in(&words) {
                seen.leaks.push(format!("{} in the arguments {words:?}", canary.name));
            }
            let is_given = given.is_some_and(|program| words.starts_with(program));
            if canary.is_in(&environment) && !is_given {
                seen.leaks.push(format!("{} in the environment of {words:?}", canary.name));
            }
        }
    }
    seen.at_work += usize::from(marked);
}

fn files(canaries: &[Canary], folder: &Path, seen: &mut Seen) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(canaries, &path, seen);
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let found = canaries.iter().filter(|canary| canary.is_in(&text));
            seen.leaks.extend(found.map(|canary| format!("{} in {}", canary.name, path.display())));
        }
    }
}
