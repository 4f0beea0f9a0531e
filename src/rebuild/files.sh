# rebuild: the stages for files. They are restored into root's own directories, get their owners there, and are moved
# into place one by one, by relative names, unless something exists there or the spec writes the file itself.

# rebuild_kept: keys, registrations, certificates and anything else that the spec backs up, and the lost host's history.
rebuild_kept() {
    mf_all=/var/lib/matrixform/rebuild/in
    { rm -rf -- "$mf_all" && mkdir -m 0700 -- "$mf_all" && mkdir -m 0700 -- "$mf_all/tree"; } || { unwritten "$mf_all"; return 1; }
    mf_repository=$(rebuild_value repository) mf_snapshot=$(rebuild_value snapshot) mf_dump=$(rebuild_value dump)
    rebuild_noting files || return
    # One listing for all paths, and one archive for neighbours: each call opens the repository again.
    sort -u -- /var/lib/matrixform/rebuild/kept | while IFS= read -r mf_path; do
        rebuild_is_media "$mf_path" || printf '%s\n' "$mf_path"
    done >"$mf_all/kept"
    rebuild_list >"$mf_all/list" || { fail 'the snapshot cannot be read from the repository'; return; }
    while IFS= read -r mf_path; do
        rebuild_archive "$mf_path"
    done <"$mf_all/kept" | sort -u >"$mf_all/archives"
    rebuild_archives || return
    while IFS= read -r mf_path; do
        rebuild_take "$mf_path" || return
    done <"$mf_all/kept"
    rebuild_history "$mf_all/tree/var/lib/matrixform/history.jsonl" || return
    rebuild_spread "$mf_all/tree" || return
    rm -rf -- "$mf_all"
    rebuild_reached kept
}

# rebuild_is_media PATH: whether it is among the media, which have a stage of their own.
rebuild_is_media() {
    while IFS= read -r mf_place; do
        case $1/ in "$mf_place/local_content/"* | "$mf_place/local_thumbnails/"*) return 0 ;; esac
    done </var/lib/matrixform/rebuild/media
    return 1
}

# rebuild_list: the kept paths that the snapshot has, as restic's JSON, and what lies in them.
rebuild_list() {
    set --
    while IFS= read -r mf_path; do
        set -- "$@" "$mf_path"
    done <"$mf_all/kept"
    [ "$#" -eq 0 ] || rebuild_restic "$mf_repository" ls --no-lock --json "$mf_snapshot" "$@"
}

# rebuild_archive PATH: the directory of the snapshot that is fetched for it, if the snapshot has it.
rebuild_archive() {
    mf_line=$(rebuild_listed "$1")
    [ -n "$mf_line" ] || return 0
    mf_from=$1
    case $mf_line in
        *'"type":"dir"'*) ;;
        *'"type":"file"'* | *'"type":"symlink"'*) mf_from=${1%/*} ;;
        # A socket or a FIFO: whoever uses it creates it.
        *) return 0 ;;
    esac
    # All that the snapshot has below /etc is small; /var has the dump and, usually, the media.
    mf_top=${1#/} mf_top=/${mf_top%%/*}
    case $mf_dump in
        "$mf_top"/*) ;;
        *) rebuild_holds_media "$mf_top" || [ "$mf_top" = "$1" ] || mf_from=$mf_top ;;
    esac
    printf '%s\n' "${mf_from:-/}"
}

# rebuild_holds_media DIRECTORY: whether media are below it.
rebuild_holds_media() {
    while IFS= read -r mf_place; do
        case $mf_place/ in "$1"/*) return 0 ;; esac
    done </var/lib/matrixform/rebuild/media
    return 1
}

# rebuild_listed PATH: its line in the list.
rebuild_listed() {
    grep -F "\"path\":\"$(rebuild_json "$1")\"" "$mf_all/list" | head -n 1
}

# rebuild_archives: fetches all of them, two at a time: restic needs most of a second to open the repository.
rebuild_archives() {
    mf_number=0 mf_other=''
    while IFS= read -r mf_from; do
        mf_number=$((mf_number + 1))
        rebuild_restic "$mf_repository" dump --no-lock "$mf_snapshot" "$mf_from" >"$mf_all/$mf_number.tar" </dev/null ||
            printf '%s\n' "$mf_from" >>"$mf_all/unread" &
        if [ -z "$mf_other" ]; then
            mf_other=$!
        else
            wait "$mf_other" "$!"
            mf_other=''
        fi
    done <"$mf_all/archives"
    [ -z "$mf_other" ] || wait "$mf_other"
    [ ! -s "$mf_all/unread" ] || fail "$(head -n 1 -- "$mf_all/unread") cannot be read from the repository"
}

# rebuild_take PATH: extracts it from its archive, if the snapshot has it, into `tree`, with owners by name.
rebuild_take() {
    mf_from=$(rebuild_archive "$1")
    [ -n "$mf_from" ] || return 0
    mf_tar=$mf_all/$(grep -nxF -- "$mf_from" "$mf_all/archives" | cut -d : -f 1).tar
    mf_numbers=$(rebuild_listed "$1" | sed -n 's/.*"type":"dir".*"uid":\([0-9]*\),"gid":\([0-9]*\).*"mode":\([0-9]*\).*/\1 \2 \3/p')
    rebuild_above "${1#/}" || return
    # A directory that is empty, or has nothing but media, has no entry.
    [ -n "$mf_numbers" ] && [ -z "$(rebuild_tar "$1" -t 2>/dev/null | head -n 1)" ] ||
        rebuild_tar "$1" -x --numeric-owner -p -C "$mf_all/tree" || { fail "$1 cannot be unpacked"; return; }
    rebuild_tar "$1" -t -v 2>/dev/null | awk '{ print $2 }' >"$mf_all/names"
    rebuild_tar "$1" -t -v --numeric-owner 2>/dev/null | awk '{ print $2 }' | paste -d / - "$mf_all/names" | sort -u >"$mf_all/owners"
    # The directory itself has no entry either.
    if [ -n "$mf_numbers" ]; then
        # shellcheck disable=SC2086 # three numbers
        set -- "$1" $mf_numbers
        mkdir -p -- "$mf_all/tree$1" && chmod "$(printf '%o' $(($4 & 0777)))" "$mf_all/tree$1" || return
        ! grep -q "^$2/$3/" "$mf_all/owners" || chown "$2:$3" "$mf_all/tree$1" || return
    fi
    rebuild_own "$mf_all/tree/${1#/}" && rm -f -- "$mf_all"/[ug].*
}

# rebuild_tar PATH OPTION...: calls tar for what the archive has of a path, without media.
rebuild_tar() {
    mf_member=${1#/}
    shift
    while IFS= read -r mf_place; do
        set -- "$@" --exclude="${mf_place#/}/local_content" --exclude="${mf_place#/}/local_thumbnails"
    done </var/lib/matrixform/rebuild/media
    tar --anchored --no-wildcards "$@" -f "$mf_tar" -- "$mf_member"
}

# rebuild_above MEMBER: extracts the directories above it, each with its owner and mode. An archive that begins further
# down has no entry for them: they are open to all, as those of a package.
rebuild_above() {
    mf_rest=$1 mf_above=''
    while :; do
        case $mf_rest in */*) ;; *) return 0 ;; esac
        mf_above=$mf_above${mf_above:+/}${mf_rest%%/*} mf_rest=${mf_rest#*/}
        [ ! -d "$mf_all/tree/$mf_above" ] || continue
        mf_names=$(tar -t -v --no-recursion -f "$mf_tar" "$mf_above" 2>/dev/null | awk 'NR == 1 { print $2 }')
        if [ -z "$mf_names" ]; then
            mkdir -- "$mf_all/tree/$mf_above" && chmod 0755 "$mf_all/tree/$mf_above" || return
            continue
        fi
        tar -x --no-recursion --numeric-owner -p -C "$mf_all/tree" -f "$mf_tar" "$mf_above" || { fail "/$mf_above cannot be unpacked"; return; }
        mf_new=$(rebuild_owner passwd "${mf_names%%/*}" "/$mf_above")
        chown -h "$mf_new" -- "$mf_all/tree/$mf_above" || return
        mf_new=$(rebuild_owner group "${mf_names#*/}" "/$mf_above")
        chgrp -h "$mf_new" -- "$mf_all/tree/$mf_above" || return
    done
}

# rebuild_own DIRECTORY: changes the lost host's ids to those of the same names here, after finding all files.
rebuild_own() {
    while IFS=/ read -r mf_uid mf_gid mf_user mf_group; do
        [ -e "$mf_all/u.$mf_uid" ] || find "$1" -uid "$mf_uid" -print0 >"$mf_all/u.$mf_uid"
        [ -e "$mf_all/g.$mf_gid" ] || find "$1" -gid "$mf_gid" -print0 >"$mf_all/g.$mf_gid"
    done <"$mf_all/owners"
    while IFS=/ read -r mf_uid mf_gid mf_user mf_group; do
        mf_new=$(rebuild_owner passwd "$mf_user" "${1#"$mf_all/tree"}")
        xargs -0 -r chown -h "$mf_new" -- <"$mf_all/u.$mf_uid" || return
        mf_new=$(rebuild_owner group "$mf_group" "${1#"$mf_all/tree"}")
        xargs -0 -r chgrp -h "$mf_new" -- <"$mf_all/g.$mf_gid" || return
    done <"$mf_all/owners"
}

# rebuild_owner passwd|group NAME PATH: the id here that gets what it owns of a path: root's, if there is no such name.
rebuild_owner() {
    mf_number=$(rebuild_number "$1" "$2")
    if [ -z "$mf_number" ]; then
        case $1 in passwd) rebuild_note owner "user $2 $3" ;; *) rebuild_note owner "group $2 $3" ;; esac
    fi
    printf '%s\n' "${mf_number:-0}"
}

# rebuild_number passwd|group NAME: its id here. An id that had no name on the lost host, such as one of a container, stays
# unless it is somebody's here.
rebuild_number() {
    case $2 in
        *[!0-9]*) getent "$1" "$2" | cut -d : -f 3 ;;
        *) getent "$1" "$2" >/dev/null || printf '%s\n' "$2" ;;
    esac
}

# rebuild_history FILE: puts the lost host's history before the one of this host.
rebuild_history() {
    [ -s "$1" ] || return 0
    mf_own=/var/lib/matrixform/history.jsonl
    [ "$(head -n 1 -- "$1")" != "$(head -n 1 -- "$mf_own" 2>/dev/null)" ] || return 0
    {
        { cat -- "$1"; [ ! -f "$mf_own" ] || cat -- "$mf_own"; } >/var/lib/matrixform/.history.rebuild &&
            sync -- /var/lib/matrixform/.history.rebuild && mv -fT -- /var/lib/matrixform/.history.rebuild "$mf_own"
    } || unwritten "$mf_own"
}

# rebuild_spread TREE: moves everything into place that the spec does not write and that does not exist yet; notes what exists
# and differs.
rebuild_spread() {
    mf_break=$(printf '\001')
    rebuild_find "$1" -type d | while IFS= read -r mf_line; do
        rebuild_path "$mf_line" || continue
        [ -d "$1$mf_path" ] || continue
        [ -d "$mf_path/" ] || rebuild_directory "$1$mf_path" "$mf_path" || exit
    done || return
    rebuild_find "$1" '(' -type f -o -type l ')' | while IFS= read -r mf_line; do
        if ! rebuild_path "$mf_line" || { [ ! -e "$1$mf_path" ] && [ ! -L "$1$mf_path" ]; }; then
            rebuild_note unnamed "$mf_path"
            continue
        fi
        grep -qxF -- "$mf_path" /var/lib/matrixform/rebuild/written && continue
        if [ -e "$mf_path" ] || [ -L "$mf_path" ]; then
            rebuild_same "$mf_path" "$1$mf_path" || rebuild_note differs "$mf_path"
            continue
        fi
        place_copy "$mf_path" "$1$mf_path" || exit
    done
}

# rebuild_find TREE TEST...: what find finds in it besides matrixform's own, a line each; a line break in a name is \001.
rebuild_find() {
    (
        cd -P "$1" || exit
        shift
        find . -mindepth 1 -path ./var/lib/matrixform -prune -o "$@" -print0
    ) | tr '\n\000' '\001\n'
}

# rebuild_path LINE: sets mf_path to the path of such a line. A name that ends in a line break has none: the shell loses it. One
# with \001 gets another name, which does not exist.
rebuild_path() {
    mf_path=${1#.}
    case $mf_path in
        *"$mf_break" | *"$mf_break"/*) return 1 ;;
        *"$mf_break"*) mf_path=$(printf %s "$mf_path" | tr '\001' '\n') ;;
    esac
}

# rebuild_same PATH COPY: whether they are the same file, or links to the same place.
rebuild_same() {
    if [ -L "$1" ] || [ -L "$2" ]; then
        [ -L "$1" ] && [ -L "$2" ] && [ "$(readlink -- "$1")" = "$(readlink -- "$2")" ]
    else
        # The owner of the directory may put a FIFO there meanwhile.
        [ -f "$1" ] && timeout 600 cmp -s -- "$1" "$2"
    fi
}

# rebuild_directory MODEL PATH: creates a directory with the owner and mode of another one.
rebuild_directory() (
    enter_exactly "${2%/*}/" || exit
    {
        in_directory "${2%/*}/" mkdir -m 0700 -- "./${2##*/}" && chown -h --reference="$1" -- "./${2##*/}" &&
            chmod --reference="$1" -- "./${2##*/}"
    } || unwritten "$2"
)

# rebuild_media: restores the media of each directory.
rebuild_media() {
    mf_count=0
    while IFS= read -r mf_place; do
        (rebuild_media_at "$mf_place") || return
    done </var/lib/matrixform/rebuild/media
    mf_count=$(while IFS= read -r mf_place; do
        [ ! -d "$mf_place/local_content" ] || find "$mf_place/local_content/" -type f -printf x
    done </var/lib/matrixform/rebuild/media | wc -c)
    mf_wanted=$(rebuild_value files)
    [ "$mf_count" -gt 0 ] || [ "$mf_wanted" -eq 0 ] ||
        { fail "the snapshot has $mf_wanted media, but none below $(tr '\n' ' ' </var/lib/matrixform/rebuild/media): were they in another directory?"; return; }
    [ "$mf_count" -eq "$mf_wanted" ] ||
        printf '%s media are back; %s were counted when the backup was made\n' "$mf_count" "$mf_wanted"
    rebuild_reached media
}

# rebuild_media_at DIRECTORY: restores into root's own directory inside it, and moves the files from there.
rebuild_media_at() {
    mf_user=$(rebuild_value user)
    mf_group=$(id -g -- "$mf_user") || return
    rebuild_enter "$1" || return
    mf_snapshot=$(rebuild_value snapshot)
    if [ "$(cat ./whole 2>/dev/null)" != "$mf_snapshot" ]; then
        { rm -rf -- ./whole ./in && mkdir -m 0700 -- ./in; } || { unwritten "$1/.matrixform-rebuild"; return 1; }
        # restic uses paths; this one is the directory that was entered, whatever replaces it.
        read -r mf_process _ </proc/self/stat
        # Unescaped, these characters would match other paths.
        mf_pattern=$(printf %s "$1" | sed 's/[][*?\\]/\\&/g')
        rebuild_restic "$(rebuild_value repository)" restore "$mf_snapshot" --no-lock --target "/proc/$mf_process/cwd/in" \
            --include "$mf_pattern/local_content" --include "$mf_pattern/local_thumbnails" >/dev/null || { fail "the media of $1 cannot be read from the repository"; return; }
        chown -hR -- "$mf_user:$mf_group" ./in && printf '%s\n' "$mf_snapshot" >./.whole && sync && mv -fT ./.whole ./whole || return
    fi
    for mf_name in local_content local_thumbnails; do
        # It may be a link to another volume.
        [ -d "./in$1/$mf_name" ] || [ -L "./in$1/$mf_name" ] || continue
        [ ! -d "../$mf_name" ] || rmdir -- "../$mf_name" 2>/dev/null ||
            { [ "$(rebuild_value replaces)" = yes ] && rebuild_replace "$mf_name"; } ||
            { fail "there are other media in $1/$mf_name already: move them away"; return; }
        mv -T -- "./in$1/$mf_name" "../$mf_name" || return
    done
}

# rebuild_replace NAME: moves a directory of media out of the way. What was there first is kept until the end; the media
# of another snapshot are not.
rebuild_replace() {
    [ -e "./replaced-$1" ] || { mv -T -- "../$1" "./replaced-$1"; return; }
    rm -rf -- ./given-up && mv -T -- "../$1" ./given-up && rm -rf -- ./given-up
}

# rebuild_enter DIRECTORY: creates it and its parents if missing, and enters a directory of root's own inside it.
rebuild_enter() {
    mf_rest=${1#/} mf_path=''
    while [ -n "$mf_rest" ]; do
        mf_above=$mf_path mf_path=$mf_path/${mf_rest%%/*}
        case $mf_rest in */*) mf_rest=${mf_rest#*/} ;; *) mf_rest= ;; esac
        [ -d "$mf_path/" ] && continue
        enter_exactly "$mf_above/" || return
        { in_directory "$mf_above/" mkdir -m 0750 -- "./${mf_path##*/}" && chown -h -- "$mf_user:$mf_group" "./${mf_path##*/}"; } ||
            { unwritten "$mf_path"; return 1; }
    done
    enter_exactly "$1" || return
    mf_around=$mf_here
    [ -d ./.matrixform-rebuild ] || in_directory "$1" mkdir -m 0700 -- ./.matrixform-rebuild || { unwritten "$1/.matrixform-rebuild"; return 1; }
    { cd -P ./.matrixform-rebuild && [ "$(stat -c '%d:%i' ..)$(stat -c ' %u:%a' .)" = "$mf_around 0:700" ]; } ||
        fail "another process is changing $1"
}

# rebuild_clear DIRECTORY: removes the temporary directory inside it.
rebuild_clear() (
    [ -d "$1/.matrixform-rebuild" ] || exit 0
    enter_exactly "$1" || exit
    { cd -P ./.matrixform-rebuild && [ "$(stat -c '%u:%a' .)" = 0:700 ]; } || { fail "another process is changing $1"; exit; }
    rm -rf -- ./in ./whole ./.whole ./given-up ./replaced-* && cd -P .. && rmdir -- ./.matrixform-rebuild
)
