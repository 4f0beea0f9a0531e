"""Reads the configuration as Synapse would, and reports what became of the files that matrixform wrote.

usage: effective.py OWN_FILE... -- CONFIG_PATH...

Synapse ignores what it does not know, and a later file replaces whole keys of an earlier one, both
silently. Here both are errors: every top-level key of an own file must have that file's value in
what Synapse merges, and Synapse must know it and the keys below it. If Synapse changes a value while
it reads (a size becomes a number, a default is filled in), that is no override: values are compared as they
were merged, before it reads them. Exit status 0: everything is as written.
"""

import copy
import functools
import pathlib
import re
import sys

import synapse
import yaml
from synapse.config import _base
from synapse.config.homeserver import HomeServerConfig

# Tables below these keys belong to a module or a library: Synapse passes them on unread.
FOREIGN = {"args", "config", "jaeger_config", "sp_config"}


class Watched(dict):
    """A dictionary that remembers which of its keys were asked for, and whether all of them were."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()
        self.whole = False

    @classmethod
    def deep(cls, values):
        return cls({key: value if key in FOREIGN else watched(value) for key, value in values.items()})

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

    def setdefault(self, key, default=None):
        self.asked.add(key)
        return super().setdefault(key, default)

    # Copies, `**values` and loops go through these.
    def __iter__(self):
        self.whole = True
        return super().__iter__()

    def keys(self):
        self.whole = True
        return super().keys()

    def values(self):
        self.whole = True
        return super().values()

    def items(self):
        self.whole = True
        return super().items()


def watched(value):
    """The same value, with a watch on every table in it."""
    if isinstance(value, dict):
        return Watched.deep(value)
    if isinstance(value, list):
        return [watched(item) for item in value]
    return value


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) or {}


def effective(paths):
    """All options as Synapse merges them, and the same with a record of what it read."""
    try:
        return read_with(watched, paths)
    except Exception:  # A library may need plain tables: then only the first level is watched.
        return read_with(Watched, paths)


def read_with(watch, paths):
    read = []
    original = _base.read_config_files

    def read_config_files(files):
        merged = original(files)
        read.append((copy.deepcopy(merged), watch(merged)))
        return read[-1][1]

    _base.read_config_files = read_config_files
    try:
        arguments = [word for path in paths for word in ("--config-path", path)]
        HomeServerConfig.load_config("", arguments)
    finally:
        _base.read_config_files = original
    return read[0]


@functools.cache
def words_of_synapse():
    """Every word in its source."""
    directory = pathlib.Path(synapse.__file__).parent
    found = set()
    for path in directory.rglob("*.py"):
        found.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return found


def unread(name, seen):
    """The keys below an option that were not asked for, although others beside them were. Tables of which
    nothing or everything was asked for are read later, or by a model: these show nothing."""
    if isinstance(seen, list):
        for item in seen:
            yield from unread(f"{name}[]", item)
    elif isinstance(seen, Watched):
        for key in dict.keys(seen):
            if seen.asked and not seen.whole and key not in seen.asked:
                yield f"{name}.{key}", key
            else:
                yield from unread(f"{name}.{key}", dict.get(seen, key))


def complaints(own, paths):
    """What is not as written."""
    merged, seen = effective(paths)
    files = _base.find_config_files(paths)
    for file in own:
        for key, value in load(file).items():
            if key not in seen.asked and is_unknown(key):
                yield f"{file}: Synapse does not know the option `{key}`, and would ignore it"
            elif merged.get(key) != value:
                last = [other for other in files if key in load(other)][-1]
                yield f"{file}: `{key}` has no effect, because {last} sets it too"
            else:
                yield from (f"{file}: {complaint}" for complaint in unknown_below(key, dict.get(seen, key)))


def unknown_below(key, seen):
    """Keys below an option that Synapse does not know."""
    for name, last in unread(key, seen):
        if is_unknown(last):
            yield f"Synapse does not know the option `{name}`, and would ignore it"


def is_unknown(key):
    """For a key that was not asked for: one that is only read under conditions (`enabled`), or later, is in
    Synapse's source all the same."""
    return re.fullmatch(r"\w+", str(key)) is not None and str(key) not in words_of_synapse()


def main(words):
    at = words.index("--")
    try:
        found = list(complaints(words[:at], words[at + 1 :]))
    except _base.ConfigError as error:
        found = ["".join(_base.format_config_error(error))]
    except Exception as error:  # A value can make Synapse's reader fail in any way.
        found = [f"Synapse cannot read its configuration: {type(error).__name__}: {error}"]
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
