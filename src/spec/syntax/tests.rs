//! Whole texts: one message for each mistake, at its place.

use crate::diagnostic::Source;
use crate::spec::node::parse;

/// Returns `line:column message | help` for each problem.
fn reported(text: &str) -> Vec<String> {
    let problems = parse(&Source::new("s.toml", text)).unwrap_err();
    let one = |problem: &crate::diagnostic::Diagnostic| {
        let (line, column) = problem.place.as_ref().unwrap().0.line_column();
        format!("{line}:{column} {} | {}", problem.message, problem.help.as_deref().unwrap_or("-"))
    };
    problems.iter().map(one).collect()
}

#[test]
fn each_mistake_is_reported_once_at_its_place() {
    let text = "[host]\naddress = \u{201c}a\u{201d}\nuser: root\nport = 22;\nhsts = yes // why\n\
                mode = 0644\n// c\nname \"x\"\nlist = [\"a\" \"b\"]\nkey\u{a0}= 1\nopen = \"x\n[a\n\
                x = {{ y }}\nz = ${HOME}\nv = !vault |\nlast = \n";
    insta::assert_snapshot!(reported(text).join("\n"));
}

#[test]
fn an_unclosed_value_is_one_error() {
    insta::assert_snapshot!(
        [
            "a = [\"x\",\n \"y\"\n[b]\nc = 1\n",
            "a = { x = 1,\n[b]\n",
            "a = \"\"\"x\n[b]\n",
            "a = [\"b]\nc = 'd\n",
            "a = [1\n"
        ]
        .map(|text| reported(text).join("\n"))
        .join("\n")
    );
}

#[test]
fn unusual_but_valid_toml_is_accepted() {
    for text in ["\u{feff}"].iter().zip(["a = 1\r\nb = 2\r\n"]) {
        assert!(parse(&Source::new("s.toml", text.1)).is_ok());
    }
    for text in ["a = {\n x = 1, # c\n}\n", "\ta\t=\t1\n", "a = [[1],\n[2],\n]\n", "a = 'it\"s'\n"]
    {
        assert!(parse(&Source::new("s.toml", text)).is_ok(), "{text}");
    }
}

#[test]
fn no_secret_is_shown_in_a_proposal() {
    for text in [
        "password = hunter2\n",
        "password: hunter2\n",
        "admin_token \"hunter2\"\n",
        "x = { password = hunter2, b = 1 }\n",
        "token = \"hunter2\n",
        "{ \"password\": \"hunter2\" }\n",
        "a:\n  password: hunter2\n",
    ] {
        let problems = parse(&Source::new("s.toml", text)).unwrap_err();
        let shown: String = problems.iter().map(|problem| problem.render(false)).collect();
        assert!(!shown.contains("hunter2"), "{text}: {shown}");
    }
}
