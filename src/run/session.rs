//! A connected host that can be queried. Every operation starts with one.

use super::host_cache::{CachedFacts, HostCache};
use super::{Detail, Prefetch, Project, Reporter, Timings, library, one};
use crate::apply::Runs;
use crate::diagnostic::Problems;
use crate::facts::Facts;
use crate::host;
use crate::observe::{observe, observe_alone};
use crate::plan::Scope;
use crate::remote::{Connection, Shell, SshLink, Target};
use crate::resource::{Answers, Questions};

/// A connected host.
pub struct Session<'a> {
    pub(super) project: &'a Project,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) connection: Connection,
    pub(super) shell: Shell<SshLink>,
    pub(super) host_cache: HostCache,
    pub(super) remembered: Option<CachedFacts>,
    /// The part of the spec that the run currently covers: the project's, unless the run proceeds part by part.
    pub(super) scope: Scope,
    /// What the last answer says about runs on the host.
    pub(super) runs: Runs,
    packages: Vec<String>,
    asked: bool,
    timings: Timings,
}

impl<'a> Session<'a> {
    /// Connects. The expected questions are prepared during the handshake.
    ///
    /// # Errors
    ///
    /// The host cannot be reached, its key is not trusted, the login is refused, or no store has the password for
    /// `sudo`.
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
    ) -> Result<(Session<'a>, Prefetch), Problems> {
        Session::open_with(project, reporter, |facts| Prefetch::new(project, facts)).await
    }

    /// Connects; `prefetch` is called with the remembered facts while the connection is being made.
    pub(super) async fn open_with<T>(
        project: &'a Project,
        reporter: &'a dyn Reporter,
        prefetch: impl FnOnce(Option<&Facts>) -> T,
    ) -> Result<(Session<'a>, T), Problems> {
        let to = (&project.target, project.host_cache());
        Session::open_to(project, reporter, to, prefetch).await
    }

    /// Connects to another target than the spec's.
    pub(super) async fn open_to<T>(
        project: &'a Project,
        reporter: &'a dyn Reporter,
        (target, host_cache): (&Target, HostCache),
        prefetch: impl FnOnce(Option<&Facts>) -> T,
    ) -> Result<(Session<'a>, T), Problems> {
        let mut timings = project.timings.clone();
        let packages = project.modules.fact_packages(&project.spec);
        let remembered = host_cache.load();
        if let Some(path) = host_cache.path().filter(|_| remembered.is_some()) {
            reporter.read("remembered facts", path);
        }
        let prefetch = async { prefetch(remembered.as_ref().map(|known| &known.facts)) };
        let (connected, prefetch) = tokio::join!(project.connect_to(target, reporter), prefetch);
        let connection = connected.map_err(one)?;
        reporter.detail(&timings.end("connecting"));
        reporter.problems(connection.warnings());
        let root_access = project.root_access(connection.user())?;
        let line = SshLink::new(connection.starter(), host::opening(&root_access));
        let shell = Shell::new(line, &library(), project.shell_start_limit()).map_err(one)?;
        let session = Session {
            project,
            reporter,
            connection,
            shell,
            host_cache,
            remembered,
            scope: project.scope.clone(),
            runs: Runs::default(),
            packages,
            asked: false,
            timings,
        };
        Ok((session, prefetch))
    }

    /// Queries only the facts.
    ///
    /// # Errors
    ///
    /// A question fails, the answer is truncated or too large, or the connection is lost.
    pub async fn facts(&mut self) -> Result<Facts, Problems> {
        let answers = self.ask(&Questions::default()).await?;
        Ok(self.read(&answers))
    }

    /// Reads the facts from an answer. The host omits apt's candidates if they have not changed.
    pub(super) fn read(&mut self, answers: &Answers) -> Facts {
        let mut facts = host::read(answers, &self.packages);
        let offers = host::offers(answers);
        if let Some(known) = self.known().filter(|known| known.offers == offers) {
            facts.candidates.clone_from(&known.facts.candidates);
        }
        self.remembered = Some(CachedFacts { facts: facts.clone(), offers });
        facts
    }

    /// Returns the remembered facts, if they have apt's candidates for exactly the requested packages.
    fn known(&self) -> Option<&CachedFacts> {
        let remembered = self.remembered.as_ref().filter(|known| known.offers.is_some())?;
        remembered.facts.candidates.keys().eq(&self.packages).then_some(remembered)
    }

    /// Summarizes the cost so far: time, round trips, bytes.
    pub fn cost(&self) -> String {
        let (trips, traffic) = (self.connection.round_trips(), self.shell.traffic());
        format!("{}\nround trips:\n{trips}\n{traffic}", self.timings)
    }

    pub(super) fn lap(&mut self, part: &'static str) {
        self.reporter.detail(&self.timings.end(part));
    }

    /// Ends the connection.
    pub async fn close(self) {
        drop(self.shell);
        self.connection.close().await;
    }

    /// Asks the host questions, along with the facts.
    ///
    /// # Errors
    ///
    /// A question fails, the answer is truncated or too large, or the connection is lost.
    pub async fn ask(&mut self, questions: &Questions) -> Result<Answers, Problems> {
        if std::mem::replace(&mut self.asked, true) {
            self.connection.round_trips().add("further questions", 1);
        }
        let offers = self.known().and_then(|known| known.offers.clone());
        let args: Vec<String> =
            std::iter::once(offers.unwrap_or_default()).chain(self.packages.clone()).collect();
        self.report_questions(&args, questions);
        observe(&mut self.shell, &args, questions).await.map_err(one)
    }

    /// Asks only these questions, without the facts.
    pub(super) async fn ask_alone(&mut self, questions: &Questions) -> Result<Answers, Problems> {
        if std::mem::replace(&mut self.asked, true) {
            self.connection.round_trips().add("further questions", 1);
        }
        for (function, things) in questions.counts() {
            self.reporter.detail(&Detail::Asked { function, things });
        }
        observe_alone(&mut self.shell, questions).await.map_err(one)
    }

    /// Reports the questions.
    fn report_questions(&self, args: &[String], questions: &Questions) {
        let reporter = self.reporter;
        let called = |function, args: &[&str]| {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            reporter.detail(&Detail::Called { function, args });
        };
        for (function, things) in questions.counts() {
            reporter.detail(&Detail::Asked { function, things });
        }
        called(host::FACTS, &args.iter().map(String::as_str).collect::<Vec<&str>>());
        questions.calls().for_each(|(function, args)| called(function, &args));
    }
}
