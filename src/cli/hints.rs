//! Words from Ansible, Terraform and habit that matrixform does not have, each with the right way. A test checks that
//! each hint names an existing command, an option of one, or a key of a spec.

use crate::diagnostic::shell_path;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words that matrixform does not have (each after the verb it follows, if any), and what to do instead.
type Hint = (&'static [&'static str], &'static str);

/// Verbs.
const VERBS: &[Hint] = &[
    (&["validate", "lint"], "`matrixform check SPEC` checks it offline"),
    (&["fmt"], "specs have no formatter; `matrixform check SPEC` checks them offline"),
    (&["preview", "dry-run"], "`matrixform plan SPEC` shows what would change"),
    (&["refresh"], "there is no state to refresh: `matrixform plan SPEC` reads the host each time"),
    (
        &["playbook", "play", "run", "deploy", "up", "sync"],
        "`matrixform apply SPEC` makes the host match its spec",
    ),
    (&["install"], "`matrixform apply SPEC` installs what the spec asks for"),
    (
        &["update", "upgrade"],
        "set `synapse.version` in the spec, or update matrixform; then `matrixform apply SPEC`",
    ),
    (
        &["status"],
        "`matrixform drift SPEC` shows what changed on the host since the last apply; `matrixform verify SPEC` tests the server from outside",
    ),
    (&["test", "doctor"], "`matrixform verify SPEC` tests the server from outside"),
    (
        &["destroy"],
        "nothing removes a whole server: what you remove from the spec, `matrixform apply SPEC` removes from the host; data stays",
    ),
    (
        &["remove"],
        "what you remove from the spec, `matrixform apply SPEC` removes from the host; data stays",
    ),
    (
        &["rollback"],
        "revert the change to the spec (`git revert`), then `matrixform apply SPEC`; `matrixform history SPEC` shows which commit was applied when",
    ),
    (&["undo"], "revert the change to the spec (`git revert`), then `matrixform apply SPEC`"),
    (
        &["import"],
        "there is no state to import into: `matrixform plan SPEC` compares the spec with whatever the host has; `matrixform secrets import SPEC --from-host` stores the secrets of a homeserver that already runs",
    ),
    (
        &["state"],
        "there is no state file: `matrixform plan SPEC` reads the host, and `matrixform history SPEC` lists what was applied to it",
    ),
    (
        &["taint"],
        "nothing is rebuilt by force: `matrixform plan SPEC` shows what differs, and `matrixform secrets rotate SPEC AREA/NAME` replaces a secret",
    ),
    (
        &["unlock", "force-unlock"],
        "the lock ends with its run; `matrixform apply SPEC --wait` waits for it",
    ),
    (&["workspace"], "each host has a spec of its own: `matrixform plan inventory/staging.toml`"),
    (
        &["inventory"],
        "each host has a spec of its own in `inventory/`; `matrixform check` checks all of them",
    ),
    (
        &["list", "ls"],
        "`matrixform check` checks all specs of `inventory/`; `matrixform graph SPEC` shows what is in one",
    ),
    (
        &["new"],
        "`matrixform init` writes a first spec; `matrixform module new inventory/modules/NAME` writes a module",
    ),
    (
        &["create"],
        "`matrixform init` writes a first spec; `matrixform apply SPEC` creates what it describes",
    ),
    (&["edit"], "edit the spec with an editor, then `matrixform check SPEC`"),
    (
        &["output"],
        "a spec has no outputs; `matrixform dns SPEC` lists the DNS records, and `matrixform facts SPEC` prints the host's facts",
    ),
    (
        &["cert", "certs", "renew"],
        "with Let's Encrypt, the host renews its certificates itself: `matrixform explain tls` lists the options, and `matrixform verify SPEC` tests the certificates",
    ),
    (
        &["ssh", "shell", "exec"],
        "matrixform does not open a shell: log in with ssh; `matrixform facts SPEC` prints what matrixform reads from the host",
    ),
    (&["ping"], "`matrixform facts SPEC` logs in and prints the host's facts"),
    (
        &["setup"],
        "`matrixform facts SPEC` prints the host's facts; `matrixform init` writes a first spec",
    ),
    (&["vault", "secret"], "`matrixform secrets list SPEC` shows where each secret is stored"),
    (&["rotate"], "`matrixform secrets rotate SPEC AREA/NAME`"),
    (
        &["restore"],
        "`matrixform backup restore SPEC --path /etc/matrix-synapse --to /root/restored` gets files back; `matrixform rebuild SPEC` brings a lost server back",
    ),
    (&["recover"], "`matrixform rebuild SPEC` brings a lost server back from a backup"),
    (
        &["snapshot"],
        "`matrixform backup now SPEC` makes a backup; `matrixform backup list SPEC` shows all",
    ),
    (&["backup create", "backup run"], "`matrixform backup now SPEC` makes a backup"),
    (&["backup snapshots"], "`matrixform backup list SPEC` shows all snapshots"),
    (&["backup verify"], "`matrixform backup check SPEC` reads the repositories"),
    (
        &["galaxy"],
        "modules are directories beside the spec: `matrixform module new inventory/modules/NAME`",
    ),
    (&["console"], "`matrixform explain synapse.media` explains options"),
    (
        &["docs"],
        "`matrixform explain synapse.media` explains options; `matrixform man` prints the manual",
    ),
    (
        &["log", "logs"],
        "`matrixform history SPEC` lists what was applied; services log to the host's journal",
    ),
    (
        &["user", "account"],
        "`matrixform users list SPEC`; `matrixform users add SPEC NAME` creates one",
    ),
    (&["admin"], "`matrixform users add SPEC NAME --admin` creates an admin"),
    (
        &["password", "users password", "users passwd"],
        "`matrixform users reset-password SPEC NAME`",
    ),
    (&["token"], "`matrixform invite create SPEC` creates a registration token"),
    (&["invitation"], "`matrixform invite create SPEC` creates an invitation"),
    (&["completion"], "`matrixform completions bash` prints a completion script"),
    (&["version"], "`matrixform --version`"),
    (&["users create", "users new"], "`matrixform users add SPEC NAME`"),
    (
        &["users delete", "users remove", "users rm", "users del", "users disable"],
        "`matrixform users deactivate SPEC NAME` is permanent",
    ),
    (&["users ls"], "`matrixform users list SPEC`"),
    (&["invite delete", "invite rm", "invite remove"], "`matrixform invite revoke SPEC TOKEN`"),
    (&["invite ls"], "`matrixform invite list SPEC`"),
    (&["invite new", "invite add"], "`matrixform invite create SPEC`"),
    (&["secrets show", "secrets view"], "`matrixform secrets get SPEC AREA/NAME`"),
    (&["secrets ls"], "`matrixform secrets list SPEC`"),
    (&["secrets add"], "`matrixform secrets set SPEC AREA/NAME`"),
    (&["secrets edit"], "`matrixform secrets set SPEC AREA/NAME --replace`"),
    (
        &["secrets rekey"],
        "`matrixform secrets recipients add SPEC KEY`, or `recipients remove`, encrypts the file again",
    ),
];

/// Options; one dash and several letters are Terraform's style.
const FLAGS: &[Hint] = &[
    (
        &["-y", "-auto-approve", "--auto-approve", "--assume-yes", "-input"],
        "`matrixform apply SPEC --yes` applies without asking",
    ),
    (
        &["--force"],
        "`matrixform apply SPEC --yes` applies without asking; `--allow` allows one thing that is otherwise refused",
    ),
    (
        &["--limit", "-l"],
        "a spec is one host: name it, as in `matrixform apply inventory/prod.toml`",
    ),
    (&["-i", "--inventory"], "name the host's spec, as in `matrixform apply inventory/prod.toml`"),
    (&["--list-hosts"], "a spec is one host; `matrixform check` checks all of `inventory/`"),
    (&["--forks"], "a run is about one host, and starts without delay: `matrixform apply SPEC`"),
    (
        &["--tags"],
        "`matrixform apply SPEC --only nginx` applies a part; `matrixform graph SPEC` shows the parts",
    ),
    (&["-t", "-target", "--target"], "`matrixform apply SPEC --only nginx` applies a part"),
    (&["--skip-tags"], "`matrixform apply SPEC --skip nginx` leaves a part out"),
    (&["--list-tasks", "--list-tags"], "`matrixform graph SPEC` draws everything in its order"),
    (
        &["--check", "-C", "--dry-run", "-n"],
        "`matrixform plan SPEC` shows what would change, and changes nothing",
    ),
    (
        &["--diff", "-D"],
        "`matrixform plan SPEC` always shows differences; `--summary` prints a line for each change",
    ),
    (&["--syntax-check"], "`matrixform check SPEC` checks it offline"),
    (
        &["-K", "--ask-become-pass"],
        "set `host.sudo_password` to a secret, as in `sudo_password = { secret = \"host/sudo\" }`; if it is not stored, you are asked for it",
    ),
    (
        &["-k", "--ask-pass"],
        "matrixform logs in with keys from your agent or of `host.identity_files`",
    ),
    (&["--private-key", "--key-file"], "set `host.identity_files` in the spec"),
    (
        &["-b", "--become", "--become-method"],
        "set `host.become` in the spec; a login other than root uses sudo by itself",
    ),
    (&["--become-user"], "the host is configured as root; how to become root is `host.become`"),
    (&["-u", "--user"], "set `host.user` in the spec"),
    (&["-p", "--port"], "set `host.port` in the spec"),
    (&["-J"], "set `host.jump` in the spec"),
    (
        &["-e", "--extra-vars", "-var", "--var", "-var-file", "--var-file"],
        "values are set in the spec; several specs share some by `include`",
    ),
    (
        &["-out"],
        "`matrixform plan SPEC --out FILE` saves a plan, `matrixform apply SPEC --plan FILE` applies it",
    ),
    (&["-o"], "`matrixform plan SPEC --out FILE` saves a plan"),
    (
        &["--output"],
        "`matrixform plan SPEC --out FILE` saves a plan; `--format` says how it is printed",
    ),
    (
        &["-json", "--json"],
        "`matrixform plan SPEC --format json`; `--log-format json` is for progress and errors",
    ),
    (&["-detailed-exitcode"], "`matrixform plan SPEC --detailed-exitcode`"),
    (
        &["-destroy"],
        "what you remove from the spec, `matrixform apply SPEC` removes from the host; data stays",
    ),
    (
        &["-refresh-only", "--refresh-only"],
        "`matrixform drift SPEC` shows what changed on the host since the last apply",
    ),
    (
        &["-refresh"],
        "there is no state to refresh: `matrixform plan SPEC` reads the host each time",
    ),
    (
        &["-lock-timeout", "--lock-timeout"],
        "`matrixform apply SPEC --wait` waits for another run to end",
    ),
    (
        &["-parallelism"],
        "independent steps already run in parallel: `matrixform graph SPEC` shows what waits for what",
    ),
    (&["-no-color", "--no-color"], "`--color never`"),
    (&["-version"], "`matrixform --version`"),
    (
        &["--days", "--ttl", "--expiry"],
        "`matrixform invite create SPEC --expires 7d` limits how long an invitation is valid",
    ),
    (
        &["--max-uses"],
        "`matrixform invite create SPEC --uses 5` limits how many accounts an invitation creates",
    ),
    (
        &["--vault-password-file", "--vault-id", "--ask-vault-pass"],
        "secrets are in an age file or a keyring: `matrixform secrets list SPEC` shows where",
    ),
];

/// An option that only some commands take.
const FLAGS_OF_OTHERS: &[Hint] = &[(
    &["--format"],
    "`matrixform plan SPEC --format json` prints a plan; `--log-format json` is for progress and errors",
)];

/// Returns what is wrong with a command line, and what to do; `None` if its arguments are in no table.
pub(super) fn hint(error: &clap::Error, args: &[String]) -> Option<(String, String)> {
    let given = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let arg = given(ContextKind::InvalidSubcommand)?;
            if let Some(moved) = spec_before_verb(arg, args) {
                return Some(moved);
            }
            let verb = args.iter().zip(args.iter().skip(1)).find(|(_, next)| *next == arg);
            let whole = verb.map(|(verb, _)| format!("{verb} {arg}")).unwrap_or_default();
            let (name, help) = find(VERBS, &whole).or_else(|| {
                // After a verb, an argument means something other than it does alone.
                let is_first = VERBS_WITH_VERBS.iter().all(|verb| !whole.starts_with(verb));
                find(VERBS, arg).filter(|_| is_first)
            })?;
            Some((format!("there is no command `{name}`"), help.to_owned()))
        }
        ErrorKind::UnknownArgument => {
            if let Some(too_many) = perhaps_secret(error, args) {
                return Some(too_many);
            }
            // For `-target`, the parser only reports that there is no `-t`.
            let terraform = args.iter().filter(|arg| !arg.starts_with("--"));
            let whole = terraform.map(|arg| arg.split('=').next().unwrap_or_default());
            let mut whole = whole.filter(|arg| arg.len() > 2 && arg.starts_with('-'));
            let invalid = given(ContextKind::InvalidArg)?.split(['=', ' ']).next()?;
            if let Some((name, help)) = find(FLAGS_OF_OTHERS, invalid) {
                return Some((format!("this command has no option `{name}`"), help.to_owned()));
            }
            let (name, help) =
                whole.find_map(|arg| find(FLAGS, arg)).or_else(|| find(FLAGS, invalid))?;
            Some((format!("there is no option `{name}`"), help.to_owned()))
        }
        _ => None,
    }
}

/// A spec in place of a command: `prod.toml plan`, `users prod.toml add ada`. Words after the command are not repeated:
/// they may be secret.
fn spec_before_verb(arg: &str, args: &[String]) -> Option<(String, String)> {
    if !arg.ends_with(".toml") {
        return None;
    }
    let at = args.iter().position(|one| one == arg)?;
    let before: Vec<&str> = args.get(1..at)?.iter().map(String::as_str).collect();
    let mut command = super::command();
    for name in &before {
        command = command.find_subcommand(name)?.clone();
    }
    let verb = args.get(at + 1).and_then(|verb| command.find_subcommand(verb));
    let verb = verb.map_or("COMMAND", Command::get_name);
    let line: Vec<&str> = before.into_iter().chain([verb]).collect();
    let help = format!("write `matrixform {} {}`", line.join(" "), shell_path(arg));
    Some((format!("`{arg}` is a spec, and comes after the command"), help))
}

/// An extra argument after `secrets` or `users` may be a value or a password: it is not repeated in a message that may
/// end up in a log.
fn perhaps_secret(error: &clap::Error, args: &[String]) -> Option<(String, String)> {
    const LITERAL: [&str; 4] = ["--value", "--password", "-p", "-v"];
    let takes_secrets = |arg: &String| matches!(arg.as_str(), "secrets" | "users");
    let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = arg.split(['=', ' ']).next().unwrap_or_default();
    let is_value = !arg.starts_with('-') || LITERAL.contains(&name);
    (is_value && args.iter().skip(1).take(2).any(takes_secrets)).then(|| {
        let message = "too many arguments; the last one is not shown, as it may be a secret";
        let help = "values and passwords come from standard input or are typed in a terminal: other users can read arguments";
        (message.to_owned(), help.to_owned())
    })
}

/// Verbs that are followed by another one.
const VERBS_WITH_VERBS: [&str; 5] = ["users ", "secrets ", "invite ", "backup ", "module "];

/// Returns the name as it stands in the table, and its hint.
fn find(all: &'static [Hint], name: &str) -> Option<(&'static str, &'static str)> {
    all.iter().find_map(|(names, help)| {
        let known = names.iter().find(|known| **known == name)?;
        Some((*known, *help))
    })
}

#[cfg(test)]
mod tests;
