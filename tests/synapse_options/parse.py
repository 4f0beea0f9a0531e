"""Lets an installed Synapse read configurations: a list of them as JSON on standard input, for each `null` or its refusal
as JSON on standard output. Its own reader runs as at a start, with one process for all of them.
"""

import contextlib
import io
import json
import logging
import pathlib
import sys
import tempfile

from synapse.config.homeserver import HomeServerConfig


def refusal(path):
    try:
        # Discards its output, which is not part of the answer.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            HomeServerConfig.load_config("", ["--config-path", str(path)])
    except SystemExit as error:
        return f"it ends with {error.code}"
    except Exception as error:  # What a value does to Synapse's reader can be anything.
        return f"{type(error).__name__}: {error}"
    return None


def main():
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "homeserver.yaml")
        refusals = []
        for config in json.load(sys.stdin):
            path.write_text(json.dumps(config), encoding="utf-8")
            refusals.append(refusal(path))
    json.dump(refusals, sys.stdout)


if __name__ == "__main__":
    main()
