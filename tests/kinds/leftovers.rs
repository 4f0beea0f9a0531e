//! Leftovers of a shell that died while writing, and the records a host keeps.

use crate::machine::{Machine, SHELLS};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

/// Runs a script with the whole library, with /var/lib/matrixform in `root`.
fn run(shell: Machine, root: &Path, script: &str) -> (String, bool) {
    let state = format!("{}/matrixform", root.display());
    let library = matrixform::for_tests::run::library().replace("/var/lib/matrixform", &state);
    let (output, ok) = shell.run_with(library, script);
    (String::from_utf8(output).unwrap(), ok)
}

#[test]
fn only_leftovers_of_interrupted_steps_are_cleared() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let script = format!(
            r#"cd '{}' && mkdir -p matrixform/services "a b/c" && cd "a b" || exit
            for mf_it in aaaaaaaaaa bbbbbbbbbb cccccccccc short TOOLONGNAME0; do
                mkdir ".matrixform.$mf_it"; : >".matrixform.$mf_it/mf.new"
            done
            chown nobody .matrixform.bbbbbbbbbb
            : >.matrixform.cccccccccc/key; : >.new.aaaaaaaaaa; : >.matrixform.0000000000
            : >../matrixform/.new.aaaaaaaaaa; : >../matrixform/services/.new.bbbbbbbbbb
            : >../matrixform/services/.new.b; ln -s /etc .matrixform.dddddddddd; cd ..
            leftovers_observe "$PWD/a b" /nowhere | tr '\0' ' ' | sed 's/  /\n/g' | sort
            leftovers_clear "$PWD/a b" /nowhere || exit
            leftovers_observe "$PWD/a b" | tr '\0' ' '; echo; find . -name '.*' ! -name . | sort; ls -A "a b/.matrixform.cccccccccc"
            "#,
            root.display()
        );
        let (output, ok) = run(shell, root, &script);
        let output = output.replace(&root.display().to_string(), "");
        assert!(ok, "{output}");
        let seen = "\
/a b/.matrixform.aaaaaaaaaa kind=d
/a b/.matrixform.cccccccccc kind=d
/matrixform/.new.aaaaaaaaaa kind=f
/matrixform/services/.new.bbbbbbbbbb kind=f
";
        assert!(output.trim_start().starts_with(seen), "{output}");
        for cleared in ["/matrixform/.new.a", "/matrixform/services/.new.bb", "/a b/.matrixform.a"]
        {
            assert!(output.contains(&format!("cleared {cleared}")), "{output}");
        }
        let left = "\
./a b/.matrixform.0000000000
./a b/.matrixform.TOOLONGNAME0
./a b/.matrixform.bbbbbbbbbb
./a b/.matrixform.cccccccccc
./a b/.matrixform.dddddddddd
./a b/.matrixform.short
./a b/.new.aaaaaaaaaa
./matrixform/services/.new.b
key
";
        assert!(output.ends_with(left), "{output}");
    }
}

#[test]
fn leftovers_of_a_killed_shell_are_cleared() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let at = root.display();
        let script = format!(
            "mkdir '{at}/d'; (input() {{ echo half; kill -9 $(exec sh -c 'echo $PPID'); }}; file_write '{at}/d/f' root root 0644)
            ls -A '{at}/d' | wc -l; leftovers_clear '{at}/d' && ls -A '{at}/d'\n"
        );
        let (output, ok) = run(shell, root, &script);
        assert!(ok && output.starts_with("1\ncleared "), "{output}");
        assert_eq!(output.lines().count(), 2, "{output}");
    }
}

#[test]
fn the_state_directory_belongs_only_to_root() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let (root, state) = (directory.path(), directory.path().join("matrixform"));
        let mode = || std::fs::metadata(&state).unwrap().permissions().mode() & 0o7777;
        let looser =
            |mode| std::fs::set_permissions(&state, PermissionsExt::from_mode(mode)).unwrap();
        assert!(run(shell, root, "state_directory\n").1);
        assert_eq!(mode(), 0o700);
        looser(0o2755);
        assert!(run(shell, root, "state_directory\n").1);
        assert_eq!(mode(), 0o700);
        std::fs::write(state.join("secrets"), "x").unwrap();
        chown(state.join("secrets"), Some(65534), None).unwrap();
        looser(0o777);
        let (output, ok) = run(shell, root, "state_directory\n");
        assert!(!ok && output.contains("secrets in it does not belong to root"), "{output}");
        chown(&state, Some(65534), None).unwrap();
        let (output, ok) = run(shell, root, "state_directory\n");
        assert!(!ok && output.contains("belongs to nobody"), "{output}");
        std::fs::rename(&state, root.join("elsewhere")).unwrap();
        chown(root.join("elsewhere"), Some(0), None).unwrap();
        std::os::unix::fs::symlink("elsewhere", &state).unwrap();
        chown(root, Some(65534), None).unwrap();
        let (output, ok) = run(shell, root, "state_directory\n");
        assert!(!ok && output.contains("is not followed"), "{output}");
    }
}

#[test]
fn a_copy_is_restored_completely() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "root='{}'; cd \"$root\"; echo x >kept; chmod 0640 kept; chown nobody kept; ln -s /nowhere link; mkdir d full
            (place_copy \"$root/d/f\" \"$root/kept\") && (place_copy \"$root/d/l\" \"$root/link\") || exit
            ! (place_copy \"$root/d/x\" \"$root/full\") && ! (place_copy \"$root/full\" \"$root/kept\") || exit
            (remove_entry \"$root/d/none\") && ! (remove_entry \"$root/full\" 2>&1) || exit
            find d -mindepth 1 -printf '%p %U %m %l\\n' | sort\n",
            directory.path().display()
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.ends_with("d/f 65534 640 \nd/l 0 777 /nowhere\n"), "{output}");
    }
}
