"""Measuring: commands take turns (A B A B …) in one run, so that other work on the machine meets all alike."""

import os
import statistics
import subprocess
import sys
import time

from .machine import environment


def once(command, accepted=(0,)):
    """Seconds and peak memory (kB) of one command."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accepted:
        sys.exit(f"bench: error: status {child.returncode} of {' '.join(map(str, command))}\n{output.decode(errors='replace')}")
    return seconds, used.ru_maxrss


class Times:
    def __init__(self, runs):
        self.seconds = [seconds for seconds, _ in runs]
        self.memory = max(memory for _, memory in runs)
        self.median = statistics.median(self.seconds)
        self.best = min(self.seconds)


def in_turns(commands, rounds):
    """The times of each command by its name; a first round warms caches and is not counted."""
    runs = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            run = once(command)
            if number > 0:
                runs[name].append(run)
    return {name: Times(of) for name, of in runs.items()}
