//! Kind `nginx_capacity`: changes two numbers in an existing file, and nothing else in it.

use crate::host::{Host, SHELLS, declared};
use matrixform::for_tests::resource::{Action, AttributeValue};
use std::fs::{Permissions, read, set_permissions, write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

const SPEC: &str = r#"resource = [{ kind = "nginx_capacity", name = "@/nginx.conf", connections = 4608, open_files = 9216 }]"#;

/// As shipped by Debian 12, 13 and Ubuntu 24.04, up to the start of the second block.
const SHIPPED: &str = "user www-data;\nworker_processes auto;\npid /run/nginx.pid;\nerror_log /var/log/nginx/error.log;\n\
    include /etc/nginx/modules-enabled/*.conf;\n\nevents {\n\tworker_connections 768;\n\t# multi_accept on;\n}\n\nhttp {\n}\n";

/// The content of a file after an apply, the same under both shells.
async fn raised(text: &str) -> String {
    let mut made = Vec::new();
    for program in SHELLS {
        let mut host = Host::new(program);
        write(host.path("nginx.conf"), text).unwrap();
        assert_eq!(host.apply(SPEC).await.len(), 1, "{text:?}");
        assert_eq!(host.names(""), ["nginx.conf"], "nothing is left over");
        made.push(read(host.path("nginx.conf")).unwrap());
    }
    assert_eq!(made[0], made[1], "both shells make the same");
    String::from_utf8(made.remove(0)).unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn the_distributions_file_is_raised_and_keeps_every_other_byte() {
    let wanted = SHIPPED
        .replace("connections 768;", "connections 4608;")
        .replace("events {", "worker_rlimit_nofile 9216;\nevents {");
    assert_eq!(raised(SHIPPED).await, wanted);
}

#[tokio::test(flavor = "current_thread")]
async fn directives_are_found_in_every_valid_form() {
    for (text, wanted) in [
        // On one line, in another order, with a misleading comment, and without a final newline.
        (
            "# worker_connections 1;\nworker_rlimit_nofile 10;events{use epoll;worker_connections 20;}#x",
            "# worker_connections 1;\nworker_rlimit_nofile 9216;events{use epoll;worker_connections 4608;}#x",
        ),
        // Over several lines, with CRLF line ends.
        (
            "events\r\n{\r\n  worker_connections\r\n    20 ;\r\n}\r\nworker_rlimit_nofile 99999;\r\n",
            "events\r\n{\r\n  worker_connections\r\n    4608 ;\r\n}\r\nworker_rlimit_nofile 99999;\r\n",
        ),
        // In quotes, in other blocks and as other values, the names have another meaning.
        (
            "env a=worker_connections;\nenv \"x\\\"; events { worker_connections 1;\";\nstream { worker_connections 2; }\n\
             worker_rlimit_nofile 9216;\nevents { worker_connections 3; }\n",
            "env a=worker_connections;\nenv \"x\\\"; events { worker_connections 1;\";\nstream { worker_connections 2; }\n\
             worker_rlimit_nofile 9216;\nevents { worker_connections 4608; }\n",
        ),
        // Left to nginx's default.
        (
            "events {}\nhttp { map $a $b { ~^${c}; events 1; } }\n",
            "worker_rlimit_nofile 9216;\nevents {\n\tworker_connections 4608;\n}\nhttp { map $a $b { ~^${c}; events 1; } }\n",
        ),
        (
            "events {\n\tuse epoll;\n}\n",
            "worker_rlimit_nofile 9216;\nevents {\n\tworker_connections 4608;\n\tuse epoll;\n}\n",
        ),
        // Bytes that are not UTF-8 are counted as bytes.
        (
            "# \u{e4}\u{20ac}\u{1f600}\nworker_rlimit_nofile 10000;\nevents { worker_connections 1; } # \u{e4}\n",
            "# \u{e4}\u{20ac}\u{1f600}\nworker_rlimit_nofile 10000;\nevents { worker_connections 4608; } # \u{e4}\n",
        ),
    ] {
        assert_eq!(raised(text).await, wanted);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn sufficient_limits_are_left_alone() {
    for program in SHELLS {
        let mut host = Host::new(program);
        for (connections, files) in [(4608, 9216), (10_000, 1_000_000)] {
            let text = format!(
                "worker_rlimit_nofile {files};\nevents {{ worker_connections {connections}; }}\n"
            );
            write(host.path("nginx.conf"), text).unwrap();
            assert!(host.plan(SPEC).await.is_empty());
        }
        // Only the number that is too low is raised, and the plan shows nothing else.
        write(
            host.path("nginx.conf"),
            "worker_rlimit_nofile 99999;\nevents { worker_connections 768; }\n",
        )
        .unwrap();
        let planned = host.apply(SPEC).await;
        let [difference] = planned[0].change.differences.as_slice() else { panic!("{planned:?}") };
        assert_eq!(
            (difference.attribute, &difference.from),
            ("connections", &AttributeValue::word("768"))
        );
        let now = std::fs::read_to_string(host.path("nginx.conf")).unwrap();
        assert_eq!(now, "worker_rlimit_nofile 99999;\nevents { worker_connections 4608; }\n");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn owner_mode_and_old_inode_are_preserved() {
    for program in SHELLS {
        let mut host = Host::new(program);
        let path = host.path("nginx.conf");
        write(&path, SHIPPED).unwrap();
        chown(&path, Some(12), Some(34)).expect("as root");
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        std::fs::hard_link(&path, host.path("held")).unwrap();
        host.apply(SPEC).await;
        let made = path.metadata().unwrap();
        assert_eq!((made.uid(), made.gid(), made.mode() & 0o7777), (12, 34, 0o640));
        let held = std::fs::read_to_string(host.path("held")).unwrap();
        assert_eq!(held, SHIPPED, "it is replaced as a whole, never written into");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn unsupported_configurations_are_refused_with_a_reason() {
    let cases: [(&str, &str); 6] = [
        ("http { }\n", "has no `events` block"),
        ("events { }\nevents { worker_connections 1; }\n", "has two `events` blocks"),
        (
            "events { worker_connections 1; worker_connections 2; }\n",
            "sets `worker_connections` twice",
        ),
        (
            "worker_rlimit_nofile 1; worker_rlimit_nofile 2; events { }\n",
            "sets `worker_rlimit_nofile` twice",
        ),
        ("events { worker_connections auto; }\n", "is not a number"),
        ("events { worker_connections 99999999999999999999; }\n", "is not a number"),
    ];
    for program in SHELLS {
        let mut host = Host::new(program);
        let refused = async |host: &mut Host| {
            let items = host.plan(SPEC).await;
            let Action::Refuse { why, help } = &items[0].change.action else { panic!("{items:?}") };
            assert!(help.contains("clients = 0"), "{help}");
            why.clone()
        };
        assert!(refused(&mut host).await.starts_with("there is no /"));
        for (text, why) in cases {
            write(host.path("nginx.conf"), text).unwrap();
            let why_refused = refused(&mut host).await;
            assert!(why_refused.contains(why), "{why_refused}");
        }
        std::fs::rename(host.path("nginx.conf"), host.path("elsewhere")).unwrap();
        symlink("elsewhere", host.path("nginx.conf")).unwrap();
        assert!(refused(&mut host).await.starts_with("there is a symbolic link at"));
    }
}

#[test]
fn a_file_at_the_same_path_is_a_conflict() {
    let both = r#"resource = [
        { kind = "file", name = "/etc/nginx/nginx.conf", content = "events {}" },
        { kind = "nginx_capacity", name = "/etc/nginx/nginx.conf", connections = 2, open_files = 2 },
    ]"#;
    let problems = declared(both).unwrap_err();
    assert_eq!(problems[0].message, "/etc/nginx/nginx.conf is declared twice");
    assert!(problems[0].help.as_ref().unwrap().contains("clients = 0"));
    let wrong = r#"resource = [{ kind = "nginx_capacity", name = "x", connections = 0, open_files = 1e9 }]"#;
    assert_eq!(declared(wrong).unwrap_err().len(), 3);
}
