//! Reads facts from the host's answer. Missing or odd values become `null`, never a guess.

use crate::facts::{Facts, Os};
use crate::resource::Answers;
use crate::secret::hex;
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

/// The shell function that gathers facts.
pub const FUNCTION: &str = "facts_observe";

/// Memory is rounded down to this many bytes.
const MEMORY_STEP: u64 = 64 << 20;

/// Reads facts from the answers; `packages` are the ones that were asked about.
pub fn read(answers: &Answers, packages: &[String]) -> Facts {
    let get = |key: &str, field: &str| {
        let text = answers.get(FUNCTION, key)?.text(field)?;
        Some(text).filter(|text| !text.is_empty())
    };
    let number = |key: &str, field: &str| get(key, field)?.parse::<u64>().ok();
    let by_package =
        |field: &str, name: &String| (name.clone(), get(&format!("package:{name}"), field));
    Facts {
        os: Os {
            id: get("os", "id"),
            version: get("os", "version"),
            codename: get("os", "codename"),
        },
        arch: get("host", "arch"),
        packages: packages.iter().map(|name| by_package("installed", name)).collect(),
        candidates: packages.iter().map(|name| by_package("candidate", name)).collect(),
        memory: number("host", "memory")
            .map(|kilobytes| kilobytes * 1024 / MEMORY_STEP * MEMORY_STEP),
        cpus: number("host", "cpus"),
        hostname: get("host", "hostname"),
        addresses: keys(answers, "address:"),
        ipv6: get("host", "ipv6").map(|word| word == "yes"),
        systemd: Some(number("host", "systemd").unwrap_or(0)),
        container: get("host", "container"),
        postgres_clusters: keys(answers, "cluster:"),
        synapse_server_name: get("host", "synapse_server_name"),
        ssh_socket: get("host", "ssh_socket").is_some(),
        certbot_snap: get("host", "certbot_snap").is_some(),
        ssh_client: get("host", "client")
            .and_then(|text| text.split(' ').next().map(str::to_owned)),
        user: get("host", "user"),
        disk: disk(answers),
        time: number("host", "time"),
        reboot_required: get("host", "reboot_required").is_some(),
    }
}

/// Returns an id of the machine: SHA-256 of a fixed word and its machine-id. machine-id(5) asks not to expose the
/// machine-id itself.
pub fn machine(answers: &Answers) -> Option<String> {
    let id = answers.get(FUNCTION, "host")?.text("machine")?;
    let is_id = id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit());
    is_id.then(|| hex(&Sha256::digest(format!("matrixform machine {id}"))))
}

/// Returns the stamp of everything that decides apt's candidates; while it stays the same, so do the candidates.
pub fn offers(answers: &Answers) -> Option<String> {
    answers.get(FUNCTION, "host")?.text("offers")
}

/// Whether the answers come from a system that matrixform supports.
pub fn is_supported(answers: &Answers) -> bool {
    let id = answers.get(FUNCTION, "os").and_then(|record| record.text("id"));
    matches!(id.as_deref(), Some("ubuntu" | "debian"))
}

/// Whether the answers come from root.
pub fn is_root(answers: &Answers) -> bool {
    let record = answers.get(FUNCTION, "host");
    record.and_then(|record| record.text("privileged")).as_deref() == Some("0")
}

fn keys(answers: &Answers, prefix: &str) -> Vec<String> {
    let Some(answer) = answers.answer(FUNCTION) else { return Vec::new() };
    let mut found: Vec<String> = answer
        .records
        .keys()
        .filter_map(|key| key.strip_prefix(prefix))
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

fn disk(answers: &Answers) -> IndexMap<String, u64> {
    let free = |mount: &String| {
        let record = answers.get(FUNCTION, &format!("disk:{mount}"))?;
        record.text("free")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    };
    let mounts = keys(answers, "disk:");
    mounts.iter().filter_map(|mount| Some((mount.clone(), free(mount)?))).collect()
}
