//! The examples at the end of each `--help` of `matrixform secrets`.

pub(in crate::cli) const ALL: &str = "\
Examples:
  # an age file beside the spec, and its recipients
  matrixform secrets create inventory/prod.toml
  matrixform secrets list inventory/prod.toml
  matrixform secrets rotate inventory/prod.toml synapse/database/password";

pub(super) const LIST: &str = "\
Examples:
  matrixform secrets list inventory/prod.toml";

pub(super) const SET: &str = "\
Examples:
  matrixform secrets set inventory/prod.toml tls/front <front.key
  # asks for it
  matrixform secrets set inventory/prod.toml synapse/email/password";

pub(super) const GET: &str = "\
Examples:
  matrixform secrets get inventory/prod.toml synapse/secrets/form | wl-copy
  matrixform secrets get inventory/prod.toml synapse/secrets/form --show";

pub(super) const GENERATE: &str = "\
Examples:
  matrixform secrets generate inventory/prod.toml";

pub(super) const ROTATE: &str = "\
Examples:
  matrixform secrets rotate inventory/prod.toml synapse/database/password
  matrixform secrets rotate inventory/prod.toml \\
      synapse/secrets/form synapse/secrets/macaroon --yes";

pub(super) const IMPORT: &str = "\
Examples:
  # from the keyring into the age file
  matrixform secrets import inventory/prod.toml
  matrixform secrets import inventory/prod.toml --from-host
  matrixform secrets import inventory/prod.toml --from old-secrets.toml \\
      --replace tls/front";

pub(super) const EXPORT: &str = "\
Examples:
  matrixform secrets export inventory/prod.toml \\
      --recovery-kit inventory/prod.recovery-kit.txt";

pub(super) const CREATE: &str = "\
Examples:
  matrixform secrets create inventory/prod.toml
  # without a desktop keyring
  matrixform secrets create inventory/prod.toml --identity file";

pub(super) const RECIPIENTS: &str = "\
Examples:
  matrixform secrets recipients list inventory/prod.toml
  matrixform secrets recipients add inventory/prod.toml \\
      age1hvjaae5uhdfljt4xdra9qkl45ghr90mvffuvc8vg7lc4ts06uq4qvdsw6h --name ada
  matrixform secrets recipients remove inventory/prod.toml ada";
