"""The first apply on a blank host against a bare shell script that does the same."""

from .machine import say


def first_apply(name, table):
    say("first apply: not yet")
