//! `matrixform apply`: show the plan, ask, take the host's lock, see that the plan still fits, converge,
//! look again, and fail loudly if anything differs.

use super::identity;
use super::output::Output;
use super::site::Site;
use super::survey::{Guess, Look, Survey, log_in, want};
use crate::apply::{
    Event, Move, Progress, Role, Runs, Stop, await_runs, inspected, run, schedule, switch,
};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Item, secret_names, unlisted};
use crate::resource::{Action, Difference, Seen, Step, Wanted};
use std::time::{Duration, Instant};

/// Runs it.
pub(super) async fn apply(
    site: &Site,
    yes: bool,
    wait: bool,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let (mut survey, guess) = Survey::open(site).await?;
    let look = survey.look(guess).await?;
    let look = admit(&mut survey, site, look, wait, output).await?;
    output.problems(&Runs::read(&look.answers).notes());
    output.problems(&inspected(&look.answers));
    output.plan(&look.plan, &look.expansion.notes);
    refuse(&look)?;
    let is_settled = !Runs::read(&look.answers).has_left() && identity::is_settled(site, &look);
    if look.plan.is_empty() && is_settled {
        settle(site, &look)?;
        identity::record(site, &look, output);
        output.timings(&survey.cost());
        survey.close().await;
        return Ok(Exit::Done);
    }
    if !yes && !look.plan.is_empty() {
        output.confirm(look.plan.items.len(), &site.host_name())?;
    }
    let look = hold(&mut survey, site, look, wait, output).await?;
    let look = settle_secrets(site, look, output)?;
    finish(survey, site, look, output).await
}

/// Before anything is shown: the host is held by nobody, and nothing of an earlier run changes it meanwhile.
async fn admit(
    survey: &mut Survey<'_>,
    site: &Site,
    look: Look,
    wait: bool,
    output: &mut Output,
) -> Result<Look, Problems> {
    let runs = Runs::read(&look.answers);
    match &runs.holder {
        _ if !runs.is_busy() => return Ok(look),
        Some(holder) if !wait => return Err(one(Runs::locked(holder))),
        _ => {}
    }
    await_runs(&mut survey.shell, &mut |event| output.event(event)).await.map_err(one)?;
    survey.look(Guess::new(site, Some(&look.facts))).await
}

/// Takes the host's lock, and looks once more: while the plan was read, somebody else may have changed
/// the host. What is carried out, and generated, is what was shown or nothing.
pub(super) async fn hold(
    survey: &mut Survey<'_>,
    site: &Site,
    shown: Look,
    wait: bool,
    output: &mut Output,
) -> Result<Look, Problems> {
    survey.connection().round_trips().add("the lock", 1);
    let mut tell = |event| output.event(event);
    crate::apply::hold(&mut survey.shell, wait, &site.who(), &mut tell).await.map_err(one)?;
    let since = Instant::now();
    let (look, address) = loop {
        let look = survey.look(Guess::new(site, Some(&shown.facts))).await?;
        let Some(item) = otherwise(&shown.plan.items, &look.plan.items) else { return Ok(look) };
        // What could be seen before, and cannot be now, is looked at again: a service may be busy for a moment.
        if !is_unseen(item) || since.elapsed() > UNSEEN_WITHIN {
            let address = item.address.clone();
            break (look, address);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    drop(look);
    let message = format!("the plan no longer fits: meanwhile {address} changed on the host");
    Err(vec![
        Diagnostic::error("apply/stale", message)
            .help("nothing was changed; run apply again: it shows the new plan")
            .exit(Exit::Stale),
    ])
}

/// The first item in which two plans differ. One that could not be seen, and turned out to be as wanted, is none.
fn otherwise<'i>(shown: &'i [Item], now: &'i [Item]) -> Option<&'i Item> {
    let has = |items: &[Item], item: &Item| items.iter().any(|one| one.address == item.address);
    let mut shown = shown.iter().filter(|item| !is_unseen(item) || has(now, item));
    for item in now {
        match shown.next() {
            Some(before) if item.is_still(before) => {}
            _ => return Some(item),
        }
    }
    shown.next()
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
        result = identity::settled(&mut survey, site, &look).await.map_err(partial);
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
    let problems: Problems = look.plan.refused().filter_map(problem).collect();
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
    let mut schedule = schedule(&look.plan, &look.expansion.activations);
    schedule.prepare.splice(0..0, identity::begin(site, look).into_iter().chain(ledger(look)));
    if !schedule.is_empty() {
        output.event(Event::Begun { host: site.host_name(), steps: schedule.len() });
    }
    let stop = watch_for_interrupt();
    let mut progress = Progress::new(schedule.len());
    survey.connection().round_trips().add("steps", schedule.len() as u32);
    let mut tell = |event| output.event(event);
    let shell = &mut survey.shell;
    run(shell, &schedule.prepare, &mut progress, &stop, &mut tell).await.map_err(one)?;
    if schedule.prepare.iter().any(|one| one.role == Role::Install) {
        recheck(survey, site, &look.wanted).await.map_err(partial)?;
    }
    let shell = &mut survey.shell;
    run(shell, schedule.check.as_slice(), &mut progress, &stop, &mut tell).await.map_err(one)?;
    let log_in = async |word: String| log_in(site, &word).await;
    switch(shell, &schedule.switch, &mut progress, &stop, &mut tell, &log_in).await.map_err(one)?;
    run(shell, &schedule.rest, &mut progress, &stop, &mut tell).await.map_err(one)?;
    if !schedule.is_empty() {
        tell(Event::Finished);
    }
    verify(survey, site).await.map_err(partial)?;
    if Runs::read(&look.answers).has_left() {
        let runs = Runs::read(&look.answers);
        let folders: Vec<&str> = runs.left_in.iter().map(String::as_str).collect();
        let step = Step::new("clearing what an earlier run left", "run_settle", &folders);
        let moves = [Move::of_run(step, Role::Note)];
        run(&mut survey.shell, &moves, &mut progress, &stop, &mut |_| {}).await.map_err(one)?;
    }
    Ok(())
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
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
                super::leave::at_once(Exit::Partial as i32);
            }
            asked.ask();
        }
    });
    stop
}

/// The host's list of its secrets, before the first of them is used.
fn ledger(look: &Look) -> Option<Move> {
    let names = secret_names(&look.wanted);
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    let step = Step::new("listing the names of the host's secrets", "ledger_write", &words);
    unlisted(&names, &look.answers).then(|| Move::of_run(step, Role::Note))
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
    let is_new = |item: &&Wanted| !wanted.iter().any(|one| one.address() == item.address());
    let changed = wanted.iter().find(differs).or_else(|| now.iter().find(is_new));
    let Some(item) = changed else { return Ok(()) };
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

/// How long what cannot be seen right after a run is looked at again: a service whose database was restarted takes a
/// moment to notice.
const UNSEEN_WITHIN: Duration = Duration::from_secs(30);

/// Looks again: what still differs is an error.
async fn verify(survey: &mut Survey<'_>, site: &Site) -> Result<(), Problems> {
    let since = Instant::now();
    let look = loop {
        let facts = survey.facts().await?;
        let look = survey.look(Guess::new(site, Some(&facts))).await?;
        if look.plan.is_empty() {
            return Ok(());
        }
        if !look.plan.items.iter().all(is_unseen) || since.elapsed() > UNSEEN_WITHIN {
            break look;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
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
    Err(look.plan.items.iter().map(still).collect())
}

/// Whether nothing is known to differ: what differs could not be seen.
fn is_unseen(item: &Item) -> bool {
    let seen = |one: &Difference| !matches!(one.from, Seen::Unknown(_));
    !item.change.differences.is_empty() && !item.change.differences.iter().any(seen)
}
