//! Kinds `symlink` and `absent`.

use crate::host::{Host, SHELLS, declared};
use matrixform::for_tests::resource::Action;
use std::os::unix::fs::symlink;

#[tokio::test(flavor = "current_thread")]
async fn links_are_created_and_redirected() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::write(host.path("file"), "old").unwrap();
        symlink("elsewhere", host.path("turned")).unwrap();
        let toml = r#"
            resource = [
                { kind = "symlink", name = "@/new 'x' \\ $y", target = "a b\n" },
                { kind = "symlink", name = "@/-turned", target = "-dash" },
                { kind = "symlink", name = "@/turned", target = "/" },
                { kind = "symlink", name = "@/file", target = "../x" },
            ]"#;
        assert_eq!(host.apply(toml).await.len(), 4);
        let target = |name: &str| std::fs::read_link(host.path(name)).unwrap();
        assert_eq!(target("new 'x' \\ $y").to_str().unwrap(), "a b\n");
        assert_eq!(target("turned").to_str().unwrap(), "/");
        assert_eq!(target("file").to_str().unwrap(), "../x");
        assert_eq!(host.names("").len(), 4, "nothing is left over");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_directory_is_never_replaced_by_a_link() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::create_dir(host.path("d")).unwrap();
        let items = host.plan(r#"resource = [{ kind = "symlink", name = "@/d", target = "x" }]"#);
        assert!(matches!(items.await[0].change.action, Action::Refuse { .. }));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn absent_removes_only_files_links_and_empty_directories() {
    for program in SHELLS {
        let mut host = Host::new(program);
        std::fs::write(host.path("-file"), "x").unwrap();
        std::fs::create_dir(host.path("empty")).unwrap();
        std::fs::create_dir(host.path("full")).unwrap();
        std::fs::write(host.path("full/x"), "x").unwrap();
        symlink(host.path("full"), host.path("link")).unwrap();
        let toml = r#"
            resource = [
                { kind = "absent", name = "@/-file" },
                { kind = "absent", name = "@/empty" },
                { kind = "absent", name = "@/link" },
                { kind = "absent", name = "@/never" },
            ]"#;
        let items = host.apply(toml).await;
        assert_eq!(items.len(), 3);
        assert!(items.iter().all(|item| item.change.action == Action::Remove));
        assert_eq!(host.names(""), ["full"]);
        let full = r#"resource = [{ kind = "absent", name = "@/full" }]"#;
        assert!(matches!(host.plan(full).await[0].change.action, Action::Refuse { .. }));
    }
}

#[test]
fn a_link_needs_a_target_and_a_path() {
    let problems = declared(r#"resource = [{ kind = "symlink", name = "a/../b" }]"#).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
}
