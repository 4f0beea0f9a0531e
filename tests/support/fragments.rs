//! The fragments in fragments.toml.
#![allow(dead_code)]

use super::option_values::{Trial, json_of};
use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::spec::node;
use serde_json::Value;

const DATA: &str = include_str!("fragments.toml");

/// One fragment.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub(crate) name: String,
    /// The source of its subject.
    pub(crate) from: String,
    /// The message of `check`, or none if the fragment is right.
    pub(crate) says: Option<String>,
    pub(crate) trial: Trial,
}

/// All fragments.
pub(crate) fn fragments() -> Vec<Fragment> {
    let data = json_of(&node::parse(&Source::new("fragments.toml", DATA)).expect("TOML"));
    data["fragment"].as_array().expect("fragments").iter().map(fragment).collect()
}

fn fragment(row: &Value) -> Fragment {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    assert_ne!(row["right"] == true, row["says"].is_string(), "{row} is right, or says something");
    let name = text("name").expect("a name");
    let extra = row["extra"].as_object().expect("options").clone();
    let trial = Trial { name: format!("fragment: {name}"), extra, delegated: false };
    Fragment { name, from: text("from").expect("a source"), says: text("says"), trial }
}
