#!/bin/sh
# apply.sh plan: plans the protected branch, and prints the ids of the plans: SPEC=ID,… in `plans`, for whoever approves.
# apply.sh apply PLANS: makes the plans again, and applies only those that still have the approved ids.
set -u
here=$(dirname "$0")
# shellcheck source=examples/ci/settings.sh
. "$here/settings.sh"
# shellcheck source=examples/ci/lib.sh
. "$here/lib.sh"

# made SPEC: plans it into $work/plan and prints its id, or `none` if there is nothing to do.
made() {
    rm -f "$work/plan"
    # shellcheck disable=SC2086 # flags are words
    run "$MATRIXFORM" plan "$1" $PLAN_FLAGS --detailed-exitcode --out "$work/plan" --format markdown >"$work/out"
    case $? in
        0) echo none ;;
        2) run "$MATRIXFORM" show "$work/plan" --format json | jq -er .id ;;
        *) return 1 ;;
    esac
}

# reviewed SPEC: the id in our comments on the request that introduced this commit.
reviewed() (
    [ -n "${TOKEN:-}" ] || exit 0
    # shellcheck source=examples/ci/forge.sh
    . "$here/forge.sh"
    start=$(marker "$1")
    for number in $(merged_requests "$(git rev-parse HEAD)"); do
        find_comment "$number" "$start" "$work/old" &&
            jq -r '.body | split("\n")[0]' <"$work/old" | sed -n 's/.* plan=\([0-9a-z]*\) -->.*/\1/p'
    done
)

say() {
    printf '%s\n' "$1"
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
}

begin_key
case ${1:-} in
    plan)
        plans=
        for spec in $SPECS; do
            id=$(made "$spec") || fail "$spec: no plan"
            shown=$(reviewed "$spec" 2>/dev/null)
            say "**$spec**: plan \`$id\`, reviewed: \`${shown:-none}\`"
            cat "$work/out"
            [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$work/out" >>"$GITHUB_STEP_SUMMARY"
            [ "$id" = none ] || plans=${plans:+$plans,}$spec=$id
        done
        echo "plans=$plans" >>"${GITHUB_OUTPUT:-plans.env}"
        ;;
    apply)
        [ -n "${2:-}" ] || fail "usage: apply.sh apply SPEC=ID,…"
        printf '%s\n' "$2" | tr , '\n' >"$work/approved"
        while IFS="=" read -r spec approved; do
            case " $SPECS " in *" $spec "*) ;; *) fail "$spec is not one of the specs: $SPECS" ;; esac
            id=$(made "$spec") || fail "$spec: no plan"
            say "$spec: approved $approved, now $id"
            [ "$id" = "$approved" ] || fail "$spec: the plan is no longer the approved one; nothing was changed"
            run "$MATRIXFORM" apply "$spec" --plan "$work/plan" </dev/null || exit
        done <"$work/approved"
        ;;
    *) fail "usage: apply.sh plan | apply.sh apply PLANS" ;;
esac
