//! The program that renews a certificate when its authority asks for it (RFC 9773), over days of a simulated clock. A
//! file per certificate stands in for the authority, whose request has its own test; the lab runs everything on a host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

const SHELLS: [&[&str]; 2] = [&["dash"], &["busybox", "sh"]];
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// 2026-11-27.
const BEGIN: i64 = 1_795_737_600;

/// A host's directories below a temporary one on this machine.
struct Host {
    root: tempfile::TempDir,
    shell: &'static [&'static str],
    program: String,
}

impl Host {
    fn new(shell: &'static [&'static str]) -> Host {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().display().to_string();
        let bin = directory.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let put = |name: &str, text: &str| {
            fs::write(bin.join(name), text.replace("@", &root)).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        };
        // The poll's answer for the current certificate; nothing where it has none.
        put(
            "systemctl",
            "#!/bin/sh\necho x >>@/asked; cat @/says.$(cat @/le/live/a/cert.pem) >@/answer 2>/dev/null\n",
        );
        put(
            "certbot",
            "#!/bin/sh\ncat @/clock >>@/renewed; [ ! -e @/fails ] || { cat @/fails; exit 1; }\n\
             n=$(cat @/le/live/a/cert.pem); echo $((n + 1)) >@/le/live/a/cert.pem\n",
        );
        let program = include_str!("../modules/tls/files/renew-in-window.sh")
            .replace("now=$(date +%s)", &format!("now=$(cat {root}/clock)"))
            .replace("PATH=/usr/sbin", &format!("PATH={}:/usr/sbin", bin.display()))
            .replace("/etc/letsencrypt", &format!("{root}/le"))
            .replace("/run/matrixform-renewal/answer", &format!("{root}/answer"))
            .replace("/var/lib/matrixform", &format!("{root}/state"));
        assert_eq!(program.matches(&root).count(), 5, "all that it reads and writes is here");
        fs::create_dir_all(directory.path().join("le/live/a")).unwrap();
        let host = Host { root: directory, shell, program };
        for (file, text) in
            [("le/live/a/cert.pem", "1\n"), ("le/live/a/fullchain.pem", "x"), ("front.crt", "x")]
        {
            fs::write(host.path(file), text).unwrap();
        }
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Sets the poll's answer for a certificate from now on.
    fn says(&self, certificate: u32, line: &str) {
        fs::write(self.path(&format!("says.{certificate}")), format!("{line}\n")).unwrap();
    }

    /// Runs the program at a point in time; its output, and whether it succeeded.
    fn look(&self, at: i64) -> (String, bool) {
        fs::write(self.path("clock"), format!("{at}\n")).unwrap();
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).args(["-c", &self.program, "renew-in-window", "a"]);
        let ran = command.arg(self.path("front")).output().unwrap();
        let output = [ran.stdout, ran.stderr].concat();
        (String::from_utf8_lossy(&output).into_owned(), ran.status.success())
    }

    /// Runs the program every hour; the last output.
    fn looks(&self, from: i64, until: i64) -> String {
        let mut output = String::new();
        for at in (from..until).step_by(HOUR as usize) {
            output = self.look(at).0;
        }
        output
    }

    /// The times at which certbot was called.
    fn renewed(&self) -> Vec<i64> {
        let text = fs::read_to_string(self.path("renewed")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    fn asked(&self) -> usize {
        fs::read_to_string(self.path("asked")).unwrap_or_default().lines().count()
    }
}

fn line(start: i64, end: i64, again: i64, why: &str) -> String {
    format!("{start} {end} {again} {why}")
}

#[test]
fn a_future_window_is_awaited_and_used_once() {
    for shell in SHELLS {
        let host = Host::new(shell);
        let (start, end) = (BEGIN + 3 * DAY, BEGIN + 5 * DAY);
        host.says(1, &line(start, end, BEGIN + 6 * HOUR, "-"));
        host.says(2, &line(BEGIN + 60 * DAY, BEGIN + 62 * DAY, BEGIN + 9 * DAY, "-"));
        let (output, ok) = host.look(BEGIN);
        assert!(ok && output.contains("a will be renewed after 2026-11-"), "{output}");
        host.look(BEGIN + DAY);
        host.looks(start - 3 * HOUR, start);
        assert_eq!(host.renewed(), Vec::<i64>::new(), "{shell:?}: before the window");
        host.looks(start, end + 6 * HOUR);
        let renewed = host.renewed();
        assert_eq!(renewed.len(), 1, "{shell:?}: once");
        assert!((start..end + HOUR).contains(&renewed[0]), "{shell:?}: within it");
        assert!(
            host.look(end + 6 * HOUR).0.contains("2027-01-2"),
            "the new one has its own window"
        );
    }
}

#[test]
fn revoked_certificates_are_renewed_at_most_once_a_day() {
    for shell in SHELLS {
        let host = Host::new(shell);
        // Each new one is revoked, too.
        for certificate in 1..20 {
            host.says(
                certificate,
                &line(BEGIN - 2 * DAY, BEGIN - DAY, BEGIN, "https://ca.example/incident"),
            );
        }
        let (output, ok) = host.look(BEGIN);
        assert!(ok && output.contains("its reason: https://ca.example/incident"), "{output}");
        assert_eq!(host.renewed(), [BEGIN], "{shell:?}: at once");
        let output = host.looks(BEGIN + HOUR, BEGIN + 2 * DAY);
        assert!(output.contains("not again yet"), "{output}");
        assert_eq!(host.renewed(), [BEGIN, BEGIN + DAY], "{shell:?}");
    }
}

#[test]
fn only_attempts_that_began_count() {
    for shell in SHELLS {
        let host = Host::new(shell);
        host.says(1, &line(BEGIN - 2 * DAY, BEGIN - DAY, BEGIN, "-"));
        fs::write(host.path("fails"), "Another instance of Certbot is already running.\n").unwrap();
        let (output, ok) = host.look(BEGIN);
        assert!(!ok && output.contains("Another instance"), "{output}");
        fs::write(host.path("fails"), "the authority is down\n").unwrap();
        let (output, ok) = host.look(BEGIN + HOUR);
        assert!(!ok && output.contains("the authority is down"), "{output}");
        host.looks(BEGIN + 2 * HOUR, BEGIN + 25 * HOUR);
        assert_eq!(host.renewed(), [BEGIN, BEGIN + HOUR], "{shell:?}");
        fs::remove_file(host.path("fails")).unwrap();
        host.looks(BEGIN + 25 * HOUR, BEGIN + 27 * HOUR);
        assert_eq!(host.renewed(), [BEGIN, BEGIN + HOUR, BEGIN + 25 * HOUR], "{shell:?}");
    }
}

#[test]
fn the_authority_is_asked_hourly_at_most_and_daily_at_least() {
    for shell in SHELLS {
        // The answer never changes: once its time is over, the authority is asked every hour.
        for (again, asked) in [(BEGIN, 12), (BEGIN + 6 * HOUR, 1 + 6), (BEGIN + 99 * DAY, 1)] {
            let host = Host::new(shell);
            host.says(1, &line(BEGIN + 60 * DAY, BEGIN + 62 * DAY, again, "-"));
            host.looks(BEGIN, BEGIN + 12 * HOUR);
            assert_eq!(host.asked(), asked, "{shell:?} {again}");
            host.look(BEGIN + DAY);
            assert_eq!(host.asked(), asked + 1, "{shell:?} {again}: a day later");
        }
    }
}

#[test]
fn invalid_windows_cause_no_renewal() {
    for shell in SHELLS {
        let past = line(BEGIN - 2 * DAY, BEGIN - DAY, BEGIN, "-");
        for strange in [
            String::new(),
            "$(reboot) 1 2 -".to_owned(),
            format!("{past} more"),
            format!("-{past}"),
            format!("0{past}"),
            line(BEGIN, BEGIN, BEGIN, "-"),
            line(BEGIN, BEGIN - 1, BEGIN, "-"),
            format!("{} {} {BEGIN} -", "9".repeat(13), "9".repeat(14)),
            format!("\n{past}"),
            line(BEGIN - 2, BEGIN - 1, BEGIN, "a b"),
            line(BEGIN - 2, BEGIN - 1, BEGIN, &"x".repeat(201)),
        ] {
            let host = Host::new(shell);
            host.says(1, &strange);
            let (output, ok) = host.look(BEGIN);
            assert!(
                ok && output.contains("no answer from the authority"),
                "{shell:?} {strange}: {output}"
            );
            assert!(host.renewed().is_empty(), "{shell:?} {strange}");
        }
        for text in ["$(reboot)", "/*", "-n"] {
            let host = Host::new(shell);
            host.says(1, &line(BEGIN - 2, BEGIN - 1, BEGIN, text));
            let (output, _) = host.look(BEGIN);
            assert!(
                output.contains(&format!("its reason: {text}\n")),
                "{shell:?} {text}: {output}"
            );
        }
        let host = Host::new(shell);
        host.says(1, &format!("0 0 {BEGIN} -"));
        assert!(host.look(BEGIN).0.contains("gives no renewal window"), "{shell:?}");
        // The last answer stays valid while no new one arrives.
        let host = Host::new(shell);
        host.says(1, &line(BEGIN + DAY, BEGIN + DAY + 1, BEGIN, "-"));
        host.look(BEGIN);
        host.says(1, "");
        host.looks(BEGIN + HOUR, BEGIN + DAY + 3 * HOUR);
        assert_eq!(host.renewed(), [BEGIN + DAY], "{shell:?}");
    }
}

#[test]
fn renewal_recovers_from_wrong_clocks_and_truncated_files() {
    for shell in SHELLS {
        let far = BEGIN + 20 * 365 * DAY;
        let host = Host::new(shell);
        // With a clock years ahead, as after a dead battery, both times were written: the last attempt and the next
        // request.
        host.says(1, &line(BEGIN - 2 * DAY, BEGIN - DAY, far, "-"));
        host.look(far);
        assert_eq!(host.renewed(), [far], "{shell:?}");
        host.says(2, &line(BEGIN + 60 * DAY, BEGIN + 61 * DAY, far, "-"));
        host.look(far + HOUR);
        host.says(2, &line(BEGIN - 2 * DAY, BEGIN - DAY, BEGIN, "-"));
        host.look(BEGIN);
        assert_eq!(host.renewed(), [far, BEGIN], "{shell:?}");
        for cut in ["", "\n", "rubbish", "1 2", "$(reboot) x"] {
            let host = Host::new(shell);
            host.says(1, &line(BEGIN - 2 * DAY, BEGIN - DAY, BEGIN, "-"));
            fs::create_dir_all(host.path("state/renewal")).unwrap();
            fs::write(host.path("state/renewal/forced"), cut).unwrap();
            fs::write(host.path("state/renewal/window"), cut).unwrap();
            let (output, ok) = host.look(BEGIN);
            assert!(ok, "{shell:?} {cut:?}: {output}");
            assert_eq!(host.renewed(), [BEGIN], "{shell:?} {cut:?}: {output}");
        }
    }
}
