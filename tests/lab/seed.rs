//! The seed for samples of long sweeps: the commit's id, so that each change tries other cases, and any run can be
//! repeated with `LAB_SEED`.

use std::process::Command;
use std::sync::OnceLock;

/// The seed: `LAB_SEED`, or the id of the commit, or `1`.
pub(crate) fn seed() -> &'static str {
    static SEED: OnceLock<String> = OnceLock::new();
    SEED.get_or_init(|| {
        let given = std::env::var("LAB_SEED").ok().filter(|seed| !seed.is_empty());
        given.or_else(commit).unwrap_or_else(|| "1".to_owned())
    })
}

fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.current_dir(env!("CARGO_MANIFEST_DIR")).args(["rev-parse", "--short=12", "HEAD"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// A number below a million from the seed and a purpose: FNV-1a, and then the mixing of SplitMix64, without which purposes
/// that differ in their last letter get numbers that are close together.
pub(crate) fn number(of: &str) -> u64 {
    let text = format!("{} {of}", seed());
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % 1_000_000
}

/// Whether this is a full sweep (tests/full): nothing is drawn then.
pub(crate) fn is_sweep() -> bool {
    std::env::var_os("MATRIXFORM_FULL").is_some()
}

/// Whether this is in the sample, with a chance of `in_ten` in ten. A full sweep (`MATRIXFORM_FULL`) has all.
pub(crate) fn draws(name: &str, in_ten: u64) -> bool {
    is_sweep() || number(name) % 10 < in_ten
}

/// `count` of these, spread over the list and in its order, by seed and purpose. A full sweep has all.
pub(crate) fn sample<'a, T>(all: &'a [T], count: usize, of: &str) -> Vec<&'a T> {
    if is_sweep() || count >= all.len() {
        return all.iter().collect();
    }
    let start = usize::try_from(number(of)).expect("a small number");
    let mut drawn: Vec<usize> =
        (0..count).map(|at| (start + at * all.len() / count) % all.len()).collect();
    drawn.sort_unstable();
    drawn.into_iter().filter_map(|at| all.get(at)).collect()
}
