//! When certbot's own timer renews, by a certificate's lifetime and the remaining part of it: certificates issued with
//! a past start date, and whole lifetimes under a simulated clock. The unit is the distribution's, unchanged.

use super::host::{Acme, LINEAGE};
use crate::guest::lab;
use std::fmt::Write as _;

/// Lifetimes in hours. Let's Encrypt's "six days" are 160 hours.
const LIVES: [(&str, u32); 4] =
    [("90 days", 2160), ("64 days", 1536), ("45 days", 1080), ("160 hours", 160)];

const AGED: &str = include_str!("aged_certbot.py");

impl Acme {
    /// The age in hours at which a certificate is renewed: with a third of its lifetime left. certbot 4.0 renews one
    /// that lives less than ten days with half left, whatever its lineage says.
    fn due(&self, life: u32) -> u32 {
        if life < 240 && self.guest.get("SUITE") == "trixie" { life / 2 } else { life - life / 3 }
    }

    /// Installs the program that requests aged certificates.
    pub(super) fn can_age(&self) {
        let quoted = AGED.replace('\'', "'\\''");
        self.guest.run(&format!("printf %s '{quoted}' >/usr/local/bin/aged-certbot; chmod 0755 /usr/local/bin/aged-certbot"));
    }

    /// Whether the timer's unit renews a certificate of this age and lifetime.
    pub(super) fn is_renewed_at(&self, age: u32, life: u32) -> bool {
        self.guest.run(&format!(
            "REQUESTS_CA_BUNDLE=/etc/ssl/matrixform/acme-directory.crt aged-certbot {age} {life} renew -q --cert-name {LINEAGE} \
             --force-renewal --no-random-sleep-on-renew"
        ));
        let conf = self.guest.run(&format!("head -n 1 /etc/letsencrypt/renewal/{LINEAGE}.conf"));
        assert_eq!(conf, format!("renew_before_expiry = {} hours\n", life / 3), "the hook sets it");
        self.does_the_timer_renew("")
    }

    /// Runs the timer's unit at another time; whether it renews.
    fn does_the_timer_renew(&self, later: &str) -> bool {
        let before = self.kept();
        let moved = "/run/systemd/system/certbot.service.d/90-faketime.conf";
        let clock = match later {
            "" => format!("rm -f {moved}"),
            later => format!(
                "mkdir -p \"$(dirname {moved})\"; printf '[Service]\\nEnvironment=LD_PRELOAD=%s FAKETIME={later}\\n' \
                 \"$(ls /usr/lib/*/faketime/libfaketime.so.1)\" >{moved}"
            ),
        };
        self.guest.run(&format!(
            "{clock}; systemctl daemon-reload; systemctl start certbot.service; rm -f {moved}"
        ));
        before != self.kept()
    }

    /// Tries every tenth of every lifetime; returns the table.
    pub(super) fn every_tenth_of_every_lifetime(&self) -> String {
        self.can_age();
        let mut table =
            "| life | 0 | 10 % | 20 % | 30 % | 40 % | 50 % | 60 % | 70 % | 80 % | 90 % |\n"
                .to_owned();
        table.push_str("|---|---|---|---|---|---|---|---|---|---|---|\n");
        let mut wrong = Vec::new();
        for (words, life) in LIVES {
            let _ = write!(table, "| {words} |");
            for tenth in 0..10 {
                let age = life * tenth / 10;
                let renewed = self.is_renewed_at(age, life);
                if renewed != (age >= self.due(life)) {
                    wrong.push(format!("{words}, {age} hours old: {renewed}"));
                }
                table.push_str(if renewed { " renews |" } else { " – |" });
            }
            table.push('\n');
        }
        println!("{table}");
        assert!(wrong.is_empty(), "{wrong:?}\n{table}");
        table
    }

    /// Three whole lifetimes, one after another, checked shortly before and shortly after a third is left. A new
    /// certificate starts in the present, so the clock returns to it.
    pub(super) fn three_lives_of(&mut self, hours: u32) {
        lab(&["authority", "down", &self.authority]);
        (self.directory, self.admin) =
            self.authority_up(&["--seconds", &(hours * 3600).to_string()]);
        self.guest.run("apt-get install -qy --no-install-recommends faketime; rm -rf /etc/letsencrypt/accounts");
        self.certbot(&format!("delete -n --cert-name {LINEAGE}"));
        self.guest.apply(&self.spec(""));
        let due = self.due(hours);
        for life in 0..3 {
            for (at, renews) in [(0, false), (hours / 3, false), (due - 2, false), (due + 2, true)]
            {
                let renewed = self.does_the_timer_renew(&format!("+{}", at * 3600));
                assert_eq!(renewed, renews, "life {life} of {hours} hours, after {at} hours");
            }
            assert_eq!(self.served("example.org"), self.kept());
        }
    }
}
