//! Kind `directory`.

use crate::host::{Host, SHELLS, declared};
use matrixform::for_tests::resource::Action;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test(flavor = "current_thread")]
async fn awkward_names_are_created_and_corrected() {
    for program in SHELLS {
        let mut host = Host::new(program);
        let toml = r#"
            resource = [
                { kind = "directory", name = "@/a b 'c' \"d\" \\e $(touch x)", mode = "0750" },
                { kind = "directory", name = "@/-rf", mode = "2755" },
                { kind = "directory", name = "@/-rf/*" },
            ]"#;
        assert_eq!(host.apply(toml).await.len(), 3);
        assert_eq!(mode(&host.path("-rf")), 0o2755);
        assert_eq!(mode(&host.path("a b 'c' \"d\" \\e $(touch x)")), 0o750);
        assert_eq!(mode(&host.path("-rf/*")), 0o755, "setgid is not inherited");
        std::fs::set_permissions(host.path("-rf/*"), PermissionsExt::from_mode(0o4777)).unwrap();
        let items = host.apply(toml).await;
        assert_eq!((items.len(), &items[0].change.action), (1, &Action::Update));
        assert_eq!(mode(&host.path("-rf/*")), 0o755);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn anything_else_at_its_path_is_refused() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::write(host.path("file"), "data").unwrap();
        symlink("/", host.path("link")).unwrap();
        for name in ["file", "link"] {
            let toml = format!(r#"resource = [{{ kind = "directory", name = "@/{name}" }}]"#);
            let items = host.plan(&toml).await;
            assert!(matches!(items[0].change.action, Action::Refuse { .. }), "{items:?}");
        }
        let toml = r#"resource = [{ kind = "directory", name = "@/no/parent" }]"#;
        let error = host.apply_fails(toml).await;
        let message = format!("{} {:?}", error.message, error.notes);
        assert!(message.contains("there is no directory /"), "{message}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn purging_removes_matching_undeclared_files() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::create_dir(host.path("d")).unwrap();
        std::fs::set_permissions(host.path("d"), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["kept.conf", "old.conf", "-x y'.conf", "other.txt", ".hidden.conf"] {
            std::fs::write(host.path("d").join(name), "").unwrap();
        }
        symlink("/nowhere", host.path("d/dangling.conf")).unwrap();
        std::fs::create_dir(host.path("d/sub.conf")).unwrap();
        let toml = r#"
            resource = [
                { kind = "directory", name = "@/d", purge = "*.conf" },
                { kind = "file", name = "@/d/kept.conf", content = "" },
                { kind = "directory", name = "@/none", purge = "*.conf" },
            ]"#;
        let items = host.apply(toml).await;
        assert_eq!(items.len(), 2, "{items:?}");
        assert_eq!(host.names("d"), [".hidden.conf", "kept.conf", "other.txt", "sub.conf"]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn names_that_cannot_be_shown_are_not_purged() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::create_dir(host.path("d")).unwrap();
        let odd = host.path("d").join(std::ffi::OsStr::from_bytes(b"\xff.conf"));
        std::fs::write(odd, "").unwrap();
        let toml = r#"resource = [{ kind = "directory", name = "@/d", purge = "*.conf" }]"#;
        let items = host.plan(toml).await;
        assert!(matches!(items[0].change.action, Action::Refuse { .. }), "{items:?}");
    }
}

#[test]
fn a_purge_of_everything_is_refused() {
    for glob in ["*", "?*", "../x*", ""] {
        let toml =
            format!("resource = [{{ kind = \"directory\", name = \"/d\", purge = \"{glob}\" }}]");
        assert!(declared(&toml).is_err(), "{glob}");
    }
}
