"""A plan of a host on which nothing is to be done: against `ssh host true`, its round trips, its memory, what it sends,
what further resources cost, and what sudo costs."""

import re
import subprocess

from .machine import HOME, environment, say, stop
from .measure import in_turns, once

MORE = (100, 200, 400)


def noop(guest, spec):
    """A command that plans, once it is sure that it has nothing to do and that facts are remembered."""
    for _ in range(2):
        left = [item["address"] for item in guest.plan(spec)["items"]]
    if left:
        stop(f"the host is not converged: {', '.join(left[:5])}", f"`examples/lab/lab reset {guest.name}` and run again")
    return guest.matrixform("plan", spec)


def against_ssh(guest, rounds, table):
    for distance in (0, 50):
        say(f"plan against ssh at {distance} ms")
        plan = noop(guest, guest.spec(distance))
        times = in_turns({"plan": plan, "ssh": guest.ssh("true", distance)}, rounds)
        table.ratio(f"no-op plan : ssh host true, RTT {distance} ms", times["plan"].median, times["ssh"].median, 1.0)


def configured(guest, rounds, table):
    """What `ssh -G` costs where the operator has a configuration of OpenSSH; without one it is not asked."""
    say("plan with a configuration of OpenSSH")
    plan = noop(guest, guest.spec())
    directory = HOME / ".ssh"
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / "config"
    turn = ["sh", "-c", 'printf "Host *\\n    ServerAliveInterval 15\\n" >"$0" && exec "$@"', str(file), *plan]
    without = ["sh", "-c", 'rm -f "$0" && exec "$@"', str(file), *plan]
    try:
        times = in_turns({"with": turn, "without": without}, rounds)
    finally:
        file.unlink(missing_ok=True)
    table.add("no-op plan with ~/.ssh/config : without", f"{times['with'].median / times['without'].median:.2f} ×", "",
              f"{times['with'].median * 1000:.0f} ms : {times['without'].median * 1000:.0f} ms")


def users(guest, rounds, table):
    """A list of the accounts of a host that is remembered: a token, the list, a logout."""
    for distance in (0, 50):
        say(f"users list against ssh at {distance} ms")
        spec = guest.spec(distance)
        noop(guest, spec)
        users = guest.matrixform("users", "list", str(spec))
        once(users)
        times = in_turns({"users": users, "ssh": guest.ssh("true", distance)}, rounds)
        table.ratio(f"users list : ssh host true, RTT {distance} ms", times["users"].median, times["ssh"].median, 1.3)


def with_sudo(guest, rounds, table):
    say("plan with sudo")
    commands = {
        "plan": noop(guest, guest.spec(user="admin")),
        "ssh": guest.ssh("sudo -n true", user="admin"),
        "root": noop(guest, guest.spec()),
    }
    times = in_turns(commands, rounds)
    table.ratio("with sudo : ssh host sudo true", times["plan"].median, times["ssh"].median, 1.0)
    cost = times["plan"].median - times["root"].median
    table.add("what sudo costs", f"{cost * 1000:.0f} ms", "", f"{times['plan'].median * 1000:.0f} ms : {times['root'].median * 1000:.0f} ms as root")


def round_trips(guest, rounds, table):
    """Counted by the program, and by the slope of the best times between two distances."""
    say("round trips")
    near, far = 80, 240
    plan = noop(guest, guest.spec())
    stderr = subprocess.run([*plan, "--timings"], env=environment(), capture_output=True, text=True).stderr
    counted = int(re.search(r"(\d+)  in all", stderr)[1])
    table.at_most("round trips, counted", counted, 9, "", "")
    commands = {}
    for distance in (near, far):
        commands["plan", distance] = noop(guest, guest.spec(distance))
        commands["ssh", distance] = guest.ssh("true", distance)
    times = in_turns(commands, max(3, rounds // 4))
    plan, ssh = (
        (times[name, far].best - times[name, near].best) * 1000 / (far - near) for name in ("plan", "ssh")
    )
    table.at_most("round trips, by slope", plan, 9.5, "", f"ssh host true: {ssh:.1f}")
    for way in ("sent", "received"):
        found = re.search(rf"([\d.]+) kB {way}", stderr)
        if found:
            table.at_most(f"{way}, compressed", float(found[1]), 14, "kB", "one flight")


def memory(guest, table):
    _, kilobytes = once(noop(guest, guest.spec()))
    table.at_most("peak memory of the no-op plan", kilobytes / 1024, 25, "MB", "")


def resources(guest, rounds, table):
    """The cost of each further 100 files, over the widest span."""
    say("further resources")
    commands = {0: noop(guest, guest.spec())}
    for count in MORE:
        spec = guest.spec(body="".join(files(count)))
        guest.apply(spec)
        commands[count] = noop(guest, spec)
    times = in_turns(commands, rounds)
    each = (times[MORE[-1]].median - times[0].median) / MORE[-1] * 100
    detail = ", ".join(f"+{count}: {times[count].median * 1000:.0f} ms" for count in commands)
    table.add("each further 100 resources", f"{each * 1000:.1f} ms", "", detail)


def files(count):
    yield '\n[[resource]]\nkind = "directory"\nname = "/etc/matrixform-bench"\n'
    for number in range(count):
        yield f'\n[[resource]]\nkind = "file"\nname = "/etc/matrixform-bench/{number:03}"\ncontent = "file {number}\\n"\n'
