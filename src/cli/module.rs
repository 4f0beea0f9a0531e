use super::args::ModuleVerb;
use super::output::Output;
use crate::diagnostic::*;
pub(super) fn module(_: &ModuleVerb, _: &mut Output) -> Result<Exit, Problems> {
    Ok(Exit::Done)
}
