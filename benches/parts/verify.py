"""`matrixform verify` of a converged guest, from this machine and without SSH."""

from .machine import MATRIXFORM, say
from .measure import in_turns

LIMIT = 2000
NAMES = ("example.org", "matrix.example.org")


def verify(guest, rounds, table):
    say("verify from outside")
    authority = guest.directory / "front.crt"
    authority.write_text(guest.run("cat /etc/ssl/matrixform/front.crt"))
    command = [str(MATRIXFORM), "verify", str(guest.spec()), "--ca", str(authority)]
    for name in NAMES:
        command += ["--resolve", f"{name}:{guest.address}"]
    times = in_turns({"verify": command}, rounds)["verify"]
    table.at_most("verify from outside", times.median * 1000, LIMIT, "ms", f"median of {rounds}")
