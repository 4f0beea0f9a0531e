"""The result: one row per question, the ratio first, with the target it is held against."""

import platform
import subprocess
import time


class Table:
    def __init__(self):
        self.rows = []

    def add(self, question, result, target, detail):
        self.rows.append((question, result, target, detail))

    def ratio(self, question, ours, theirs, limit):
        """How many times as long as the other; at most `limit`."""
        ratio = ours / theirs
        self.add(question, f"{ratio:.2f} ×", f"≤ {limit} ×{missed(ratio > limit)}", f"{ms(ours)} : {ms(theirs)}")

    def faster(self, question, ours, theirs, limit):
        """How many times as fast as the other; at least `limit`."""
        ratio = theirs / ours
        self.add(question, f"{ratio:.1f} × faster", f"≥ {limit} ×{missed(ratio < limit)}", f"{ms(ours)} : {ms(theirs)}")

    def at_most(self, question, value, limit, unit, detail):
        self.add(question, f"{value:.3g} {unit}".strip(), f"≤ {limit}{missed(value > limit)}", detail)

    def text(self):
        head = ("question", "result", "target", "medians, matrixform : other")
        rows = [head, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [line(row, widths) for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def missed(yes):
    return " MISSED" if yes else ""


def line(row, widths):
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"


def ms(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def machine():
    """When and on what this was measured."""
    model = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    load = open("/proc/loadavg").read().split()[0]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    cores = f"{len(model)} × {model[0] if model else platform.machine()}"
    return f"{time.strftime('%Y-%m-%d')}, commit {commit}, {cores}, Linux {platform.release()}, load {load}"
