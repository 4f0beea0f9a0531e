# rebuild: reads a snapshot's manifest; keeps the mark of a rebuild on this host, and Synapse from starting in the
# meantime; reports the state of the server afterwards. restore.sh and files.sh do the work itself. Only root can access
# any of it.

# rebuild_restic REPOSITORY WORD...: runs restic on a repository, with the backup's settings and secrets on this host.
rebuild_restic() (
    run_directory && mkdir -p -- /run/matrixform/rebuild || exit
    # shellcheck source=/dev/null # the module `backup` wrote it
    . /usr/local/lib/matrixform/backup-common || exit
    # A directory of its own, since two may run side by side.
    runtime=$(mktemp -d -- /run/matrixform/rebuild/XXXXXXXXXX) || exit
    enter "$1"
    shift
    mf_result=0
    call "$@" || mf_result=$?
    rm -rf -- "$runtime"
    exit "$mf_result"
)

# rebuild_read REPOSITORY SNAPSHOT MANIFEST DUMP KEPT MEDIA: lines `manifest JSON`, `dump BYTES`, `total BYTES`, and
# `space PART DEVICE FREE BYTES` for everything that takes space; or `failed WHY`. KEPT and MEDIA are paths, a line each.
rebuild_read() {
    run_directory || return
    mf_read=/run/matrixform/rebuild-read
    # Side by side: either opens the repository, which takes most of a second for its key alone.
    {
        { rebuild_restic "$1" ls --no-lock --json "$2" 2>"$mf_read.unlisted" && echo whole; } | rebuild_sizes "$4" "$5" "$6" >"$mf_read.sizes"
    } </dev/null &
    mf_text=$(rebuild_restic "$1" dump --no-lock "$2" "$3" 2>"$mf_read.unread" </dev/null | tr -d '\n' | head -c 4194304)
    wait "$!"
    if [ -n "$mf_text" ] && [ -s "$mf_read.sizes" ]; then
        printf 'manifest %s\n' "$mf_text"
        grep -v '^need ' "$mf_read.sizes"
        rebuild_space spool /var/spool 0
        rebuild_space database /var/lib/postgresql 0
        grep '^need ' "$mf_read.sizes" | while read -r _ mf_part mf_bytes mf_at; do
            case $mf_part in
                unpacking) mf_place=/var/lib/matrixform ;;
                files) mf_place=$(printf '%s\n' "$5" | sed -n "${mf_at}p") ;;
                *) mf_place=$(printf '%s\n' "$6" | sed -n "${mf_at}p") ;;
            esac
            rebuild_space "$mf_part" "$mf_place" "$mf_bytes"
        done
    else
        mf_output=$mf_read.unlisted
        [ -n "$mf_text" ] || mf_output=$mf_read.unread
        # shellcheck source=/dev/null # the module `backup` wrote it
        printf 'failed %s\n' "$(. /usr/local/lib/matrixform/backup-common && one_line <"$mf_output")"
    fi
    rm -f -- "$mf_read".*
    return 0
}

# rebuild_sizes DUMP KEPT MEDIA: the size of the dump and of all files, and lines `need PART BYTES LINE`, from restic's list
# of them; nothing, if the list is cut off. Files are fetched as an archive, unpacked and then put in place, media at once; but
# an archive has the media that are below a path, or beside a file.
rebuild_sizes() {
    # No file's name can look like a key: quotes in it are escaped.
    mf_dump=$1 mf_kept=$(rebuild_json "$2") mf_media=$(rebuild_json "$3") awk '
        function below(path, top) { sub(/\/$/, "", top); return path == top || index(path, top "/") == 1 }
        BEGIN { files = split(ENVIRON["mf_kept"], kept, "\n"); stores = split(ENVIRON["mf_media"], media, "\n") }
        $0 == "whole" { whole = 1 }
        {
            if (!match($0, /"path":"([^"\\]|\\.)*"/)) next
            path = substr($0, RSTART + 8, RLENGTH - 9)
            if (!match($0, /"size":[0-9]+/)) next
            size = substr($0, RSTART + 7, RLENGTH - 7)
            total += size
            if (path == ENVIRON["mf_dump"]) { dump = size; next }
            for (i = 1; i <= stores; i++)
                if (below(path, media[i] "/local_content") || below(path, media[i] "/local_thumbnails")) {
                    stored[i] += size
                    next
                }
            for (i = 1; i <= files; i++)
                if (below(path, kept[i])) {
                    if (path == kept[i]) base[i] = substr(path, 1, match(path, /\/[^\/]*$/) - 1)
                    found[i] += size
                    unpacked += 2 * size
                    next
                }
        }
        END {
            if (!whole) exit
            for (i = 1; i <= files; i++) {
                top = i in base ? base[i] : kept[i]
                if (top in seen) continue
                seen[top] = 1
                for (j = 1; j <= stores; j++) if (below(media[j], top)) unpacked += stored[j]
            }
            printf "dump %s\ntotal %.0f\nneed unpacking %.0f 0\n", dump, total, unpacked
            for (i = 1; i <= files; i++) if (found[i]) printf "need files %.0f %d\n", found[i], i
            for (i = 1; i <= stores; i++) printf "need media %.0f %d\n", stored[i], i
        }'
}

# rebuild_json TEXT: as restic writes it, line by line.
rebuild_json() {
    printf '%s\n' "$1" | sed 's/[\\"]/\\&/g; s/&/\\u0026/g; s/</\\u003c/g; s/>/\\u003e/g'
}

# rebuild_space PART DIRECTORY BYTES: its file system, the free space there, and how much it needs.
rebuild_space() {
    mf_place=$2
    until [ -d "$mf_place/" ]; do mf_place=${mf_place%/*}; done
    printf 'space %s %s %s %s\n' "$1" "$(stat -c %d -- "$mf_place/")" "$(df -B1 --output=avail -- "$mf_place/" | tail -n 1 | tr -d ' ')" "$3"
}

# rebuild_noting PART: starts the notes of a stage, which may be repeated.
rebuild_noting() {
    mf_notes=/var/lib/matrixform/rebuild/notes-$1
    : >"$mf_notes" || unwritten "$mf_notes"
}

# rebuild_note KIND TEXT: what the user has to know at the end.
rebuild_note() {
    printf '%s %s' "$1" "$2" | tr '\000-\037\177' '?' >>"$mf_notes" && echo >>"$mf_notes"
}

# rebuild_notes: the notes of all stages.
rebuild_notes() {
    for mf_notes in /var/lib/matrixform/rebuild/notes-*; do
        [ ! -e "$mf_notes" ] || sort -u -- "$mf_notes"
    done | head -c 1048576
    return 0
}

# rebuild_keep NAME: writes a file of the rebuild, from standard input.
rebuild_keep() {
    state_directory || return
    mf_directory=/var/lib/matrixform/rebuild
    [ -d "$mf_directory/" ] || mkdir -m 0700 -- "$mf_directory" || { unwritten "$mf_directory"; return; }
    { input >"$mf_directory/.new" && sync -- "$mf_directory/.new" && mv -fT -- "$mf_directory/.new" "$mf_directory/$1"; } ||
        { unwritten "$mf_directory/$1"; return 1; }
}

# rebuild_value KEY: a value from the mark.
rebuild_value() {
    sed -n "s/^$1=//p" /var/lib/matrixform/rebuild/state | head -n 1
}

# rebuild_reached STAGE: flushes everything to disk, and records the stage.
rebuild_reached() {
    mf_directory=/var/lib/matrixform/rebuild
    sync
    { sed "s/^stage=.*/stage=$1/" "$mf_directory/state" >"$mf_directory/.new" && sync -- "$mf_directory/.new" && mv -fT -- "$mf_directory/.new" "$mf_directory/state" && sync -- "$mf_directory"; } ||
        { unwritten "$mf_directory/state"; return 1; }
}

# rebuild_hold UNIT...: prevents them from starting before the data is complete, whatever triggers it, and stops those
# that run.
rebuild_hold() {
    { : >/var/lib/matrixform/rebuild/hold && sync -- /var/lib/matrixform/rebuild; } || { unwritten /var/lib/matrixform/rebuild/hold; return 1; }
    starts_bar matrixform-rebuild /var/lib/matrixform/rebuild/hold 'a rebuild is under way, and the command rebuild ends it.' "$@" || return
    for mf_unit do
        ! systemctl --quiet is-active "$mf_unit" || systemctl stop -- "$mf_unit" || return
    done
    # The fence protected data that is given up now.
    fence_lift
}

# rebuild_lift UNIT...: allows them to start once the data is complete.
rebuild_lift() {
    rebuild_reached restored || return
    rm -f -- /var/lib/matrixform/rebuild/hold
    starts_free matrixform-rebuild "$@"
}

# rebuild_look UNIT PORT SINCE: lines `updates N` (pending background updates of the database), `future N`
# (log lines since the unit's start and that second about positions from the future) and `keys JSON` (as seen by other servers).
# The database is asked as Synapse, like a backup does: what lies in it would run as whoever asks.
rebuild_look() {
    printf 'updates %s\n' "$(rebuild_query 'SELECT count(*) FROM background_updates')"
    printf 'future %s\n' "$(journalctl -q -o cat --since="@$3" "_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value -- "$1")" | grep -c 'from the future')"
    printf 'keys %s\n' "$(curl -q -sf --noproxy '*' -m 20 "http://127.0.0.1:$2/_matrix/key/v2/server" | head -c 65536 | tr -d '\n')"
}

# rebuild_query STATEMENT: asks the finished database, as Synapse's role.
rebuild_query() (
    # shellcheck source=/dev/null # the module `backup` wrote it
    . /usr/local/lib/matrixform/backup-common || exit
    query "$1"
)

# rebuild_end: removes everything of the rebuild but the restored data.
rebuild_end() {
    while IFS= read -r mf_place; do
        rebuild_clear "$mf_place" || return
    done </var/lib/matrixform/rebuild/media
    rm -rf -- /var/spool/matrixform-rebuild /run/matrixform/rebuild
    {
        grep -E '^(snapshot|repository)=' /var/lib/matrixform/rebuild/state >/var/lib/matrixform/.rebuilt.new &&
            sync -- /var/lib/matrixform/.rebuilt.new && mv -fT -- /var/lib/matrixform/.rebuilt.new /var/lib/matrixform/rebuilt
    } || { unwritten /var/lib/matrixform/rebuilt; return 1; }
    # The mark goes first: without it, the other files have no meaning.
    rm -f -- /var/lib/matrixform/rebuild/state && sync -- /var/lib/matrixform/rebuild &&
        rm -rf -- /var/lib/matrixform/rebuild
}
