# shellcheck shell=bash
# Bases: the lowest layer of a host's disk, one per suite and recipe. A base is never changed once it has its name:
# hosts and snapshots rest on it, so a changed recipe makes a new one beside it.

# What a cloud image has and matrixform may rely on or meet. No lists of packages are left in it, as in a cloud image.
base_packages=(
    systemd systemd-sysv systemd-timesyncd libpam-systemd dbus openssh-server sudo iproute2 iputils-ping netbase procps
    ca-certificates python3-minimal cron curl kmod less locales lsb-release tzdata apt-utils
)

# The layer's name: suite and a digest of what it is made from.
base_name() {
    local suite=$1 recipe
    recipe=$(cat "$here/parts/base.sh" "$here/parts/mirror.sh" && base_authorities | xargs -r cat)
    [ "$suite" != noble-like ] || recipe=$recipe$(cat "$here/parts/noble-like.sh")
    printf '%s-%s' "$suite" "$(printf %s "$recipe" | sha256sum | cut -c1-8)"
}

# Makes sure of the base of SUITE and prints its layer, relative to the lab's directory.
base_of() {
    local suite=$1 layer
    case $suite in
        trixie | bookworm | noble | noble-like) ;;
        *) fail "unknown suite \`$suite\`" "the lab knows trixie, bookworm, noble-like and noble" "choose one of them" ;;
    esac
    layer=bases/$(base_name "$suite")
    if [ ! -e "$lab/$layer/complete" ]; then
        mkdir -p "$lab/bases"
        (
            flock 8
            [ -e "$lab/$layer/complete" ] || base_build "$suite" "$layer"
        ) 8>"$lab/bases/$suite.lock"
    fi
    printf '%s' "$layer"
}

base_build() {
    local suite=$1 layer=$2 began=$SECONDS
    say "building the base of $suite; this is done once"
    disk_delete "$lab/$layer"
    mkdir -p "$lab/$layer"
    case $suite in
        noble-like) noble_like_build "$layer" ;;
        *) base_debootstrap "$suite" "$layer" ;;
    esac
    touch "$lab/$layer/complete"
    base_prune "$suite" "$layer"
    say "built $layer in $((SECONDS - began)) s"
}

# Bases of earlier recipes go once nothing rests on them.
base_prune() {
    local path layer
    for path in "$lab/bases/$1"-????????; do
        layer=bases/${path##*/}
        [ "$layer" = "$2" ] || grep -qF "$layer/fs" "$lab"/guests/*/lower "$lab"/snapshots/*/lower "$lab"/bases/*/lower \
            2>/dev/null || disk_delete "$path"
    done
}

base_debootstrap() {
    local suite=$1 layer=$2 root=$lab/$2/fs sources=$lab/$2/sources packages
    mirror_deb822 "$suite" >"$sources.sources"
    packages=$(IFS=,; printf %s "${base_packages[*]}")
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
        "$suite" "$root" "$sources.sources" >"$lab/$layer/log" 2>&1 || {
        tail -n 15 "$lab/$layer/log" >&2
        fail "building the base of $suite failed" "mmdebstrap's last words stand above, all of them in $lab/$layer/log" \
            "check that the mirror is reachable, then run \`lab build $suite\`"
    }
    base_dress "$suite" "$root" "$sources.sources"
}

# base_dress SUITE ROOT SOURCES: what every host of the suite has in common.
base_dress() {
    local suite=$1 root=$2 sources=$3 whose=debian
    [ "$suite" != noble ] || whose=ubuntu
    rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/ssh/ssh_host_*
    install -m 644 "$sources" "$root/etc/apt/sources.list.d/$whose.sources"
    : >"$root/etc/machine-id"
    base_users "$root"
    base_trust "$root"
    base_timesyncd "$root"
    base_timers "$root"
    base_addresses "$root"
    base_clients "$root"
    systemctl --quiet --root="$root" enable systemd-networkd.service
    # Nobody logs in at the console, and a prompt that comes up late leaves its files at any time.
    systemctl --quiet --root="$root" mask console-getty.service
}

# admin has sudo without a password, pwsudo must give one; the mark is replaced when a host is made.
base_users() {
    chroot "$1" useradd --create-home --shell /bin/bash --groups sudo admin
    chroot "$1" useradd --create-home --shell /bin/bash --groups sudo pwsudo
    sed -i 's/^pwsudo:[^:]*:/pwsudo:!matrixform-lab:/' "$1/etc/shadow"
    install -m 440 /dev/stdin "$1/etc/sudoers.d/90-admin" <<<'admin ALL=(ALL) NOPASSWD:ALL'
}

# Certificate authorities that this machine trusts beyond the distribution's (a proxy's, for instance).
base_authorities() { find -L /usr/local/share/ca-certificates -name '*.crt' -type f 2>/dev/null | sort; }

base_trust() {
    local file
    while read -r file; do
        install -m 644 "$file" "$1/usr/local/share/ca-certificates/"
    done < <(base_authorities)
    chroot "$1" update-ca-certificates >/dev/null 2>&1
}

# timesyncd refuses to run in a container and asks for the right to set the clock, which a guest does not get (it is this
# machine's clock). With both lifted it runs as on a VPS and never sets anything.
base_timesyncd() {
    install -D -m 644 /dev/stdin "$1/usr/lib/systemd/system/systemd-timesyncd.service.d/lab.conf" <<'END'
[Unit]
ConditionVirtualization=
ConditionCapability=
[Service]
AmbientCapabilities=
CapabilityBoundingSet=
END
}

# Debian's daily work (copies of dpkg's database, rotated logs, package lists) comes due at midnight or at random, in whichever
# trial is running then, whose audit takes its files for an apply's. A trial that wants it starts the service.
base_timers() {
    local timer
    for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate man-db; do
        install -D -m 644 /dev/stdin "$1/usr/lib/systemd/system/$timer.timer.d/lab.conf" <<'END'
[Timer]
OnCalendar=
OnCalendar=2099-01-01
END
    done
}

# Addresses are the lab's own: to look for a second holder would keep the IPv6 ones unusable for the first second or two.
base_addresses() {
    install -m 644 /dev/stdin "$1/usr/lib/sysctl.d/50-lab.conf" <<'END'
-net.ipv6.conf.all.accept_dad = 0
-net.ipv6.conf.default.accept_dad = 0
-net.ipv6.conf.host0.accept_dad = 0
END
}

# apt keeps what it downloads (the lab's cache collects it); pip trusts what the system trusts.
base_clients() {
    local proxy index=''
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    {
        echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";'
        [ -z "${proxy:-}" ] || printf 'Acquire::http::Proxy "%s";\n' "$proxy"
    } >"$1/etc/apt/apt.conf.d/99lab"
    index=$(pip config get global.index-url 2>/dev/null || true)
    {
        printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\ndisable-pip-version-check = true\n'
        [ -z "$index" ] || printf 'index-url = %s\n' "$index"
    } >"$1/etc/pip.conf"
}
