//! The directory, or the one above it, is swapped for a symlink to a directory of root's while root works in it:
//! nothing there is written, removed or given away, whatever the moment.

use crate::machine::{Machine, SHELLS};

/// A step of every kind that changes something below a directory; `@` is that directory.
const STEPS: [&str; 12] = [
    "printf bmV3Cg== | file_write @/there nobody nogroup 0644",
    "file_attributes @/there nobody nogroup 0604",
    "symlink_write @/there /elsewhere",
    "absent_remove @/there",
    "absent_remove @/empty",
    "remove_entry @/there",
    "directory_purge @ there pair.crt",
    "directory_make @/made nobody nogroup 0755",
    "directory_make @/empty nobody nogroup 0755",
    "place_copy @/there \"$root/kept\"",
    "certificate_attributes @/pair nobody nogroup 0640",
    "leftovers_clear @",
];

/// The programs that steps use, besides those that only print.
const PROGRAMS: &str =
    "stat mktemp mv rm rmdir ln cp chmod chown sync mkdir ls readlink find id openssl timeout cat";

/// Makes `$root/bob/parent/theirs`, owned by nobody from `bob` on, and `$root/outside`, which looks like it but is
/// root's.
pub(crate) const TREE: &str = r#"
tree() {
    command rm -rf -- "$root/bob" "$root/outside"
    for mf_it in bob/parent/theirs outside/theirs; do
        command mkdir -p -- "$root/$mf_it/empty" "$root/$mf_it/.matrixform.0123456789"
        for mf_file in there pair.crt pair.key .matrixform.0123456789/mf.new; do echo old >"$root/$mf_it/$mf_file"; done
    done
    command chmod -R go=u "$root/bob" "$root/outside"
    command chmod 0700 "$root/bob/parent/theirs/.matrixform.0123456789" "$root/outside/theirs/.matrixform.0123456789"
    command chown nobody "$root/bob" "$root/bob/parent" "$root/bob/parent/theirs"
    echo kept >"$root/kept"
}
look() { command find "$root/outside" -printf '%p %U %G %m %s %C@ %l\n' | sort; }
"#;

/// Runs a step repeatedly: first without a swap, then with the swap before its first program, its second one, and so
/// on, or before each STRIDEth.
fn before_every_program(shell: Machine, step: &str, swapped: &str, target: &str, stride: u32) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display();
    let wrappers: String = PROGRAMS
        .split(' ')
        .map(|name| format!("{name}() {{ tick; command {name} \"$@\"; }}\n"))
        .collect();
    let step = step.replace('@', "\"$root/bob/parent/theirs\"");
    let script = format!(
        r#"root='{root}'
{TREE}
tick() {{
    read -r mf_ticks <"$root/ticks"
    echo "$((mf_ticks + 1))" >"$root/ticks"
    [ "$mf_ticks" -ne "$turn" ] || {{
        command mv -- "$root/bob/{swapped}" "$root/bob/taken"
        command ln -s -- "$root/{target}" "$root/bob/{swapped}"
    }}
}}
turn=-1 total=0
while [ "$turn" -lt "$total" ]; do
    tree
    before=$(look)
    echo 0 >"$root/ticks"
    ( {wrappers} {step} ) >"$root/output" 2>&1
    [ $? -eq 0 ] || [ "$turn" -ge 0 ] || {{ cat "$root/output"; exit 1; }}
    [ "$before" = "$(look)" ] || {{ echo "turn $turn: $(cat "$root/output"): $before; $(look)"; exit 1; }}
    left=$(command find "$root/bob" -name '.matrixform.*' ! -name '*.0123456789')
    [ -z "$left" ] || {{ echo "turn $turn: left $left: $(cat "$root/output")"; exit 1; }}
    [ "$turn" -ge 0 ] || read -r total <"$root/ticks"
    [ "$turn" -ge 0 ] && turn=$((turn + {stride})) || turn=0
done
[ "$total" -gt 4 ] || exit 1
"#
    );
    let (output, ok) = shell.run_all(&script);
    assert!(ok, "{step} {swapped}: {}", String::from_utf8_lossy(&output));
}

#[test]
fn a_swapped_directory_does_not_redirect_root() {
    for step in STEPS {
        before_every_program(Machine(SHELLS[0]), step, "parent/theirs", "outside/theirs", 1);
    }
}

#[test]
fn a_swapped_directory_does_not_redirect_busybox() {
    for step in STEPS {
        before_every_program(Machine(SHELLS[1]), step, "parent/theirs", "outside/theirs", 3);
    }
}

#[test]
fn a_swapped_parent_directory_does_not_redirect_root() {
    for step in STEPS {
        before_every_program(Machine(SHELLS[0]), step, "parent", "outside", 2);
    }
}

#[test]
fn a_certificate_is_created_in_no_other_directory() {
    let step = "certificate_write @/pair self 30 nobody nogroup 0640 /CN=a DNS:a";
    before_every_program(Machine(SHELLS[0]), step, "parent/theirs", "outside/theirs", 1);
}

#[test]
fn only_symlinks_owned_by_root_are_followed() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "root='{}'; mkdir -p \"$root/real/sub\" \"$root/theirs\" && cd \"$root\"
            ln -s real link; ln -s ../link/./sub real/up; ln -s \"$root/real\" theirs/link; chown nobody theirs
            (printf bmV3Cg== | file_write \"$root/link/a\" root root 0644) || exit
            (printf bmV3Cg== | file_write \"$root/link/up/b\" root root 0644) || exit
            ! (printf bmV3Cg== | file_write \"$root/theirs/link/c\" root root 0644) || exit
            find . -type f | sort\n",
            directory.path().display()
        );
        let (output, ok) = shell.run_all(&script);
        let output = String::from_utf8(output).unwrap();
        assert!(ok && output.contains("it is not followed"), "{output}");
        assert!(output.ends_with("\n./real/a\n./real/sub/b\n"), "{output}");
    }
}
