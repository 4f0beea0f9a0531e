"""`matrixform check` of one spec, which needs no guest."""

from .machine import MATRIXFORM, TOP, say
from .measure import in_turns

LIMIT = 20


def check(rounds, table):
    say("check of one spec")
    spec = TOP / "inventory/staging.toml"
    times = in_turns({"check": [str(MATRIXFORM), "check", str(spec)], "nothing": [str(MATRIXFORM), "--version"]}, rounds)
    median = times["check"].median * 1000
    table.at_most("check of one spec", median, LIMIT, "ms", f"median of {rounds}, of which {times['nothing'].median * 1000:.1f} ms is startup")
