//! Serves a token on the host for a step that needs names to lead there, and checks from here whether they do.

use super::super::Session;
use super::names::misdirected;
use crate::apply::{PlannedStep, Role, RunProgress, Stop, run};
use crate::diagnostic::Diagnostic;
use crate::resource::Step;
use crate::secret::hex;

impl Session<'_> {
    /// Gives the step the results; does nothing if the step needs no proof, or the check was disabled.
    pub(in crate::run) async fn prove(
        &mut self,
        wanted: &mut PlannedStep,
        stop: &Stop,
    ) -> Result<(), Diagnostic> {
        let Some(proof) = wanted.step.proof.take() else { return Ok(()) };
        let args = &mut wanted.step.call.args;
        if self.project.skip_name_check {
            args.extend([String::new(), String::new()]);
            return Ok(());
        }
        let mut random = [0; 16];
        if getrandom::fill(&mut random).is_err() {
            let why = "the machine that matrixform runs on has no random number generator";
            return Err(Diagnostic::error("apply/names", why));
        }
        let token = hex(&random);
        let offer = Step::new("preparing the name check", "acme_offer", &[&proof.webroot, &token]);
        let offer = [PlannedStep::of_run(offer, Role::Note)];
        run(&mut self.shell, &offer, &mut RunProgress::new(1), stop, &mut |_| {}).await?;
        let found = match self.jump() {
            // Behind a jump host, the host's names may have another meaning here.
            Some(_) => proof.names.iter().map(|name| (name.clone(), "-".to_owned())).collect(),
            None => {
                let path = format!("/.well-known/acme-challenge/matrixform-{token}");
                misdirected(&proof.names, &path, &token).await
            }
        };
        let lines = found.iter().map(|(name, why)| format!("{name} {}\n", why.replace('\n', " ")));
        args.extend([token, lines.collect()]);
        self.lap("name check");
        Ok(())
    }
}
