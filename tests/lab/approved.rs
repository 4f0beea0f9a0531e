//! Either a saved plan is applied as it is, or nothing: refused after each change by hand, accepted after a night.

use crate::guest::Guest;
use crate::pipeline;
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial(
        "approved::trixie::only_the_saved_plan_is_applied",
        only_the_saved_plan_is_applied,
    )]
}

const BEFORE: &str = r#"
[tls]
provider = "self-signed"

[nginx]

[well_known]
server_name = "a.example"
server = "matrix.a.example:443"
base_url = "https://matrix.a.example"

[[resource]]
kind = "directory"
name = "/srv/boat"
mode = "0750"

[[resource]]
kind = "file"
name = "/srv/boat/log"
content = "on {{ facts.hostname }}\n"

[[resource]]
kind = "symlink"
name = "/srv/latest"
target = "/srv/boat"

[[resource]]
kind = "cron"
name = "tide"
schedule = "17 4 * * *"
command = "true"
"#;

/// A change by hand, its reversal, and the words that report it.
const CHANGES: [(&str, &str, &str); 10] = [
    (
        "echo storm >>/srv/boat/log",
        "printf 'on %s\\n' \"$(hostname)\" >/srv/boat/log",
        "file:/srv/boat/log",
    ),
    ("chmod 0755 /srv/boat", "chmod 0750 /srv/boat", "directory:/srv/boat"),
    ("ln -sfn /srv /srv/latest", "ln -sfn /srv/boat /srv/latest", "symlink:/srv/latest"),
    (
        "cp -p /etc/cron.d/tide /root/tide && rm /etc/cron.d/tide",
        "cp -p /root/tide /etc/cron.d/tide",
        "cron:tide",
    ),
    (
        "chown nobody /etc/nginx/conf.d/matrixform.conf",
        "chown root /etc/nginx/conf.d/matrixform.conf",
        "/etc/nginx/conf.d/matrixform.conf",
    ),
    ("systemctl stop nginx", "systemctl start nginx", "service:nginx.service"),
    ("systemctl disable nginx", "systemctl enable nginx", "service:nginx.service"),
    (
        "cp -p /etc/machine-id /root/id && tr 0-9 1-90 </root/id >/etc/machine-id",
        "cp -p /root/id /etc/machine-id",
        "it is a different machine",
    ),
    (
        "hostname harbour && echo 'on harbour' >/srv/boat/log",
        "hostname -F /etc/hostname && printf 'on %s\\n' \"$(hostname)\" >/srv/boat/log",
        "the fact `hostname`",
    ),
    (
        "echo '# mine' >>/etc/matrixform/well-known/client.json",
        "sed -i '$d' /etc/matrixform/well-known/client.json",
        "file:/etc/matrixform/well-known/client.json",
    ),
];

/// What happens on a host within a day without anybody's doing.
const NIGHT: &str = "
    touch /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp
    apt-get -qq install -y --no-install-recommends tree >/dev/null 2>&1
    logrotate -f /etc/logrotate.conf 2>/dev/null || true
    systemctl restart nginx
    systemctl restart cron 2>/dev/null || true
    logger 'a night passes'
    find /var/log -name '*.log' -exec touch {} +
";

fn only_the_saved_plan_is_applied() -> Result<(), Failed> {
    let guest = Guest::blank("t-approved", "trixie");
    let spec = guest.spec("a.toml", "user = \"root\"", BEFORE);
    let file = guest.home.path().join("a.plan");
    // A blank host, exactly as shown in the plan.
    let first = save(&guest, &spec, &file);
    approved(&guest, &spec, &file);
    assert!(guest.planned(&spec).is_empty());
    assert!(first.contains(", plan "), "{first}");
    let after = BEFORE.replace("17 4", "18 4").replace("\"on ", "\"today on ");
    let spec = guest.spec("a.toml", "user = \"root\"", &after);
    save(&guest, &spec, &file);
    for (change, back, named) in CHANGES {
        guest.run(change);
        let ran = guest.on("apply", &spec, &["--plan", path(&file)]);
        let planned = guest.planned(&spec);
        guest.run(back);
        assert_eq!(ran.status, 5, "{change}\n{ran}");
        assert!(ran.stderr.contains(named), "{change}\n{ran}\n{planned:?}");
    }
    let other = guest.spec("a.toml", "user = \"root\"", &format!("{after}\n# a word\n"));
    let ran = guest.on("apply", &other, &["--plan", path(&file)]);
    assert!(ran.status == 5 && ran.stderr.contains("the spec's text differs"), "{ran}");
    let spec = guest.spec("a.toml", "user = \"root\"", &after);
    a_changed_byte(&guest, &spec, &file);
    guest.run(NIGHT);
    approved(&guest, &spec, &file);
    assert!(guest.planned(&spec).is_empty());
    assert!(guest.run("cat /srv/boat/log").starts_with("today on "));
    let again = guest.on("apply", &spec, &["--plan", path(&file)]);
    assert_eq!(again.status, 5, "it is done already\n{again}");
    let began = std::time::Instant::now();
    pipeline::trial(&guest, &after);
    pipeline::without_values(&guest);
    println!("the pipeline took {:.1} s", began.elapsed().as_secs_f64());
    guest.down();
    Ok(())
}

fn save(guest: &Guest, spec: &Path, file: &Path) -> String {
    let words = ["--out", path(file), "--detailed-exitcode"];
    let planned = guest.on("plan", spec, &words);
    assert_eq!(planned.status, 2, "{planned}");
    let shown = guest.matrixform(&["show", path(file)]);
    assert_eq!(shown.stdout, planned.stdout, "what is kept is what was shown");
    planned.stdout
}

fn approved(guest: &Guest, spec: &Path, file: &Path) {
    let ran = guest.on("apply", spec, &["--plan", path(file)]);
    assert_eq!(ran.status, 0, "{ran}");
    let id = guest.matrixform(&["show", path(file), "--format", "json"]).stdout;
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let first = ran.stdout.lines().next().unwrap_or_default();
    assert!(first.contains(id["id"].as_str().unwrap()), "{first}");
}

fn a_changed_byte(guest: &Guest, spec: &Path, file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let other: PathBuf = guest.home.path().join("other.plan");
    std::fs::write(&other, text.replace("18 4", "19 4")).unwrap();
    let ran = guest.on("apply", spec, &["--plan", path(&other)]);
    assert!(ran.status == 5 && ran.stderr.contains("does not match its id"), "{ran}");
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
