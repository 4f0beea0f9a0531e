//! Unmistakable secrets in all their possible spellings, and a watcher that looks for them in the processes and
//! temporary directories of this machine and of a host. The watcher sees all trials that run at the time, so each draws
//! its own canaries.

use base64::Engine;
use base64::engine::general_purpose::{
    GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD, URL_SAFE_NO_PAD,
};
use base64::{alphabet, engine::DecodePaddingMode};
use flate2::read::GzDecoder;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A fresh random value.
pub(crate) fn drawn() -> String {
    let mut random = [0; 12];
    getrandom::fill(&mut random).unwrap();
    format!("CANARY{}canary", hex(&random))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A planted value.
#[derive(Clone)]
pub(crate) struct Canary {
    /// Its name in a failure message.
    pub(crate) name: String,
    spellings: Vec<String>,
}

impl Canary {
    /// A canary with this value. Derives the spellings independently of the program's code.
    pub(crate) fn new(name: &str, value: &str) -> Canary {
        let quoted =
            |escape: &dyn Fn(char) -> String| value.chars().map(escape).collect::<String>();
        let mut spellings = vec![
            value.to_owned(),
            quoted(&|c| if "\"\\".contains(c) { format!("\\{c}") } else { c.to_string() }),
            quoted(&|c| if c == '\'' { "''".to_owned() } else { c.to_string() }),
            quoted(&|c| if c == '\'' { "'\\''".to_owned() } else { c.to_string() }),
            hex(value.as_bytes()),
            hex(value.as_bytes()).to_uppercase(),
            value.bytes().map(percent).collect(),
        ];
        spellings.extend((0..3).flat_map(|shift| base64(value, shift)));
        // The first line of a PEM is the same for every key, in other trials and checkouts, too.
        let own = |line: &&str| line.len() >= 16 && !line.starts_with("-----");
        spellings.extend(value.lines().filter(own).map(str::to_owned));
        spellings.extend(digests(value.as_bytes()));
        spellings.extend(digests(format!("{value}\n").as_bytes()));
        spellings.sort();
        spellings.dedup();
        Canary { name: name.to_owned(), spellings }
    }

    /// The digests of a file that holds a secret: they let others test guesses.
    pub(crate) fn digest(name: &str, bytes: &[u8]) -> Canary {
        Canary { name: format!("the digest of {name}"), spellings: digests(bytes).to_vec() }
    }

    /// Whether a text contains it in any spelling.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.spellings.iter().any(|spelling| text.contains(spelling))
    }

    /// Lines for `grep -f`: the single-line spellings.
    fn patterns(&self) -> impl Iterator<Item = &String> {
        self.spellings.iter().filter(|spelling| !spelling.contains('\n'))
    }
}

/// The unkeyed hashes of a value.
fn digests(bytes: &[u8]) -> [String; 4] {
    let (sha256, sha1) = (Sha256::digest(bytes), Sha1::digest(bytes));
    [hex(&sha256), STANDARD_NO_PAD.encode(sha256), hex(&sha1), STANDARD_NO_PAD.encode(sha1)]
}

/// A text, followed by everything packed in its words as base64 or gzip within base64, unpacked recursively.
fn unpacked(text: &str, depth: usize) -> String {
    let mut all = text.to_owned();
    let alphabet = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    for word in text.split(|c| !alphabet(c)).filter(|word| word.len() >= 16 && depth > 0) {
        let Ok(bytes) = LENIENT.decode(word) else { continue };
        let mut plain = Vec::new();
        // Truncated data is unpacked as far as possible.
        let is_packed = GzDecoder::new(&bytes[..]).read_to_end(&mut plain).is_ok();
        let bytes = if is_packed || !plain.is_empty() { plain } else { bytes };
        all.push('\n');
        all.push_str(&unpacked(&String::from_utf8_lossy(&bytes), depth - 1));
    }
    all
}

/// With or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn percent(byte: u8) -> String {
    let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// Its base64 behind `shift` other bytes, without the characters that depend on adjacent bytes.
fn base64(value: &str, shift: usize) -> Vec<String> {
    let text = format!("{}{value}", "x".repeat(shift));
    let inner = |encoded: String| encoded[4..encoded.len() - 4].to_owned();
    vec![inner(STANDARD_NO_PAD.encode(&text)), inner(URL_SAFE_NO_PAD.encode(&text))]
}

/// Asserts that a text contains no canary.
pub(crate) fn assert_none(canaries: &[Canary], what: &str, text: &str) {
    for canary in canaries {
        assert!(!canary.is_in(text), "{what} shows {}: {text}", canary.name);
    }
}

/// Writes a pattern file for `grep -F -f`.
pub(crate) fn write_patterns(canaries: &[Canary], path: &Path) {
    let lines: Vec<&str> = canaries.iter().flat_map(Canary::patterns).map(String::as_str).collect();
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// Repeatedly inspects the arguments and environment of every process and the temporary directories, until it is
/// stopped.
pub(crate) struct Watcher {
    stop: Arc<AtomicBool>,
    looking: Option<std::thread::JoinHandle<Sightings>>,
}

/// The findings of a watcher.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    /// The places where a canary was found.
    pub(crate) leaks: Vec<String>,
    /// How many times it looked while a process with the mark was running.
    pub(crate) at_work: usize,
    /// Arguments and environments already inspected.
    known: HashSet<(String, String)>,
}

impl Watcher {
    /// Starts watching. `mark` is in the arguments of a process that must be seen running. `given` is a program that is
    /// handed a canary in its environment on purpose: only its own environment may contain it.
    pub(crate) fn start(
        canaries: &[Canary],
        mark: &str,
        directories: Vec<PathBuf>,
        given: Option<String>,
    ) -> Watcher {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, canaries) = (Arc::clone(&stop), canaries.to_vec());
        let mark = mark.to_owned();
        let looking = std::thread::spawn(move || {
            let mut seen = Sightings::default();
            while !stopped.load(Ordering::SeqCst) {
                look(&canaries, &mark, given.as_deref(), &mut seen);
                directories.iter().for_each(|directory| files(&canaries, directory, &mut seen));
            }
            seen
        });
        Watcher { stop, looking: Some(looking) }
    }

    /// Stops watching and returns the findings.
    pub(crate) fn end(mut self) -> Sightings {
        self.stop.store(true, Ordering::SeqCst);
        self.looking.take().unwrap().join().unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn look(canaries: &[Canary], mark: &str, given: Option<&str>, seen: &mut Sightings) {
    let mut marked = false;
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |file: &str| {
            let bytes = std::fs::read(process.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (before, environment, after) = (read("cmdline"), read("environ"), read("cmdline"));
        // During exec, a process briefly has no arguments, or those of the previous program.
        let is_given = given
            .is_some_and(|program| [&before, &after].iter().any(|args| args.starts_with(program)));
        let args = if after.is_empty() { before } else { after };
        let is_known = !args.is_empty();
        marked |= args.contains(mark);
        let shown = (args, environment);
        if seen.known.contains(&shown) {
            continue;
        }
        let (args, environment) = &shown;
        let (opened, surrounding) = (unpacked(args, 3), unpacked(environment, 3));
        for canary in canaries {
            if canary.is_in(&opened) {
                seen.leaks.push(format!("{} in the arguments {args:?}", canary.name));
            }
            if canary.is_in(&surrounding) && is_known && !is_given {
                seen.leaks.push(format!("{} in the environment of {args:?}", canary.name));
            }
        }
        seen.known.insert(shown);
    }
    seen.at_work += usize::from(marked);
}

fn files(canaries: &[Canary], directory: &Path, seen: &mut Sightings) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
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

#[test]
fn packed_values_are_detected() {
    use base64::engine::general_purpose::STANDARD;
    let value = drawn();
    let canary = Canary::new("it", &value);
    let packed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    };
    let command = |script: &str| format!("/bin/sh\0-c\0mf=$(printf %s {script} | base64 -d)\0");
    let digest = hex(&Sha256::digest(format!("{value}\n")));
    for inside in [&value, &digest, &STANDARD.encode(&value)] {
        let script = packed(&format!("file_observe /srv/a {inside} 0\n"));
        for args in [command(&script), command(&packed(&command(&script)))] {
            let opened = unpacked(&args, 3);
            assert!(canary.is_in(&opened), "{inside}: {opened:?}");
        }
    }
    assert!(!canary.is_in(&unpacked(&command(&packed("nothing of it, in many words")), 3)));
}

#[test]
fn exec_of_the_intended_recipient_is_not_a_leak() {
    let value = drawn();
    let given = Some("/bin/true".to_owned());
    let watcher = Watcher::start(&[Canary::new("it", &value)], "no such mark", Vec::new(), given);
    for _ in 0..1000 {
        let mut command = std::process::Command::new("/bin/true");
        assert!(command.env("CANARY", &value).status().unwrap().success());
    }
    let seen = watcher.end();
    assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
}
