//! The handwritten specs in docs/*.md: `check` accepts each, once completed with the sections every spec needs.

use super::workspace::Workspace;

const PAGES: [(&str, &str); 1] = [("routes.md", include_str!("../../docs/routes.md"))];

/// The sections of a complete spec, added where an example leaves them out.
const REST: [(&str, &str); 5] = [
    ("[host]", "address = \"matrix.example.org\"\n"),
    ("[tls]", "provider = \"self-signed\"\n"),
    ("[postgres]", ""),
    ("[nginx]", ""),
    (
        "[synapse]",
        "server_name = \"example.org\"\npublic_baseurl = \"https://matrix.example.org/\"\n",
    ),
];

#[test]
fn documented_specs_are_right() {
    for (page, text) in PAGES {
        let examples = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        for (at, example) in examples.enumerate() {
            let mut spec = String::from("format = 1\n");
            for (section, body) in REST.iter().filter(|(section, _)| !example.contains(section)) {
                spec.push_str(&format!("\n{section}\n{body}"));
            }
            let ran = Workspace::with(&format!("{spec}\n{example}")).run(&["check", "prod.toml"]);
            assert_eq!(ran.status, 0, "{page}, example {at}: {ran}");
        }
    }
}
