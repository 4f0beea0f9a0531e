//! Certificate chains made by openssl: correct ones pass, and the others are reported with place, reason and fix before
//! any connection.

use crate::workspace::{GOOD, Workspace};
use serde_json::Value;
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

const MAKE: &str = include_str!("certificates.sh");

/// The correct chains.
const RIGHT: [&str; 11] = [
    "good",
    "plain",
    "any",
    "p384",
    "rsa",
    "year",
    "crlf",
    "text_before",
    "bom",
    "blanks_behind",
    "x509_label",
];

/// Chain, code, level, a part of the reason, a part of the fix.
const WRONG: &[(&str, &str, &str, &str, &str)] = &[
    ("client", "MF330", "error", "extendedKeyUsage is clientAuth, without", "serverAuth"),
    ("code", "MF330", "error", "codeSigning, emailProtection", "get a server certificate"),
    ("unsigning", "MF330", "error", "keyUsage lacks digitalSignature", "digitalSignature"),
    ("authority_leaf", "MF331", "warning", "`example.org`, is a CA certificate", "CA:FALSE"),
    ("ed25519", "MF332", "warning", "its key is Ed25519", "P-256"),
    ("p521", "MF332", "warning", "its key is ECDSA P-521", "P-256"),
    ("rsa1024", "MF152", "error", "fewer than 2048 bits", "2048"),
    ("sha1", "MF152", "error", "signed with SHA-1", "SHA-256"),
    ("century", "MF333", "note", "valid for 36500 days", "a year or less"),
    ("backwards", "MF334", "error", "2029-01-01, before it starts on 2030-01-01", "a new one"),
    ("ended", "MF057", "error", "expired on 2021-01-01", "replace it"),
    ("future", "MF150", "error", "is only valid from 2100-01-01", "clock"),
    ("self_signed", "MF151", "warning", "is self-signed", "public authority"),
    (
        "signed_by_leaf",
        "MF335",
        "error",
        "`example.org` in `chain` signed the one before",
        "full chain",
    ),
    ("middle_first", "MF153", "error", "in the wrong order", "host's certificate first"),
    ("gap", "MF153", "error", "not followed by that of its issuer `Middle`", "after each"),
    ("twice", "MF153", "error", "the one for `example.org` is not followed", "after each"),
    ("stranger", "MF153", "error", "issuer `Middle`", "after each"),
    ("namesake", "MF351", "error", "signed by a different `Middle`", "came with it"),
    ("alone", "MF059", "warning", "only one certificate", "add the intermediates"),
    ("with_key", "MF056", "error", "contains a private key", "remove the key"),
    ("private_key", "MF056", "error", "contains a private key", "remove the key"),
    ("der", "spec/file", "error", "a DER certificate", "`openssl x509 -inform DER -in der.pem`"),
    ("pkcs7", "MF054", "error", "it is PKCS#7", "openssl pkcs7 -print_certs"),
    ("pkcs7_der", "spec/file", "error", "it is PKCS#7", "openssl pkcs7 -inform DER"),
    ("pkcs12", "spec/file", "error", "it is PKCS#12", "openssl pkcs12 -nokeys -in pkcs12.pem"),
    ("utf16", "spec/file", "error", "it is UTF-16", "UTF-8"),
    ("indented", "MF054", "error", "line 1 is indented", "remove the spaces"),
    ("second_indented", "MF054", "error", "is indented", "remove the spaces"),
    ("joined", "MF054", "error", "without a line break", "a line of its own"),
    ("one_line", "MF054", "error", "line 1", "line"),
    ("old_mac", "MF054", "error", "line 1", "line"),
    (
        "cut",
        "MF054",
        "error",
        "line 1 (`BEGIN CERTIFICATE`) has no `-----END",
        "copy the whole file",
    ),
    ("dashes", "MF054", "error", "line 1 is neither `-----BEGIN", "copy the whole file"),
    (
        "damaged",
        "MF054",
        "error",
        "line 1 (`BEGIN CERTIFICATE`) is not base64",
        "copy the whole file",
    ),
    ("empty_line", "MF054", "error", "line 4 is empty", "remove the empty line"),
    ("request", "MF054", "error", "a certificate signing request", "that the authority sent back"),
    ("public_key", "MF054", "error", "it is `PUBLIC KEY`", "the certificate first"),
    ("nothing", "MF054", "error", "it has no line", "the certificate first"),
];

/// The chains, made once per process.
fn chains() -> &'static TempDir {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("sh").args(["-c", MAKE]).current_dir(directory.path()).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        directory
    })
}

/// The problems reported for a chain, without unrelated findings.
fn problems_with(chain: &str) -> Vec<Value> {
    let files = format!(
        "provider = \"files\"\nchain = \"{chain}.pem\"\nkey = {{ secret = \"tls/front\" }}"
    );
    let spec = GOOD.replace("provider = \"self-signed\"", &files);
    let spec = spec.split("[[accept]]").next().unwrap();
    let workspace = Workspace::with(spec);
    let file = format!("{chain}.pem");
    std::fs::copy(chains().path().join(&file), workspace.0.path().join(&file)).unwrap();
    let ran = workspace.run(&["check", "prod.toml", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = found["problems"].as_array().unwrap().iter();
    let others = ["MF019", "MF028", "MF029"];
    found.filter(|one| !others.contains(&one["code"].as_str().unwrap())).cloned().collect()
}

#[test]
fn valid_input_passes() {
    for chain in RIGHT {
        assert_eq!(problems_with(chain), Vec::<Value>::new(), "{chain}");
    }
}

#[test]
fn each_problem_is_one_finding_with_place_reason_and_fix() {
    let mut faults = Vec::new();
    for (chain, code, level, reason, fix) in WRONG {
        let found = problems_with(chain);
        let [one] = found.as_slice() else {
            let all: Vec<&Value> = found.iter().map(|one| &one["message"]).collect();
            faults.push(format!("{chain}: {} findings: {all:#?}", found.len()));
            continue;
        };
        let (message, help) = (one["message"].as_str().unwrap(), one["help"].to_string());
        let is_right = one["code"] == *code && one["level"] == *level;
        if !is_right || !message.contains(reason) || !help.contains(fix) || one["line"] != 10 {
            faults.push(format!("{chain}: line {}: {code}: {message}; {help}", one["line"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
