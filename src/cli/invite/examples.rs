//! The examples at the end of each `--help` of `matrixform invite`.

pub(in crate::cli) const ALL: &str = "\
Examples:
  # one token, for one account, for seven days
  matrixform invite create inventory/prod.toml
  matrixform invite list inventory/prod.toml
  matrixform invite revoke inventory/prod.toml k7nq";

pub(super) const CREATE: &str = "\
Examples:
  matrixform invite create
  matrixform invite create inventory/prod.toml --count 20 --uses 1 \\
      --expires 7d >tokens.txt";

pub(super) const LIST: &str = "\
Examples:
  matrixform invite list inventory/prod.toml
  matrixform invite list --format json | jq length";

pub(super) const REVOKE: &str = "\
Examples:
  matrixform invite revoke inventory/prod.toml k7nq-p2xe-9wdc-hs4v-tb3m
  matrixform invite revoke k7nq                  # its start, if unambiguous";
