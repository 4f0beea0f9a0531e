//! One side of a comparison: a spec, its modules, and the resources that they want on a host with the given facts. No
//! secret store is opened and no environment variable is read.

use crate::cli::parsed_spec::ParsedSpec;
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::module::{Expansion, expand_unread};
use crate::plan;
use crate::resource::{Declared, DeclaredValue, Wanted, declare};
use crate::secret::StandIns;
use crate::spec::{Spec, named_variables};
use std::collections::BTreeSet;
use std::path::Path;

/// The largest size of all contents of a side together (bytes).
const CONTENTS: usize = 8 << 20;

/// One side of a comparison.
pub(super) struct DiffSide {
    pub(super) spec: Spec,
    pub(super) expansion: Expansion,
    pub(super) wanted: Vec<Wanted>,
    /// The environment variables because of which something is omitted.
    pub(super) unread: BTreeSet<String>,
}

impl DiffSide {
    /// Reads a side.
    pub(super) fn read(
        path: &Path,
        facts: &Facts,
        secrets: &StandIns<'_>,
    ) -> Result<DiffSide, Problems> {
        let parsed = ParsedSpec::read(path)?;
        parsed.check()?;
        let ParsedSpec { spec, modules, .. } = parsed;
        let (mut expansion, is_partial) = expand_unread(&spec, &modules, facts, secrets)?;
        let mut resources = std::mem::take(&mut expansion.resources);
        if is_partial {
            plan::make_needs_optional(&mut resources);
        }
        let size: usize = resources.iter().map(size).sum();
        if size > CONTENTS {
            let name = &spec.source.name;
            let message = format!("{name} results in {size} bytes, too many to compare");
            return Err(vec![Diagnostic::error("diff/limit", message)]);
        }
        let wanted = declare(resources)?;
        let unread = if is_partial {
            named_variables(&spec.table).into_keys().collect()
        } else {
            BTreeSet::new()
        };
        Ok(DiffSide { spec, expansion, wanted, unread })
    }

    /// Returns the side in the form that `plan` takes.
    pub(super) fn planned(&mut self) -> plan::WantedState<'_> {
        plan::WantedState {
            installation: &self.spec.id.text,
            wanted: std::mem::take(&mut self.wanted),
            activations: self.expansion.activations.clone(),
        }
    }
}

/// Returns the size of the text in a resource's attributes.
fn size(declared: &Declared) -> usize {
    fn of(value: &DeclaredValue) -> usize {
        match value {
            DeclaredValue::Text(content) => content.expose().len(),
            DeclaredValue::List(items) => items.iter().map(of).sum(),
            DeclaredValue::Table(table) => table.values().map(of).sum(),
            DeclaredValue::Bool(_) | DeclaredValue::Int(_) | DeclaredValue::Float(_) => 0,
        }
    }
    declared.attributes.values().map(|one| of(&one.value)).sum()
}
