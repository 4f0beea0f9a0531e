//! The examples at the end of each `--help` of `matrixform backup`.

pub(in crate::cli) const ALL: &str = "\
Examples:
  matrixform backup now inventory/prod.toml      # before something risky
  matrixform backup list
  matrixform backup restore --path /etc/letsencrypt --to /root/restored
  matrixform backup prune inventory/prod.toml
  matrixform backup pull --to ~/backups/prod";

pub(super) const NOW: &str = "\
Examples:
  matrixform backup now inventory/prod.toml";

pub(super) const LIST: &str = "\
Examples:
  matrixform backup list inventory/prod.toml
  matrixform backup list --format json | jq -r '.[].snapshots[-1].time'";

pub(super) const CHECK: &str = "\
Examples:
  matrixform backup check inventory/prod.toml";

pub(super) const RESTORE: &str = "\
Examples:
  matrixform backup restore --path /etc/matrix-synapse --to /root/restored
  matrixform backup restore prod --snapshot 1f3c5a7e \\
      --path /etc/letsencrypt --to /root/tls";

pub(super) const PRUNE: &str = "\
Examples:
  matrixform backup prune inventory/prod.toml
  matrixform backup prune --repository offsite --yes";

pub(super) const PULL: &str = "\
Examples:
  matrixform backup pull inventory/prod.toml --to ~/backups/prod
  # with restic itself
  RESTIC_PASSWORD_COMMAND='matrixform secrets get prod backup/offsite' \\
      restic -r ~/backups/prod snapshots";
