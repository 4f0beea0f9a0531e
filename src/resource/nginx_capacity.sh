# nginx_capacity: two numbers in an nginx configuration that others own. The rest stays as it is, byte for byte.

# nginx_capacity_observe LIMIT PATH: parses its first LIMIT bytes, see nginx_capacity_find.
nginx_capacity_observe() {
    while [ $# -gt 1 ]; do
        if [ -f "$2" ] && [ ! -L "$2" ]; then
            mf_found=$(peek "$2" "$1" ,nofollow | nginx_capacity_find) || return
            record "$2" "found=$mf_found"
        fi
        shift 2
    done
}

# nginx_capacity_find <FILE: a line `DIRECTIVE OFFSET LENGTH NUMBER` for each of the two directives in its proper
# context, with the position of its number (`?` if it is not a number), and a line `events OFFSET INSIDE` for each block
# of that name: its start, and the position after its opening brace. Parses like nginx: words, quotes, comments, blocks.
nginx_capacity_find() {
    LC_ALL=C awk '
    function directive(   name) {
        name = words == 2 ? word[1] : ""
        if (name == "worker_rlimit_nofile" ? depth != 0 : name != "worker_connections" || depth != 1 || block != "events") return
        print name, begun[2], length(word[2]), word[2] ~ /^[0-9]+$/ && length(word[2]) < 10 ? word[2] : "?"
    }
    function ended() {
        if (!inside) return
        word[++words] = text
        begun[words] = start
        inside = 0
    }
    BEGIN { depth = words = at = inside = escaped = 0; quote = block = "" }
    {
        size = length($0)
        for (i = 1; i <= size + 1; i++) {
            c = i > size ? "\n" : substr($0, i, 1)
            if (escaped) escaped = 0
            else if (quote != "") { if (c == "\\") escaped = 1; else if (c == quote) quote = "" }
            else if (c == "\\") escaped = 1
            else if (c == ";" || (c == "{" && (!inside || text !~ /\$$/)) || (c == "}" && !inside) || c ~ /[ \t\r\n]/) {
                ended()
                if (c == ";") { directive(); words = 0 }
                if (c == "{") {
                    if (++depth == 1) { block = words ? word[1] : ""; if (block == "events") print "events", begun[1], at + i }
                    words = 0
                }
                if (c == "}") { if (depth) depth--; words = 0 }
                continue
            }
            else if (!inside && c == "#") break
            else if (!inside && (c == "\"" || c == "\047")) quote = c
            if (!inside) { inside = 1; text = ""; start = at + i - 1 }
            text = text c
        }
        at += size + 1
    }'
}

# nginx_capacity_raise PATH CONNECTIONS FILES: makes both numbers at least this large. The file is replaced by a new one
# with the same owner and mode.
nginx_capacity_raise() {
    private_enter "${1%/*}" || return
    if nginx_capacity_copy "$1" && nginx_capacity_set "$1" worker_connections "$2" &&
        nginx_capacity_set "$1" worker_rlimit_nofile "$3" && sync -- mf.new && private_place mf.new "$1"; then
        private_leave
        return
    fi
    private_leave
    return 1
}

# nginx_capacity_copy PATH: copies to mf.new. A file that others may have put in its place meanwhile is not nginx's.
nginx_capacity_copy() {
    if [ -f "../${1##*/}" ] && [ ! -L "../${1##*/}" ] &&
        in_directory "${1%/*}" cp -dT --preserve=all -- "../${1##*/}" mf.new && [ -f mf.new ] && [ ! -L mf.new ]; then
        return
    fi
    fail "there is no regular file at $1"
}

# nginx_capacity_set PATH DIRECTIVE LEAST: edits mf.new in place: it keeps owner and mode.
nginx_capacity_set() {
    mf_found=$(nginx_capacity_find <mf.new) || return
    mf_directive=$(printf '%s\n' "$mf_found" | sed -n "s/^$2 //p")
    mf_events=$(printf '%s\n' "$mf_found" | sed -n 's/^events //p')
    case $mf_events/$mf_directive in
        *'
'*) fail "$1 has two \`events\` blocks, or sets \`$2\` twice: nginx would not read it"; return ;;
        /*) fail "$1 has no \`events\` block"; return ;;
        *'?') fail "\`$2\` in $1 is not a number"; return ;;
    esac
    # shellcheck disable=SC2086 # numbers
    set -- "$2" "$3" $mf_events $mf_directive
    mf_text=$2
    if [ $# -gt 4 ]; then
        [ "$7" -lt "$2" ] || return 0
        mf_before=$5 mf_after=$(($5 + $6))
    elif [ "$1" = worker_connections ]; then
        mf_before=$4 mf_after=$4 mf_text="
	$1 $2;"
        [ -z "$(tail -c "+$(($4 + 1))" mf.new | head -c 1)" ] || mf_text="$mf_text
"
    else
        mf_before=$3 mf_after=$3 mf_text="$1 $2;
"
    fi
    { head -c "$mf_before" mf.new && printf '%s' "$mf_text" && tail -c "+$((mf_after + 1))" mf.new; } >mf.next &&
        cat mf.next >mf.new
}
