#!/bin/sh
# first-apply.sh: a homeserver on a blank host by a bare shell script, as one would write it once for a single host: it
# compares nothing and can undo nothing. benches/parts/first_apply.py puts its input beside it: `work` (variables),
# `attributes` (PATH OWNER GROUP MODE) and `contents`, the files of a host converged by matrixform.
# shellcheck disable=SC1091,SC2154,SC2086 # ./work sets the variables, and they hold words
set -eu
cd "$(dirname "$0")"
. ./work
export DEBIAN_FRONTEND=noninteractive

apt-get -q update
apt-get -q -y --no-install-recommends install $packages

for name in $users; do
    getent passwd "$name" >/dev/null || useradd --system --user-group --home-dir "/var/lib/$name" --no-create-home "$name"
done
cp -R --no-preserve=ownership contents/. /
while read -r path owner group mode; do
    mkdir -p "$(dirname "$path")"
    [ -e "$path" ] || mkdir "$path"
    chown "$owner:$group" "$path"
    chmod "$mode" "$path"
done <attributes
systemctl daemon-reload

systemctl restart "$cluster"
password=$(cut -d : -f 5 /etc/matrix-synapse/pgpass)
setpriv --reuid=postgres --regid=postgres --init-groups psql -q <<END
CREATE ROLE $role LOGIN PASSWORD '$password';
CREATE DATABASE $database OWNER $role ENCODING UTF8 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
END

python3 -m venv "$target"
"$target/bin/python" -m pip --disable-pip-version-check install -q $python
ln -s "$target" "$venv"

for name in $services; do
    systemctl -q enable "$name"
    systemctl start "$name"
done
systemctl restart nginx
until curl -sf http://127.0.0.1:8008/health >/dev/null; do
    sleep 0.2
done
