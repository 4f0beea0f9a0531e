# debconf: answers to packages' questions.

# debconf_observe (QUESTION value|digest)...: the stored answers, read from debconf's files: its own programs
# take a tenth of a second to start. Questions without an answer are left out.
debconf_observe() {
    [ -r /var/cache/debconf/config.dat ] || return
    record / seen=yes
    while [ $# -gt 0 ]; do
        mf_value=$(mf_question=$1 awk '
            /^Name: / { this = substr($0, 7) == ENVIRON["mf_question"] }
            /^Value:/ && this { print "=" substr($0, 8) }
        ' /var/cache/debconf/config.dat /var/cache/debconf/passwords.dat 2>/dev/null | tail -n 1)
        case $mf_value,$2 in
            ,*) ;;
            *,value) record "$1" "value=${mf_value#=}" ;;
            *,digest) record "$1" "sha256=$(printf %s "${mf_value#=}" | sha256sum | cut -d ' ' -f 1)" ;;
        esac
        shift 2
    done
}

# debconf_set PACKAGE QUESTION TYPE <VALUE: waits for others that use the database.
debconf_set() {
    apt_settle || return
    { printf '%s %s %s ' "$1" "$2" "$3" && input && printf '\n'; } | debconf-set-selections
}
