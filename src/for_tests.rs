//! What integration tests, fuzz targets and benchmarks use from the crate. Nothing else is exported, so that the
//! compiler reports unused code.
#![allow(missing_docs)]

pub mod apply {
    pub use crate::apply::{
        Event, PlannedStep, Role, RunProgress, Stop, Stopwatch, inspected, run, schedule,
    };
}
pub mod cli {
    pub use crate::cli::command;
}
pub mod diagnostic {
    pub use crate::diagnostic::{Diagnostic, Exit, Level, Place, Problems, Source};
}
pub mod facts {
    pub use crate::facts::Facts;
}
pub mod host {
    pub use crate::host::{FACTS, offers, read};
}
pub mod module {
    pub use crate::module::{
        ModuleDirectory, Modules, Review, SchemaFor, WORKED, check, embedded, expand,
        findings_reference, followers, followers_table, kinds_reference, options_reference,
        reference, schema,
    };
    pub mod explanation {
        pub use crate::module::explanation::{ExplanationPage, Knowledge, explain};
    }
    pub mod golden {
        pub use crate::module::golden::{GoldenReport, facts, facts_names, golden};
    }
    pub mod on_disk {
        pub use crate::module::on_disk::modules;
    }
}
pub mod net {
    pub use crate::net::{HttpUrl, Response, TlsConnection, TlsTrust, reply};
    pub mod dns {
        pub use crate::net::dns::{Type, answer};
    }
}
pub mod observe {
    pub use crate::observe::{answers, observe, questions};
}
pub mod plan {
    pub use crate::plan::{Item, Plan, Stage, endangered, make};
    pub mod ledger {
        pub use crate::plan::ledger::restarted;
    }
}
pub mod rebuild {
    pub use crate::rebuild::{SnapshotManifest, raise_sql};
}
pub mod remote {
    pub use crate::remote::{
        CONNECT_TIMEOUT, Chunk, CommandEnded, Connection, Frame, Link, Parser, Shell,
        SshEnvironment, Target, hops, known_key_types,
    };
    pub mod request {
        pub use crate::diagnostic::quote;
        pub use crate::remote::request::unpacking;
    }
}
pub mod resource {
    pub use crate::resource::{
        Action, Activation, Address, Answers, Attribute, AttributeValue, Call, Comparison, Context,
        Declared, DeclaredValue, Effect, Health, INSPECT, Kind, Need, OF_EVERY_RUN, Observed,
        Origin, Questions, Resource, Step, Wanted, declare, kind, kinds,
    };
}
pub mod run {
    pub use crate::run::library;
}
pub mod secret {
    pub use crate::secret::{Content, Secret, SecretSource};
}
pub mod spec {
    pub use crate::spec::{Spec, Variables, load};
    pub mod files {
        pub use crate::spec::files::{InMemory, SpecDirectory};
    }
    pub mod node {
        pub use crate::spec::node::{Entry, Node, Table, Value, parse};
    }
}
pub mod synapse {
    pub use crate::synapse::{OptionKind, SynapseOption, options, own_name};
}
pub mod x509 {
    pub use crate::x509::Certificate;
}
