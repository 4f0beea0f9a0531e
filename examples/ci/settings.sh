# What a repository chooses. Sourced by the other scripts; it comes from the main branch, as they do.
# shellcheck shell=sh disable=SC2034

# The specs, one word each: one per host.
SPECS=${SPECS:-inventory/prod.toml}

# The protected branch: what is on it may be applied.
BRANCH=${BRANCH:-main}

# matrixform, and where it comes from when it is not installed. Both lines change together, in a commit of their own.
MATRIXFORM=${MATRIXFORM:-matrixform}
MATRIXFORM_URL=${MATRIXFORM_URL:-}
MATRIXFORM_SHA256=${MATRIXFORM_SHA256:-}

# What every plan is made with. No job that plans has a store of secrets; the one that applies has, and compares them. The
# same in every job: it is a part of what is compared.
PLAN_FLAGS=${PLAN_FLAGS:---without-secrets}

# What drift is looked for with.
DRIFT_FLAGS=${DRIFT_FLAGS:---without-secrets}

# Which variables of the job matrixform may see, besides HOME, PATH and SSH_AUTH_SOCK: those that the specs name.
PASS=${PASS:-}
