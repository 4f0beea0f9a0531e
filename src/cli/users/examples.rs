//! The examples at the end of each `--help` of `matrixform users`.

pub(in crate::cli) const ALL: &str = "\
Examples:
  matrixform users add ada --admin  # the first admin; asks for the password
  matrixform users list inventory/prod.toml
  matrixform users reset-password inventory/prod.toml ada --generate";

pub(super) const ADD: &str = "\
Examples:
  matrixform users add inventory/prod.toml ada --admin
  # the only spec in inventory/; shows the password
  matrixform users add ada --generate
  matrixform users add ada --password-to ada.password";

pub(super) const LIST: &str = "\
Examples:
  matrixform users list inventory/prod.toml
  matrixform users list --format json | jq -r '.[]|select(.admin).id'";

pub(super) const RESET: &str = "\
Examples:
  matrixform users reset-password inventory/prod.toml ada
  matrixform users reset-password ada --generate";

pub(super) const DEACTIVATE: &str = "\
Examples:
  matrixform users deactivate inventory/prod.toml eve
  matrixform users deactivate eve --confirm @eve:example.org";

pub(super) const LOGOUT: &str = "\
Examples:
  matrixform users logout inventory/prod.toml ada";
