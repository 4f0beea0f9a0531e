//! Foreign changes that would prevent nginx's next start: plans name them.

use super::changes::spec;
use super::host::{Front, spec_with};

pub(super) fn services_that_would_fail_to_start_are_named(front: &Front) {
    let logs = "ls -l --full-time /var/log/nginx/error.log /run/nginx.pid";
    let before = front.guest.run(logs);
    let good = front.guest.on("plan", &front.spec, &[]);
    assert!(!good.stderr.contains("next start"), "{good}");
    front.guest.run(
        "echo 'bogus yes;' >/etc/nginx/conf.d/zz.conf
        echo 'BogusOption yes' >/etc/ssh/sshd_config.d/zz.conf",
    );
    let planned = front.guest.on("plan", &front.spec, &[]);
    front.guest.run("rm /etc/nginx/conf.d/zz.conf /etc/ssh/sshd_config.d/zz.conf");
    assert!(planned.status == 0 && planned.stdout.contains("no changes"), "{planned}");
    for words in [
        "the next start of nginx would fail",
        "unknown directive \"bogus\" in /etc/nginx/conf.d/zz.conf:1",
        "the next start of sshd would fail",
        "/etc/ssh/sshd_config.d/zz.conf: line 1: Bad configuration option: BogusOption",
    ] {
        assert!(planned.stderr.contains(words), "{words}: {planned}");
    }
    assert_eq!(front.guest.run(logs), before, "looking writes nothing");
}

/// A foreign site's certificate and its includes are in other directories: both are watched since the last switch.
pub(super) fn files_outside_owned_directories_are_watched(front: &Front) {
    front.guest.run(
        "mkdir -p /srv/site/more && cd /srv/site && openssl req -quiet -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
            -subj /CN=x -keyout x.key -out x.crt 2>/dev/null || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \\
            -nodes -subj /CN=x -keyout x.key -out x.crt 2>/dev/null
        echo 'return 204;' >more/one.conf; echo 'server_tokens off;' >line
        printf '%s\n' 'server { listen 127.0.0.1:9443 ssl; server_name x.test; ssl_certificate /srv/site/x.crt;' \\
            '    ssl_certificate_key \"/srv/site/x.key\"; include /srv/site/line; include /srv/site/more/*.conf; }' \\
            >/etc/nginx/conf.d/zz.conf && systemctl reload nginx",
    );
    let other = spec_with("federation_port = true", "federation_port = false");
    let other = spec(front, "other.toml", &other.replace(":8448", ":443"));
    front.guest.apply(&other);
    let watched = front.guest.run("cat /var/lib/matrixform/watched/nginx");
    for path in ["x.crt", "x.key", "line", "more/.", "more/one.conf"] {
        let path = format!("/srv/site/{path}");
        assert!(watched.lines().any(|line| line == path), "no {path}: {watched}");
    }
    assert!(!watched.contains("/etc/nginx/"), "{watched}");
    let good = front.guest.on("plan", &other, &[]);
    assert!(good.stdout.contains("no changes") && !good.stderr.contains("next start"), "{good}");
    for (change, back, says) in [
        (
            "cp x.crt kept; echo nonsense >x.crt",
            "mv kept x.crt",
            "cannot load certificate \"/srv/site/x.crt\"",
        ),
        ("echo 'bogus yes;' >line", "echo 'server_tokens off;' >line", "/srv/site/line:1"),
        ("echo 'bogus yes;' >more/two.conf", "rm more/two.conf", "/srv/site/more/two.conf:1"),
    ] {
        front.guest.run(&format!("cd /srv/site; {change}"));
        let planned = front.guest.on("plan", &other, &[]);
        front.guest.run(&format!("cd /srv/site; {back}"));
        assert!(planned.stdout.contains("no changes"), "{change}: {planned}");
        assert!(
            planned.stderr.contains("the next start of nginx would fail"),
            "{change}: {planned}"
        );
        assert!(planned.stderr.contains(says), "{change}: {planned}");
    }
    front.guest.run("rm -r /etc/nginx/conf.d/zz.conf /srv/site");
    front.guest.apply(&front.spec);
}
