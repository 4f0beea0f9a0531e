//! The scripts in examples/ci, as run by a pipeline on a converged host: one comment per request, no effect of a
//! hostile head, and exactly the approved plan is applied.

mod forge;

use crate::guest::{Guest, Ran};
use forge::Forge;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOKEN: &str = "canary-token-7f3a";

/// A secret in a file: only whoever applies has the identity to decrypt it.
const VAULT: &str = r#"format = 1
summary = "A secret"

[params.token]
type = "secret"
generate = "password:40"
doc = "A token."

[[resource]]
kind = "file"
name = "/srv/token"
content = "token = {{ vault.token }}\n"
"#;

const KEY: &str = "matrixform/plan-key";

/// A repository with the specs, and the scripts in `ci/`.
struct Workspace<'a> {
    guest: &'a Guest,
    forge: Forge,
    top: PathBuf,
}

/// Runs the trial on a `guest` that is converged to `body`.
pub(crate) fn trial(guest: &Guest, body: &str) {
    let top = guest.home.path().join("repository");
    let workspace = Workspace { guest, forge: Forge::open(TOKEN), top };
    let spec = converged(guest, body);
    let text = std::fs::read_to_string(&spec).unwrap();
    // The key is provided by the job, through an agent.
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("identity_files"))
        .map(|l| format!("{l}\n"))
        .collect();
    workspace.begin(&text);
    let main = workspace.git(&["rev-parse", "HEAD"]);
    let edited = text.replace("18 4 * * *", "19 4 * * *");
    let good =
        workspace.branch("good", &|workspace| workspace.write("inventory/prod.toml", &edited));
    workspace.anybodys(&main, &good);
    one_comment(&workspace, &good);
    hostile(&workspace, &text);
    workspace.git(&["checkout", "-q", "main"]);
    workspace.git(&["merge", "-q", "--no-ff", "-m", "merged", "good"]);
    applied(&workspace);
    nightly(&workspace);
}

/// The spec with a secret, applied once by an operator with the values.
fn converged(guest: &Guest, body: &str) -> PathBuf {
    let module = guest.home.path().join("modules/vault/module.toml");
    std::fs::create_dir_all(module.parent().unwrap()).unwrap();
    std::fs::write(module, VAULT).unwrap();
    let spec = guest.spec("pipeline.toml", "user = \"root\"", &format!("{body}\n[vault]\n"));
    let created = guest.matrixform(&["secrets", "create", "--identity", "file", text(&spec)]);
    assert_eq!(created.status, 0, "{created}");
    guest.apply(&spec);
    spec
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Workspace<'_> {
    fn begin(&self, spec: &str) {
        std::fs::create_dir_all(self.top.join("ci")).unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci");
        for file in std::fs::read_dir(scripts).unwrap().flatten() {
            if file.file_name().to_string_lossy().ends_with(".sh") {
                std::fs::copy(file.path(), self.top.join("ci").join(file.file_name())).unwrap();
            }
        }
        self.write("inventory/prod.toml", spec);
        self.write("inventory/modules/vault/module.toml", VAULT);
        let age = self.guest.home.path().join("pipeline.secrets.age");
        std::fs::copy(age, self.top.join("inventory/prod.secrets.age")).unwrap();
        self.git(&["init", "-q", "-b", "main"]);
        self.commit();
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.top.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words);
        let ran = command.current_dir(&self.top).env_clear().env("PATH", "/usr/bin:/bin").output();
        let ran = Ran::of(ran.unwrap());
        assert_eq!(ran.status, 0, "git {words:?}\n{ran}");
        ran.stdout.trim().to_owned()
    }

    fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Makes a branch off main and returns its commit; main is checked out again.
    fn branch(&self, name: &str, edit: &dyn Fn(&Workspace<'_>)) -> String {
        self.git(&["checkout", "-q", "-B", name, "main"]);
        edit(self);
        let commit = self.commit();
        self.git(&["checkout", "-q", "main"]);
        commit
    }

    /// Runs a script as a GitHub job; `keys` adds the credentials that only jobs of the main branch have.
    fn script(&self, words: &[&str], keys: bool) -> Ran {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-s", "65536", "-e", "trace=execve,connect,openat", "-o"]);
        command.arg(self.top.with_extension("trace")).arg("sh").args(words).env_clear();
        command
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&self.top)
            .env("HOME", self.guest.home.path());
        command.env("MATRIXFORM", crate::guest::program());
        command.env("GITHUB_STEP_SUMMARY", self.top.with_extension("summary"));
        command.env("GITHUB_OUTPUT", self.top.with_extension("output"));
        if keys {
            let key = std::fs::read_to_string(self.guest.get("IDENTITY_FILE")).unwrap();
            command.env("SSH_KEY", key).env("TOKEN", TOKEN).env("FORGE", "github");
            command.env("GITHUB_API_URL", self.forge.url()).env("GITHUB_REPOSITORY", "a/b");
        }
        let applies = words.contains(&"apply");
        if applies {
            let identity = self.guest.home.path().join(".config/matrixform/age-identity");
            let identity = std::fs::read_to_string(identity).unwrap();
            command.env("MATRIXFORM_AGE_IDENTITY", identity).env("PASS", "MATRIXFORM_AGE_IDENTITY");
        }
        let ran = Ran::of(command.output().expect("strace: apt-get install strace"));
        let trace = std::fs::read_to_string(self.top.with_extension("trace")).unwrap();
        assert!(!trace.contains(TOKEN) && !trace.contains("OPENSSH PRIVATE"), "in an argument");
        assert!(!ran.to_string().contains(TOKEN), "{ran}");
        let opened = opened_store(&trace);
        assert!(applies || opened.is_none(), "only apply has a store of secrets: {opened:?}");
        let spec = self.guest.home.path().join("pipeline.toml");
        for name in [KEY, "vault/token"] {
            let secret = self.guest.matrixform(&["secrets", "get", text(&spec), name]);
            assert_eq!(secret.status, 0, "{secret}");
            let secret = secret.stdout.trim();
            assert!(!trace.contains(secret) && !ran.to_string().contains(secret), "{name}");
        }
        for version in versions(self.guest) {
            assert!(!trace.contains(&version), "a version of a secret in an argument");
        }
        ran
    }

    /// The comparison for a stranger's request, without key, token or connection.
    fn anybodys(&self, base: &str, head: &str) {
        let ran = self.script(&["ci/diff.sh", base, head], false);
        let summary = std::fs::read_to_string(self.top.with_extension("summary")).unwrap();
        assert!(ran.status == 0 && summary.contains("cron:tide"), "{ran}\n{summary}");
        let trace = std::fs::read_to_string(self.top.with_extension("trace")).unwrap();
        assert!(!trace.contains("AF_INET"), "{trace}");
    }
}

/// Where the secrets file was opened, if at all. Git opens it to see whether it is modified, but cannot decrypt it, so
/// that does not count.
fn opened_store(trace: &str) -> Option<&str> {
    let pid = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let opens = |line: &str| line.contains(".secrets.age\"") && line.contains("O_RDONLY");
    let is_git = |line: &str| line.contains("execve(") && line.contains("/git");
    let git: Vec<String> = trace.lines().filter(|line| is_git(line)).filter_map(pid).collect();
    trace
        .lines()
        .filter(|line| opens(line))
        .find(|line| pid(line).is_none_or(|pid| !git.contains(&pid)))
}

/// The versions of secrets kept on the host.
fn versions(guest: &Guest) -> Vec<String> {
    let ledger = guest.run("cat /var/lib/matrixform/ledger.json");
    let ledger: serde_json::Value = serde_json::from_str(&ledger).unwrap();
    let kept = ledger["secrets"].as_object().expect("the host keeps versions");
    kept.values().map(|version| version.as_str().unwrap().to_owned()).collect()
}

/// A plan made without values is accepted from someone with the same values, and from nobody else.
pub(crate) fn without_values(guest: &Guest) {
    let spec = guest.home.path().join("pipeline.toml");
    let edited = std::fs::read_to_string(&spec).unwrap().replace("today on ", "tonight on ");
    std::fs::write(&spec, edited).unwrap();
    let file = guest.home.path().join("blind.plan");
    let mut plan = guest.command();
    plan.args(["plan", text(&spec), "--without-secrets", "--out", text(&file)]);
    // The pipeline applied a commit, and this spec belongs to none.
    plan.args(["--allow", "older"]);
    let planned = Ran::of(plan.env("HOME", guest.home.path().join("nowhere")).output().unwrap());
    let message = "secrets assumed unchanged: vault/token";
    assert!(planned.status == 0 && planned.stdout.contains(message), "{planned}");
    let mut other = guest.command();
    other.args(["apply", text(&spec), "--plan", text(&file)]);
    let other = Ran::of(other.env("MATRIXFORM_SECRET_VAULT_TOKEN", "another").output().unwrap());
    assert_eq!(other.status, 5, "{other}");
    assert!(other.stderr.contains("`vault/token` differs from the host's"), "{other}");
    assert!(guest.run("cat /srv/boat/log").starts_with("today on "));
    let ran = guest.on("apply", &spec, &["--plan", text(&file)]);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(guest.run("cat /srv/boat/log").starts_with("tonight on "));
}

fn one_comment(workspace: &Workspace<'_>, good: &str) {
    let forge = &workspace.forge;
    forge.request(1, good, "a/b");
    forge.request(2, good, "stranger/b");
    let plan = || {
        let ran = workspace.script(&["ci/plan.sh"], true);
        assert_eq!(ran.status, 0, "{ran}");
    };
    plan();
    let first = forge.comment(1);
    assert!(first.starts_with("<!-- matrixform host=") && first.contains("cron:tide"), "{first}");
    assert!(forge.comments(2).is_empty(), "a stranger's request is not planned");
    assert!(first.contains("secrets assumed unchanged: vault/token"), "{first}");
    // Another user posts a comment that begins the same way: it must not be edited.
    forge.say(1, "mallory", &first);
    let before = forge.writes();
    plan();
    assert_eq!(forge.writes(), before, "nothing is new");
    let other = workspace.branch("better", &|workspace| {
        let text = std::fs::read_to_string(workspace.top.join("inventory/prod.toml")).unwrap();
        workspace.write("inventory/prod.toml", &text.replace("18 4 * * *", "20 5 * * *"));
    });
    forge.request(1, &other, "a/b");
    plan();
    assert_eq!(forge.comments(1).len(), 2, "it was patched, not written again");
    let patched = forge.comment(1);
    assert!(patched != first && patched.contains("20 5 * * *"), "{patched}");
    assert_eq!(forge.comments(1)[1].1, first, "mallory's");
    forge.request(1, good, "a/b");
    plan();
}

/// A name, an attack by a head, and a part of the comment.
type Head = (&'static str, fn(&Workspace<'_>, &str, &str), &'static str);

fn lines(workspace: &Workspace<'_>, spec: &str, from: &str, line: &str) {
    let edit = |old: &str| if old.starts_with(from) { line.to_owned() } else { old.to_owned() };
    let text: Vec<String> = spec.lines().map(edit).collect();
    workspace.write("inventory/prod.toml", &(text.join("\n") + "\n"));
}

const LOOK: &str =
    "kind = \"command\"\nname = \"look\"\nrun = \"true\"\ncheck = \"touch /srv/looked\"\n";

const HEADS: &[Head] = &[
    (
        "address",
        |d, spec, _| lines(d, spec, "address", "address = \"127.0.0.1\""),
        "`[host] address`",
    ),
    ("key", |d, spec, _| lines(d, spec, "host_key", "become = \"none\""), "`[host] host_key`"),
    (
        "jump",
        |d, spec, other| lines(d, spec, "[host]", &format!("[host]\njump = \"a@{other}\"")),
        "`[host] jump`",
    ),
    (
        "secrets",
        |d, spec, _| lines(d, spec, "[host]", "[secrets]\nfile = \"/etc/shadow\"\n\n[host]"),
        "`[secrets] file`",
    ),
    (
        "include",
        |d, spec, _| {
            std::os::unix::fs::symlink("/etc/passwd", d.top.join("inventory/more.toml")).unwrap();
            lines(d, spec, "format", "include = [\"more.toml\"]");
        },
        "leads outside",
    ),
    (
        "variable",
        |d, spec, _| {
            d.write("inventory/prod.toml", &format!("{spec}\n[[resource]]\nkind = \"file\"\nname = \"/srv/x\"\ncontent = {{ env = \"SSH_KEY\" }}\n"))
        },
        "`SSH_KEY` is not named",
    ),
    (
        "command",
        |d, spec, _| d.write("inventory/prod.toml", &format!("{spec}\n[[resource]]\n{LOOK}")),
        "touch /srv/looked",
    ),
    (
        "module",
        |d, spec, _| {
            let module = format!("format = 1\nsummary = \"Own\"\n\n[[resource]]\n{LOOK}");
            d.write("inventory/modules/own/module.toml", &module);
            d.write("inventory/prod.toml", &format!("{spec}\n[own]\n"));
        },
        "touch /srv/looked",
    ),
    (
        "scripts",
        |d, spec, other| {
            let script =
                format!("touch {}; curl http://{other}\n", d.top.with_extension("ran").display());
            for name in ["settings.sh", "lib.sh", "plan.sh"] {
                d.write(&format!("ci/{name}"), &script);
            }
            d.write(".ssh/config", &format!("Host *\n  ProxyJump {other}\n"));
            d.write(".gitattributes", "* filter=evil\n");
            d.write("inventory/prod.toml", &format!("{spec}\n# a word\n"));
        },
        "plan=",
    ),
    (
        "flood",
        |d, spec, _| {
            let keys: String = (0..3000)
                .map(|at| format!("no_such_key_{at} = \"{}\"\n", "x".repeat(80)))
                .collect();
            d.write("inventory/prod.toml", &format!("{keys}\n{spec}"));
        },
        "No plan",
    ),
];

fn hostile(workspace: &Workspace<'_>, spec: &str) {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let door = other.local_addr().unwrap().to_string();
    for (at, (name, edit, _)) in HEADS.iter().enumerate() {
        let head = workspace.branch(name, &|workspace| edit(workspace, spec, &door));
        workspace.forge.request(10 + at as u64, &head, "a/b");
    }
    let ran = workspace.script(&["ci/plan.sh"], true);
    assert_eq!(ran.status, 0, "{ran}");
    for (at, (name, _, expected)) in HEADS.iter().enumerate() {
        let comment = workspace.forge.comment(10 + at as u64);
        assert!(comment.contains(expected), "{name}: {comment}");
        assert!(comment.chars().count() <= 65_536 && !comment.contains("root:x:0"), "{name}");
        assert!(*name == "scripts" || comment.contains(" plan=none -->"), "{name}: {comment}");
    }
    assert!(other.accept().is_err(), "somebody came");
    let trace = std::fs::read_to_string(workspace.top.with_extension("trace")).unwrap();
    let (host, forge) = (workspace.guest.get("ADDRESS4"), workspace.forge.port().to_string());
    let elsewhere = trace.lines().filter(|line| line.contains("AF_INET"));
    let elsewhere: Vec<&str> = elsewhere
        .filter(|line| {
            !line.contains(&format!("\"{host}\"")) && !line.contains(&format!("htons({forge})"))
        })
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(!workspace.top.with_extension("ran").exists(), "a script of the head ran");
    workspace.guest.run("[ ! -e /srv/looked ]");
    (0..HEADS.len()).for_each(|at| workspace.forge.close(10 + at as u64));
}

fn applied(workspace: &Workspace<'_>) {
    let commit = workspace.git(&["rev-parse", "HEAD"]);
    workspace.forge.merged(&commit, 1);
    let ran = workspace.script(&["ci/apply.sh", "plan"], true);
    assert_eq!(ran.status, 0, "{ran}");
    let output = std::fs::read_to_string(workspace.top.with_extension("output")).unwrap();
    let plans = output.trim().strip_prefix("plans=").unwrap();
    let (spec, id) = plans.split_once('=').unwrap();
    assert!(spec == "inventory/prod.toml" && id.len() == 64, "{plans}");
    // The plan reviewed in the request equals the current one.
    assert!(ran.stdout.contains(&format!("plan `{id}`, reviewed: `{id}`")), "{ran}");
    let wrong = format!("inventory/prod.toml={}", "0".repeat(64));
    let ran = workspace.script(&["ci/apply.sh", "apply", &wrong], true);
    assert!(ran.status == 1 && ran.stderr.contains("no longer the approved one"), "{ran}");
    assert!(ran.stdout.contains(&"0".repeat(64)) && ran.stdout.contains(id), "both ids: {ran}");
    workspace.guest.run("grep -q '^18 4' /etc/cron.d/tide");
    let ran = workspace.script(&["ci/apply.sh", "apply", plans], true);
    assert_eq!(ran.status, 0, "{ran}");
    workspace.guest.run("grep -q '^19 4' /etc/cron.d/tide");
    let trace = std::fs::read_to_string(workspace.top.with_extension("trace")).unwrap();
    assert!(opened_store(&trace).is_some(), "apply compared the secrets");
}

/// The nightly job: no output when all is as applied, and the changes made by hand otherwise.
fn nightly(workspace: &Workspace<'_>) {
    let ran = workspace.script(&["ci/drift.sh"], true);
    assert!(ran.status == 0 && ran.stdout.contains("no drift"), "{ran}");
    workspace.guest.run("chmod 0600 /etc/cron.d/tide");
    let ran = workspace.script(&["ci/drift.sh"], true);
    workspace.guest.run("chmod 0644 /etc/cron.d/tide");
    assert!(ran.status == 2 && ran.stdout.contains("cron:tide"), "{ran}");
}
