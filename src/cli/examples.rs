//! The examples at the end of each `--help`. A test runs all of them through the parser.

pub(super) const ALL: &str = "\
Examples:
  matrixform init                       # asks, then writes inventory/prod.toml
  matrixform check                      # is anything wrong or risky? offline
  matrixform plan inventory/prod.toml   # what would change? changes nothing
  matrixform apply inventory/prod.toml  # shows the plan, asks, applies

More: `matrixform COMMAND --help`, and the manual: `matrixform man | man -l -`.";

pub(super) const CHECK: &str = "\
Examples:
  matrixform check inventory/prod.toml
  matrixform check --strict         # all of inventory/; warnings are errors
  matrixform check --format github  # annotations on a pull request";

pub(super) const PLAN: &str = "\
Examples:
  matrixform plan inventory/prod.toml
  matrixform plan                         # the only spec in inventory/
  matrixform plan inventory/prod.toml --format json | jq '.items[].address'
  # for review, then `apply --plan prod.plan`
  matrixform plan inventory/prod.toml --out prod.plan
  # a comment on a pull request
  matrixform plan inventory/prod.toml --format markdown
  matrixform plan inventory/prod.toml --summary --detailed-exitcode
  # pull request pipeline: only this host
  matrixform plan pr/inventory/prod.toml --host-of inventory/prod.toml
  # without access to secrets
  matrixform plan inventory/prod.toml --without-secrets
  matrixform plan inventory/prod.toml -v  # also shows what is read, and timings";

pub(super) const APPLY: &str = "\
Examples:
  matrixform apply inventory/prod.toml
  # exactly what was approved
  matrixform apply inventory/prod.toml --plan prod.plan
  matrixform apply inventory/prod.toml --yes
  matrixform apply inventory/prod.toml --yes --log-format json 2>apply.log";

pub(super) const DIFF: &str = "\
Examples:
  matrixform diff old/prod.toml inventory/prod.toml
  # two directories: a comment on a pull request
  matrixform diff main/inventory pr/inventory --format markdown
  matrixform diff main/inventory pr/inventory --summary --detailed-exitcode";

pub(super) const SHOW: &str = "\
Examples:
  matrixform show prod.plan
  matrixform show prod.plan --format markdown";

pub(super) const VERIFY: &str = "\
Examples:
  matrixform verify inventory/prod.toml
  matrixform verify --format json |
      jq '.steps[] | select(.outcome == \"failed\")'
  # before DNS exists, with your own CA
  matrixform verify --resolve matrix.example.org:203.0.113.10 --ca own-ca.pem";

pub(super) const DNS: &str = "\
Examples:
  matrixform dns inventory/prod.toml
  matrixform dns --list --format zone  # lines for the zone file; offline
  matrixform dns --resolver 9.9.9.9    # ask this resolver";

pub(super) const HISTORY: &str = "\
Examples:
  matrixform history inventory/prod.toml
  matrixform history inventory/prod.toml 20261127T0540";

pub(super) const DRIFT: &str = "\
Examples:
  matrixform drift inventory/prod.toml
  matrixform drift inventory/prod.toml --format json | jq '.resources[].address'
  # for an issue, from a nightly job
  matrixform drift inventory/prod.toml --format markdown
  # in a pipeline without secrets
  matrixform drift inventory/prod.toml --without-secrets";

pub(super) const FACTS: &str = "\
Examples:
  matrixform facts inventory/prod.toml
  matrixform facts inventory/prod.toml | jq .os.codename
  matrixform facts inventory/prod.toml --save  # prod.facts.json, used by `diff`";

pub(super) const INIT: &str = "\
Examples:
  matrixform init                                # asks
  matrixform init --server-name example.org --host matrix.example.org \\
      --contact abuse@example.org --profile friends --registration token \\
      --tls self-signed --yes";

pub(super) const EXPLAIN: &str = "\
Examples:
  matrixform explain synapse.media.max_upload  # type, default, security notes
  matrixform explain MF052                     # a finding
  # where it ends up on the host
  matrixform explain synapse.media.max_upload inventory/prod.toml";

pub(super) const GRAPH: &str = "\
Examples:
  matrixform graph inventory/prod.toml           # Mermaid, rendered by forges
  matrixform graph inventory/prod.toml --on debian-13
  matrixform graph inventory/prod.toml --format dot | dot -Tsvg >order.svg";

pub(super) const SCHEMA: &str = "\
Examples:
  matrixform schema >inventory/schema.json
  # with your own modules
  matrixform schema inventory/prod.toml >inventory/schema.json";

pub(super) const MODULE: &str = "\
Examples:
  matrixform module new inventory/modules/turn  # beside the built-in ones
  matrixform module test inventory/modules      # is the output as expected?
  matrixform module docs                        # every option of every module";

pub(super) const MODULE_NEW: &str = "\
Examples:
  matrixform module new inventory/modules/turn";

pub(super) const MODULE_TEST: &str = "\
Examples:
  matrixform module test inventory/modules/turn
  # accept the current output
  matrixform module test inventory/modules/turn --update";

pub(super) const MODULE_DOCS: &str = "\
Examples:
  matrixform module docs                         # the built-in modules
  matrixform module docs inventory/modules       # and yours
  matrixform module docs --kinds                 # what `[[resource]]` can be";
