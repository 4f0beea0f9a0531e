//! Messages of the other offline commands: they say what happened and suggest a fix that works.

use crate::workspace::{GOOD, Workspace};

/// Runs these arguments and expects this exit status and these parts of the output.
#[track_caller]
fn says(workspace: &Workspace, args: &[&str], status: i32, parts: &[&str]) {
    let ran = workspace.run(args);
    assert_eq!(ran.status, status, "{args:?}: {ran}");
    for part in parts {
        assert!(ran.to_string().contains(part), "{args:?}: {part}: {ran}");
    }
}

#[test]
fn a_missing_spec_is_explained_for_the_command() {
    let workspace = Workspace::new();
    says(&workspace, &["secrets", "list"], 64, &["`matrixform secrets list inventory/prod.toml`"]);
    let add = ["secrets", "recipients", "add", "age1x"];
    says(&workspace, &add, 64, &["`matrixform secrets recipients add inventory/prod.toml`"]);
    says(&workspace, &["apply"], 64, &["`matrixform apply inventory/prod.toml`"]);
}

#[test]
fn a_spec_in_place_of_a_name_is_reported() {
    let workspace = Workspace::with(GOOD);
    for verb in ["rotate", "get", "set"] {
        let help = format!("`matrixform secrets {verb} prod.toml AREA/NAME`");
        says(&workspace, &["secrets", verb, "prod.toml"], 64, &["`prod.toml` is a spec", &help]);
    }
}

#[test]
fn a_missing_file_has_no_schema() {
    let workspace = Workspace::new();
    says(&workspace, &["schema", "nowhere.toml"], 64, &["nowhere.toml does not exist"]);
    says(
        &workspace,
        &["schema", "--modules", "/nonexistent"],
        64,
        &["/nonexistent does not exist"],
    );
    assert_eq!(
        workspace.run(&["schema"]).status,
        0,
        "without a word it is that of the built-in modules"
    );
}

#[test]
fn a_number_that_is_too_large_is_reported_as_such() {
    let huge = "address = \"a\"\nport = 99999999999999999999999";
    let workspace = Workspace::with(&GOOD.replace("address = \"matrix.example.org\"", huge));
    says(&workspace, &["check", "prod.toml"], 1, &["not a number that is too large"]);
}

#[test]
fn a_resource_that_a_module_makes_is_named() {
    let resource = "[[resource]]\nkind = \"apt\"\nname = \"nginx\"\nversion = \"1.0\"\n";
    let workspace = Workspace::with(&format!("{GOOD}{resource}"));
    let ran = workspace.run(&["explain", "apt:nginx", "prod.toml", "--on", "debian-12"]);
    assert!(ran.to_string().contains("the module `nginx` already declares it"), "{ran}");
    assert!(!ran.to_string().contains("included file"), "{ran}");
}

#[test]
fn a_module_and_a_kind_with_one_name_can_be_distinguished() {
    let workspace = Workspace::new();
    says(
        &workspace,
        &["explain", "cron"],
        0,
        &["`module:cron` or `kind:cron`", "kind cron", "[[cron]]"],
    );
    for args in [&["explain", "kind:cron"][..], &["explain", "kind", "cron"]] {
        let ran = workspace.run(args);
        assert!(ran.status == 0 && ran.stdout.starts_with("kind cron"), "{ran}");
    }
    let ran = workspace.run(&["explain", "module:cron"]);
    assert!(ran.stdout.starts_with("[[cron]]") && !ran.stdout.contains("kind cron"), "{ran}");
    says(&workspace, &["explain", "kind:crom"], 1, &["did you mean `cron`?"]);
}

#[test]
fn a_new_module_creates_its_directories_and_shadows_no_other() {
    let workspace = Workspace::new();
    says(&workspace, &["module", "new", "inventory/modules/turn"], 0, &["matrixform module test"]);
    says(&workspace, &["module", "test", "inventory/modules/turn"], 0, &[]);
    let parts = ["`nginx` is a built-in module", "start from a copy"];
    says(&workspace, &["module", "new", "inventory/modules/nginx"], 1, &parts);
    assert!(!workspace.0.path().join("inventory/modules/nginx").exists());
}
