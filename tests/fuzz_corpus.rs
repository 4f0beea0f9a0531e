//! Runs the fuzz targets on stable: over the kept corpus, files of the repository, and random changes to both. Each
//! case has a time limit and a stack of 2 MiB, and all of them together a memory limit. A case that ends the process is
//! in the file that the failure names; add it to the corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../fuzz/targets.rs"]
mod targets;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// Time limit for one case, on a busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(60);

/// Peak memory of this process in bytes. An answer may take 256 MiB, held twice while a vector grows.
const MEMORY: u64 = 1 << 30;

/// Changed inputs per target; MATRIXFORM_FUZZ overrides it.
const CHANGED: usize = 150;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Runs a target over its corpus, the given files, and changes to both.
fn fuzz(name: &str, target: fn(&[u8]), more: Vec<PathBuf>) {
    let corpus = files(&root().join("fuzz/corpus").join(name));
    assert!(!corpus.is_empty(), "there is a corpus");
    let seeds: Vec<Vec<u8>> =
        corpus.iter().chain(&more).map(|path| std::fs::read(path).unwrap()).collect();
    let wanted = std::env::var("MATRIXFORM_FUZZ").ok().and_then(|number| number.parse().ok());
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let changed: Vec<Vec<u8>> =
        (0..wanted.unwrap_or(CHANGED)).map(|_| change(&seeds, &mut random)).collect();
    let last = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
    for case in seeds.iter().chain(&changed) {
        std::fs::write(&last, case).unwrap();
        within_patience(target, case.clone(), &last);
    }
    let peak = peak();
    assert!(peak < MEMORY, "{name}: {} MiB of memory", peak >> 20);
}

fn within_patience(target: fn(&[u8]), case: Vec<u8>, file: &Path) {
    let (done, waiting) = mpsc::channel();
    let work = std::thread::Builder::new().stack_size(2 << 20);
    let work = work.spawn(move || {
        target(&case);
        let _ = done.send(());
    });
    let ended = waiting.recv_timeout(PATIENCE);
    assert!(ended != Err(mpsc::RecvTimeoutError::Timeout), "{} hangs", file.display());
    assert!(work.unwrap().join().is_ok(), "{} panics", file.display());
}

/// Peak memory of this process so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Words inserted into a text to change its meaning.
const WORDS: [&[u8]; 24] = [
    b"[",
    b"]",
    b"[[",
    b"{",
    b"}",
    b"{{",
    b"}}",
    b"{%",
    b"%}",
    b"\"",
    b"'",
    b"\"\"\"",
    b"\\",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b" = ",
    b".",
    b",",
    b"*",
    b"99999999999999999999",
    b"Match all\nHost *\n",
];

/// One of the seeds with one to six changes.
fn change(seeds: &[Vec<u8>], random: &mut TestRng) -> Vec<u8> {
    let mut case = seeds[below(seeds.len(), random)].clone();
    for _ in 0..=below(6, random) {
        let at = below(case.len() + 1, random);
        let end = (at + below(40, random)).min(case.len());
        match below(6, random) {
            0 => drop(case.drain(at..end)),
            1 => drop(case.splice(at..at, WORDS[below(WORDS.len(), random)].iter().copied())),
            2 => {
                let piece = case[at..end].to_vec();
                let many = piece.repeat(below(200, random));
                drop(case.splice(at..at, many));
            }
            3 if at < case.len() => case[at] ^= 1 << below(8, random),
            4 => {
                let other = &seeds[below(seeds.len(), random)];
                let from = below(other.len() + 1, random);
                case.truncate(at);
                case.extend_from_slice(&other[from..]);
            }
            _ => case.truncate(at),
        }
    }
    case
}

fn below(limit: usize, random: &mut TestRng) -> usize {
    (random.next_u64() % limit.max(1) as u64) as usize
}

#[test]
fn specs() {
    fuzz("spec", targets::spec, files(&root().join("inventory")));
}

#[test]
fn manifests() {
    let manifests = files(&root().join("modules"));
    let manifests = manifests.into_iter().filter(|path| path.ends_with("module.toml"));
    fuzz("manifest", targets::manifest, manifests.collect());
}

#[test]
fn known_hosts() {
    fuzz("known_hosts", targets::known_hosts, Vec::new());
}

#[test]
fn answers() {
    fuzz("answer", targets::answer, Vec::new());
}

#[test]
fn answers_of_the_dns() {
    fuzz("dns", targets::dns, Vec::new());
}

#[test]
fn answers_of_the_web() {
    fuzz("web", targets::web, Vec::new());
}
