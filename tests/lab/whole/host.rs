//! Converged hosts of a suite. The first is made from a blank host and observed; further ones start from its snapshot.
//! A trial that fails deletes its host, so that the next one gets a sound one.

use super::audit::Audit;
use crate::guest::{Guest, Ran, lab};
use crate::seats::Where;
use crate::timing;
use libtest_mimic::Trial;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The suites on which everything is tried.
pub(crate) const SUITES: [&str; 3] = ["trixie", "bookworm", "noble-like"];

/// A host converged to its spec.
pub(crate) struct Host {
    pub(crate) guest: Guest,
    pub(crate) spec: PathBuf,
    pub(crate) suite: &'static str,
}

/// Records of how the first host of a suite was made.
pub(crate) struct Making {
    pub(crate) blank: Audit,
    pub(crate) planned: Vec<String>,
    /// The first plan as a comment on a forge.
    pub(crate) comment: String,
    pub(crate) after_plan: Audit,
    pub(crate) applied: Ran,
    pub(crate) converged: Audit,
    pub(crate) again: Ran,
    pub(crate) after_again: Audit,
    pub(crate) after_boot: Vec<String>,
}

struct Pool {
    making: Making,
    secrets: String,
    free: Mutex<Vec<Host>>,
    made: AtomicUsize,
}

static POOLS: [OnceLock<Result<Pool, String>>; 3] = [const { OnceLock::new() }; 3];

const SECRETS: &str = ".config/matrixform/lab-secrets.toml";

/// A trial on a converged host of a suite.
pub(crate) fn trial(
    name: String,
    suite: &'static str,
    run: impl FnOnce(&Host) + Send + 'static,
) -> Trial {
    timing::trial_at(Where::From(format!("whole::{suite}")), name, move || {
        with(suite, run);
        Ok(())
    })
}

/// A trial on a converged host used by no other trial before or after: for a trial that leaves traces, or must find
/// none.
pub(crate) fn trial_apart(
    name: String,
    suite: &'static str,
    run: impl FnOnce(&Host) + Send + 'static,
) -> Trial {
    timing::trial_at(Where::From(format!("whole::{suite}")), name, move || {
        tried(pool(suite).another(suite), run).guest.down();
        Ok(())
    })
}

fn with(suite: &'static str, run: impl FnOnce(&Host)) {
    let pool = pool(suite);
    let free = lock(&pool.free).pop();
    let host = free.unwrap_or_else(|| pool.another(suite));
    let host = tried(host, run);
    lock(&pool.free).push(host);
}

/// Runs a trial on a host and returns the host; after a failure the host is ended, unless `LAB_KEEP` is set.
fn tried(host: Host, run: impl FnOnce(&Host)) -> Host {
    if let Err(failure) = catch_unwind(AssertUnwindSafe(|| run(&host))) {
        if std::env::var_os("LAB_KEEP").is_none() {
            host.guest.down();
        }
        resume_unwind(failure)
    }
    host
}

/// The records of the making of a suite's first host.
pub(crate) fn making(suite: &'static str) -> &'static Making {
    &pool(suite).making
}

/// Ends all hosts.
pub(crate) fn down() {
    for (suite, pool) in SUITES.iter().zip(&POOLS) {
        let Some(Ok(pool)) = pool.get() else { continue };
        lock(&pool.free).drain(..).for_each(|host| host.guest.down());
        if std::env::var_os("LAB_KEEP").is_none() {
            lab(&["forget", &snapshot(suite)]);
        }
    }
}

fn pool(suite: &'static str) -> &'static Pool {
    let index = SUITES.iter().position(|one| *one == suite).expect("one of the suites");
    let made = POOLS[index].get_or_init(|| {
        catch_unwind(|| Pool::make(suite)).map_err(|failure| {
            let text = failure.downcast_ref::<String>().cloned();
            text.unwrap_or_else(|| "no host of this suite could be converged".to_owned())
        })
    });
    made.as_ref().unwrap_or_else(|why| panic!("{suite}: {why}"))
}

fn snapshot(suite: &str) -> String {
    format!("whole-{suite}")
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    fn make(suite: &'static str) -> Pool {
        // Hosts left by a killed run are based on its snapshot.
        (2..10).for_each(|number| Guest::clear(&format!("t-{suite}-{number}")));
        let guest = Guest::blank(&format!("t-{suite}-1"), suite);
        if suite == "noble-like" {
            // The table for noble has other versions than this host's packages, which are trixie's.
            guest.run("apt-get -qq update");
        }
        let spec = spec(&guest, suite);
        let blank = Audit::of(&guest);
        let planned = guest.planned(&spec);
        let comment = guest.on("plan", &spec, &["--format", "markdown"]).stdout;
        let after_plan = Audit::of(&guest);
        let applied = guest.on("apply", &spec, &["--yes"]);
        assert_eq!(applied.status, 0, "the first apply failed\n{}", applied.stderr);
        let converged = Audit::of(&guest);
        let again = guest.on("apply", &spec, &["--yes"]);
        let after_again = Audit::of(&guest);
        let secrets = std::fs::read_to_string(guest.home.path().join(SECRETS)).expect("secrets");
        lab(&["snapshot", &guest.name, &snapshot(suite)]);
        let host = Host { guest, spec, suite };
        let after_boot = host.planned();
        let making = Making {
            blank,
            planned,
            comment,
            after_plan,
            applied,
            converged,
            again,
            after_again,
            after_boot,
        };
        Pool { making, secrets, free: Mutex::new(vec![host]), made: AtomicUsize::new(1) }
    }

    fn another(&self, suite: &'static str) -> Host {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let guest = Guest::from(&format!("t-{suite}-{number}"), &snapshot(suite));
        let secrets = guest.home.path().join(SECRETS);
        std::fs::create_dir_all(secrets.parent().expect("a directory")).expect("a directory");
        std::fs::write(&secrets, &self.secrets).expect("secrets");
        private(&secrets);
        let spec = spec(&guest, suite);
        Host { guest, spec, suite }
    }
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
}

/// The demo's spec with the tests' additions and their module.
fn spec(guest: &Guest, suite: &str) -> PathBuf {
    let home = guest.home.path();
    let modules = home.join("modules/lab");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/whole/lab");
    for file in ["module.toml", "templates/lab-daemon.service.j2", "files/lab-daemon"] {
        let to = modules.join(file);
        std::fs::create_dir_all(to.parent().expect("a directory")).expect("a directory");
        std::fs::copy(own.join(file), to).expect("a copy");
    }
    let text = concat!(include_str!("../../../examples/lab/lab.toml"), include_str!("extra.toml"));
    let plain = home.join("plain.toml");
    let version = if suite == "noble-like" { "[postgres]\nversion = 17\n" } else { "[postgres]\n" };
    std::fs::write(&plain, text.replacen("[postgres]\n", version, 1)).expect("a spec");
    let path = home.join("whole.toml");
    std::fs::write(&path, lab(&["spec", &guest.name, plain.to_str().expect("UTF-8")]))
        .expect("a spec");
    path
}

impl Host {
    /// The addresses that a plan would change, sorted.
    pub(crate) fn planned(&self) -> Vec<String> {
        let mut planned = self.guest.planned(&self.spec);
        planned.sort();
        planned
    }

    /// The major version of this suite's PostgreSQL.
    pub(crate) fn major(&self) -> &'static str {
        if self.suite == "bookworm" { "15" } else { "17" }
    }

    /// A text with `{major}` filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{major}", self.major())
    }

    /// The spec with `from` replaced, beside it.
    pub(crate) fn spec_with(&self, name: &str, from: &str, to: &str) -> PathBuf {
        let text = std::fs::read_to_string(&self.spec).expect("a spec");
        assert!(text.contains(from), "the spec has no {from}");
        let path = self.guest.home.path().join(name);
        std::fs::write(&path, text.replace(from, to)).expect("a spec");
        path
    }
}
