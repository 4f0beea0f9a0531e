//! Every part of a manifest that reads names, with the names that it reads.

use super::chains::{Chain, Chains};
use crate::module::Manifest;
use crate::module::manifest::{BodyForm, Contribution, Derive, DeriveForm, Finding, ResourceForm};

/// A part of a manifest that reads names.
#[derive(Clone, Copy, Debug)]
pub(super) enum NameReader<'m> {
    /// A derived value.
    Derive(&'m str),
    /// A row for another module.
    Contribution(&'m Contribution),
    /// A finding.
    Finding(&'m Finding),
    /// An activation: its checks.
    Activation(&'m str),
    /// How accounts are reached.
    Accounts,
    /// How backups are reached.
    Backups,
    /// A control: its probes.
    Control(&'m str),
    /// A DNS record.
    Record,
    /// A resource.
    Resource(&'m ResourceForm),
}

/// All readers of a module, each with what it reads.
pub(super) fn sites(manifest: &Manifest) -> Vec<(NameReader<'_>, Vec<Chain>)> {
    let mut sites = Vec::new();
    for (name, derive) in &manifest.derives {
        sites.push((NameReader::Derive(name), of_derive(derive)));
    }
    for contribution in &manifest.contributions {
        sites.push((NameReader::Contribution(contribution), of_contribution(contribution)));
    }
    for finding in &manifest.findings {
        sites.push((NameReader::Finding(finding), of_finding(finding)));
    }
    for activation in &manifest.activations {
        let mut chains = Chains::default();
        let expressions = activation.when.iter().chain(&activation.network);
        expressions.for_each(|expression| chains.expression(expression));
        activation.texts().for_each(|text| chains.text(text));
        activation.owns.iter().for_each(|owns| chains.form(owns));
        sites.push((NameReader::Activation(&activation.name), chains.found));
    }
    let accounts = manifest.accounts.iter().map(|form| (NameReader::Accounts, form));
    let backups = manifest.backups.iter().map(|form| (NameReader::Backups, form));
    for (reader, form) in accounts.chain(backups) {
        let mut chains = Chains::default();
        chains.form(form);
        sites.push((reader, chains.found));
    }
    for control in &manifest.controls {
        let mut chains = Chains::over(control.for_each.as_ref());
        control.when.iter().for_each(|when| chains.expression(when));
        chains.text(&control.title);
        control.fix.iter().for_each(|fix| chains.text(fix));
        control.probes.iter().for_each(|probe| chains.form(probe));
        sites.push((NameReader::Control(&control.id), chains.found));
    }
    for record in &manifest.records {
        let mut chains = Chains::over(record.for_each.as_ref());
        record.when.iter().for_each(|when| chains.expression(when));
        record.texts().for_each(|text| chains.text(text));
        sites.push((NameReader::Record, chains.found));
    }
    let forms = manifest.resources.iter();
    sites.extend(forms.map(|form| (NameReader::Resource(form), of_resource(manifest, form))));
    sites
}

/// The names that a derived value reads.
pub(super) fn of_derive(derive: &Derive) -> Vec<Chain> {
    match &derive.form {
        DeriveForm::One(expression) => {
            let mut chains = Chains::default();
            chains.expression(expression);
            chains.found
        }
        DeriveForm::Each { for_each, when, value } => {
            let mut chains = Chains::over(Some(for_each));
            when.iter().for_each(|when| chains.expression(when));
            chains.row(value);
            chains.found
        }
    }
}

/// The names that a row for another module reads.
pub(super) fn of_contribution(contribution: &Contribution) -> Vec<Chain> {
    let mut chains = Chains::over(contribution.for_each.as_ref());
    contribution.when.iter().for_each(|when| chains.expression(when));
    chains.row(&contribution.value);
    chains.found
}

/// The names that a finding reads.
pub(super) fn of_finding(finding: &Finding) -> Vec<Chain> {
    let mut chains = Chains::over(finding.for_each.as_ref());
    chains.expression(&finding.condition);
    chains.text(&finding.message);
    chains.text(&finding.fix);
    chains.found
}

/// The names that a resource reads, including those in its template.
pub(super) fn of_resource(manifest: &Manifest, form: &ResourceForm) -> Vec<Chain> {
    let mut chains = Chains::over(form.for_each.as_ref());
    form.when.iter().for_each(|when| chains.expression(when));
    let texts = std::iter::once(&form.name).chain(&form.needs);
    texts.chain(&form.activation).chain(&form.why).for_each(|text| chains.text(text));
    form.attributes.values().for_each(|(_, form)| chains.form(form));
    match &form.body {
        Some(BodyForm::Template(name, _)) => {
            manifest.template(name).into_iter().for_each(|source| chains.template(source));
        }
        Some(BodyForm::Structured(structured)) => {
            structured.header.iter().for_each(|header| chains.text(header));
            structured.parts.iter().for_each(|part| chains.form(part));
        }
        _ => {}
    }
    chains.found
}
