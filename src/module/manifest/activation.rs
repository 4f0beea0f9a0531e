//! `[[activation]]`: files and services that take effect together. It names no unit: resources join it by its name, and
//! those in a directory that it owns join automatically.

use super::finding::optional_text;
use super::values::expression;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::form::Form;
use crate::module::text::{Expression, Text};
use crate::resource::{Effect, NO_ACTIVATION};
use crate::spec::keys::TableReader;
use crate::spec::node::Node;
use std::time::Duration;

/// The default time limit for becoming healthy.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One activation.
#[derive(Clone, Debug)]
pub struct ActivationForm {
    /// Its name, unique on a host.
    pub name: String,
    /// The condition under which it exists.
    pub when: Option<Expression>,
    /// The directories and files that its services read. Resources at or below these paths join automatically.
    pub owns: Option<Form>,
    /// Commands that check the staged files.
    pub validate: Vec<Text>,
    /// Commands that run after the switch.
    pub validate_switched: Vec<Text>,
    /// Commands that check the files on disk at any time, and write nothing.
    pub inspect: Vec<Text>,
    /// A command that prints the paths that its running services read outside of `owns`, one per line.
    pub watches: Option<Text>,
    /// A command that prints what a change would take from others; it writes nothing. One line per item: the id of the
    /// finding, and what was found.
    pub survey: Option<Text>,
    /// A command that runs every time the host is observed: one line for each item that needs attention, in the format
    /// of a survey.
    pub reports: Option<Text>,
    /// Endpoints that answer from outside: `NAME:PORT`, separated by white space.
    pub outside: Option<Text>,
    /// The user that runs the checks.
    pub as_user: Option<Text>,
    /// The unit in whose sandbox the staged files are checked.
    pub sandbox: Option<Text>,
    /// The condition under which these checks have the unit's network.
    pub network: Option<Expression>,
    /// What a change requires of the services.
    pub effect: Effect,
    /// A command whose exit status 0 means that a restart is needed after the reload.
    pub restart: Option<Text>,
    /// The conditions that must hold afterwards.
    pub health: Vec<HealthForm>,
    /// The time limit for those.
    pub timeout: Duration,
    /// Where it is declared.
    pub place: Place,
}

/// One condition of health.
#[derive(Clone, Debug)]
pub enum HealthForm {
    /// A command that must exit with 0.
    Run {
        /// The command.
        command: Text,
        /// Whether it needs none of the services, so that it can run while they start.
        early: bool,
    },
    /// A URL that must answer.
    Http {
        /// The URL.
        url: Text,
        /// The expected status; 200 by default.
        status: u16,
        /// The expected body.
        body: Option<Text>,
    },
}

/// The names of the effects.
pub(super) const EFFECTS: [(&str, Effect); 2] =
    [("reload", Effect::Reload), ("restart", Effect::Restart)];

impl ActivationForm {
    /// Reads an `[[activation]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, an expression or template does not
    /// parse, or the name is the reserved `none` (`module/name`).
    pub fn read(node: &Node) -> Result<ActivationForm, Problems> {
        let mut keys =
            TableReader::of_node("`[[activation]]`", node).map_err(|problem| vec![problem])?;
        let name = keys.required_text("name", "its name, unique on a host");
        if let Some(entry) = keys.entry("name").filter(|_| name == Some(NO_ACTIVATION)) {
            let message = "`none` is reserved for resources that join no activation";
            keys.push(Diagnostic::error("module/name", message).at(&entry.node.place));
        }
        keys.required("effect", "`reload` or `restart`");
        let form = ActivationForm {
            name: name.unwrap_or_default().to_owned(),
            when: expression(&mut keys, "when"),
            owns: owns(&mut keys),
            validate: texts(&mut keys, "validate"),
            validate_switched: texts(&mut keys, "validate_switched"),
            inspect: texts(&mut keys, "inspect"),
            watches: optional_text(&mut keys, "watches"),
            outside: optional_text(&mut keys, "outside"),
            survey: optional_text(&mut keys, "survey"),
            reports: optional_text(&mut keys, "reports"),
            as_user: optional_text(&mut keys, "as_user"),
            sandbox: optional_text(&mut keys, "sandbox"),
            network: expression(&mut keys, "network"),
            effect: keys.word("effect", &EFFECTS).unwrap_or(Effect::Restart),
            restart: optional_text(&mut keys, "restart"),
            health: health(&mut keys),
            timeout: timeout(&mut keys),
            place: node.place.clone(),
        };
        let problems = keys.finish();
        if problems.is_empty() { Ok(form) } else { Err(problems) }
    }

    /// All texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let health = self.health.iter().flat_map(|health| match health {
            HealthForm::Run { command, .. } => vec![command],
            HealthForm::Http { url, body, .. } => std::iter::once(url).chain(body).collect(),
        });
        self.validate
            .iter()
            .chain(&self.validate_switched)
            .chain(&self.inspect)
            .chain(&self.watches)
            .chain(&self.survey)
            .chain(&self.reports)
            .chain(&self.outside)
            .chain(&self.as_user)
            .chain(&self.sandbox)
            .chain(&self.restart)
            .chain(health)
    }
}

fn owns(keys: &mut TableReader<'_>) -> Option<Form> {
    let node = &keys.entry("owns")?.node;
    if node.as_array().is_none() {
        let message = "`owns` is a list of absolute paths";
        keys.push(Diagnostic::error("module/activation", message).at(&node.place));
    }
    keys.ok_or_record(Form::read(node))
}

/// A list of templates.
pub(super) fn texts(keys: &mut TableReader<'_>, key: &'static str) -> Vec<Text> {
    let texts = keys.texts(key);
    texts
        .into_iter()
        .filter_map(|(text, place)| keys.ok_or_record(Text::read(text, place)))
        .collect()
}

fn health(keys: &mut TableReader<'_>) -> Vec<HealthForm> {
    let nodes = keys.list("health");
    nodes.iter().filter_map(|node| keys.ok_or_record(read_health(node))).collect()
}

fn read_health(node: &Node) -> Result<HealthForm, Problems> {
    let mut keys = TableReader::of_node("`health`", node).map_err(|problem| vec![problem])?;
    let run = optional_text(&mut keys, "run");
    let url = optional_text(&mut keys, "http");
    let health = match (run, url) {
        (Some(command), None) => {
            let early = keys.flag("early").unwrap_or(false);
            Some(HealthForm::Run { command, early })
        }
        (None, Some(url)) => {
            let status = keys.whole("status").unwrap_or(200);
            let status = u16::try_from(status).unwrap_or(0);
            Some(HealthForm::Http { url, status, body: optional_text(&mut keys, "body") })
        }
        _ => {
            let message = "`health` needs one of `run` and `http`";
            keys.push(Diagnostic::error("module/activation", message).at(&node.place));
            None
        }
    };
    let problems = keys.finish();
    health.filter(|_| problems.is_empty()).ok_or(problems)
}

fn timeout(keys: &mut TableReader<'_>) -> Duration {
    let Some(text) = keys.text("timeout") else { return TIMEOUT };
    let seconds = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => seconds.parse().ok(),
        (_, Some(minutes)) => {
            minutes.parse::<u64>().ok().and_then(|minutes| minutes.checked_mul(60))
        }
        _ => None,
    };
    match seconds.filter(|seconds| (1..=7200).contains(seconds)) {
        Some(seconds) => Duration::from_secs(seconds),
        None => {
            let place = keys.entry("timeout").map(|entry| entry.node.place.clone());
            let message = "`timeout` is a time such as `90s` or `5m`, at most `120m`";
            let place = place.unwrap_or_else(|| keys.place().clone());
            keys.push(Diagnostic::error("module/activation", message).at(&place));
            TIMEOUT
        }
    }
}
