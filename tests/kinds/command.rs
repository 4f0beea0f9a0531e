//! Kind `command`.

use crate::host::{Host, SHELLS, declared};
use matrixform::for_tests::resource::{Action, AttributeValue};

#[tokio::test(flavor = "current_thread")]
async fn runs_until_its_check_passes_and_never_again() {
    for program in SHELLS {
        let mut host = Host::new(program);
        let toml = r#"
            resource = [
                { kind = "command", name = "it's \"one\"", run = "printf %s \"$A-$B\" > '@/one'; echo said", check = "test -e '@/one'", environment = { A = "x  *", B = "'q' \\ $HOME" } },
                { kind = "command", name = "two", run = "cat > '@/two'", creates = "@/two", secret_stdin = "line\n-x\\\n" },
                { kind = "command", name = "three", run = "false", check = "true" },
            ]"#;
        let items = host.apply(toml).await;
        assert_eq!(items.len(), 2, "{items:?}");
        assert_eq!(items[1].change.action, Action::Create);
        let read = |name: &str| std::fs::read_to_string(host.path(name)).unwrap();
        assert_eq!(read("one"), "x  *-'q' \\ $HOME");
        assert_eq!(read("two"), "line\n-x\\\n");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_a_slow_command_and_a_missing_user_are_reported() {
    for program in SHELLS {
        let mut host = Host::new(program);
        let fails = r#"resource = [{ kind = "command", name = "f", run = "echo why; exit 3", creates = "@/f" }]"#;
        let error = host.apply_fails(fails).await;
        assert!(format!("{error:?}").contains("why"), "{error:?}");
    }
    for program in SHELLS {
        let mut host = Host::new(program);
        let slow = r#"resource = [{ kind = "command", name = "s", run = "sleep 9", creates = "@/s", timeout = 1 }]"#;
        host.apply_fails(slow).await;
    }
    for program in SHELLS {
        let mut host = Host::new(program);
        let nobody = r#"resource = [{ kind = "command", name = "u", run = "true", check = "true", as_user = "no-such-user" }]"#;
        let items = host.plan(nobody).await;
        assert!(
            matches!(&items[0].change.differences[0].from, AttributeValue::Word(word) if word.starts_with("fails"))
        );
    }
}

#[tokio::test(flavor = "current_thread")]
async fn runs_as_another_user() {
    for program in SHELLS {
        let mut host = Host::new(program);
        let toml = r#"
            resource = [{ kind = "command", name = "n", as_user = "nobody", check = "test $(id -un) = nobody", run = "false" }]"#;
        assert!(host.plan(toml).await.is_empty());
    }
}

#[test]
fn commands_that_would_always_run_are_refused() {
    let one = |rest: &str| {
        let toml =
            format!("resource = [{{ kind = \"command\", name = \"a\", run = \"x\"{rest} }}]");
        declared(&toml).map(|_| ()).unwrap_err().len()
    };
    assert_eq!(one(""), 1);
    assert_eq!(one(", check = \"x\", timeout = 0"), 1);
    assert_eq!(one(", creates = \"x\""), 1);
    assert_eq!(one(", check = \"x\", environment = { \"A-B\" = \"x\" }"), 1);
}
