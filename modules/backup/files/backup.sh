#!/bin/sh
# shellcheck disable=SC2154 # paths and settings come from common.sh
# Managed by matrixform. Backs up the homeserver on this host with restic: a dump that has been read back to its end,
# media, keys and certificates. It never deletes anything from a repository. Settings and secrets are in
# /etc/matrixform/backup.
#
#   backup run                  backs up into all repositories (matrixform-backup.service)
#   backup check                checks them, and reads a part of the data (matrixform-backup-check.service)
#   backup ended                runs after either, however it ended
#   backup report               what needs attention, one finding per line
#   backup state                the results of the last ones
#   backup list [ID]            the newest snapshots of each repository, or that one, as JSON
#   backup restore REPOSITORY SNAPSHOT PATH DIRECTORY

set -u
# shellcheck source=/dev/null # the other file of the module
. /usr/local/lib/matrixform/backup-common || exit
newline='
'

# --- The dump

# dump_database: leaves in the spool a dump that pg_restore has read to its end, the number of rows in each table, and the value
# of each sequence, read after the dump so that none is behind a row in it. One-time keys are left out: after a restore they
# would be handed out twice.
dump_database() {
    say 'measuring the database'
    # Takes no lock on any table. A dump has no indexes, which are about half of the size; but what is stored compressed grows.
    size=$(query 'select pg_database_size(current_database())') || stop 'the database does not answer'
    need=$((size / 1024 + 65536))
    free=$(df -Pk -- "$spool" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$need" ] ||
        stop "the dump may need $((need / 1024)) MiB in $spool, but only $((${free:-0} / 1024)) MiB are free"
    say 'dumping the database'
    "${pg_bin}pg_dump" -Fc -Z0 --lock-wait-timeout=10min --exclude-table-data='*.e2e_one_time_keys_json' \
        -d "$connection" -f "$spool/database.dump" || stop 'pg_dump failed: its message is in the journal'
    query "select coalesce(json_object_agg(sequencename, last_value), '{}') from pg_sequences" >"$spool/sequences" ||
        stop 'the sequences cannot be read'
    say 'reading the dump back'
    rm -f -- "$runtime/unread"
    { "${pg_bin}pg_restore" -f - "$spool/database.dump" || touch "$runtime/unread"; } | awk '
        copying && $0 == "\\." { copying = 0; printf "%s%s: %d", comma, name, rows; comma = ", "; next }
        copying { rows++; next }
        /^COPY .* FROM stdin;$/ {
            match($0, /^COPY ("[^"]*"|[^". ])+\.("[^"]*"|[^" ])+/)
            name = substr($0, 6, RLENGTH - 5)
            gsub(/[\\"]/, "\\\\&", name)
            name = "\"" name "\""
            copying = 1
            rows = 0
        }
        END { exit copying }' >"$spool/rows" || touch "$runtime/unread"
    [ ! -e "$runtime/unread" ] || stop 'the dump cannot be read back: it is truncated or damaged'
    grep -q '"public.schema_version": 1' "$spool/rows" || stop 'the dump does not hold the database of a homeserver'
}

# media_directories: what exists only here; copies of other servers' media and link previews can be fetched again.
media_directories() {
    printf '%s\n' "$media" | while IFS= read -r place; do
        for directory in local_content local_thumbnails; do
            [ ! -d "$place/$directory" ] || printf '%s\n' "$place/$directory"
        done
    done
}

# kept PATH: prints it if it is to be saved. What the spec asks for by name, and cannot be, is noted.
kept() {
    if [ -f "$1" ] || [ -d "$1" ]; then
        printf '%s\n' "$1"
        return
    fi
    printf '%s\n' "$asked" | grep -qxF -- "$1" || return 0
    why='does not exist on this host'
    [ ! -L "$1" ] || why='is a symbolic link that leads nowhere'
    [ ! -e "$1" ] || why='is neither a file nor a directory'
    printf '%s %s\n' "$1" "$why" >>"$spool/missing"
}

# leads_out: a line for each link in what is saved that leads to files which are not. Those of packages are not missed; media
# are not searched, where Synapse creates no links.
leads_out() {
    # A path below a link is reached by either name.
    while IFS= read -r path; do
        printf '%s\n' "$path"
        [ -L "$path" ] || readlink -e -- "$path"
    done <"$spool/files" | sort -u >"$spool/reached"
    while IFS= read -r path; do
        case $path in */local_content | */local_thumbnails) continue ;; esac
        # shellcheck disable=SC2016 # for the other shell
        find "$path" -type l ! -lname '/usr/[!l]*' ! -lname '/dev/*' ! -lname '/proc/*' -exec sh -c '
            list=$1
            shift
            for link do
                real=$(readlink -e -- "$link") || continue
                case $real in
                    /usr/local/*) ;;
                    /usr/* | /etc/ssl/certs/* | /dev/* | /proc/* | /run/* | /sys/*) continue ;;
                esac
                while IFS= read -r other; do
                    case $real/ in "${other%/}"/*) continue 2 ;; esac
                done <"$list"
                printf "%s leads to %s, which is not in the backup" "$link" "$real" | tr "\000-\037\177" "?"
                echo
            done' sh "$spool/reached" {} +
    done <"$spool/files"
}

# note_missing: what this backup does not have, for the reports.
note_missing() {
    say 'looking for links that lead out of the backup'
    leads_out >>"$spool/missing"
    sort -u -o "$spool/missing" -- "$spool/missing"
    more=$(($(wc -l <"$spool/missing") - 100))
    { head -n 100 -- "$spool/missing" | cut -c 1-300; [ "$more" -le 0 ] || printf 'and %s more\n' "$more"; } >"$spool/named"
    sed 's/^/not in the backup: /' "$spool/named" >&2
}

# unlinked PATH: restic saves a link as a link, without what it leads to, which has to be in the backup too. Links above the
# path are followed.
unlinked() {
    [ -L "$1" ] || return 0
    real=$(readlink -f -- "$1")
    while IFS= read -r other; do
        case $real/ in "$other"/*) return ;; esac
    done <"$spool/files"
    stop "$1 is a symbolic link, and $real, to which it leads, would not be saved: name that path in the spec"
}

# still_there: ends the run if most media are gone that the last backup had and that the database still lists: without its
# volume, a directory looks as if everything in it had been deleted.
still_there() {
    [ -z "$elsewhere" ] && [ -s "$state/media" ] || return 0
    while read -r before _ directory; do
        [ -n "$directory" ] || continue
        moved=''
        printf '%s\n' "$media" | grep -qxF -- "${directory%/local_content}" || moved=yes
        now=0
        while read -r count _ other; do
            # If the spec has moved them, they are in some other directory.
            if [ "$other" = "$directory" ] || { [ -n "$moved" ] && [ "$count" -gt "$now" ]; }; then now=$count; fi
        done <"$spool/media"
        [ -z "$moved" ] || directory="what replaces $directory"
        [ $((now * 2)) -ge "$before" ] || [ $((now * 2)) -ge "$known" ] ||
            stop "$directory has $now files, the last backup had $before, and the database lists $known media: is its volume mounted? If they are really gone, delete $state/media"
    done <"$state/media"
}

# write_manifest: what is in the snapshot, to compare with after a restore.
write_manifest() {
    say 'counting media'
    media_directories >"$spool/directories"
    while IFS= read -r directory; do
        case $directory in */local_content) ;; *) continue ;; esac
        find "$directory/" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d %.0f ", NR, sum }'
        printf '%s\n' "$directory"
    done <"$spool/directories" >"$spool/media"
    # shellcheck disable=SC2046 # a number and a sum
    set -- $(awk '{ files += $1; bytes += $2 } END { printf "%d %.0f", files, bytes }' "$spool/media")
    files=$1 bytes=$2
    known=$(query 'select count(*) from local_media_repository where url_cache is null') || stop 'the media cannot be counted'
    [ "$known" -eq 0 ] || grep -q '/local_content$' "$spool/directories" ||
        stop "the database lists $known media, but they have no directory: is its volume mounted?"
    still_there
    # shellcheck disable=SC2046 # four numbers
    set -- $(query "select (select count(*) from users), (select count(*) from rooms), (select count(*) from events),
        (select version from schema_version)" | tr '|' ' ')
    [ $# -eq 4 ] || stop 'the database cannot be counted'
    users=$1 rooms=$2 events=$3 schema=$4
    field() { sed -n "s/^$1=//p" /var/lib/matrixform/installation 2>/dev/null | head -n 1; }
    {
        printf '{"format": 1, "server_name": %s, ' "$(printf %s "$server_name" | text)"
        printf '"time": %s, ' "$(date +%s)"
        printf '"installation": %s, "identity": %s, ' "$(field id | text)" "$(field identity | text)"
        printf '"signing_key": %s, ' "$(awk 'NR == 1 { print $1 ":" $2 }' "$key" | text)"
        printf '"commit": %s, ' "$(sed -n 's/.*"operation":"apply".*"commit":"\([0-9a-f]\{40\}\)".*/\1/p' /var/lib/matrixform/history.jsonl 2>/dev/null | tail -n 1 | text)"
        printf '"matrixform": %s, ' "$(sed -n 's/.*"event":"begun".*"tool":"\([^"]*\)".*/\1/p' /var/lib/matrixform/history.jsonl 2>/dev/null | tail -n 1 | text)"
        printf '"synapse": %s, ' "$(synapse_version | text)"
        printf '"postgres": %s, ' "$(query 'show server_version' | text)"
        printf '"restic": %s, ' "$(restic version | text)"
        printf '"schema": %s, "users": %s, "rooms": %s, "events": %s, ' "$schema" "$users" "$rooms" "$events"
        printf '"media": {"files": %s, "bytes": %s}, ' "$files" "$bytes"
        printf '"left_out": ["public.e2e_one_time_keys_json"], '
        printf '"rows": {%s}, "sequences": %s}\n' "$(cat -- "$spool/rows")" "$(cat -- "$spool/sequences")"
    } >"$spool/manifest.json"
    tags="matrixform,users:$users,rooms:$rooms,events:$events,media:$files,schema:$schema"
}

synapse_version() {
    case $synapse in
        /*) "$synapse" -I -c 'import importlib.metadata as m; print(m.version("matrix-synapse"))' ;;
        *) dpkg-query -W -f '${Version}\n' "$synapse" ;;
    esac 2>/dev/null
}

# --- Backups and checks

# back_up NAME
back_up() {
    enter "$1"
    open_repository make || return 1
    say "$name: backing up"
    rm -f -- "$runtime/snapshot" "$runtime/status"
    {
        call backup --json --host "$server_name" --tag "$tags" --files-from-verbatim "$spool/files" 2>"$runtime/output"
        echo $? >"$runtime/status"
    } | awk -v progress="$runtime/progress" -v snapshot="$runtime/snapshot" -v name="$name" '
        match($0, /"percent_done":[0-9.]+/) {
            printf "%s: backing up, %d %%\n", name, substr($0, RSTART + 15, RLENGTH - 15) * 100 >> progress
            close(progress)
        }
        /"message_type":"summary"/ && match($0, /"snapshot_id":"[0-9a-f]+"/) {
            print substr($0, RSTART + 15, RLENGTH - 16) > snapshot
        }'
    case $(cat -- "$runtime/status") in
        0) ;;
        # Only media that their owners deleted in the meantime may be missing.
        3) vanished || return 1 ;;
        *) return 1 ;;
    esac
    [ -s "$runtime/snapshot" ] || { echo 'restic named no snapshot' >"$runtime/output"; return 1; }
    keep_as "$name.saved" "$(date +%s) $(cut -c 1-8 "$runtime/snapshot")"
    # With several repositories, each has the same.
    keep_as media "$(cat -- "$spool/media")"
    if [ -s "$spool/named" ]; then keep_as missing "$(cat -- "$spool/named")"; else rm -f -- "$state/missing"; fi
    rm -f -- "$state/$name.failed"
    printf '%s\n' "$name: saved as $(cut -c 1-8 "$runtime/snapshot")"
}

# vanished: whether everything that restic could not read is media that no longer exists.
vanished() {
    sed -n 's/.*"item":"\([^"]*\)".*/\1/p' "$runtime/output" >"$runtime/items"
    [ -s "$runtime/items" ] || return 1
    while IFS= read -r item; do
        case $item in */local_content/* | */local_thumbnails/*) [ ! -e "$item" ] || return 1 ;; *) return 1 ;; esac
    done <"$runtime/items"
}

# check_one NAME: checks the structure, and a different part of the data each week.
check_one() {
    enter "$1"
    open_repository || return 1
    part=$(($(date +%s) / 604800 % parts + 1))
    say "$name: checking, and reading part $part of $parts of its data"
    call check --read-data-subset="$part/$parts" >"$runtime/output" 2>&1 || return 1
    keep_as "$name.checked" "$(date +%s)"
    rm -f -- "$state/$name.check-failed"
    printf '%s\n' "$name: no errors found"
}

# --- Verbs

# alone: only one run or check at a time; a check needs the repository for itself.
alone() {
    exec 9>"$state/lock" || exit
    flock -w 43200 9 || stop 'another run did not end'
}

# list_files: what is saved; and what is not, though it is meant to be.
list_files() {
    : >"$spool/missing"
    {
        printf '%s\n' "$spool/database.dump" "$spool/manifest.json"
        cat -- "$spool/directories"
        printf '%s\n' "$keep" | while IFS= read -r path; do
            kept "$path"
        done
    } >"$spool/files"
    while IFS= read -r path; do
        unlinked "$path"
    done <"$spool/files"
    note_missing
}

run_all() {
    mkdir -p -- "$state" && chmod 0700 "$spool" || exit
    alone
    : >"$runtime/progress"
    ping_url /start ''
    rm -f -- "$state/run.failed"
    dump_database
    write_manifest
    list_files
    all=0
    for each in $repositories; do
        (back_up "$each") || { failed "$each" failed; all=1; }
    done
    exit "$all"
}

check_all() {
    mkdir -p -- "$state" || exit
    alone
    : >"$runtime/progress"
    all=0
    for each in $repositories; do
        (check_one "$each") || { failed "$each" check-failed; all=1; }
    done
    exit "$all"
}

# ended: removes the dump, and reports the result with a ping.
ended() {
    case ${1-} in
        run)
            find "$spool" -mindepth 1 -delete
            if [ "${SERVICE_RESULT-}" = success ]; then
                ping_url '' ''
            else
                [ "${SERVICE_RESULT-}" = exit-code ] || keep_as run.failed "the service ended: ${SERVICE_RESULT-}"
                ping_url /fail "$(report | grep -v '^MF374 ')"
            fi
            ;;
        check) [ "${SERVICE_RESULT-}" = success ] || ping_url /fail "$(report)" ;;
    esac
}

# ping_url SUFFIX BODY: the URL is a secret, so curl reads it from standard input. A failed ping does not fail the run.
ping_url() {
    [ -e "$etc/ping" ] || return 0
    url=$(head -n 1 -- "$etc/ping")
    case $url in
        *[\"\\]*) echo 'the ping URL has a quote in it' >&2; return 0 ;;
    esac
    # A suffix belongs to the path: at the end of a query, it would report a success.
    case $url in
        *\?*) url="${url%%\?*}$1?${url#*\?}" ;;
        *) url=$url$1 ;;
    esac
    {
        printf 'url = "%s"\n' "$url"
        printf 'data-raw = %s\n' "$(printf %s "$2" | tr '\n' ' ' | text)"
    } | curl -q -fsS -m 20 --retry 3 -o /dev/null -K - || echo 'the ping was not accepted' >&2
}

# ago SECONDS
ago() {
    if [ "$1" -lt 7200 ]; then echo "$(($1 / 60)) minutes"; elif [ "$1" -lt 172800 ]; then echo "$(($1 / 3600)) hours"; else echo "$(($1 / 86400)) days"; fi
}

report() {
    now=$(date +%s)
    [ ! -s "$state/run.failed" ] || printf 'MF360 %s\n' "$(cat -- "$state/run.failed")"
    for each in $repositories; do
        [ ! -s "$state/$each.failed" ] || printf 'MF360 %s: %s\n' "$each" "$(cat -- "$state/$each.failed")"
        [ ! -s "$state/$each.check-failed" ] || printf 'MF362 %s: %s\n' "$each" "$(cat -- "$state/$each.check-failed")"
        saved='' since=$(stat -c %Y -- "$etc/$each.url") || continue
        [ ! -e "$state/$each.saved" ] || read -r saved _ <"$state/$each.saved"
        late=$((now - ${saved:-$since}))
        [ "$late" -gt $((2 * every)) ] || continue
        if [ -n "$saved" ]; then
            printf 'MF361 %s: the last one is %s old\n' "$each" "$(ago "$late")"
        else
            printf 'MF361 %s: none since it was set up %s ago\n' "$each" "$(ago "$late")"
        fi
    done
    # Last: the reader limits how much it takes.
    [ ! -s "$state/missing" ] || sed 's/^/MF374 /' "$state/missing"
}

# show_state: KEY=VALUE lines.
show_state() {
    [ ! -s "$state/run.failed" ] || printf 'failed=%s\n' "$(cat -- "$state/run.failed")"
    for each in $repositories; do
        for what in failed check-failed saved checked; do
            [ ! -s "$state/$each.$what" ] || printf '%s %s=%s\n' "$what" "$each" "$(head -n 1 -- "$state/$each.$what")"
        done
    done
    [ ! -s "$state/missing" ] || sed 's/^/missing=/' "$state/missing"
}

# beside: uses its own files, separate from those of a backup that may be running.
beside() {
    runtime=$(mktemp -d /run/matrixform-backup-XXXXXXXXXX) || exit
    trap 'rm -rf -- "$runtime"' EXIT
    trap 'exit 143' HUP INT TERM
}

list() {
    beside
    [ ! -s "$state/missing" ] || sed 's/^/missing /' "$state/missing"
    # With an id, restic ignores what else is asked for.
    if [ -n "$1" ]; then set -- "$1"; else set -- --host "$server_name" --tag matrixform --latest 500; fi
    for each in $repositories; do
        printf 'repository %s\n' "$each"
        (
            enter "$each"
            call snapshots --json --no-lock "$@" 2>"$runtime/output" | tr -d '\n'
        )
        [ ! -s "$runtime/output" ] || printf '\nfailed %s' "$(one_line <"$runtime/output")"
        printf '\n'
    done
}

# refused TEXT: nothing is restored.
refused() {
    printf '%s\nrefused\n' "$1"
    exit 2
}

# restore REPOSITORY SNAPSHOT PATH DIRECTORY: into a directory that is new or empty, and that only root can access.
restore() {
    beside
    enter "$1"
    into=$4
    [ -d "${into%/*}/" ] || refused "there is no directory ${into%/*}/"
    # A link in the path would lead elsewhere, and anyone who may rename a directory above it could put one there in the
    # meantime.
    [ "$(readlink -f -- "$into")" = "$into" ] || refused "$into leads to $(readlink -f -- "$into")"
    above=${into%/*}
    while [ -n "$above" ]; do
        [ -z "$(find "$above" -maxdepth 0 '(' ! -uid 0 -o -perm /022 ! -perm -1000 ')')" ] || refused "users other than root may change $above"
        above=${above%/*}
    done
    if [ ! -e "$into" ]; then
        mkdir -m 0700 -- "$into" || refused "$into cannot be created"
    elif [ ! -d "$into" ] || [ -n "$(find "$into" -mindepth 1 -print -quit)" ]; then
        refused "$into exists, and is not an empty directory"
    elif [ "$(stat -c %u -- "$into")" != 0 ] || [ -n "$(find "$into" -maxdepth 0 -perm /077)" ]; then
        refused "users other than root may open $into"
    fi
    # Unescaped, these characters would match other paths.
    pattern=$(printf %s "$3" | sed 's/[][*?\\]/\\&/g')
    call restore "$2" --no-lock --host "$server_name" --tag matrixform --target "$into" --include "$pattern" >/dev/null || return 1
    # If the snapshot does not have the path, no empty directories stay behind.
    [ -n "$(find "$into" ! -type d -print -quit)" ] || find "$into" -mindepth 1 -depth -type d -empty -delete
    find "$into" ! -type d -printf '%s\n' | awk '{ sum += $1 } END { printf "restored %d %.0f\n", NR, sum }'
}

case ${1-} in
    run) run_all ;;
    check) check_all ;;
    ended) ended "${2-}" ;;
    report) report ;;
    state) show_state ;;
    list) list "${2-}" ;;
    restore) restore "$2" "$3" "$4" "$5" ;;
    *)
        printf '%s\n' "usage: $0 run | check | list [ID] | report${newline}       $0 restore REPOSITORY SNAPSHOT PATH DIRECTORY" >&2
        exit 64
        ;;
esac
