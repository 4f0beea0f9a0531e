# debconf: answers to packages' questions.

# debconf_observe (QUESTION value|digest)...: the stored answers, read from debconf's files, since its own programs take
# a tenth of a second to start. Questions without an answer are omitted.
debconf_observe() {
    [ -e /var/cache/debconf/config.dat ] || return 0
    record / seen=yes
    mf_stores=/var/cache/debconf/config.dat
    [ ! -e /var/cache/debconf/passwords.dat ] || mf_stores="$mf_stores /var/cache/debconf/passwords.dat"
    while [ $# -gt 0 ]; do
        # shellcheck disable=SC2086 # they are words
        mf_values=$(mf_question=$1 awk '
            /^Name: / { this = substr($0, 7) == ENVIRON["mf_question"] }
            /^Value:/ && this { print "=" substr($0, 8) }
        ' $mf_stores) || return
        mf_value=${mf_values##*"
"}
        case $mf_value,$2 in
            ,*) ;;
            *,value) record "$1" "value=${mf_value#=}" ;;
            *,digest) record "$1" "sha256=$(printf %s "${mf_value#=}" | sha256sum | cut -d ' ' -f 1)" ;;
        esac
        shift 2
    done
}

# debconf_set PACKAGE QUESTION TYPE <VALUE: waits for other users of the database.
debconf_set() {
    apt_settle || return
    { printf '%s %s %s ' "$1" "$2" "$3" && input && printf '\n'; } | debconf-set-selections
}
