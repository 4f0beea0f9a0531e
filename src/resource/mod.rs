//! The things on a host: one file per kind, with its shell functions beside it. Kinds know Linux but nothing about
//! Matrix. They decide but touch nothing: they emit questions and steps.

mod absent;
mod acme_certificate;
mod acme_deploy_hook;
mod acme_lineage;
mod activation;
mod address;
mod apt;
mod apt_key;
mod apt_removal;
mod apt_source;
mod apt_state;
mod certificate;
mod certificate_authority;
mod certificate_renewal;
mod certificate_text;
mod command;
mod conflict;
mod cron;
mod cron_schedule;
mod debconf;
mod declared;
mod directory;
mod doubts;
mod essential;
mod file;
mod footprint;
mod group;
mod kind;
mod managed_file;
mod merged_yaml;
mod nginx_capacity;
mod observed;
mod openpgp;
mod orphan_policy;
mod postgres_cluster;
mod postgres_database;
pub mod postgres_name;
mod postgres_role;
mod python_version;
mod question;
mod reader;
mod scram;
mod service;
mod service_files;
mod service_state;
mod simulated_host;
mod sshd;
mod stat;
mod step;
mod symlink;
mod synapse_token;
mod synonyms;
mod top_keys;
mod unit_files;
mod user;
mod venv;
mod wanted;

pub use activation::{Activation, Health, Members, NO_ACTIVATION, Sandbox, Surveyed, join};
pub use address::Address;
pub use apt::is_package;
pub use cron_schedule::{CronFault, CronField, CronSchedule, CronTimes};
pub use declared::{Attribute, Declared, DeclaredValue, Effect, Need, Origin};
pub use doubts::doubts;
pub use file::{IDENTITY, KEY_OF};
pub use footprint::{ByProduct, Footprint, OF_EVERY_RUN};
pub use kind::{
    Action, AttributeDoc, BatchConverge, Comparison, Context, Difference, Kind, Phase, Resource,
    SECRET,
};
pub use merged_yaml::FOREVER;
pub use observed::{AttributeValue, Attributes, Body, Observed};
pub use orphan_policy::OrphanPolicy;
pub use question::{
    Answers, FIREWALL, HOST_IDENTITY, INSPECT, INSTALLATION, LEDGER, LEFTOVERS, QuestionFailure,
    Questions, REPORT, RUNS, Record, SECRETS, SURVEY,
};
pub use service::is_unit;
pub use simulated_host::{PackageVersions, SimulatedHost};
pub use sshd::{add_sshd, is_sshd};
pub use step::{Call, NameProof, SaltedPassword, Step};
pub use synonyms::{AttributeAdvice, attribute_synonym, kind_synonym};
pub use unit_files::{UNIT_FILES, is_of_unit, reread_units};
pub use wanted::{Wanted, declare};

/// Returns all kinds, in the order of the reference.
pub fn kinds() -> &'static [Kind] {
    const {
        &[
            absent::KIND,
            acme_certificate::KIND,
            acme_deploy_hook::KIND,
            apt::KIND,
            apt_source::KIND,
            certificate::KIND,
            certificate_authority::KIND,
            certificate_renewal::KIND,
            command::KIND,
            cron::KIND,
            debconf::KIND,
            directory::KIND,
            file::KIND,
            group::KIND,
            merged_yaml::KIND,
            nginx_capacity::KIND,
            postgres_database::KIND,
            postgres_role::KIND,
            service::KIND,
            symlink::KIND,
            synapse_token::KIND,
            user::KIND,
            venv::KIND,
        ]
    }
}

/// Returns the kind with this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().iter().find(|kind| kind.name == name)
}
