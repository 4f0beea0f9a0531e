//! Kind `service`: a systemd unit that is running, enabled, and up to date with the files on disk. Stale files show up
//! as a difference (`service_state`), not as a notification that could be lost.

use super::reader::AttributeReader;
use super::service_files::{self, ServiceFiles};
use super::service_state as state;
use super::*;
use crate::diagnostic::Problems;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "service",
    summary: "A systemd unit: running, enabled, and using the configuration that is on disk.",
    example: "[[resource]]\nkind = \"service\"\nname = \"nginx.service\"\n",
    attributes: &[
        AttributeDoc {
            name: "running",
            takes: "boolean",
            required: false,
            default: Some("true"),
            doc: "Whether it should be running.",
        },
        AttributeDoc {
            name: "enabled",
            takes: "boolean",
            required: false,
            default: Some("true"),
            doc: "Whether it should start at boot. If so, it is also unmasked.",
        },
        AttributeDoc {
            name: "if_running",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Only make it load changed files if it is running: does not start, stop, enable or disable it.",
        },
        AttributeDoc {
            name: "start_timeout",
            takes: "whole number of seconds",
            required: false,
            default: Some("systemd's own timeout"),
            doc: "How long apply waits for it; after that, the unit keeps starting.",
        },
        AttributeDoc {
            name: "start_guard",
            takes: "list of paths",
            required: false,
            default: None,
            doc: "Do not start it while one of them is missing: files that it must not create itself.",
        },
        AttributeDoc {
            name: "program_paths",
            takes: "list of paths",
            required: false,
            default: None,
            doc: "Its other program files: a change there causes a restart.",
        },
    ],
    shell: include_str!("service.sh"),
    declare,
    phase: Phase::Effect,
    forget: OrphanPolicy::Unit,
    volatile: &["program"],
    implied: &["unit_file", "program", "configuration"],
    footprint: Footprint {
        own: &[
            "unit {name}",
            "path /etc/systemd/system/*.wants/{name}",
            "path /etc/systemd/system/*.requires/{name}",
            "gone /etc/systemd/system/{name}",
            "path /var/lib/matrixform/services/{name}",
        ],
        by_products: &[
            ByProduct {
                traces: &["path /var/lib/systemd/timers/stamp-{name}"],
                why: "when a persistent timer last ran",
            },
            ByProduct {
                traces: &["path /etc/rc?.d/???{stem}"],
                why: "systemd also enables a service's /etc/init.d script",
            },
        ],
    },
    batch: None,
};

/// The suffixes of the units that this kind accepts.
const SUFFIXES: [&str; 5] = [".service", ".socket", ".timer", ".path", ".target"];

#[derive(Debug)]
struct Service {
    address: Address,
    running: bool,
    enabled: bool,
    if_running: bool,
    start_timeout: i64,
    start_guard: Vec<String>,
    program_paths: Vec<String>,
    effect: Effect,
    in_activation: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    if !is_unit(&declared.address.name) {
        let help = "its name must be a unit with its suffix, such as `nginx.service`";
        reader.refuse("name", help);
    }
    let service = Service {
        address: declared.address.clone(),
        running: reader.flag("running").unwrap_or(true),
        enabled: reader.flag("enabled").unwrap_or(true),
        if_running: reader.flag("if_running").unwrap_or(false),
        start_timeout: reader.int("start_timeout").unwrap_or(0),
        start_guard: reader.paths("start_guard"),
        program_paths: reader.paths("program_paths"),
        effect: declared.effect.unwrap_or(Effect::Restart),
        in_activation: declared.activation.is_some(),
    };
    if service.start_timeout < 0 {
        reader.refuse("start_timeout", "`start_timeout` takes a whole number of seconds");
    }
    reader.finish(Box::new(service))
}

impl Resource for Service {
    fn provides(&self) -> Vec<String> {
        vec![format!("unit:{}", self.address.name)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.brought_by();
        let paths = self.start_guard.iter().chain(&self.program_paths);
        requirements.extend(paths.map(|path| format!("path:{path}")));
        requirements
    }

    fn ask(&self, context: &Context, questions: &mut Questions) {
        questions.ask("service_observe", &[&self.address.name]);
        let members = context.members.iter().filter(|_| self.in_activation);
        for path in members.chain(&self.program_paths) {
            questions.ask(service_files::FUNCTION, &[path]);
        }
    }

    fn observe(&self, context: &Context, answers: &Answers) -> Observed {
        let Some(record) = answers.get("service_observe", &self.address.name) else {
            return Observed::Unknown("systemd did not answer: is it running there?".to_owned());
        };
        match record.text("LoadState").as_deref() {
            None => return Observed::Unknown("systemd did not report it".to_owned()),
            Some("not-found") => return Observed::Absent,
            Some(_) => {}
        }
        let files = |paths| ServiceFiles { answers, paths };
        let mut seen = Attributes::new();
        seen.insert("running", state::running(record, self.running));
        seen.insert("enabled", state::enabled(record, &self.address.name, self.enabled));
        if self.running {
            seen.insert("unit_file", state::unit_file(record));
            seen.insert("program", state::program(record, files(&self.program_paths)));
        }
        if self.running && self.in_activation {
            seen.insert("configuration", state::configuration(record, files(&context.members)));
        }
        Observed::Present(seen)
    }

    /// A unit that was declared before runs what is on disk. The state of any other is unknown, unless this plan
    /// creates it.
    fn simulate(
        &self,
        context: &Context,
        host: &SimulatedHost<'_>,
        before: Option<&Wanted>,
    ) -> Observed {
        let requirements = self.brought_by();
        let comes = context.coming.iter().any(|(provision, _)| requirements.contains(provision));
        // The service has also read a file that is leaving its activation.
        let left = before.into_iter().flat_map(|before| before.context.members.iter());
        let has_read_others = left.clone().any(|path| !context.members.contains(path));
        let before = before.map(|before| before.resource.wanted());
        let before = before.or(self.if_running.then(Attributes::new));
        let Some(mut seen) = before else {
            return match comes
                && !requirements.iter().any(|requirement| host.provider_of(requirement).is_some())
            {
                true => Observed::Absent,
                false => Observed::Unknown("systemd was not asked".to_owned()),
            };
        };
        // A unit declared with `if_running` is assumed to run.
        let runs = seen.entry("running").or_insert(AttributeValue::flag(true)).clone();
        seen.entry("enabled").or_insert(runs.clone());
        if runs == AttributeValue::flag(true) {
            seen.insert("unit_file", AttributeValue::word(state::LOADED));
            seen.insert("program", AttributeValue::word(state::ON_DISK));
            let read = if has_read_others { state::BEFORE } else { state::ON_DISK };
            seen.insert("configuration", AttributeValue::word(read));
        }
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        if self.if_running {
            if self.in_activation {
                wanted.insert("configuration", AttributeValue::word(state::ON_DISK));
            }
            return wanted;
        }
        wanted.insert("running", AttributeValue::flag(self.running));
        wanted.insert("enabled", AttributeValue::flag(self.enabled));
        if self.running {
            wanted.insert("unit_file", AttributeValue::word(state::LOADED));
            wanted.insert("program", AttributeValue::word(state::ON_DISK));
        }
        if self.running && self.in_activation {
            wanted.insert("configuration", AttributeValue::word(state::ON_DISK));
        }
        wanted
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        if self.if_running && !runs(observed) {
            return Comparison::unchanged();
        }
        if *observed == Observed::Absent {
            return self.compare_absent(context);
        }
        let mut comparison = Comparison::of(&self.wanted(), observed);
        self.apply_effect(context, observed, &mut comparison);
        comparison
    }

    fn converge(&self, context: &Context, change: &Comparison) -> Vec<Step> {
        let unit = self.address.name.as_str();
        let mut steps = Vec::new();
        if change.differs("enabled") {
            let word = if self.enabled { "yes" } else { "no" };
            let label = format!("{} {unit}", if self.enabled { "enabling" } else { "disabling" });
            steps.push(Step::new(label, "service_enable", &[unit, word]));
        }
        if !self.running {
            if change.differs("running") {
                steps.push(Step::new(format!("stopping {unit}"), "service_stop", &[unit]));
            }
            return steps;
        }
        if !self.start_guard.is_empty() {
            let args: Vec<&str> =
                [unit].into_iter().chain(self.start_guard.iter().map(String::as_str)).collect();
            steps.push(Step::new(format!("checking what {unit} needs"), "service_guard", &args));
        }
        steps.extend(self.convergence(context, change));
        steps
    }
}

impl Service {
    /// Returns the requirements that whatever provides the unit may meet: a package, or a file.
    fn brought_by(&self) -> Vec<String> {
        let unit = &self.address.name;
        let mut requirements =
            vec![format!("unit:{unit}"), format!("path:/etc/systemd/system/{unit}")];
        if let Some(template) = template(unit) {
            requirements.push(format!("unit:{template}"));
            requirements.push(format!("path:/etc/systemd/system/{template}"));
        }
        requirements
    }

    /// A unit that does not exist yet: something else in this plan provides it, or a note says that nothing does.
    fn compare_absent(&self, context: &Context) -> Comparison {
        if !self.running && !self.enabled {
            return Comparison::unchanged();
        }
        let mut comparison = Comparison::of(&self.wanted(), &Observed::Absent);
        let requirements = self.brought_by();
        let bringer = context.coming.iter().find(|(provision, address)| {
            requirements.contains(provision) && *address != self.address
        });
        comparison.notes.push(match bringer {
            Some((_, address)) => format!("provided by {address}"),
            None => "this unit does not exist yet, and nothing in this plan is known to provide it"
                .to_owned(),
        });
        comparison
    }

    /// Determines how files that changed, or change in this plan, take effect.
    fn apply_effect(&self, context: &Context, observed: &Observed, comparison: &mut Comparison) {
        let Observed::Present(seen) = observed else { return };
        if !self.running || !self.in_activation || !runs(observed) {
            return;
        }
        let stale = comparison.differs("configuration");
        let asked = context.changed.iter().map(|(_, effect)| *effect).max();
        let effect = asked.max(stale.then_some(self.effect));
        let Some(mut effect) = effect else { return };
        if comparison.differs("program") {
            effect = Effect::Restart;
        }
        comparison.action = Action::Update;
        comparison.notes.extend(reason(&context.changed, effect));
        comparison.effect = Some(effect);
        comparison.differences.retain(|difference| difference.attribute != "configuration");
        // If the running configuration is current, the note above says everything.
        if stale {
            comparison.differences.push(Difference {
                attribute: "configuration",
                from: seen.get("configuration").cloned().unwrap_or(AttributeValue::Nothing),
                to: AttributeValue::word(state::effect_in_words(effect)),
            });
        }
    }

    /// Starts, reloads or restarts it. After a reload, it also restarts if its activation's `restart` command says so.
    fn convergence(&self, context: &Context, change: &Comparison) -> Vec<Step> {
        let unit = self.address.name.as_str();
        let (word, verb) = match change.effect {
            _ if change.differs("program") => ("restart", "restarting"),
            Some(Effect::Restart) => ("restart", "restarting"),
            Some(Effect::Reload) => ("reload", "reloading"),
            // A unit that is still starting may have read the old files; `restart` also starts.
            None if !context.changed.is_empty() || change.differs("configuration") => {
                ("restart", "starting")
            }
            None => ("start", "starting"),
        };
        let timeout = self.start_timeout.to_string();
        let mut args = vec![unit, word, &timeout];
        if self.in_activation {
            args.extend(context.members.iter().map(String::as_str));
        }
        let within = |step: Step| match self.start_timeout {
            0 => step.long_running(), // it ends when systemd gives up
            seconds => step.ending_after(seconds.unsigned_abs()),
        };
        let mut steps =
            vec![within(Step::new(format!("{verb} {unit}"), "service_converge", &args))];
        if let Some(question) = context.restart_if.as_deref().filter(|_| word == "reload") {
            let rest = args.get(2..).unwrap_or_default();
            let args: Vec<&str> =
                [question, unit, "restart"].into_iter().chain(rest.iter().copied()).collect();
            let label = format!("restarting {unit} if a reload was not enough");
            steps.push(within(Step::new(label, "restart_if_asked", &args)));
        }
        steps
    }
}

fn runs(observed: &Observed) -> bool {
    let Observed::Present(seen) = observed else { return false };
    seen.get("running") == Some(&AttributeValue::flag(true))
}

/// Explains a reload or restart that files of this plan cause.
fn reason(changed: &[(Address, Effect)], effect: Effect) -> Option<String> {
    let by = |wanted| changed.iter().filter(move |(_, asked)| *asked == wanted);
    let (first, _) = by(effect).next().or(changed.first())?;
    let verb = if effect == Effect::Restart { "restarts" } else { "reloads" };
    Some(match changed.len() {
        1 => format!("{verb} because {first} changes"),
        count => format!("{verb} because {first} and {} more change", count - 1),
    })
}

/// Returns `x@.service` for `x@y.service`.
fn template(unit: &str) -> Option<String> {
    let (prefix, rest) = unit.split_once('@')?;
    let (_, suffix) = rest.rsplit_once('.')?;
    Some(format!("{prefix}@.{suffix}"))
}

/// Whether this is a valid unit name (systemd.unit(5)): no path, no glob, with a suffix.
pub fn is_unit(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    SUFFIXES.iter().any(|suffix| name.strip_suffix(suffix).is_some_and(|stem| !stem.is_empty()))
        && !name.starts_with(['.', '-'])
        && name.len() <= 255
        && name.chars().all(allowed)
}
