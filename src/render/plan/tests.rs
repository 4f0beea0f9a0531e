//! Hand-made plans with everything a plan can contain, as whole texts.

pub(super) mod made;

use super::Style;
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::plan::shown::Note;
use crate::plan::{Item, Plan};
use crate::resource::{Action, Address, AttributeValue, Body, Effect};
use crate::secret::{Content, Secret};
use made::{
    OLD_SECRET, SECRET, body, differs, document, found, item, mixed, new_body, new_word, plan,
    text_body, wanted, word,
};

fn text(plan: &Plan, style: Style) -> String {
    super::text(&document(plan), style)
}

fn json(plan: &Plan) -> serde_json::Value {
    super::json(&document(plan))
}

fn shown(items: Vec<Item>) -> String {
    text(&plan(items), Style::plain())
}

#[test]
fn nothing_to_do() {
    let text = shown(Vec::new());
    let (title, rest) = text.split_once('\n').unwrap();
    let id = title.strip_prefix("matrix.example.org, plan ").unwrap();
    assert!(id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    assert_eq!(rest, "\nno changes: 37 resources match the spec\n");
}

#[test]
fn creates_and_reasons() {
    let mut package = item("nginx", "apt:nginx", Action::Create, vec![new_word("version", "1.24")]);
    package.why = Some("the proxy in front of Synapse".to_owned());
    package.change.notes.push("version from apt's candidate".to_owned());
    let short = Content::plain("server_tokens off;\nmore_set_headers 'x'");
    let mut file = item(
        "nginx",
        "file:/etc/nginx/a.conf",
        Action::Create,
        vec![new_body(&short), new_word("owner", "root"), new_word("mode", "0644")],
    );
    file.after = vec![Address::new("apt", "nginx"), Address::new("directory", "/etc/nginx")];
    let long: String = (1..=30).map(|line| format!("line {line}\n")).collect();
    let long = Content::plain(long);
    let items = vec![
        package,
        item("well_known", "file:/srv/long", Action::Create, vec![new_body(&long)]),
        file,
        item("nginx", "file:/srv/empty", Action::Create, vec![new_body(&Content::default())]),
        item(
            "nginx",
            "file:/srv/binary",
            Action::Create,
            vec![new_body(&Content::plain([0, 255]))],
        ),
    ];
    insta::assert_snapshot!(shown(items));
}

fn updates() -> Vec<Item> {
    let old = "user www-data;\nworker_processes auto;\npid /run/nginx.pid;\n\nevents {\n    worker_connections 768;\n}\n";
    let new = "user www-data;\nworker_processes auto;\npid /run/nginx.pid;\n\nevents {\n    worker_connections 4096;\n}";
    let mut file = item(
        "nginx",
        "file:/etc/nginx/nginx.conf",
        Action::Update,
        vec![text_body(old, new), word("mode", "0600", "0644")],
    );
    file.activation = Some("nginx".to_owned());
    file.effect = Some(Effect::Reload);
    let mut service = item("nginx", "service:nginx.service", Action::Update, Vec::new());
    service.because = vec![Address::new("file", "/etc/nginx/nginx.conf")];
    service.effect = Some(Effect::Reload);
    let unit = "/usr/bin/a\n/usr/bin/b";
    vec![
        file,
        service,
        item(
            "cron",
            "cron:purge",
            Action::Remove,
            vec![differs(
                "content",
                found(&Content::default(), b"@daily root true\n"),
                AttributeValue::Nothing,
            )],
        ),
        item(
            "postgres",
            "service:x",
            Action::Update,
            vec![
                word("exec", "/usr/bin/a", unit),
                differs("enabled", AttributeValue::Nothing, AttributeValue::flag(true)),
                differs(
                    "running",
                    AttributeValue::Unknown("systemd did not answer".to_owned()),
                    AttributeValue::flag(true),
                ),
            ],
        ),
    ]
}

#[test]
fn updates_and_removals() {
    insta::assert_snapshot!(shown(updates()));
}

#[test]
fn updates_in_colour() {
    let style = Style { colour: true, ..Style::plain() };
    let text = text(&plan(updates()), style).replace('\u{1b}', "␛");
    insta::assert_snapshot!(text);
}

#[test]
fn risks_come_first() {
    let refuse = Action::Refuse {
        why: "its collation is en_US.UTF-8 and Synapse needs C".to_owned(),
        help: "dump it, drop it and load it again: the steps are in docs/postgres.md".to_owned(),
    };
    let database =
        item("postgres", "database:synapse", refuse, vec![word("collation", "en_US.UTF-8", "C")]);
    let mut files: Vec<Item> = ["a", "b", "c", "d"]
        .map(|name| item("synapse", &format!("file:/etc/{name}"), Action::Update, vec![]))
        .to_vec();
    for file in &mut files {
        file.activation = Some("synapse".to_owned());
        file.effect = Some(Effect::Restart);
        file.change.differences = vec![word("mode", "0644", "0600")];
    }
    let mut service = item("synapse", "service:synapse", Action::Update, Vec::new());
    service.effect = Some(Effect::Restart);
    let mut plan = plan([files, vec![service, database]].concat());
    plan.notes.push(Diagnostic::note("module/overridden", "module `nginx` is your own"));
    insta::assert_snapshot!(text(&plan, Style { width: 70, ..Style::plain() }));
}

#[test]
fn secrets_are_masked_on_both_sides() {
    let wanted = mixed("host: ::1\n");
    let old =
        format!("database:\n  user: synapse\n  password: \"{OLD_SECRET}\"\nhost: 127.0.0.1\n");
    let same = format!("database:\n  user: synapse\n  password: \"{SECRET}\"\nhost: 127.0.0.1\n");
    let alone = Content::secret(&Secret::new("synapse/pepper", SECRET));
    let pending = Content::secret(&Secret::pending("synapse/form_secret"));
    let hidden = differs(
        "content",
        AttributeValue::Body(Body { digest: "0".repeat(64), size: 28, content: None }),
        AttributeValue::Body(Body::wanted(&alone)),
    );
    let items = vec![
        item("synapse", "file:/both", Action::Update, vec![body(old.as_bytes(), &wanted)]),
        item("synapse", "file:/rest", Action::Update, vec![body(same.as_bytes(), &wanted)]),
        item("synapse", "file:/strange", Action::Update, vec![body(b"what: else\n", &wanted)]),
        item("synapse", "file:/alone", Action::Update, vec![hidden]),
        item("synapse", "file:/pending", Action::Create, vec![new_body(&pending)]),
        item("synapse", "file:/new", Action::Create, vec![new_body(&wanted)]),
    ];
    let text = shown(items);
    assert!(!text.contains(SECRET) && !text.contains(OLD_SECRET));
    insta::assert_snapshot!(text);
}

#[test]
fn uncomparable_contents_are_marked() {
    let reason = "permission denied";
    let unseen = |attribute, to| differs(attribute, AttributeValue::Unknown(reason.to_owned()), to);
    let large = differs(
        "content",
        AttributeValue::Body(Body { digest: "1".repeat(64), size: 9_000_000, content: None }),
        wanted(&Content::plain("small\n")),
    );
    let items = vec![
        item(
            "base",
            "file:/binary",
            Action::Update,
            vec![body(&[0, 159], &Content::plain([0, 1]))],
        ),
        item("base", "file:/large", Action::Update, vec![large]),
        item(
            "base",
            "file:/half",
            Action::Update,
            vec![unseen("content", wanted(&Content::plain("a\n"))), word("mode", "0600", "0644")],
        ),
        item(
            "base",
            "file:/unseen",
            Action::Update,
            vec![
                unseen("content", wanted(&Content::plain("a\n"))),
                unseen("mode", AttributeValue::word("0644")),
            ],
        ),
    ];
    insta::assert_snapshot!(shown(items));
}

#[test]
fn a_host_cannot_forge_or_move_the_terminal() {
    let mut forged = item(
        "base",
        "file:/a\n  + create  file:/b",
        Action::Update,
        vec![text_body("\u{1b}[2Jold\r\n", "new\n"), word("owner", "\u{1b}]0;title\u{7}", "root")],
    );
    forged.change.notes.push("says\n0 to create\u{202e}".to_owned());
    let text = shown(vec![forged]);
    assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']));
    insta::assert_snapshot!(text);
}

#[test]
fn a_new_file_is_shown_whole_when_asked_for() {
    let long: String = (1..=30).map(|line| format!("line {line}\n")).collect();
    let items = vec![item("a", "file:/l", Action::Create, vec![new_body(&Content::plain(long))])];
    let text = text(&plan(items), Style { full: true, ..Style::plain() });
    assert!(text.contains("+line 30\n") && !text.contains("more lines"));
}

/// What a failed switch leaves behind is said in advance: for additions and for replacements.
#[test]
fn remains_of_a_failed_switch_are_announced() {
    let mut items = vec![
        item("nginx", "apt:nginx", Action::Create, vec![new_word("version", "1.26")]),
        item("nginx", "apt:curl", Action::Update, vec![word("version", "8.14", "8.15")]),
    ];
    items.iter_mut().for_each(|item| item.one_way = true);
    let text = shown(items);
    assert!(text.contains("apt:nginx\n") && text.contains("stays if the switch fails"), "{text}");
    assert!(text.contains("is not undone if the switch fails"), "{text}");
}

#[test]
fn the_machine_form_names_items_and_attributes() {
    let json = json(&plan(updates()));
    assert_eq!(json["format"], 1);
    assert_eq!(json["items"][0]["address"], "file:/etc/nginx/nginx.conf");
    assert_eq!(json["items"][0]["differences"][1]["attribute"], "mode");
    assert_eq!(json["labels"], serde_json::json!(["change"]));
    assert_eq!(json["items"][2]["action"], "remove");
}

#[test]
fn json_has_everything_that_is_shown_and_no_secrets() {
    let wanted = mixed("host: ::1\n");
    let old = format!("database:\n  user: synapse\n  password: \"{OLD_SECRET}\"\nhost: ::1\n");
    let alone = Content::secret(&Secret::new("synapse/pepper", SECRET));
    let binary = |bytes: &[u8]| {
        let mut content = Content::plain(bytes);
        content.push_secret(&Secret::new("synapse/key", SECRET));
        content
    };
    let pending = Content::secret(&Secret::pending("synapse/form_secret"));
    let fetched_not = |digest: &str, size| {
        AttributeValue::Body(Body { digest: digest.repeat(64), size, content: None })
    };
    let plain = Content::plain([0, 1]);
    let bodies = vec![
        body(old.as_bytes(), &wanted),
        differs("strange", found(&wanted, b"what: else\n"), self::wanted(&wanted)),
        differs("alone", fetched_not("7", 28), self::wanted(&alone)),
        differs("hidden", fetched_not("7", 28), self::wanted(&binary(&[0]))),
        differs("binary", found(&plain, &[0, 159]), self::wanted(&plain)),
        differs("pending", AttributeValue::Nothing, self::wanted(&pending)),
    ];
    let mut file = item("synapse", "file:/etc/a", Action::Update, bodies);
    file.activation = Some("synapse".to_owned());
    file.effect = Some(Effect::Restart);
    file.after = vec![Address::new("apt", "nginx")];
    file.why = Some("its configuration".to_owned());
    let unseen = differs(
        "mode",
        AttributeValue::Unknown("it is gone".to_owned()),
        AttributeValue::word("0644"),
    );
    let mut directory = item("synapse", "directory:/etc/b", Action::Update, vec![unseen]);
    directory.because = vec![Address::new("file", "/etc/a")];
    directory.change.notes = vec!["provided by apt:nginx".to_owned()];
    let refused = Action::Refuse { why: "it is a socket".to_owned(), help: "move it".to_owned() };
    let refused = item("spec", "file:/etc/c", refused, Vec::new());
    let mut plan = plan(vec![file, directory, refused]);
    plan.risks.push("another server".to_owned());
    plan.notes.push(Diagnostic::note("plan/host", "more is set on the host"));
    plan.remarks.push("takes 9 s".to_owned());
    let text = serde_json::to_string_pretty(&json(&plan)).unwrap();
    for hidden in [&wanted, &alone, &binary(&[0])] {
        assert!(!text.contains(&hidden.digest()), "{text}");
    }
    assert!(!text.contains("7777") && !text.contains(SECRET) && !text.contains(OLD_SECRET));
    insta::assert_snapshot!(text);
}

#[test]
fn three_hundred_resources_are_quick() {
    let many = |number: usize| {
        let old: String = (0..60).map(|line| format!("key_{line} = {number}\n")).collect();
        let new = old.replace("key_7 =", "key_7 = not");
        item("base", &format!("file:/{number}"), Action::Update, vec![text_body(&old, &new)])
    };
    let text = text(&plan((0..300).map(many).collect()), Style { colour: true, ..Style::plain() });
    assert_eq!(text.matches("~ update").count(), 300);
}

proptest::proptest! {
    /// Whatever surrounds a secret, and whatever else is on the host: no rendering shows it.
    #[test]
    fn no_rendering_shows_a_secret(
        before in "[a-z: \n]{0,20}", after in "[a-z: \n]{0,20}", more in "[a-z: \n]{0,20}",
        colour: bool, full: bool,
    ) {
        let mut content = Content::plain(before.as_str());
        content.push_secret(&Secret::new("a/b", SECRET));
        content.push(after.as_bytes());
        let update = |name: &str, seen: String| {
            item("m", name, Action::Update, vec![body(seen.as_bytes(), &content)])
        };
        let plan = plan(vec![
            update("file:/a", format!("{more}\n{before}{OLD_SECRET}{after}")),
            update("file:/b", format!("{before}{OLD_SECRET}{after}{more}")),
            update("file:/c", format!("{before}{SECRET}{after}{more}")),
            item("m", "file:/d", Action::Create, vec![new_body(&content)]),
        ]);
        let shown = text(&plan, Style { colour, width: 80, full }) + &json(&plan).to_string();
        proptest::prop_assert!(!shown.contains(SECRET), "{}", shown);
        proptest::prop_assert!(!shown.contains(OLD_SECRET), "{}", shown);
        proptest::prop_assert!(!format!("{:?}", plan).contains(SECRET), "debug");
    }
}

#[test]
fn a_plan_is_rendered_as_a_comment() {
    let mut items = updates();
    items[0].origin.requested = Some(Place::new(&Source::new("modules/prod.toml", "\n\nx"), 2..3));
    let mut plan = plan(items);
    let left = Diagnostic::note("plan/left", "left on the host").note_line("apt:tree: *why*");
    plan.notes.push(left.help("remove it"));
    plan.risks.push("@admin: see https://evil.example and #12 `now` <script>".to_owned());
    insta::assert_snapshot!(super::markdown(&document(&plan)));
}

#[test]
fn a_comment_cannot_be_escaped_or_forged() {
    let fences = "```\n</details>\n<!-- matrixform host=x -->\n````` @all\n";
    let mut forged =
        item("a--b", "file:/a`</code>@all", Action::Update, vec![text_body("", fences)]);
    forged.change.notes.push("*bold* [link](x) -->".to_owned());
    let text = super::markdown(&document(&plan(vec![forged])));
    let fence = "`".repeat(6);
    assert!(text.contains(&format!("\n{fence}diff\n")) && text.contains(&format!("\n{fence}\n")));
    let (head, rest) = text.split_once(&format!("{fence}diff")).unwrap();
    assert_eq!(rest.matches(&fence).count(), 1, "{rest}");
    for trick in ["@all", "*bold*", "[link]", "</code>@", "`</code>"] {
        assert!(!head.contains(trick), "{trick}: {head}");
    }
    assert_eq!(text.matches("<!-- matrixform host=matrix.example.org ").count(), 1);
}

#[test]
fn a_comment_is_never_too_long() {
    let many = |count: usize, lines: usize| {
        let body: String = (0..lines).map(|line| format!("key_{line} = \"`é`\"\n")).collect();
        let item = |number: usize| {
            let name = format!("file:/etc/{number}/{}", "x".repeat(60));
            item(&format!("m{}", number % 7), &name, Action::Update, vec![text_body("", &body)])
        };
        super::markdown(&document(&plan((0..count).map(item).collect())))
    };
    for (count, lines) in [(10, 10), (60, 200), (300, 20), (1500, 3)] {
        let text = many(count, lines);
        assert!(text.chars().count() < 65_536, "{}", text.chars().count());
        assert!(text.contains(&format!("{count} to update")), "{count}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
    assert!(many(60, 200).contains("(too long to show here)"));
    assert!(many(1500, 3).contains(" more, not shown here"));
}

#[test]
fn notes_without_action_take_one_line() {
    let note = |level: &str, message: &str, help: Option<&str>| Note {
        level: level.to_owned(),
        message: message.to_owned(),
        place: Some("prod.toml:9".to_owned()),
        help: help.map(str::to_owned),
        ..Note::default()
    };
    let mut shown = document(&plan(Vec::new()));
    shown.notes = vec![
        note("warning", "w (MF1)", Some("h")),
        note("note", "a (MF2): accepted, a lab", None),
        Note {
            found: vec!["port 443".to_owned()],
            ..note("note", "b (MF3): accepted, a lab", None)
        },
    ];
    let text = super::text(&shown, Style::plain());
    let lines = "\n\nnote: a (MF2): accepted, a lab\nnote: b (MF3): accepted, a lab: port 443\n\nwarning: w (MF1)\n";
    assert!(text.contains(lines) && text.matches("prod.toml:9").count() == 1, "{text}");
}
