//! A host's own changes within a day are not drift, and a saved plan survives them: the parts of a night, drawn and
//! shuffled by a seed.

use crate::seed;
use crate::whole::Host;

/// The trials.
pub(super) const RUNS: &[(&str, super::Run)] =
    &[("a_saved_plan_survives_nights", a_saved_plan_survives_nights)];

/// The parts, with their names. `{seed}` is the number of the night.
const PARTS: [(&str, &str); 7] = [
    ("lists of apt", "touch /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp"),
    // A package that is not in the spec.
    (
        "an upgrade",
        r#"directory=$(mktemp -d) && mkdir "$directory/DEBIAN" &&
        printf '%s\n' 'Package: lab-unrelated' "Version: 1.{seed}" 'Architecture: all' \
            'Maintainer: lab <lab@example.org>' 'Description: unrelated' >"$directory/DEBIAN/control" &&
        chmod 0755 "$directory" && dpkg-deb --build "$directory" /root/unrelated.deb >/dev/null &&
        dpkg -i /root/unrelated.deb >/dev/null && rm -r "$directory""#,
    ),
    (
        "logrotate",
        "if command -v logrotate >/dev/null; then logrotate -f /etc/logrotate.conf; else
            find /var/log -name '*.log' -exec touch {} +; fi",
    ),
    // As when a quarter of its lifetime is left.
    (
        "a renewal",
        "sed 's|mf_life / 4|mf_life|' /usr/local/lib/matrixform/renew-postgres >/root/renew && sleep 1 &&
        sh /root/renew | grep 'was renewed'",
    ),
    ("a restart of Synapse", "systemctl restart matrix-synapse"),
    ("a restart of nginx", "systemctl restart nginx"),
    (
        "traffic",
        "for _ in 1 2 3 4 5; do curl -sk -o /dev/null https://127.0.0.1/_matrix/client/versions || :; done
        logger 'a night passes'",
    ),
];

fn a_saved_plan_survives_nights(host: &Host) {
    let guest = &host.guest;
    guest.apply(&host.spec);
    let drawn = seed::number("nights");
    let number = if seed::is_sweep() { 10 } else { 1 };
    let file = guest.home.path().join("night.plan");
    let file = file.to_str().unwrap();
    for seed in drawn..drawn + number {
        // Every second plan also restarts Synapse.
        let spec = match seed % 2 {
            0 => host.spec_with("edited.toml", "\"20M\"", &format!("\"{}M\"", 21 + seed % 50)),
            _ => host.spec_with("edited.toml", "5 3 * * *", &format!("{} 4 * * *", seed % 60)),
        };
        let planned = guest.on("plan", &spec, &["--out", file, "--detailed-exitcode"]);
        assert_eq!(planned.status, 2, "{planned}");
        let night = night(seed);
        guest.run(&night);
        let drift = guest.on("drift", &host.spec, &[]);
        // The spec of the previous night was applied, so the difference to it is the spec's change.
        assert_eq!(drift.status, 0, "seed {seed}: {night}\n{drift}");
        let ran = guest.on("apply", &spec, &["--plan", file]);
        assert_eq!(ran.status, 0, "seed {seed}: {night}\n{ran}");
        let names: Vec<&str> = parts(seed).iter().map(|(name, _)| *name).collect();
        println!("seed {seed}: accepted, no drift, after {}", names.join(", "));
    }
    guest.apply(&host.spec);
}

/// The script for a night.
fn night(seed: u64) -> String {
    let scripts: Vec<&str> = parts(seed).iter().map(|(_, script)| *script).collect();
    format!("set -e\n{}", scripts.join("\n").replace("{seed}", &seed.to_string()))
}

/// Most of the parts, in a random order.
fn parts(seed: u64) -> Vec<(&'static str, &'static str)> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % below
    };
    let mut left = PARTS.to_vec();
    let number = 4 + draw(PARTS.len() - 3);
    (0..number).map(|_| left.remove(draw(left.len()))).collect()
}
