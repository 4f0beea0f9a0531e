"""A changed option of Synapse, live: `apply` against the same by hand over SSH, which is the staged check, the restart and the first
answer through nginx. Both take turns on one host, and every round is a change."""

import statistics

from .first_apply import timed
from .machine import say

CONF = "/etc/matrix-synapse/conf.d/52-matrixform-extra.yaml"
# The unit's own check and a restart, until a client gets an answer.
BY_HAND = """set -eu
cd /etc/matrix-synapse
sed -i 's/^event_cache_size: .*/event_cache_size: SIZEK/' CONF
grep -q '^event_cache_size: SIZEK$' CONF
setpriv --reuid=matrix-synapse --regid=matrix-synapse --init-groups -- /opt/matrixform/synapse/bin/python \\
    /usr/local/lib/matrixform/synapse-start.py /usr/local/lib/matrixform/synapse-effective.py conf.d/*.yaml \\
    -- /etc/matrix-synapse/conf.d >/dev/null
systemctl restart matrix-synapse.service
until curl --silent --fail --insecure --output /dev/null --connect-to ::127.0.0.1: https://matrix.example.org/_matrix/client/versions
do sleep 0.05; done
"""


def option(guest, rounds, table):
    say("a changed option against the same by hand")
    seconds = {"ours": [], "by hand": []}
    for number in range(rounds):
        spec = changed(guest, 60 + 2 * number)
        seconds["ours"].append(timed(guest.matrixform("apply", spec, "--yes")))
        script = BY_HAND.replace("SIZE", str(61 + 2 * number)).replace("CONF", CONF)
        seconds["by hand"].append(timed(guest.ssh(script)))
        say(f"round {number + 1} of {rounds}: {seconds['ours'][-1]:.1f} s, by hand {seconds['by hand'][-1]:.1f} s")
    # The next part needs a host converged to its own spec.
    guest.apply(guest.spec())
    ours, theirs = (statistics.median(seconds[name]) for name in ("ours", "by hand"))
    table.ratio("changed option : check and restart by hand", ours, theirs, 1.3)


def changed(guest, size):
    """The spec with another cache size, in a file of its own beside the secrets."""
    path = guest.spec().with_name("option.toml")
    path.write_text(guest.spec().read_text() + f'\n[synapse.extra]\nevent_cache_size = "{size}K"\n')
    return path
