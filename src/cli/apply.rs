//! `matrixform apply`: show the plan, ask, take the host's lock, see that the plan still fits, converge,
//! look again, and fail loudly if anything differs.

use super::identity;
use super::output::Output;
use super::site::Site;
use super::survey::{Guess, Look, Survey, want};
use crate::apply::{Event, Move, Stop, run, steps};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Item, secret_names, unlisted};
use crate::resource::{Action, Address, Step, Wanted};

/// Runs it.
pub(super) async fn apply(site: &Site, yes: bool, output: &mut Output) -> Result<Exit, Problems> {
    let (mut survey, guess) = Survey::open(site).await?;
    let look = survey.look(guess).await?;
    output.plan(&look.planned.plan, &look.expansion.notes);
    refuse(&look)?;
    if look.planned.plan.is_empty() {
        settle(site, &look)?;
        identity::settled(&mut survey, site, &look, Some(lock())).await?;
        identity::record(site, &look, output);
        output.timings(&survey.cost());
        survey.close().await;
        return Ok(Exit::Done);
    }
    if !yes {
        output.confirm(look.planned.plan.items.len(), &site.host_name())?;
    }
    let look = hold(&mut survey, site, look).await?;
    let look = settle_secrets(site, look, output)?;
    finish(survey, site, look, output).await
}

/// Takes the host's lock, and looks once more: while the plan was read, somebody else may have changed
/// the host. What is carried out, and generated, is what was shown or nothing.
pub(super) async fn hold(
    survey: &mut Survey<'_>,
    site: &Site,
    shown: Look,
) -> Result<Look, Problems> {
    survey.connection().round_trips().add("the lock", 1);
    run(&mut survey.shell, &[lock()], 0, &Stop::default(), &mut |_| {})
        .await
        .map_err(|problem| vec![problem])?;
    let look = survey.look(Guess::new(site, Some(&shown.facts))).await?;
    let Some(address) = otherwise(&shown, &look) else { return Ok(look) };
    let message = format!("the plan no longer fits: meanwhile {address} changed on the host");
    Err(vec![
        Diagnostic::error("apply/stale", message)
            .help("nothing was changed; run apply again: it shows the plan anew")
            .exit(Exit::Stale),
    ])
}

/// The first item in which two plans differ.
fn otherwise(shown: &Look, now: &Look) -> Option<Address> {
    let (shown, now) = (&shown.planned.plan.items, &now.planned.plan.items);
    let longer = if shown.len() > now.len() { shown } else { now };
    let first = now.iter().zip(shown).position(|(now, shown)| !now.is_still(shown));
    let first = first.or((shown.len() != now.len()).then_some(shown.len().min(now.len())))?;
    Some(longer.get(first)?.address.clone())
}

/// Carries the look out, and ends the connection.
pub(super) async fn finish(
    mut survey: Survey<'_>,
    site: &Site,
    look: Look,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let mut result = converge(&mut survey, site, &look, output).await;
    if result.is_ok() {
        result = identity::settled(&mut survey, site, &look, None).await.map_err(partial);
    }
    output.end_progress();
    output.timings(&survey.cost());
    survey.close().await;
    result.and_then(|()| settle(site, &look))?;
    identity::record(site, &look, output);
    Ok(Exit::Done)
}

/// The host is as wanted: values from before a rotation are needed no more.
fn settle(site: &Site, look: &Look) -> Result<(), Problems> {
    let names: Vec<String> = secret_names(&look.wanted).into_iter().collect();
    site.secrets.settle(&names).map_err(|problem| partial(vec![problem]))
}

/// What cannot be mended in place stops before anything changes.
pub(super) fn refuse(look: &Look) -> Result<(), Problems> {
    let problem = |item: &Item| match &item.change.action {
        Action::Refuse { why, help } => Some(
            Diagnostic::error("plan/refused", format!("{}: {why}", item.address))
                .at(&item.origin.declared)
                .help(help.clone()),
        ),
        _ => None,
    };
    let problems: Problems = look.planned.plan.refused().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Generates and stores what is still missing, before anything uses it.
pub(super) fn settle_secrets(
    site: &Site,
    look: Look,
    output: &mut Output,
) -> Result<Look, Problems> {
    let pending = look.wanted.iter().flat_map(|item| item.resource.pending_secrets());
    let mut names: Vec<String> = pending.collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Ok(look);
    }
    let generated = site.secrets.generate(&names).map_err(|problem| vec![problem])?;
    output.problems(generated.note().as_slice());
    look.again(site)
}

async fn converge(
    survey: &mut Survey<'_>,
    site: &Site,
    look: &Look,
    output: &mut Output,
) -> Result<(), Problems> {
    let mut moves: Vec<Move> =
        identity::begin(site, look).into_iter().chain(ledger(look)).collect();
    moves.extend(steps(&look.wanted, &look.planned, &look.expansion.activations));
    output.event(Event::Begun { host: site.host_name(), steps: moves.len() });
    let stop = watch_for_interrupt();
    let mut done = 0;
    while let Some(rest) = moves.get(done..).filter(|rest| !rest.is_empty()) {
        let until = rest.iter().position(|one| one.installs).map_or(rest.len(), |at| at + 1);
        let part = rest.get(..until).unwrap_or_default();
        let trips = survey.connection().round_trips();
        trips.add("steps", part.len() as u32);
        run(&mut survey.shell, part, done, &stop, &mut |event| output.event(event))
            .await
            .map_err(|problem| vec![problem])?;
        done += until;
        if part.last().is_some_and(|one| one.installs) {
            recheck(survey, site, &look.wanted).await.map_err(partial)?;
        }
    }
    output.event(Event::Finished);
    verify(survey, site).await.map_err(partial)
}

/// After the first step no error is one "before any change".
fn partial(problems: Problems) -> Problems {
    let exit = |problem: Diagnostic| match problem.exit {
        Exit::Error => problem.exit(Exit::Partial),
        _ => problem,
    };
    problems.into_iter().map(exit).collect()
}

/// The first Ctrl-C stops cleanly after the steps under way; the second ends the program at once.
fn watch_for_interrupt() -> Stop {
    let stop = Stop::default();
    let asked = stop.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if asked.is_asked() {
                std::process::exit(Exit::Partial as i32);
            }
            asked.ask();
        }
    });
    stop
}

/// The lock of the run, which is before all changes.
fn lock() -> Move {
    alone(Step::new("taking the host's lock", "shell_lock", &[]))
}

/// The host's list of its secrets, before the first of them is used.
fn ledger(look: &Look) -> Option<Move> {
    let names = secret_names(&look.wanted);
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    let step = Step::new("listing the names of the host's secrets", "ledger_write", &words);
    unlisted(&names, &look.answers).then(|| alone(step))
}

/// A step that is of no resource.
pub(super) fn alone(step: Step) -> Move {
    Move { step, completes: Vec::new(), of: "the run".to_owned(), installs: false }
}

/// After an installation: if a fact came out otherwise than the plan took it to be, and something
/// wanted hangs on it, the plan no longer fits.
async fn recheck(survey: &mut Survey<'_>, site: &Site, wanted: &[Wanted]) -> Result<(), Problems> {
    let facts = survey.facts().await?;
    let now = want(site, &facts)?.wanted;
    let differs = |item: &&Wanted| {
        let same = now.iter().find(|other| other.address() == item.address());
        same.is_none_or(|same| !same.declared.wants_the_same(&item.declared))
    };
    let Some(item) = wanted.iter().find(differs) else { return Ok(()) };
    let message = format!(
        "the plan no longer fits: after the installation {} shall look different from what was shown",
        item.address()
    );
    Err(vec![
        Diagnostic::error("apply/stale", message)
            .help("run apply again: the plan is made anew from what is installed now")
            .exit(Exit::Stale),
    ])
}

/// Looks again: what still differs is an error.
async fn verify(survey: &mut Survey<'_>, site: &Site) -> Result<(), Problems> {
    let facts = survey.facts().await?;
    let look = survey.look(Guess::new(site, Some(&facts))).await?;
    if look.planned.plan.is_empty() {
        return Ok(());
    }
    let still = |item: &Item| {
        let what: Vec<&str> = item.change.differences.iter().map(|one| one.attribute).collect();
        Diagnostic::error(
            "apply/still-differs",
            format!("{} still differs after apply: {}", item.address, what.join(", ")),
        )
        .at(&item.origin.declared)
        .help("something on the host works against it; `matrixform plan` shows the difference")
        .exit(Exit::Partial)
    };
    Err(look.planned.plan.items.iter().map(still).collect())
}
