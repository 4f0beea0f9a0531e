//! Four times the size takes about four times as long: a generated spec may be large.

use crate::workspace::{GOOD, Workspace};
use std::time::{Duration, Instant};

const FEW: usize = 250;
const MANY: usize = 1000;

/// The allowed increase in time; quadratic growth takes 16.
const RATIO: f64 = 8.0;

fn of_each(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

/// The spec with these lines added to a section.
fn below(section: &str, more: &str) -> String {
    GOOD.replacen(&format!("[{section}]\n"), &format!("[{section}]\n{more}"), 1)
}

fn resource(kind: &str, name: &str, more: &str) -> String {
    format!("[[resource]]\nkind = \"{kind}\"\nname = \"{name}\"\n{more}\n")
}

fn route(site: &str, number: usize, more: &str) -> String {
    let to = 20_000 + number;
    format!(
        "[[nginx.extra_routes]]\nsite = \"{site}\"\npath = \"/x{number}/\"\nto = \"127.0.0.1:{to}\"\n{more}"
    )
}

fn texts(count: usize, each: impl Fn(usize) -> String) -> String {
    format!("[{}]", of_each(count, |number| format!("\"{}\", ", each(number))))
}

type Make = fn(usize) -> String;

const ALL: &[(&str, Make)] = &[
    ("routes", |count| below("nginx", &of_each(count, |at| route("matrix.example.org", at, "")))),
    ("stripped routes", |count| {
        below("nginx", &of_each(count, |at| route("matrix.example.org", at, "strip = true\n")))
    }),
    ("redirects", |count| {
        below(
            "nginx",
            &of_each(count, |at| {
                let to = "to = \"https://www.example.org/\"";
                format!(
                    "[[nginx.redirects]]\nsite = \"matrix.example.org\"\npath = \"/r{at}\"\n{to}\n"
                )
            }),
        )
    }),
    ("servers", |count| {
        let servers = texts(count, |at| format!("s{at}.example.org"));
        below("synapse", &format!("federation.mode = \"allow\"\nfederation.allow = {servers}\n"))
    }),
    ("rooms", |count| {
        let rooms = texts(count, |at| format!("#r{at}:example.org"));
        below("synapse", &format!("extra.auto_join_rooms = {rooms}\n"))
    }),
    ("contacts", |count| {
        let contact =
            |at| format!("{{ role = \"m.role.admin\", email_address = \"a{at}@example.org\" }}, ");
        below("well_known", &format!("contacts = [{}]\n", of_each(count, contact)))
    }),
    ("jobs", |count| {
        let schedule = "schedule = \"@daily\"\ncommand = \"true\"";
        GOOD.to_owned() + &of_each(count, |at| format!("[[cron]]\nname = \"c{at}\"\n{schedule}\n"))
    }),
    ("resources with needs", |count| {
        let each = |at| {
            let needs = format!("content = \"x\"\nneeds = [\"directory:/srv/d{at}\"]");
            resource("file", &format!("/srv/f{at}"), &needs)
                + &resource("directory", &format!("/srv/d{at}"), "")
        };
        GOOD.to_owned() + &of_each(count, each)
    }),
    ("files of an activation", |count| {
        let each =
            |at| resource("file", &format!("/etc/nginx/conf.d/x{at}.conf"), "content = \"\\n\"");
        GOOD.to_owned() + &of_each(count, each)
    }),
    ("packages", |count| {
        GOOD.to_owned() + &of_each(count, |at| resource("apt", &format!("package-{at}"), ""))
    }),
    ("links in a row", |count| {
        let each = |at| {
            resource("symlink", &format!("/srv/l{at}"), &format!("target = \"/srv/l{}\"", at + 1))
        };
        GOOD.to_owned() + &of_each(count, each)
    }),
    ("mistakes", |count| {
        let each =
            |at| resource("file", &format!("/srv/f{at}"), "content = \"x\"\nowner = \"nosuch\"");
        GOOD.to_owned() + &of_each(count, each)
    }),
];

/// The time for a spec: the better of two runs.
fn time(spec: &str) -> Duration {
    let workspace = Workspace::with(spec);
    let once = || {
        let start = Instant::now();
        let ran = workspace.run(&["check", "prod.toml"]);
        assert_eq!(ran.status, 0, "{ran}");
        start.elapsed()
    };
    once().min(once())
}

#[test]
fn checking_time_grows_linearly() {
    for (of, make) in ALL {
        let ratio = || time(&make(MANY)).as_secs_f64() / time(&make(FEW)).as_secs_f64();
        // The machine may have been busy.
        let ratios = std::iter::repeat_with(ratio).take(3);
        let mut all = Vec::new();
        let good = ratios.inspect(|ratio| all.push(*ratio)).any(|ratio| ratio < RATIO);
        assert!(good, "{of}: {MANY} take {all:?} times as long as {FEW}");
    }
}
