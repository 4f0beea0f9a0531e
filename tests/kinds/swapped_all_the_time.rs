//! While hundreds of steps of an apply run, a tight loop in another process keeps swapping the directory that root
//! works in for a symlink to a directory of root's. Whatever the outcome of each step, the other directory is never
//! changed.

use crate::machine::{Machine, SHELLS};
use crate::swapped_directory::TREE;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Steps of each sort, half of them under each shell.
const STEPS: u32 = 500;

#[test]
fn writing() {
    under_a_swap("printf bmV3Cg== | file_write @/there nobody nogroup 0644");
}

#[test]
fn removing() {
    under_a_swap("remove_entry @/there");
}

#[test]
fn purging() {
    under_a_swap("directory_purge @ there pair.crt");
}

#[test]
fn putting_back() {
    under_a_swap("place_copy @/there \"$root/kept\"");
}

#[test]
fn giving_away() {
    under_a_swap("file_attributes @/there nobody nogroup 0604");
}

#[test]
fn linking() {
    under_a_swap("symlink_write @/there /elsewhere");
}

/// Exchanges both names until stopped, after varying short pauses, so that the swap hits any moment of a step; returns
/// the number of swaps.
fn exchange(one: &Path, other: &Path, stop: &AtomicBool) -> u32 {
    let (mut swaps, mut random) = (0, 1_u64);
    while !stop.load(Ordering::Relaxed) {
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
        swaps += 1;
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros((random >> 33) % 20_000));
    }
    swaps
}

#[allow(clippy::print_stdout)] // how many
fn under_a_swap(step: &str) {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let head = format!("root='{}'\n{TREE}\n", root.display());
        let look = || String::from_utf8(shell.run_all(&format!("{head}look\n")).0).unwrap();
        let made = shell.run_all(&format!(
            "{head}tree; ln -s \"$root/outside/theirs\" \"$root/bob/parent/link\"\n"
        ));
        assert!(made.1, "{}", String::from_utf8_lossy(&made.0));
        let before = look();
        // The script works in the directory itself, whatever its name, to recreate for the next step what the last one
        // removed.
        let script = format!(
            "{head}cd -P \"$root/bob/parent/theirs\" && echo ready >\"$root/ready\" || exit
            done=0 refused=0
            while [ \"$((done + refused))\" -lt {} ]; do
                [ -f there ] && [ ! -L there ] || {{ command rm -f there; echo old >there; }}
                echo old >pair.crt
                if ({}) >/dev/null 2>&1; then done=$((done + 1)); else refused=$((refused + 1)); fi
            done
            echo \"$done $refused\"\n",
            STEPS / 2,
            step.replace('@', "\"$root/bob/parent/theirs\"")
        );
        let stop = AtomicBool::new(false);
        let ((output, _), swaps) = std::thread::scope(|scope| {
            let (parent, stop) = (root.join("bob/parent"), &stop);
            let ready = root.join("ready");
            let swapping = scope.spawn(move || {
                while !ready.exists() && !stop.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                exchange(&parent.join("theirs"), &parent.join("link"), stop)
            });
            let output = shell.run_all(&script);
            stop.store(true, Ordering::Relaxed);
            (output, swapping.join().unwrap())
        });
        assert_eq!(before, look(), "{step}: the other directory is as it was");
        let output = String::from_utf8(output).unwrap();
        let counts = output.trim().split_once(' ').expect("two numbers");
        let [done, refused] = [counts.0, counts.1].map(|count| count.parse::<u32>().unwrap());
        println!("{step}, {}: {done} done, {refused} refused, {swaps} swaps", shell.0[0]);
        assert_eq!(done + refused, STEPS / 2);
        assert!(done > 0 && refused > 0 && swaps > 100, "{step}: {output}, {swaps} swaps");
        let words = ["-name", ".matrixform.*", "!", "-name", "*.0123456789"];
        let left = Command::new("find").arg(root.join("bob")).args(words).output().unwrap();
        assert_eq!(String::from_utf8(left.stdout).unwrap(), "", "{step}: left over");
    }
}
