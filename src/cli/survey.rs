//! One host under way: connected, asked, compared. Plan, apply and facts all begin with it.

use super::laps::Laps;
use super::memory::{Memory, Remembered};
use super::site::Site;
use crate::apply::inspect;
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::host;
use crate::module::{Expanded, Expansion, expand_knowing};
use crate::observe::{observe, questions};
use crate::plan::{Judged, Plan, endangered, judge, make};
use crate::remote::{Connection, Line, Shell};
use crate::render::Detail;
use crate::resource::{Answers, Questions, Wanted, declare};
use crate::secret::{Secret, SecretSource, Unasked};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a new login may take to say that it is there.
const LOGIN: Duration = Duration::from_secs(20);

/// A connected host.
pub(super) struct Survey<'a> {
    site: &'a Site,
    connection: Connection,
    /// The shell on the host.
    pub(super) shell: Shell<Line>,
    memory: Memory,
    remembered: Option<Remembered>,
    packages: Vec<String>,
    asked: bool,
    laps: Laps,
}

/// What one look at the host gave.
pub(super) struct Look {
    /// What the host is.
    pub(super) facts: Facts,
    /// The wanted resources.
    pub(super) wanted: Vec<Wanted>,
    /// Their activations, and what expansion had to say (its resources have moved to `wanted`).
    pub(super) expansion: Expansion,
    /// What differs.
    pub(super) plan: Plan,
    /// Who the server is.
    pub(super) judged: Judged,
    /// What the host answered.
    pub(super) answers: Answers,
}

impl<'a> Survey<'a> {
    /// Connects. What the host is expected to be asked is worked out while the handshake runs.
    pub(super) async fn open(site: &'a Site) -> Result<(Survey<'a>, Guess), Problems> {
        let mut laps = site.laps.clone();
        let memory = site.memory();
        let packages = site.modules.fact_packages(&site.spec);
        let remembered = memory.recall();
        if let Some(path) = memory.path().filter(|_| remembered.is_some()) {
            site.voice().read("remembered facts", path);
        }
        let guess = async { Guess::new(site, remembered.as_ref().map(|known| &known.facts)) };
        let (connected, guess) = tokio::join!(site.connect(), guess);
        let connection = connected.map_err(|problem| vec![problem])?;
        site.voice().detail(&laps.end("connecting"));
        site.voice().problems(connection.warnings());
        let becoming = site.becoming(connection.user())?;
        let line = Line::new(connection.starter(), host::opening(&becoming));
        let shell = Shell::new(line, &host::library(), site.patience()).map_err(one)?;
        let asked = false;
        Ok((Survey { site, connection, shell, memory, remembered, packages, asked, laps }, guess))
    }

    /// Looks at everything: one flight when `guess` was right, a second one otherwise.
    pub(super) async fn look(&mut self, guess: Guess) -> Result<Look, Problems> {
        // The first flight leaves together with the command that starts the shell.
        let mut answers = self.ask(&guess.questions).await?;
        self.lap("the host's answer");
        let facts = self.read(&answers);
        supported(&facts, host::is_root(&answers))?;
        let Want { expansion, wanted, .. } =
            want_with(self.site, &facts, &self.site.secrets, &guess.secrets)?;
        let missing = asked(&wanted, &expansion).without(&guess.questions);
        if !missing.is_empty() {
            answers.extend(self.ask(&missing).await?);
            self.lap("its second answer");
        }
        self.remembered.iter().for_each(|known| self.memory.keep(known));
        let judged = judge(&super::identity::claim(self.site), &wanted, &answers)?;
        let host = self.site.host_name();
        let mut plan = make(&host, &wanted, &expansion.activations, &answers)?;
        let lost = endangered(&wanted, &answers, &|name| self.site.secrets.irreplaceable(name));
        if !lost.is_empty() {
            return Err(lost);
        }
        plan.risks.clone_from(&judged.risks);
        self.lap("the plan");
        Ok(Look { facts, wanted, expansion, plan, judged, answers })
    }

    /// The facts alone.
    pub(super) async fn facts(&mut self) -> Result<Facts, Problems> {
        let answers = self.ask(&Questions::default()).await?;
        Ok(self.read(&answers))
    }

    /// The facts of an answer. The host leaves apt's candidates out while they are the known ones.
    fn read(&mut self, answers: &Answers) -> Facts {
        let mut facts = host::read(answers, &self.packages);
        let offers = host::offers(answers);
        if let Some(known) = self.known().filter(|known| known.offers == offers) {
            facts.candidates.clone_from(&known.facts.candidates);
        }
        self.remembered = Some(Remembered { facts: facts.clone(), offers });
        facts
    }

    /// What is remembered, if it tells apt's candidates of just the packages that are asked about.
    fn known(&self) -> Option<&Remembered> {
        let remembered = self.remembered.as_ref().filter(|known| known.offers.is_some())?;
        remembered.facts.candidates.keys().eq(&self.packages).then_some(remembered)
    }

    /// The connection.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What it took so far: time, round trips, bytes.
    pub(super) fn cost(&self) -> String {
        let (trips, traffic) = (self.connection.round_trips(), self.shell.traffic());
        format!("{}\nround trips:\n{trips}\n{traffic}", self.laps)
    }

    fn lap(&mut self, part: &'static str) {
        self.site.voice().detail(&self.laps.end(part));
    }

    /// Ends the connection.
    pub(super) async fn close(self) {
        drop(self.shell);
        self.connection.close().await;
    }

    /// Asks the host.
    pub(super) async fn ask(&mut self, questions: &Questions) -> Result<Answers, Problems> {
        if std::mem::replace(&mut self.asked, true) {
            self.connection.round_trips().add("further questions", 1);
        }
        let offers = self.known().and_then(|known| known.offers.clone());
        let words: Vec<String> =
            std::iter::once(offers.unwrap_or_default()).chain(self.packages.clone()).collect();
        self.tell(&words, questions);
        observe(&mut self.shell, &words, questions).await.map_err(one)
    }

    /// Says what is about to be asked.
    fn tell(&self, words: &[String], questions: &Questions) {
        let voice = self.site.voice();
        let called = |function, words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            voice.detail(&Detail::Called { function, words });
        };
        for (function, things) in questions.counts() {
            voice.detail(&Detail::Asked { function, things });
        }
        called(host::FACTS, &words.iter().map(String::as_str).collect::<Vec<&str>>());
        questions.calls().for_each(|(function, words)| called(function, &words));
    }
}

/// Logs in over a new connection, becomes root as always, and leaves a word there that shows it.
pub(super) async fn log_in(site: &Site, word: &str) -> Result<(), Diagnostic> {
    let connection = site.connect().await?;
    let first = |problems: Problems| {
        problems.into_iter().next().unwrap_or_else(|| Diagnostic::bug("a failure without words"))
    };
    let becoming = site.becoming(connection.user()).map_err(first)?;
    let line = Line::new(connection.starter(), host::opening(&becoming));
    let mut shell = Shell::new(line, &host::library(), site.patience())?;
    let id = shell.step(LOGIN, "login_confirm", &[word], None);
    shell.flush().await;
    let (said, status) = shell.body(id, LOGIN, |_| {}).await?;
    drop(shell);
    connection.close().await;
    match status {
        0 => Ok(()),
        _ => Err(Diagnostic::error("apply/login", String::from_utf8_lossy(&said).trim())),
    }
}

impl Look {
    /// The same look with the secrets that have been generated since.
    pub(super) fn again(self, site: &Site) -> Result<Look, Problems> {
        let Want { expansion, wanted, .. } = want(site, &self.facts)?;
        let host = site.host_name();
        let plan = make(&host, &wanted, &expansion.activations, &self.answers)?;
        let judged = judge(&super::identity::claim(site), &wanted, &self.answers)?;
        let (facts, answers) = (self.facts, self.answers);
        Ok(Look { facts, wanted, expansion, plan, judged, answers })
    }
}

/// What will be asked if the host is still what it was.
pub(super) struct Guess {
    questions: Questions,
    /// The secrets that were found on the way.
    secrets: BTreeMap<String, Secret>,
}

impl Guess {
    /// From remembered facts. Problems are left for the real facts to show.
    pub(super) fn new(site: &Site, remembered: Option<&Facts>) -> Guess {
        // Nobody is asked for a secret while the connection is being made.
        let unasked = Unasked { stores: &site.secrets, lenient: false };
        let want = |facts| want_with(site, facts, &unasked, &BTreeMap::new()).ok();
        let Want { expansion, wanted, secrets } = remembered.and_then(want).unwrap_or_default();
        Guess { questions: asked(&wanted, &expansion), secrets }
    }
}

/// The wanted state for some facts.
#[derive(Default)]
pub(super) struct Want {
    /// Activations and notes.
    pub(super) expansion: Expansion,
    /// The resources.
    pub(super) wanted: Vec<Wanted>,
    secrets: BTreeMap<String, Secret>,
}

/// The wanted state for these facts.
pub(super) fn want(site: &Site, facts: &Facts) -> Result<Want, Problems> {
    want_with(site, facts, &site.secrets, &BTreeMap::new())
}

/// The same with other secrets; `known` are some that were found already.
pub(super) fn want_with(
    site: &Site,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<Want, Problems> {
    let Expanded { mut expansion, secrets, .. } =
        expand_knowing(&site.spec, &site.modules, facts, secrets, known)?;
    let wanted = declare(std::mem::take(&mut expansion.resources))?;
    Ok(Want { expansion, wanted, secrets })
}

/// What is asked about the wanted state.
fn asked(wanted: &[Wanted], expansion: &Expansion) -> Questions {
    let mut questions = questions(wanted);
    inspect(&expansion.activations, &mut questions);
    questions
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}

/// Refuses what matrixform cannot work on.
fn supported(facts: &Facts, is_root: bool) -> Result<(), Problems> {
    let os = facts.os.id.as_deref().unwrap_or("an unknown system");
    if !matches!(os, "ubuntu" | "debian") {
        let version = facts.os.version.as_deref().unwrap_or("");
        let runs = format!("the host runs {os} {version}");
        return Err(vec![
            Diagnostic::error("host/unsupported", runs.trim_end())
                .help("matrixform works on Ubuntu 24.04 and Debian 12 and 13"),
        ]);
    }
    if !is_root {
        return Err(vec![
            Diagnostic::error("host/not-root", "the shell on the host is not root's")
                .help("log in as root, or set `become = \"sudo\"` in `[host]`"),
        ]);
    }
    Ok(())
}
