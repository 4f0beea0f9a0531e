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


def first_apply(guest, rounds, table):
    directory = material(guest)
    ours, theirs = in_turns(guest, rounds, "first apply", lambda own: timed(own.matrixform("apply", own.spec(), "--yes")),
                            lambda other: script(other, directory, "sh /root/new/first-apply.sh"))
    table.ratio("first apply : bare shell script", ours, theirs, 1.1)


def in_turns(guest, rounds, what, ours, theirs):
    """The medians of both, each on a guest of its own that is blank before."""
    other = Guest(f"{guest.name}-b")
    seconds = {"ours": [], "theirs": []}
    try:
        for number in range(rounds):
            for host in (guest, other):
                host.blank()
            seconds["ours"].append(ours(guest))
            seconds["theirs"].append(theirs(other))
            say(f"{what}, round {number + 1} of {rounds}: {seconds['ours'][-1]:.1f} s, the script {seconds['theirs'][-1]:.1f} s")
    finally:
        other.down()
    return (statistics.median(seconds[name]) for name in ("ours", "theirs"))


def material(guest):
    """Everything that the script needs, from the converged guest."""
    peers.work(guest)
    lists = json.loads((guest.directory / "work.json").read_text())
    directory = guest.directory / "first-apply"
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(lists["contents"], directory / "contents", symlinks=True)
    shutil.copy(TOP / "benches/peers/first-apply.sh", directory)
    rows = lists["directories"] + lists["files"]
    (directory / "attributes").write_text("".join("{path} {owner} {group} {mode}\n".format(**row) for row in rows))
    venv = lists["venvs"][0]
    words = {
        "packages": " ".join([*lists["packages"], "curl", "openssl"]), "users": " ".join(lists["users"]),
        "services": " ".join(lists["services"]), "role": lists["roles"][0], "database": lists["databases"][0],
        "cluster": next(name for name in lists["services"] if name.startswith("postgresql@")), "venv": venv,
        "target": guest.run(f"readlink {venv}").strip(), "python": guest.run(f"paste -sd ' ' {venv}/matrixform-packages").strip(),
    }
    (directory / "work").write_text("".join(f"{name}='{value}'\n" for name, value in words.items()))
    return directory


def script(guest, directory, command):
    began = time.perf_counter()
    packed = subprocess.run(["tar", "-C", directory, "-czf", "-", "."], stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(guest.ssh("mkdir -p /root/new && tar -C /root/new -xzf -"), input=packed, check=True)
    timed(guest.ssh(command))
    return time.perf_counter() - began


def timed(command):
    began = time.perf_counter()
    done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        stop(f"status {done.returncode} of {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}", "see above")
    return time.perf_counter() - began
