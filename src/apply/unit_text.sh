# unit text: a future unit as one text, assembled as systemd does it (systemd.unit(5)) from the files on disk.

# sandbox_paths: the directories in which systemd looks for units, in order of precedence.
sandbox_paths() {
    [ ! -d /run/systemd/system ] || systemctl show -p UnitPath --value | tr ' ' '\n'
}

# sandbox_files UNIT: its file and its drop-ins, in the order in which they apply; fails if it has none.
sandbox_files() {
    case $1 in
        *@*.*) mf_names="$1 ${1%%@*}@.${1##*.}" ;;
        *) mf_names=$1 ;;
    esac
    mf_found=
    for mf_each in $mf_names; do
        for mf_path in $mf_unit_paths; do
            [ -n "$mf_found" ] || [ ! -f "$mf_path/$mf_each" ] || mf_found=$mf_path/$mf_each
        done
    done
    [ -n "$mf_found" ] && printf '%s\n' "$mf_found" || return
    # a-b.service also has the drop-ins of a-.service, and every service has those of service.
    mf_rest=${1%.*} mf_kind=${1##*.}
    mf_rest=${mf_rest%%@*}
    while :; do
        case $mf_rest in
            *-*) mf_rest=${mf_rest%-*} mf_names="$mf_names $mf_rest-.$mf_kind" ;;
            *) break ;;
        esac
    done
    for mf_each in $mf_names "$mf_kind"; do
        for mf_path in $mf_unit_paths; do
            for mf_file in "$mf_path/$mf_each.d"/*.conf; do
                [ ! -e "$mf_file" ] || printf '%s %s\n' "${mf_file##*/}" "$mf_file"
            done
        done
    done | awk '!seen[$1]++' | sort -s -k 1,1 | cut -d ' ' -f 2- | while IFS= read -r mf_file; do
        [ ! -s "$mf_file" ] || printf '%s\n' "$mf_file"
    done
}

# sandbox_text UNIT: the settings that a copy may have unchanged. Paths that systemd itself reads are replaced by those
# of the overlays. `#: FILE` names the source of the lines that follow; `#requires:`, `#condition:`, `#directory:`,
# `#covered:`, `#rights:` and `#unfit:` are for the caller.
sandbox_text() {
    mf_files=$(sandbox_files "$1") || return
    mf_name=${1%.*}
    mf_instance=
    case $mf_name in *@*) mf_instance=${mf_name#*@} ;; esac
    mf_prefix=${mf_name%%@*}
    printf '%s\n' "$mf_files" | while IFS= read -r mf_file; do
        printf '\n#: %s\n' "$mf_file"
        cat -- "$mf_file"
    done | sandbox_lines | MF_UNIT=$1 MF_NAME=$mf_name MF_PREFIX=$mf_prefix MF_INSTANCE=$mf_instance \
        MF_PLAIN_PREFIX=$(sandbox_unescape "$mf_prefix") MF_PLAIN_INSTANCE=$(sandbox_unescape "$mf_instance") \
        MF_PLAIN_LAST=$(sandbox_unescape "${mf_prefix##*-}") awk -v stage="$mf_stage" '
        BEGIN {
            while ((getline line < (stage "/points")) > 0) point[++points] = line
            # Not -v, which would interpret the \x2d of an escaped name.
            unit = ENVIRON["MF_UNIT"]; name = ENVIRON["MF_NAME"]
            prefix = ENVIRON["MF_PREFIX"]; plain_prefix = ENVIRON["MF_PLAIN_PREFIX"]
            instance = ENVIRON["MF_INSTANCE"]; plain_instance = ENVIRON["MF_PLAIN_INSTANCE"]
            last = prefix; sub(/.*-/, "", last); plain_last = ENVIRON["MF_PLAIN_LAST"]
            directory["RuntimeDirectory"] = "/run/"; variable["RuntimeDirectory"] = "RUNTIME_DIRECTORY"
            directory["StateDirectory"] = "/var/lib/"; variable["StateDirectory"] = "STATE_DIRECTORY"
            directory["CacheDirectory"] = "/var/cache/"; variable["CacheDirectory"] = "CACHE_DIRECTORY"
            directory["LogsDirectory"] = "/var/log/"; variable["LogsDirectory"] = "LOGS_DIRECTORY"
            directory["ConfigurationDirectory"] = "/etc/"; variable["ConfigurationDirectory"] = "CONFIGURATION_DIRECTORY"
        }
        # The location of a path in its overlay: the one of the deepest point above it.
        function staged(path, at, best) {
            best = 0
            for (at = 1; at <= points; at++)
                if (index(path "/", point[at] "/") == 1 && (!best || length(point[at]) > length(point[best]))) best = at
            return best ? stage "/" best substr(path, length(point[best]) + 1) : path
        }
        function replaced(text, from, to, at, done) {
            done = ""
            while ((at = index(text, from)) > 0) {
                done = done substr(text, 1, at - 1) to
                text = substr(text, at + length(from))
            }
            return done text
        }
        # Specifiers for the name would differ in a copy.
        function named(text) {
            if (index(text, "%") == 0) return text
            text = replaced(text, "%%", "\001")
            text = replaced(text, "%n", unit); text = replaced(text, "%N", name)
            text = replaced(text, "%p", prefix); text = replaced(text, "%P", plain_prefix)
            text = replaced(text, "%i", instance); text = replaced(text, "%I", plain_instance)
            text = replaced(text, "%j", last); text = replaced(text, "%J", plain_last)
            return replaced(text, "\001", "%%")
        }
        # The paths of a list as written, without prefixes and with directory specifiers expanded.
        function rights(key, text, right, words, at) {
            if (text == "") { allowed[key] = ""; return }
            gsub(/"/, "", text)
            text = replaced(text, "%t", "/run"); text = replaced(text, "%S", "/var/lib"); text = replaced(text, "%E", "/etc")
            text = replaced(text, "%C", "/var/cache"); text = replaced(text, "%L", "/var/log"); text = replaced(text, "%h", "/root")
            text = replaced(text, "%T", "/tmp"); text = replaced(text, "%V", "/var/tmp"); text = replaced(text, "%%", "%")
            words = split(text, word, /[ \t]+/)
            for (at = 1; at <= words; at++) {
                sub(/^[-+]+/, "", word[at])
                allowed[key] = allowed[key] "#rights: " right " " word[at] "\n"
            }
        }
        function is_yes(text) { return tolower(text) ~ /^(1|y|yes|t|true|on)$/ }
        # With full rights, a command would run outside of the overlays. The prefix for that (+) can be hidden by a
        # quote, an escape, or the `;` of a sequence; a `;` within a word does not start a sequence.
        function is_outside(text) {
            if (text ~ /^[-@:!|]*[+"\047\\]/) return 1
            gsub(/\\./, "x", text)
            gsub("\"[^\"]*\"|\047[^\047]*\047", "x", text)
            return text ~ /[ \t];([ \t]|$)/
        }
        /^#: / { print; next }
        /^\[/ { section = $0; sub(/\].*/, "]", section); if (section == "[Unit]" || section == "[Service]") print section; next }
        section != "[Unit]" && section != "[Service]" { next }
        {
            at = index($0, "=")
            if (!at) next
            key = substr($0, 1, at - 1); value = named(substr($0, at + 1))
            sub(/^[ \t]+/, "", key); sub(/[ \t]+$/, "", key); sub(/^[ \t]+/, "", value); sub(/[ \t]+$/, "", value)
        }
        section == "[Unit]" {
            if (key ~ /^(Requires|Requisite|BindsTo)$/) print "#requires: " value
            if (key !~ /^(Condition|Assert)/) next
            print "#condition: " key "=" value
            if (key ~ /(Path|File|Directory)/) {
                at = index(value, "/")
                if (at) value = substr(value, 1, at - 1) staged(substr(value, at))
            }
            print key "=" value
            next
        }
        # Settings that a copy must not apply, or has to apply differently.
        key ~ /^(Type|ExitType|Restart.*|ExecStart|ExecStartPost|ExecReload|ExecStop|ExecStopPost|PIDFile|BusName|Sockets)$/ { next }
        key ~ /^(NotifyAccess|Watchdog.*|RemainAfterExit|SuccessExitStatus|Standard.*|LogNamespace|Utmp.*|OpenFile)$/ { next }
        key ~ /^(FileDescriptorStore.*|Timeout.*|Runtime(Max|Randomized).*|Kill.*|SendSIG.*|FinalKillSignal|OOMPolicy)$/ { next }
        key ~ /^(RemoveIPC|GuessMainPID|SyslogIdentifier|TTY.*|StartLimit.*|RuntimeDirectoryPreserve|RebootArgument)$/ { next }
        # These may reboot the host.
        key ~ /^(Failure|Success)Action(ExitStatus)?$/ { next }
        key ~ /^(ImportCredential|Delegate.*|ReloadSignal|NonBlocking|USBFunction.*)$/ { next }
        key ~ /^Exec(StartPre|Condition)$/ {
            if (!is_outside(value)) print key "=" value
            next
        }
        # Every command before the program then has full rights.
        key == "PermissionsStartOnly" { privileged = is_yes(value); next }
        key in directory {
            count[key] = value == "" ? 0 : count[key]
            words = split(value, word, /[ \t]+/)
            for (at = 1; at <= words && value != ""; at++) { sub(/:.*/, "", word[at]); directory[key, ++count[key]] = word[at] }
            next
        }
        key ~ /^(Runtime|State|Cache|Logs|Configuration)DirectoryMode$/ { mode[substr(key, 1, length(key) - 4)] = value; next }
        key == "DynamicUser" { dynamic = is_yes(value); next }
        key ~ /^Root(Directory|Image)$/ { rooted = value; next }
        key ~ /^ReadWrite(Paths|Directories)$/ { rights("rw", value, "rw") }
        key ~ /^ReadOnly(Paths|Directories)$/ { rights("ro", value, "ro") }
        key == "ProtectSystem" { system_is = tolower(value) }
        key == "PrivateTmp" { private = is_yes(value) || value == "disconnected" }
        key == "ProtectHome" { home = value }
        key == "NetworkNamespacePath" { network = value }
        key == "EnvironmentFile" && value != "" {
            optional = value ~ /^-/
            sub(/^-/, "", value)
            value = (optional ? "-" : "") staged(value)
        }
        key ~ /^LoadCredential(Encrypted)?$/ && (at = index(value, ":/")) { value = substr(value, 1, at) staged(substr(value, at + 1)) }
        key ~ /^Bind(ReadOnly)?Paths$/ && value != "" {
            words = split(value, word, /[ \t]+/)
            value = ""
            for (at = 1; at <= words; at++) {
                pieces = split(word[at], piece, ":")
                optional = piece[1] ~ /^-/
                sub(/^-/, "", piece[1])
                target = pieces > 1 ? piece[2] : piece[1]
                covered[target] = 1
                value = value (at > 1 ? " " : "") (optional ? "-" : "") staged(piece[1]) ":" target (pieces > 2 ? ":" piece[3] : "")
            }
        }
        key == "TemporaryFileSystem" {
            words = split(value, word, /[ \t]+/)
            for (at = 1; at <= words; at++) { sub(/:.*/, "", word[at]); covered[word[at]] = 1 }
        }
        { print key "=" value }
        key == "User" { user = value }
        END {
            print "[Service]"
            if (privileged) print "ExecStartPre=\nExecCondition="
            for (key in count) {
                list = ""
                for (at = 1; at <= count[key]; at++) {
                    path = directory[key] directory[key, at]
                    list = list (at > 1 ? ":" : "") path
                    print "#directory: " (mode[key] ? mode[key] : "0755") " " (key == "ConfigurationDirectory" ? "root" : (user ? user : "root")) " " path
                    print "ReadWritePaths=-" path
                    rights("rw", path, "rw")
                }
                if (list != "") print "Environment=" variable[key] "=" list
            }
            # The rules of systemd.exec(5): `strict` excludes the paths covered by ProtectHome= and the kernel file
            # systems.
            if (system_is == "strict") {
                rights("ro", "/", "ro")
                rights("rw", "/dev /proc /sys /home /root /run/user", "rw")
            } else if (system_is == "full") rights("ro", "/usr /boot /efi /etc", "ro")
            else if (is_yes(system_is)) rights("ro", "/usr /boot /efi", "ro")
            if (home == "read-only") rights("ro", "/home /root /run/user", "ro")
            printf "%s%s", allowed["rw"], allowed["ro"]
            if (private) covered["/tmp"] = covered["/var/tmp"] = 1
            if (home == "tmpfs") covered["/home"] = covered["/root"] = 1
            for (path in covered) print "#covered: " path
            if (dynamic) print "#unfit: its user exists only while it runs"
            if (rooted != "") print "#unfit: it has a file system of its own"
            if (network != "") print "#unfit: it has a network of its own"
        }'
}

# sandbox_lines <TEXT: joins continued lines.
sandbox_lines() {
    awk '
        /^#: / { print; next }
        /^[ \t]*[#;]/ { next }
        { sub(/\r$/, "") }
        /\\$/ { joined = joined substr($0, 1, length($0) - 1) " "; next }
        { print joined $0; joined = "" }'
}

# sandbox_unescape TEXT: unescapes it like %I.
sandbox_unescape() {
    [ -z "$1" ] || systemd-escape --unescape -- "$1"
}

# sandbox_directories: creates, in the overlays, the directories that systemd would create for the unit.
sandbox_directories() {
    sed -n 's/^#directory: //p' "$mf_stage/text" | while read -r mf_mode mf_owner mf_path; do
        if [ -d "$mf_path" ] || ! stage_covers "$(readlink -m -- "$mf_path")"; then continue; fi
        # shellcheck disable=SC2174 # the directories above it have the rights that systemd would give them
        (umask 022 && mkdir -p -m "$mf_mode" -- "$mf_path") && chown -h -- "$mf_owner:" "$mf_path" || return
    done
}
