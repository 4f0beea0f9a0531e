# rebuild: the stages for the database. Each can be interrupted at any moment and repeated: it is reached only when all
# its work is done, and the real name is only given to a database that was compared row by row and moved ahead of the
# lost time.

# rebuild_stage FUNCTION: runs a stage as a unit of its own, which survives the loss of this connection.
rebuild_stage() {
    survive rebuild '' "$1"
}

# rebuild_fetch: fetches the dump to the spool, once it is certain that it can be loaded.
rebuild_fetch() {
    rebuild_try || return
    mf_spool=/var/spool/matrixform-rebuild mf_dump=$(rebuild_value dump)
    { rm -rf -- "$mf_spool" && mkdir -m 0700 -- "$mf_spool"; } || { unwritten "$mf_spool"; return 1; }
    rebuild_restic "$(rebuild_value repository)" restore "$(rebuild_value snapshot)" --no-lock --target "$mf_spool/in" --include "$mf_dump" >/dev/null ||
        { fail 'the dump cannot be read from the repository'; return; }
    # In a forged snapshot, it or a directory above it may be a link.
    mf_at=$(realpath -e -- "$mf_spool")/in$mf_dump
    { [ "$(realpath -e -- "$mf_at" 2>/dev/null)" = "$mf_at" ] && [ -f "$mf_at" ] && mv -fT -- "$mf_at" "$mf_spool/database.dump" && rm -rf -- "$mf_spool/in"; } ||
        { fail 'the snapshot has no dump of a database'; return; }
    rebuild_reached fetched
}

# rebuild_load: loads the dump into a database with a temporary name. Everything that the dump contains is executed by a
# role that can do nothing but that (login.sh); if it fails, nothing of it stays.
rebuild_load() {
    rebuild_roles
    # What an interrupted run left.
    rebuild_logout || return
    rebuild_login || { rebuild_logout; return 1; }
    { rebuild_fill && rebuild_hand_over; } || { rebuild_logout; return 1; }
    rebuild_reached loaded && rm -rf -- /var/spool/matrixform-rebuild
}

# rebuild_fill: restores the dump, compares the rows, and raises the counters, all as the login.
rebuild_fill() {
    mf_spool=/var/spool/matrixform-rebuild mf_jobs=$(nproc)
    [ "$mf_jobs" -le 4 ] || mf_jobs=4
    { chown -h -- "$mf_login" "$mf_spool/database.dump" && chmod 0400 "$mf_spool/database.dump" && chmod 0711 "$mf_spool"; } ||
        { unwritten "$mf_spool/database.dump"; return; }
    { rebuild_as pg_restore -l "$mf_spool/database.dump" >"$mf_spool/all" && rebuild_select <"$mf_spool/all" >"$mf_spool/list" &&
        chmod 0644 "$mf_spool/list"; } || { fail 'the dump cannot be read'; return; }
    rebuild_noting database || return
    grep -vxF -f "$mf_spool/list" "$mf_spool/all" | rebuild_leave
    # First what holds the data: without all of it, hours of copying would be in vain.
    { rebuild_restored --section=pre-data && rebuild_restored --section=data --section=post-data -j "$mf_jobs"; } || return
    set -- -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse
    rebuild_as psql "$@" </var/lib/matrixform/rebuild/check.sql || return
    rebuild_as psql "$@" </var/lib/matrixform/rebuild/raise.sql >/dev/null
}

# What holds data, or keeps them consistent: without it, nothing is restored.
mf_essential='SCHEMA|TYPE|TABLE|TABLE DATA|TABLE ATTACH|SEQUENCE|SEQUENCE SET|SEQUENCE OWNED BY|DEFAULT|CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|BLOB|BLOBS|BLOB METADATA|UNKNOWN'

# What PostgreSQL says, in English (login.sh), if this host does not have what an object needs. Anything else, such as a full
# disk, a limit or a lost connection, may be over at the next attempt.
mf_lacking='does not exist|is not available|permission denied|must be (owner|superuser|able)|only superuser'

# rebuild_restored OPTION...: restores a part of the dump. Whatever else cannot be created is left out and noted: Synapse does
# not need what an admin added, and would not run at all without its data.
rebuild_restored() {
    mf_status=0
    # Only `--verbose` says which entries failed.
    rebuild_as pg_restore --verbose --no-owner --no-privileges --no-tablespaces "$@" -L "$mf_spool/list" \
        "$mf_spool/database.dump" 2>"$mf_spool/stderr" || mf_status=$?
    [ "$mf_status" -ne 0 ] || return 0
    rebuild_failures <"$mf_spool/stderr" >"$mf_spool/failed"
    # It ended before it had tried everything, or the host was the reason: another attempt may succeed.
    if [ "$mf_status" -ne 1 ] || [ ! -s "$mf_spool/failed" ] || ! grep -q 'errors ignored on restore' "$mf_spool/stderr" ||
        grep -q 'while INITIALIZING' "$mf_spool/stderr" || grep -E '(ERROR|FATAL|error): ' "$mf_spool/stderr" | grep -qvE "$mf_lacking"; then
        tail -n 20 -- "$mf_spool/stderr"
        fail 'the dump cannot be restored'
        return
    fi
    rebuild_needed || { fail 'the dump cannot be restored: the database would not be whole'; return; }
    rebuild_leave <"$mf_spool/failed"
}

# rebuild_leave <ENTRIES: notes what is left out. A comment goes with its object.
rebuild_leave() {
    { grep -E '^[0-9]+; ' | grep -vE '^[0-9]+; [0-9]+ [0-9]+ (COMMENT|SECURITY LABEL) ' | rebuild_named; } | while IFS= read -r mf_line; do
        rebuild_note left "$mf_line"
    done
}

# rebuild_failures <SAID: the entries of the list that failed, each with a tab and its first error.
rebuild_failures() {
    awk '
        FNR == NR { entry[$1 + 0] = $0; next }
        match($0, /from TOC entry [0-9]+;/) {
            id = substr($0, RSTART + 15, RLENGTH - 16) + 0
            if (!(id in why)) { order[++all] = id; why[id] = "" }
        }
        all && why[id] == "" && match($0, /ERROR: +/) { why[id] = substr($0, RSTART + RLENGTH) }
        END {
            for (i = 1; i <= all; i++) {
                id = order[i]
                print (id in entry ? entry[id] : id "; 0 0 UNKNOWN - - -") "\t" why[id]
            }
        }' "$mf_spool/list" -
}

# rebuild_needed: whether everything that failed can be left out; otherwise it prints what cannot.
rebuild_needed() {
    grep -E "^[0-9]+; [0-9]+ [0-9]+ ($mf_essential) " "$mf_spool/failed" | rebuild_named >"$mf_spool/needed"
    if grep -E '^[0-9]+; [0-9]+ [0-9]+ INDEX ' "$mf_spool/failed" >"$mf_spool/indexes"; then
        chmod 0644 "$mf_spool/indexes"
        rebuild_apart pg_restore -f - -L "$mf_spool/indexes" "$mf_spool/database.dump" >"$mf_spool/statements" || return
        grep '^CREATE UNIQUE INDEX ' "$mf_spool/statements" | cut -c 1-300 >>"$mf_spool/needed"
    fi
    [ -s "$mf_spool/needed" ] || return 0
    head -n 10 -- "$mf_spool/needed"
    return 1
}

# rebuild_named <ENTRIES: their types and names without owners, and the errors.
rebuild_named() {
    sed -E 's/^[0-9]+; [0-9]+ [0-9]+ //; s/ - / /; s/ [^ \t]*(\t|$)/\1/; s/\t$//; s/\t/: /'
}

# rebuild_select: of the entries of a dump, those that the login may create. Synapse has none of the others.
rebuild_select() {
    mf_of='EXTENSION|PUBLICATION|SUBSCRIPTION|EVENT TRIGGER|PROCEDURAL LANGUAGE|FOREIGN DATA WRAPPER|SERVER|USER MAPPING|FOREIGN TABLE'
    grep -vE "^[0-9]+; [0-9]+ [0-9]+ (COMMENT [^ ]+ |SECURITY LABEL [^ ]+ )?($mf_of) "
}

# rebuild_name: gives it the real name; drops the database that had it, if the user agreed to that.
rebuild_name() {
    mf_cluster=$(rebuild_value cluster) mf_database=$(rebuild_value database)
    mf_there=$(printf '%s\n' "SELECT datname FROM pg_catalog.pg_database WHERE datname IN ('matrixform_rebuild', '$mf_database');" |
        postgres_psql "$mf_cluster") || return
    case "
$mf_there
" in
        *"
matrixform_rebuild
"*) ;;
        # It was already renamed.
        *"
$mf_database
"*) return ;;
        *) rebuild_reached held && fail 'the restored database is gone: run the same command again, which fetches it again'; return ;;
    esac
    case "
$mf_there
" in
        *"
$mf_database
"*)
            [ "$(rebuild_value replaces)" = yes ] || { fail "a database $mf_database was created meanwhile: it is not replaced"; return; }
            printf '%s\n' "DROP DATABASE \"$mf_database\" WITH (FORCE);" | postgres_psql "$mf_cluster" || return
            ;;
    esac
    printf '%s\n' "ALTER DATABASE matrixform_rebuild RENAME TO \"$mf_database\";" | postgres_psql "$mf_cluster"
}
