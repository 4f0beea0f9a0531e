# Functions of the other scripts: this directory, matrixform without the job's environment, the key, the tree of a
# request.
# shellcheck shell=sh

fail() {
    printf 'ci: %s\n' "$1" >&2
    exit 1
}

# A directory that is removed when the script ends, with an empty home in it.
work=$(mktemp -d) || exit 1
trap clean EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/home" || exit 1
clean() {
    [ -z "${agent:-}" ] || kill "$agent" 2>/dev/null
    git worktree list --porcelain 2>/dev/null | sed -n "s|^worktree \($work/.*\)|\1|p" | while read -r tree; do
        git worktree remove --force "$tree"
    done
    rm -rf "$work"
}

# run COMMAND…: runs it with only those variables of the job that settings.sh passes on. No value is an argument.
run() (
    keep=" HOME PATH SSH_AUTH_SOCK $PASS "
    HOME=$work/home
    export HOME
    for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
        case $keep in *" $name "*) ;; *) unset "$name" ;; esac
    done
    exec "$@"
)

# Loads the job's key, given as text or as a file, into an agent. The key is never in an argument or in a file of ours.
begin_key() {
    [ -n "${SSH_KEY:-}${SSH_KEY_FILE:-}" ] || return 0
    eval "$(ssh-agent -s)" >/dev/null
    agent=$SSH_AGENT_PID
    if [ -n "${SSH_KEY:-}" ]; then
        printf '%s\n' "$SSH_KEY" | ssh-add -q - || fail "the SSH key cannot be read"
    else
        ssh-add -q - <"$SSH_KEY_FILE" || fail "the SSH key cannot be read"
    fi
    unset SSH_KEY SSH_KEY_FILE
}

is_commit() {
    printf '%s\n' "$1" | grep -qxE '[0-9a-f]{40}([0-9a-f]{24})?'
}

# tree_of COMMIT DIRECTORY: extracts only its files, as data; no hook runs, and nothing is fetched.
tree_of() {
    GIT_LFS_SKIP_SMUDGE=1 git -c core.hooksPath=/dev/null -c advice.detachedHead=false \
        worktree add --quiet --force --detach "$2" "$1"
}

# merged BASE HEAD: the commit that merging HEAD would produce. Fails if they conflict.
merged() {
    merged_tree=$(git merge-tree --write-tree "$1" "$2" 2>/dev/null) || return 1
    GIT_AUTHOR_NAME=ci GIT_AUTHOR_EMAIL=ci@localhost GIT_COMMITTER_NAME=ci GIT_COMMITTER_EMAIL=ci@localhost \
        git commit-tree "$merged_tree" -p "$1" -p "$2" -m 'as it would be merged'
}

# marker SPEC: the beginning of the comment about this host. It comes from the main branch's spec, offline.
marker() {
    run "$MATRIXFORM" diff "$1" "$1" --format markdown 2>/dev/null | sed -n '1s/ plan=.*/ plan=/p'
}
