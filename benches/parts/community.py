"""A community: so many clients wait in `/sync` at once through nginx, each over a TLS connection of its own, from this machine.
Counted are outcomes, on the host too; no time is taken."""

import json
import subprocess
import time
import urllib.parse

from .machine import MATRIXFORM, WAITING, call, environment, say, stop

CLIENTS = 2000
# The number of accounts that the clients share.
ACCOUNTS = 4
NAME = "matrix.example.org"
# Seconds that a slow machine may take until all clients wait, and how long they are then observed.
PATIENCE, HOLD = 600, 20


def community(guest, table):
    say(f"{CLIENTS} clients that wait at once")
    authority = guest.directory / "front.crt"
    authority.write_text(guest.run("cat /etc/ssl/matrixform/front.crt"))
    # Accounts from an earlier run on a kept guest have unknown passwords.
    run = int(time.time())
    sessions = [session(guest, authority, f"crowd-{run}-{number}") for number in range(ACCOUNTS)]
    # Memory used earlier is not returned otherwise.
    guest.run("systemctl restart nginx.service matrix-synapse.service")
    before = memory(guest)
    command = [str(WAITING), f"{guest.address}:443", NAME, str(authority), str(CLIENTS)]
    # Each connection is an open file on this machine, too.
    command = ["sh", "-c", 'ulimit -n "$(ulimit -Hn)" && exec "$@"', "sh", *command]
    crowd = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        crowd.stdin.write(" ".join(word for pair in sessions for word in pair) + "\n")
        crowd.stdin.flush()
        counts = wait(crowd, PATIENCE, lambda counts: counts["waiting"] + counts["refused"] >= CLIENTS)
        # Synapse may not have read all requests yet: it takes them one at a time.
        end = time.monotonic() + PATIENCE
        while (inside := connections(guest, 8008)) + counts["refused"] < CLIENTS and time.monotonic() < end:
            time.sleep(1)
        outside, during = connections(guest, 443), memory(guest)
        counts = wait(crowd, HOLD, lambda counts: False, enough=True)
        inside = min(inside, connections(guest, 8008))
    finally:
        crowd.stdin.close()
        crowd.wait()
    waiting = min(counts["waiting"], outside, inside)
    table.add("clients that wait in /sync at once", str(waiting), f"≥ {CLIENTS}{' MISSED' if waiting < CLIENTS else ''}",
              f"{counts['refused']} refused; on the host {outside} connections to nginx, {inside} to Synapse")
    table.at_most("refused of them", counts["refused"], 0, "", counts["line"].partition("; ")[2])
    for name in before:
        each = (during[name] - before[name]) / max(waiting, 1)
        table.add(f"memory of {name} (PSS)", f"{during[name] / 1024:.0f} MiB", "",
                  f"{before[name] / 1024:.0f} MiB before; {each:.1f} KiB for each that waits")


def wait(crowd, seconds, holds, enough=False):
    """Reads what the program prints each second until this holds."""
    end = time.monotonic() + seconds
    while True:
        line = crowd.stdout.readline().strip()
        if not line:
            stop("the clients ended", "run `target/release/examples/waiting` by hand")
        words = line.partition(";")[0].split()
        counts = {"line": line, **{name: int(count) for name, count in zip(words[::2], words[1::2])}}
        if holds(counts):
            return counts
        if time.monotonic() > end:
            if not enough:
                say(f"after {seconds} s: {line}")
            return counts


def session(guest, authority, name):
    """The token of a new account, and up to where it knows everything."""
    password = guest.directory / f"{name}.password"
    command = [str(MATRIXFORM), "users", "add", str(guest.spec()), name, "--password-to", str(password)]
    call(command, env=environment(), stderr=subprocess.DEVNULL)
    answer = ask(guest, authority, "login", body={
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": password.read_text().strip(),
    })
    password.unlink()
    token = answer["access_token"]
    return token, urllib.parse.quote(ask(guest, authority, "sync?set_presence=offline&timeout=0", token)["next_batch"])


def ask(guest, authority, path, token=None, body=None):
    """A request to the client API; what is secret goes in on standard input."""
    config = [f'url = "https://{NAME}/_matrix/client/v3/{path}"']
    if token:
        config.append(f'header = "Authorization: Bearer {token}"')
    if body:
        config.append(f"data = {json.dumps(json.dumps(body))}")
    command = ["curl", "-q", "-sSf", "--max-time", "120", "--cacert", authority,
               "--resolve", f"{NAME}:443:{guest.address}", "--config", "-"]
    return json.loads(call(command, input="\n".join(config)))


def connections(guest, port):
    """Established ones to this port, as the host counts them, whose request the program behind has read."""
    return int(guest.run(f"cat /proc/net/tcp /proc/net/tcp6 | "
                         f"awk '$4 == \"01\" && $2 ~ /:{port:04X}$/ && $5 ~ /:0*$/' | wc -l"))


def memory(guest):
    """The memory of each service: proportional set sizes, in KiB."""
    script = """main=$(systemctl show -p MainPID --value {unit})
        for process in $main $(cat /proc/$main/task/*/children); do cat /proc/$process/smaps_rollup; done |
            awk '/^Pss:/ {{ sum += $2 }} END {{ print sum }}'"""
    units = {"nginx": "nginx.service", "Synapse": "matrix-synapse.service"}
    return {name: int(guest.run(script.format(unit=unit))) for name, unit in units.items()}
