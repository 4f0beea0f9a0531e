//! A FIFO put in a file's place after it was examined and before it is opened blocks nothing.

use crate::machine::{Machine, SHELLS};
use std::time::{Duration, Instant};

/// Functions that read files which others may own; `$f` is the file.
const READERS: [&str; 10] = [
    "file_observe $f 0 100",
    "file_attributes $f root root 0600",
    "merged_yaml_files '' 100 $f",
    "certificate_observe ${f%.crt} self",
    "certificate_attributes ${f%.crt} root root 0600",
    "loopback_admits() { :; }; synapse_token_asks_once $f 9 root @a:b",
    "synapse_token_attributes $f",
    "postgres_address $f",
    "identity_of $f",
    "nginx_capacity_observe 100 $f",
];

#[test]
fn a_fifo_in_place_of_a_file_does_not_block() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        for reader in READERS {
            let script = format!(
                "f='{}/x.crt'; rm -f \"$f\"; echo old >\"$f\"; echo old >\"${{f%.crt}}.key\"
                swap() {{ [ -p \"$f\" ] || {{ command rm -f \"$f\"; mkfifo \"$f\"; }}; }}
                dd() {{ swap; command dd \"$@\"; }}
                ln() {{ swap; command ln \"$@\"; }}
                head() {{ swap; command head \"$@\"; }}
                cat() {{ swap; command cat \"$@\"; }}
                timeout() {{ shift; swap; command timeout 1 \"$@\"; }}
                ({reader}) >/dev/null 2>&1
                [ -p \"$f\" ]\n",
                directory.path().display()
            );
            let started = Instant::now();
            assert!(shell.run_all(&script).1, "{reader} opened nothing");
            assert!(started.elapsed() < Duration::from_secs(15), "{reader}");
        }
    }
}
