"""Lets our reader of configurations judge options one by one with an installed Synapse.

usage: PYTHON_OF_SYNAPSE accept.py EFFECTIVE_PY

Standard input: {"rest": {...}, "own": [{...}, ...]} as JSON. Standard output: for each of `own`, in a file of its own beside
the rest, the list of complaints. Every one gets a process: what Synapse reads may change it.
"""

import contextlib
import importlib.util
import io
import json
import logging
import os
import pathlib
import sys
import tempfile


def complaints(effective, directory, own):
    path = pathlib.Path(directory, "own.yaml")
    path.write_text(json.dumps(own), encoding="utf-8")
    stderr = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(stderr):
        try:
            status = effective.main([str(path), "--", directory])
        except BaseException as error:  # A value can make it end in any way.
            return [f"{type(error).__name__}: {error}"]
    return [] if status == 0 else stderr.getvalue().splitlines()[-3:]


def forked(work):
    read, write = os.pipe()
    if os.fork() == 0:
        with os.fdopen(write, "w") as to:
            json.dump(work(), to)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.wait()
    return json.loads(text) if text else ["it ended without a word"]


def main():
    logging.disable(logging.CRITICAL)
    spec = importlib.util.spec_from_file_location("effective", sys.argv[1])
    effective = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(effective)
    effective.words_of_synapse()  # Once for all.
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "a.yaml").write_text(json.dumps(given["rest"]), encoding="utf-8")
        # Synapse imports most of itself at its first check, which takes ten times as long as later ones: done here once
        # for all.
        complaints(effective, directory, {})
        json.dump([forked(lambda own=own: complaints(effective, directory, own)) for own in given["own"]], sys.stdout)


if __name__ == "__main__":
    main()
