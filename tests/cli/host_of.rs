//! `plan HEAD --host-of BASE` on a host: commands from HEAD are not run there, and the host's content is not shown,
//! unless BASE or an earlier apply names it.

use crate::host::{Host, Ran};
use std::process::Command;

const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"x\"\n";

const COMMAND: &str = "[[resource]]\nkind = \"command\"\nname = \"look\"\nrun = \"true\"\ncheck = \"touch /srv/looked\"\n";

const ACTIVATION: &str = "[[activation]]\nname = \"own\"\neffect = \"reload\"\nowns = [\"/srv\"]\ninspect = [\"touch /srv/looked\"]\n";

const SURVEY: &str = "[[activation]]\nname = \"own\"\neffect = \"reload\"\nowns = [\"/srv\"]\nsurvey = \"touch /srv/looked\"\n";

const TOKEN: &str = "[[resource]]\nkind = \"synapse_token\"\nname = \"/root/token\"\nport = \"9\"\nserver_name = \"a.example\"\naccount = \"a\"\ndatabase = \"host=localhost\"\n";

const MODULE: &str = "format = 1\nsummary = \"Own\"\n\n[params.word]\ntype = \"string\"\ndoc = \"A word.\"\n\n[[resource]]\nkind = \"command\"\nname = \"look\"\nrun = \"true\"\ncheck = \"touch /srv/{{ own.word }}\"\n";

fn sides(host: &Host, base: &str, head: &str) {
    for (side, body) in [("base", base), ("head", head)] {
        host.write(&format!("{side}/prod.toml"), format!("[host]\naddress = \"vps\"\n\n{body}"));
    }
}

fn plan(host: &Host) -> Ran {
    host.matrixform(&["plan", "head/prod.toml", "--host-of", "base/prod.toml"])
}

#[test]
fn only_commands_of_the_base_are_run() {
    let host = Host::new();
    let module = |side: &str| host.write(&format!("{side}/modules/own/module.toml"), MODULE);
    let looked = || host.machine.written().contains("looked");
    for head in [COMMAND, ACTIVATION, SURVEY, TOKEN] {
        sides(&host, FILE, &format!("{FILE}\n{head}"));
        // The second run has remembered facts, so its questions go out with the first round trip.
        for _ in 0..2 {
            let ran = plan(&host);
            assert_eq!(ran.status, 1, "{ran}");
            assert!(ran.stderr.contains("head/prod.toml:"), "{ran}");
            assert!(ran.stderr.contains("the base spec does not have"), "{ran}");
            assert!(!looked(), "{head}");
        }
        assert_eq!(host.matrixform(&["plan", "base/prod.toml"]).status, 0);
    }
    // The same command with another parameter value is a different command.
    module("base");
    module("head");
    let with = |word: &str| format!("{FILE}\n[own]\nword = \"{word}\"\n");
    sides(&host, &with("a"), &with("a; touch looked"));
    let ran = plan(&host);
    assert!(ran.status == 1 && ran.stderr.contains("touch /srv/a; touch looked"), "{ran}");
    assert!(!looked());
    // A command that the base contains is run, wherever it is in the file.
    let base = format!("{FILE}\n{COMMAND}\n{ACTIVATION}");
    sides(&host, &base, &format!("{ACTIVATION}\n{COMMAND}\n{}", FILE.replace("\"x\"", "\"y\"")));
    let ran = plan(&host);
    assert!(ran.status == 0 && looked(), "{ran}");
}

#[test]
fn only_files_named_by_the_base_are_shown() {
    let host = Host::new();
    let foreign = format!("echo {} >/srv/foreign; chmod 0600 /srv/foreign", host.canary);
    let enter = host.machine.enter();
    let ran = Command::new(&enter[0]).args(&enter[1..]).args(["/bin/sh", "-c", &foreign]).status();
    assert!(ran.unwrap().success());
    let more = FILE.replace("/srv/a", "/srv/foreign");
    sides(&host, FILE, &format!("{FILE}\n{more}"));
    for options in [&[][..], &["--format", "json"], &["--format", "markdown"]] {
        let all = [&["plan", "head/prod.toml", "--host-of", "base/prod.toml"], options].concat();
        let ran = host.matrixform(&all);
        assert!(ran.status == 0 && ran.stdout.contains("/srv/foreign"), "{ran}");
        assert!(!ran.to_string().contains(&host.canary), "{ran}");
        assert!(ran.stdout.contains("the base spec has no such resource"), "{ran}");
    }
    // Without a base, or with a base that has the resource, the content is shown.
    let ran = host.matrixform(&["plan", "head/prod.toml"]);
    assert!(ran.stdout.contains(&host.canary), "{ran}");
    let ran = host.matrixform(&["plan", "head/prod.toml", "--host-of", "head/prod.toml"]);
    assert!(ran.stdout.contains(&host.canary), "{ran}");
}
