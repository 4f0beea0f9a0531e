# The settings of a repository. Sourced by the other scripts; like them, it comes from the main branch.
# shellcheck shell=sh disable=SC2034

# The specs, one word each: one per host.
SPECS=${SPECS:-inventory/prod.toml}

# The protected branch: what is on it may be applied.
BRANCH=${BRANCH:-main}

# matrixform, and where to download it if it is not installed. Change URL and digest together, in a commit of their own.
MATRIXFORM=${MATRIXFORM:-matrixform}
MATRIXFORM_URL=${MATRIXFORM_URL:-}
MATRIXFORM_SHA256=${MATRIXFORM_SHA256:-}

# The flags for every plan. Jobs that plan have no store of secrets; the one that applies has one, and compares them. The
# flags must be the same in every job, because they affect what is compared.
PLAN_FLAGS=${PLAN_FLAGS:---without-secrets}

# The flags for `matrixform drift`.
DRIFT_FLAGS=${DRIFT_FLAGS:---without-secrets}

# The variables of the job that matrixform may see, besides HOME, PATH and SSH_AUTH_SOCK: those that the specs name.
PASS=${PASS:-}
