"""The first apply on a blank host against a bare shell script that does the same: packages, files, a database, Synapse from
PyPI and its first start. Two guests take turns; both are blank each time, and what apt and pip fetched stays on this machine."""

import json
import shutil
import statistics
import subprocess
import time

from . import peers
from .guest import Guest
from .machine import TOP, environment, say, stop

ROUNDS = 3


def first_apply(guest, table):
    folder = material(guest)
    other = Guest(f"{guest.name}-b")
    seconds = {"matrixform": [], "script": []}
    try:
        for number in range(ROUNDS):
            say(f"first apply, round {number + 1} of {ROUNDS}")
            for host in (guest, other):
                host.blank()
            seconds["matrixform"].append(timed(guest.matrixform("apply", guest.spec(), "--yes")))
            seconds["script"].append(script(other, folder))
    finally:
        other.down()
    ours, theirs = (statistics.median(seconds[name]) for name in ("matrixform", "script"))
    table.ratio("first apply : bare shell script", ours, theirs, 1.1)


def material(guest):
    """Everything that the script needs, from the converged guest."""
    peers.work(guest)
    lists = json.loads((guest.folder / "work.json").read_text())
    folder = guest.folder / "first-apply"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(lists["contents"], folder / "contents", symlinks=True)
    shutil.copy(TOP / "benches/peers/first-apply.sh", folder)
    rows = lists["directories"] + lists["files"]
    (folder / "attributes").write_text("".join("{path} {owner} {group} {mode}\n".format(**row) for row in rows))
    venv = lists["venvs"][0]
    words = {
        "packages": " ".join([*lists["packages"], "curl", "openssl"]), "users": " ".join(lists["users"]),
        "services": " ".join(lists["services"]), "role": lists["roles"][0], "database": lists["databases"][0],
        "cluster": next(name for name in lists["services"] if name.startswith("postgresql@")), "venv": venv,
        "target": guest.run(f"readlink {venv}").strip(), "python": guest.run(f"paste -sd ' ' {venv}/matrixform-packages").strip(),
    }
    (folder / "work").write_text("".join(f"{name}='{value}'\n" for name, value in words.items()))
    return folder


def script(guest, folder):
    began = time.perf_counter()
    packed = subprocess.run(["tar", "-C", folder, "-czf", "-", "."], stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(guest.ssh("mkdir -p /root/new && tar -C /root/new -xzf -"), input=packed, check=True)
    timed(guest.ssh("sh /root/new/first-apply.sh"))
    return time.perf_counter() - began


def timed(command):
    began = time.perf_counter()
    done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        stop(f"status {done.returncode} of {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}", "see above")
    return time.perf_counter() - began
