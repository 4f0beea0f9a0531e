# rebuild: what a snapshot says of itself; the mark of a rebuild on this host, and what keeps Synapse from starting meanwhile; how
# the server stands afterwards. The work itself is in restore.sh and files.sh. All of it is root's alone.

# rebuild_restic REPOSITORY WORD...: restic at a repository, with the settings and secrets that the backup has on this host.
rebuild_restic() (
    run_folder || exit
    [ -d /run/matrixform/rebuild ] || mkdir -m 0700 -- /run/matrixform/rebuild || exit
    # shellcheck source=/dev/null # the module `backup` wrote it
    . /usr/local/lib/matrixform/backup-common || exit
    # shellcheck disable=SC2034 # what was read there uses it
    runtime=/run/matrixform/rebuild
    enter "$1"
    shift
    call "$@"
)

# rebuild_read REPOSITORY SNAPSHOT MANIFEST DUMP FOLDER: lines `manifest JSON`, `dump BYTES`, `total BYTES`, and `space PART DEVICE
# FREE` for the spool, the database and the folder of media; or `said WHY`.
rebuild_read() {
    run_folder || return
    mf_said=/run/matrixform/rebuild-said
    if mf_text=$(rebuild_restic "$1" dump --no-lock "$2" "$3" 2>"$mf_said" </dev/null | tr -d '\n' | head -c 4194304) && [ -n "$mf_text" ] &&
        mf_files=$(rebuild_restic "$1" ls --no-lock --json "$2" "${4%/*}" 2>"$mf_said" </dev/null) &&
        mf_total=$(rebuild_restic "$1" stats --no-lock --json --mode restore-size "$2" 2>"$mf_said" </dev/null); then
        printf 'manifest %s\n' "$mf_text"
        printf 'dump %s\n' "$(printf '%s\n' "$mf_files" | grep -F "\"path\":\"$4\"" | sed -n 's/.*"size":\([0-9]*\).*/\1/p' | head -n 1)"
        printf 'total %s\n' "$(printf '%s\n' "$mf_total" | sed -n 's/.*"total_size":\([0-9]*\).*/\1/p')"
        rebuild_space spool /var/spool
        rebuild_space database /var/lib/postgresql
        rebuild_space media "$5"
    else
        printf 'said %s\n' "$(grep -v '^ *$' "$mf_said" | tail -n 3 | tr '\n' ' ')"
    fi
    rm -f -- "$mf_said"
    return 0
}

# rebuild_space PART FOLDER: where it will lie, and how much is free there.
rebuild_space() {
    mf_place=$2
    until [ -d "$mf_place/" ]; do mf_place=${mf_place%/*}; done
    printf 'space %s %s %s\n' "$1" "$(stat -c %d -- "$mf_place/")" "$(df -B1 --output=avail -- "$mf_place/" | tail -n 1 | tr -d ' ')"
}

# rebuild_keep NAME: a file of the rebuild, from standard input.
rebuild_keep() {
    state_folder || return
    mf_folder=/var/lib/matrixform/rebuild
    [ -d "$mf_folder/" ] || mkdir -m 0700 -- "$mf_folder" || { unwritten "$mf_folder"; return; }
    { input >"$mf_folder/.new" && sync -- "$mf_folder/.new" && mv -fT -- "$mf_folder/.new" "$mf_folder/$1"; } ||
        { unwritten "$mf_folder/$1"; return 1; }
}

# rebuild_value KEY: of the mark.
rebuild_value() {
    sed -n "s/^$1=//p" /var/lib/matrixform/rebuild/state | head -n 1
}

# rebuild_reached STAGE: what was done is on the disk.
rebuild_reached() {
    mf_folder=/var/lib/matrixform/rebuild
    sync
    { sed "s/^stage=.*/stage=$1/" "$mf_folder/state" >"$mf_folder/.new" && sync -- "$mf_folder/.new" && mv -fT -- "$mf_folder/.new" "$mf_folder/state" && sync -- "$mf_folder"; } ||
        { unwritten "$mf_folder/state"; return 1; }
}

# rebuild_hold UNIT...: none of them starts before the data are whole, whoever asks for it; those that run are stopped.
rebuild_hold() {
    { : >/var/lib/matrixform/rebuild/hold && sync -- /var/lib/matrixform/rebuild; } || { unwritten /var/lib/matrixform/rebuild/hold; return 1; }
    starts_bar matrixform-rebuild /var/lib/matrixform/rebuild/hold 'a rebuild is under way, and the command rebuild ends it.' "$@" || return
    for mf_unit do
        ! systemctl --quiet is-active "$mf_unit" || systemctl stop -- "$mf_unit" || return
    done
    # The data that it kept are given up now.
    fence_lift
}

# rebuild_lift UNIT...: the data are whole.
rebuild_lift() {
    rebuild_reached restored || return
    rm -f -- /var/lib/matrixform/rebuild/hold
    starts_free matrixform-rebuild "$@"
}

# rebuild_look UNIT CLUSTER DATABASE PORT: lines `updates N` (of the database, in the background, still to do), `future N` (lines
# of the log since the unit's start that speak of positions from the future) and `keys JSON` (what other servers see).
rebuild_look() {
    printf 'updates %s\n' "$(printf 'SELECT count(*) FROM background_updates;\n' | postgres_psql "$2" -d "$3")"
    printf 'future %s\n' "$(journalctl -q -o cat "_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value -- "$1")" | grep -c 'from the future')"
    printf 'keys %s\n' "$(curl -q -sf --noproxy '*' -m 20 "http://127.0.0.1:$4/_matrix/key/v2/server" | head -c 65536 | tr -d '\n')"
}

# rebuild_end: nothing of it stays but what it restored.
rebuild_end() {
    while IFS= read -r mf_place; do
        rebuild_clear "$mf_place" || return
    done </var/lib/matrixform/rebuild/media
    rm -rf -- /var/spool/matrixform-rebuild /run/matrixform/rebuild
    {
        grep -E '^(snapshot|repository)=' /var/lib/matrixform/rebuild/state >/var/lib/matrixform/.rebuilt.new &&
            sync -- /var/lib/matrixform/.rebuilt.new && mv -fT -- /var/lib/matrixform/.rebuilt.new /var/lib/matrixform/rebuilt
    } || { unwritten /var/lib/matrixform/rebuilt; return 1; }
    # The mark goes first: what is left without it says nothing.
    rm -f -- /var/lib/matrixform/rebuild/state && sync -- /var/lib/matrixform/rebuild &&
        rm -rf -- /var/lib/matrixform/rebuild
}
