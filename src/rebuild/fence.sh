# fence: stops the old server permanently, because another host takes over. systemd checks for a file before each start
# of the units, whatever triggers it. The server's data is not touched.

# starts_bar NAME PATH WHY UNIT...: none of the units starts while PATH exists, not even after a boot.
starts_bar() {
    mf_name=$1 mf_barred=$2 mf_why=$3
    shift 3
    for mf_unit do
        mf_directory=/etc/systemd/system/$mf_unit.d
        {
            { [ -d "$mf_directory" ] || { mkdir -- "$mf_directory" && chmod 0755 "$mf_directory"; }; } &&
                printf '%s\n' "# Managed by matrixform: $mf_why" '[Unit]' "AssertPathExists=!$mf_barred" >"$mf_directory/.new" &&
                chmod 0644 "$mf_directory/.new" && sync -- "$mf_directory/.new" &&
                mv -fT -- "$mf_directory/.new" "$mf_directory/$mf_name.conf"
        } || { unwritten "$mf_directory/$mf_name.conf"; return 1; }
    done
    systemctl daemon-reload
}

# starts_free NAME UNIT...: allows them to start again.
starts_free() {
    mf_name=$1
    shift
    for mf_unit do
        rm -f -- "/etc/systemd/system/$mf_unit.d/$mf_name.conf"
        rmdir -- "/etc/systemd/system/$mf_unit.d" 2>/dev/null
    done
    systemctl daemon-reload
}

# fence_set UNIT...: marks this host (standard input says by whose order), and stops and disables the units and their
# timers.
fence_set() {
    state_directory || return
    mf_mark=/var/lib/matrixform/fenced
    { input >"$mf_mark.new" && sync -- "$mf_mark.new" && mv -fT -- "$mf_mark.new" "$mf_mark" && sync -- /var/lib/matrixform; } ||
        { unwritten "$mf_mark"; return 1; }
    starts_bar matrixform-fence "$mf_mark" 'another host has taken over this server (docs/rebuild.md).' "$@" || return
    for mf_unit do
        fence_stop "${mf_unit%.service}.timer" && fence_stop "$mf_unit" || return
    done
}

# fence_stop UNIT: stops it, and disables it at boot.
fence_stop() {
    [ "$(systemctl show -p LoadState --value -- "$1")" != not-found ] || return 0
    systemctl --quiet disable -- "$1" || ! fence_enabled "$1" || { fail "$1 cannot be disabled"; return; }
    systemctl stop -- "$1"
}

# fence_enabled UNIT
fence_enabled() {
    case $(systemctl is-enabled -- "$1" 2>/dev/null) in enabled | enabled-runtime) ;; *) return 1 ;; esac
}

# fence_check UNIT PORT: if the fence holds, prints the lines `barred yes`, `start refused`, `state STATE`, `enabled no`
# and `port closed`. It tries to start the unit.
fence_check() {
    case $(systemctl show -p LoadState --value -- "$1") in
        # A missing unit cannot start.
        not-found) printf '%s\n' 'barred yes' 'start refused' ;;
        *)
            case $(systemctl show -p DropInPaths --value -- "$1") in
                */matrixform-fence.conf*) ;;
                *) printf 'barred no\n'; return 0 ;;
            esac
            [ -f /var/lib/matrixform/fenced ] || { printf 'barred no\n'; return 0; }
            printf 'barred yes\n'
            if timeout 60 systemctl start -- "$1" >/dev/null 2>&1; then
                systemctl stop -- "$1"
                printf 'start accepted\n'
            else
                printf 'start refused\n'
            fi
            ;;
    esac
    printf 'state %s\n' "$(systemctl show -p ActiveState --value -- "$1")"
    if fence_enabled "$1"; then printf 'enabled yes\n'; else printf 'enabled no\n'; fi
    mf_hex=$(printf ':%04X' "$2")
    if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+$mf_hex [0-9A-F]+:0000 0A "; then
        printf 'port open\n'
    else
        printf 'port closed\n'
    fi
}

# fence_lift: allows this host to be the server again.
fence_lift() {
    [ -e /var/lib/matrixform/fenced ] || return 0
    rm -f -- /etc/systemd/system/*.d/matrixform-fence.conf /var/lib/matrixform/fenced && systemctl daemon-reload
}
