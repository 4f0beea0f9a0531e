//! Kind `apt_source`: the file that apt reads, and that only the pinned key is ever placed; at home and on the host,
//! which must read the same keyrings alike.

use crate::host::{SHELLS, declared};
use matrixform::for_tests::resource::{
    Answers, AttributeValue, Comparison, Context, Observed, Resource, Step, Wanted,
};
use std::io::Write;
use std::process::{Command, Output, Stdio};

const ARCHIVE: &str = "CBB790C21B00F7216B15263ABB4885D8A2FFC575";
const OTHER: &str = "CB59393C45C95F7E596B3D797212142BB40191F5";
const VERSION_6: &str = "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9";

const ONE: &str = include_str!("keys/archive.asc");
/// The same key and another one.
const TWO: &str = include_str!("keys/two.asc");
/// The sample certificate of RFC 9580, appendix A.3.
const SIX: &str = include_str!("keys/v6.asc");

fn toml(rest: &str) -> String {
    format!(
        "[[resource]]\nkind = \"apt_source\"\nname = \"x\"\nuris = [\"https://a.example/debian/\"]\nsuites = [\"noble\"]\ncomponents = [\"main\", \"extra\"]\n{rest}\n"
    )
}

fn given(key: &str, fingerprint: &str) -> String {
    toml(&format!("key = '''\n{key}'''\nfingerprint = \"{fingerprint}\""))
}

fn steps(wanted: &[Wanted]) -> Vec<Step> {
    let resource = &wanted[0].resource;
    let change = resource.compare(&Context::default(), &Observed::Absent);
    resource.converge(&Context::default(), &change)
}

fn compare(resource: &dyn Resource, paths: &str, keys: &str) -> Comparison {
    let mut answers = Answers::default();
    answers.add("paths_observe", 0, format!("/\0type=directory\0\0{paths}").as_bytes());
    answers.add("apt_source_keys", 0, keys.as_bytes());
    answers.add("file_observe", 0, keys.as_bytes());
    resource.compare(&Context::default(), &resource.observe(&Context::default(), &answers))
}

#[test]
fn apt_reads_it_and_trusts_one_key_for_it() {
    let wanted =
        declared(&given(ONE, "CBB7 90C2 1B00 F721 6B15  263A BB48 85D8 A2FF C575")).unwrap();
    let steps = steps(&wanted);
    assert_eq!(steps[0].call.args, ["/etc/apt/keyrings/x.gpg"]);
    let text = steps[1].call.input.as_ref().unwrap().as_plain_text().unwrap();
    insta::assert_snapshot!(text, @r"
    # Managed by matrixform.
    Types: deb
    URIs: https://a.example/debian/
    Suites: noble
    Components: main extra
    Signed-By: /etc/apt/keyrings/x.gpg
    ");
    assert!(wanted[0].resource.requires().contains(&"package:ca-certificates".to_owned()));
}

#[test]
fn only_the_pinned_key_of_a_keyring_is_placed() {
    let key = |text: &str, fingerprint: &str| {
        steps(&declared(&given(text, fingerprint)).unwrap())[0].call.input.clone().unwrap()
    };
    let alone = key(ONE, ARCHIVE);
    assert_eq!(key(TWO, ARCHIVE), alone);
    assert_ne!(key(TWO, OTHER), alone);
    assert_eq!(key(SIX, VERSION_6).expose().len(), 424);
}

#[test]
fn a_wrong_key_is_refused_with_both_fingerprints() {
    let problems = declared(&given(TWO, VERSION_6)).unwrap_err();
    assert_eq!(
        problems[0].message,
        format!(
            "apt_source:x: this key is refused: it has the fingerprint {ARCHIVE}, {OTHER}, not the pinned {VERSION_6}"
        )
    );
    for broken in ["not a key", "", &ONE[..400]] {
        assert_eq!(declared(&given(broken, ARCHIVE)).unwrap_err().len(), 1, "{broken}");
    }
}

#[test]
fn another_key_on_the_host_is_a_difference() {
    let wanted = declared(&toml(&format!("key_url = \"http://a/k\"\nfingerprint = \"{ARCHIVE}\"")));
    let source = &wanted.unwrap()[0].resource;
    let path = "/etc/apt/keyrings/x.gpg\0type=regular file\0owner=root\0group=root\0mode=644\0\0";
    let loose = path.replace("644", "666");
    let keys = |found: &str| format!("/etc/apt/keyrings/x.gpg\0fingerprints={found}\0\0");
    assert!(!compare(&**source, path, &keys(ARCHIVE)).differs("key"));
    for (path, found) in [(path, OTHER), (path, ""), (&loose, ARCHIVE), ("", ARCHIVE)] {
        let change = compare(&**source, path, &keys(found));
        assert!(change.differs("key"), "{found}");
        let args = source.converge(&Context::default(), &change)[0].call.args.clone();
        assert_eq!(args, ["http://a/k", ARCHIVE, "/etc/apt/keyrings/x.gpg"]);
    }
    let two = compare(&**source, path, &keys(&format!("{ARCHIVE} {OTHER}")));
    assert_eq!(two.differences.last().unwrap().to, AttributeValue::word(ARCHIVE));
}

#[test]
fn incomplete_and_multiline_sources_are_refused() {
    let short = format!("key_url = \"https://a/k\"\nfingerprint = \"{}\"", &ARCHIVE[32..]);
    assert_eq!(declared(&toml(&short)).unwrap_err().len(), 1);
    assert_eq!(declared(&toml(&format!("fingerprint = \"{ARCHIVE}\""))).unwrap_err().len(), 1);
    let both = format!("key = ''\nkey_url = \"https://a/k\"\nfingerprint = \"{ARCHIVE}\"");
    assert_eq!(declared(&toml(&both)).unwrap_err().len(), 1);
    let lines = format!(
        "architectures = [\"amd64\\nX: y\"]\nkey_url = \"ftp://a\"\nfingerprint = \"{ARCHIVE}\""
    );
    assert_eq!(declared(&toml(&lines)).unwrap_err().len(), 2);
}

/// Runs library functions on this machine.
fn run(program: &[&str], script: &str) -> Output {
    let mut child = Command::new(program[0])
        .args(&program[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("apt-get install dash busybox");
    let text = format!("mf_nonce=x\n{}\n{script}\n", matrixform::for_tests::run::library());
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_host_parses_keyrings_like_the_program() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kinds/keys");
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let ring = directory.path().join("ring");
        let ring = ring.to_str().unwrap();
        for (name, text, fingerprint) in [
            ("archive", ONE, ARCHIVE),
            ("two", TWO, OTHER),
            ("two", TWO, ARCHIVE),
            ("v6", SIX, VERSION_6),
        ] {
            let script = format!(
                "openpgp_binary {keys}/{name}.asc >{ring} && apt_source_pinned {ring} {fingerprint}"
            );
            let home = steps(&declared(&given(text, fingerprint)).unwrap());
            let wanted = home[0].call.input.as_ref().unwrap().expose().to_vec();
            assert_eq!(run(program, &script).stdout, wanted, "{name} {program:?}");
        }
        let both =
            run(program, &format!("openpgp_binary {keys}/two.asc >{ring}; apt_source_keys {ring}"));
        let record = format!("{ring}\0fingerprints={ARCHIVE} {OTHER}\0\0");
        assert_eq!(String::from_utf8(both.stdout).unwrap(), record);
    }
}

#[test]
fn the_host_refuses_broken_keyrings() {
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let ring = directory.path().join("ring");
        for broken in [
            &b"hello"[..],
            b"",
            b"\x99",
            b"\xc6\xff\xff\xff\xff\xff",
            b"\x99\x00\x05\x04abc",
            b"\xb4\x01a",
        ] {
            std::fs::write(&ring, broken).unwrap();
            let script = format!("apt_source_keys {}", ring.display());
            let output = String::from_utf8(run(program, &script).stdout).unwrap();
            assert!(output.ends_with("\0fingerprints=\0\0"), "{output:?}");
        }
    }
}

#[test]
fn a_keyring_with_many_packets_is_read_quickly() {
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let ring = directory.path().join("ring");
        // A version 4 public key of one byte, followed by empty packets: 1 MiB.
        let mut bytes = b"\x98\x01\x04".to_vec();
        bytes.extend(b"\xb4\x00".repeat(500_000));
        std::fs::write(&ring, &bytes).unwrap();
        let started = std::time::Instant::now();
        let script = format!("openpgp_keys {}", ring.display());
        let output = String::from_utf8(run(program, &script).stdout).unwrap();
        assert!(output.ends_with(&format!(" 0 {}\n", bytes.len())), "{output}");
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
        std::fs::write(&ring, b"\x98\x01\x04".repeat(101)).unwrap();
        assert_eq!(run(program, &script).stdout, b"", "nobody has so many keys");
    }
}

#[test]
fn an_endless_key_is_not_kept() {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
            let read = stream.read(&mut request).unwrap_or(0);
            if request[..read].starts_with(b"GET /small") {
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x98\x01\x04");
                continue;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while stream.write_all(&[b'x'; 65536]).is_ok() {}
        }
    });
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().display();
        let script = format!(
            "mf_place='{at}'; apt_source_check http://{address}/key X /nowhere; du -ab '{at}' | sort -n | tail -n 1"
        );
        let output = String::from_utf8(run(program, &script).stdout).unwrap();
        assert!(output.contains("larger than 1 MiB"), "{output}");
        let size: u64 = output.lines().last().unwrap().split('\t').next().unwrap().parse().unwrap();
        assert!(size < 1_200_000, "{output}");
        let small = script.replace("/key", "/small");
        let output = String::from_utf8(run(program, &small).stdout).unwrap();
        assert!(output.contains("has the fingerprint"), "{output}");
    }
}
