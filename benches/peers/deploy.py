"""The benchmark's work for pyinfra: what benches/parts/peers.py wrote down of a converged guest."""

import json

from pyinfra import host
from pyinfra.operations import apt, files, postgres, server, systemd

work = json.load(open(host.data.work))

if work["packages"]:
    apt.packages(packages=work["packages"])
for name in work["groups"]:
    server.group(group=name)
for name in work["users"]:
    server.user(user=name)
for one in work["directories"]:
    files.directory(path=one["path"], user=one["owner"], group=one["group"], mode=one["mode"])
for one in work["files"]:
    files.put(src=work["contents"] + one["path"], dest=one["path"], user=one["owner"], group=one["group"], mode=one["mode"])
for one in work["links"]:
    files.link(path=one["path"], target=one["target"])
for name in work["services"]:
    systemd.service(service=name, running=True, enabled=True)
for name in work["roles"]:
    postgres.role(role=name.split("/")[-1], _su_user="postgres")
for name in work["databases"]:
    postgres.database(database=name.split("/")[-1], _su_user="postgres")
