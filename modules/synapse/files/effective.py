"""Reads the configuration as Synapse would, and says what became of the files that matrixform wrote.

usage: effective.py OWN_FILE... -- CONFIG_PATH...

Synapse ignores what it does not know, and a later file replaces whole keys of an earlier one, both
without a word. Here both are errors: for every top-level key of an own file, the value that counts must
be the one in that file, and Synapse's reader must have looked at it. Exit status 0: all is as written.
"""

import sys

import yaml
from synapse.config import _base
from synapse.config.homeserver import HomeServerConfig


class Watched(dict):
    """A dictionary that remembers which of its keys were asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def pop(self, key, *default):
        self.asked.add(key)
        return super().pop(key, *default)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) or {}


def effective(paths):
    """All options as Synapse merges them, after it has read them."""
    read = []

    def watch(files, original=_base.read_config_files):
        read.append(Watched(original(files)))
        return read[-1]

    _base.read_config_files = watch
    arguments = [word for path in paths for word in ("--config-path", path)]
    HomeServerConfig.load_config("", arguments)
    return read[0]


def complaints(own, paths):
    """What is not as written."""
    merged = effective(paths)
    files = _base.find_config_files(paths)
    for file in own:
        for key, value in load(file).items():
            if key not in merged.asked:
                yield f"{file}: Synapse does not know the option `{key}`, and would ignore it"
            elif dict.get(merged, key) != value:
                last = [other for other in files if key in load(other)][-1]
                yield f"{file}: `{key}` has no effect, because {last} says it too"


def main(words):
    at = words.index("--")
    try:
        found = list(complaints(words[:at], words[at + 1 :]))
    except _base.ConfigError as error:
        found = ["".join(_base.format_config_error(error))]
    except Exception as error:  # What a value does to Synapse's reader can be anything.
        found = [f"Synapse cannot read its configuration: {type(error).__name__}: {error}"]
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
