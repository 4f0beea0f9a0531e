//! What the used modules expect to be visible from outside: their records and controls, rendered.

use super::run::{Runner, all_or_reported};
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::form::Form;
use crate::module::manifest::{self, RecordForm};
use crate::module::outside::{Control, DnsRecord, Issue, Probe, RecordType, RecordWant};
use crate::module::text::Text;
use serde_json::Value as Json;

/// The records of one form, one per item of its list.
pub(super) fn records(
    runner: &Runner,
    frame: &EvalFrame,
    (module, form): (&str, &RecordForm),
) -> Result<Vec<DnsRecord>, Problems> {
    let frames = runner.frames(form.for_each.as_ref(), form.when.as_ref(), frame)?;
    all_or_reported(frames.iter().map(|(_, frame)| {
        let plain = |text: &Option<Text>| {
            text.as_ref().map_or(Ok(String::new()), |text| runner.plain(text, frame))
        };
        let want = match (form.record_type, &form.value, &form.begins) {
            (None, ..) => RecordWant::Host,
            (Some(RecordType::Caa), Some(_), _) => {
                let method = Some(plain(&form.method)?).filter(|method| !method.is_empty());
                RecordWant::Issue(Issue { value: plain(&form.value)?, method })
            }
            (Some(record_type), Some(_), _) => RecordWant::Is(record_type, plain(&form.value)?),
            (Some(record_type), _, Some(_)) => RecordWant::Some(record_type, plain(&form.begins)?),
            (Some(record_type), None, None) => RecordWant::None(record_type),
        };
        let name = runner.plain(&form.name, frame)?;
        Ok(DnsRecord {
            module: module.to_owned(),
            name,
            want,
            why: runner.plain(&form.why, frame)?,
        })
    }))
}

/// The controls of one form, with their probes.
pub(super) fn controls(
    runner: &Runner,
    frame: &EvalFrame,
    (module, form): (&str, &manifest::ControlForm),
) -> Result<Vec<Control>, Problems> {
    let frames = runner.frames(form.for_each.as_ref(), form.when.as_ref(), frame)?;
    all_or_reported(frames.iter().map(|(_, frame)| {
        let fix = form.fix.as_ref().map(|fix| runner.plain(fix, frame)).transpose()?;
        Ok(Control {
            module: module.to_owned(),
            id: form.id.clone(),
            title: runner.plain(&form.title, frame)?,
            fix: fix.unwrap_or_default(),
            probes: all_or_reported(
                form.probes.iter().map(|probe_form| probe(runner, frame, probe_form)),
            )?,
            place: form.place.clone(),
        })
    }))
}

fn probe(runner: &Runner, frame: &EvalFrame, form: &Form) -> Result<Probe, Problems> {
    let value = runner.form(form, frame)?;
    let wrong = |why: String| vec![Diagnostic::error("module/probe", why).at(&form.place)];
    match serde_json::to_value(&value) {
        Ok(Json::Object(table)) => Probe::read(table).map_err(wrong),
        Ok(_) => Err(wrong("a probe must be a table".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}
