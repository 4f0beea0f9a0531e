//! Kind `cron`: the file that cron reads.

use crate::host::declared;
use matrixform::for_tests::resource::{AttributeValue, Context};

fn text(toml: &str) -> String {
    let wanted = declared(&format!("[[resource]]\nkind = \"cron\"\n{toml}")).unwrap();
    let step = &wanted[0].resource.converge(&Context::default(), &{
        let observed = matrixform::for_tests::resource::Observed::Absent;
        wanted[0].resource.compare(&Context::default(), &observed)
    })[0];
    assert!(
        matches!(wanted[0].resource.wanted()["mode"], AttributeValue::Word(ref mode) if mode == "0644")
    );
    String::from_utf8(step.call.input.as_ref().unwrap().expose().to_vec()).unwrap()
}

fn problems(toml: &str) -> usize {
    declared(&format!("[[resource]]\nkind = \"cron\"\n{toml}")).unwrap_err().len()
}

#[test]
fn a_job_becomes_a_cron_file() {
    let full = r#"
        name = "purge"
        schedule = "17 4 * * sun"
        user = "www-data"
        command = "date +%F >> '/var/log/x'"
        mail = ""
        comment = "weekly"
        environment = { PATH = "/bin", GREETING = "say \"hi\"" }
    "#;
    insta::assert_snapshot!(text(full), @r#"
    # Managed by matrixform.
    # weekly
    PATH="/bin"
    GREETING='say "hi"'
    MAILTO=""
    17 4 * * sun www-data date +\%F >> '/var/log/x'
    "#);
    let short = text("name = \"a\"\nschedule = \"@daily\"\ncommand = \"true\"");
    assert!(short.ends_with("\n@daily root true\n"), "{short}");
}

#[test]
fn jobs_that_cron_would_silently_ignore_are_refused() {
    let job = "schedule = \"@daily\"\ncommand = \"true\"\n";
    for name in ["a.b", "", "-a", "a/b", "ä"] {
        assert_eq!(problems(&format!("name = {name:?}\n{job}")), 1, "{name}");
    }
    assert_eq!(problems("name = \"a\"\nschedule = \"61 * * * *\"\ncommand = \"a\\nb\""), 2);
    assert_eq!(
        problems("name = \"a\"\nschedule = \"@daily\\n* * * * * root x\"\ncommand = \"\""),
        3
    );
    assert_eq!(problems(&format!("name = \"a\"\n{job}environment = {{ \"A B\" = \"x\" }}")), 1);
    assert_eq!(problems(&format!("name = \"a\"\n{job}environment = {{ A = \"'\\\"\" }}")), 1);
    assert_eq!(
        problems(&format!(
            "name = \"a\"\nschedule = \"@daily\"\ncommand = \"{}\"",
            "x".repeat(1000)
        )),
        1
    );
}
