"""The same work by pyinfra and Ansible: what the guest has of the spec's resources, written down for their deploy and
playbook in benches/peers. Resources that they have no operation for are left out, which favours them."""

import json
import subprocess

from .machine import PEERS, TOP, call, say, stop
from .measure import in_turns
from .noop import noop

# The kinds in each list of work.
KINDS = {
    "file": "files", "cron": "files", "directory": "directories", "symlink": "links", "apt": "packages",
    "service": "services", "user": "users", "group": "groups", "postgres_role": "roles",
    "postgres_database": "databases", "certificate": "pairs", "certificate_authority": "pairs", "venv": "venvs",
}
PATHS = {"cron": "/etc/cron.d/"}


def remember(guest, addresses):
    (guest.directory / "addresses.json").write_text(json.dumps(addresses))


def work(guest):
    """Writes work.json and the contents of the files as they are on the guest; gives the number of resources left out."""
    kept = guest.directory / "addresses.json"
    if not kept.exists():
        stop(f"nothing is known of how {guest.name} converged", f"`examples/lab/lab down {guest.name}` and run again")
    lists, left_out = {name: [] for name in KINDS.values()}, []
    for address in json.loads(kept.read_text()):
        kind, name = address.split(":", 1)
        if kind in KINDS:
            lists[KINDS[kind]].append(PATHS.get(kind, "") + name)
        else:
            left_out.append(address)
    lists["files"] += [path + end for path in lists.pop("pairs") for end in (".crt", ".key")]
    seen = attributes(guest, lists["files"] + lists["directories"])
    for name in ("files", "directories"):
        lists[name] = [seen[path] for path in lists[name] if path in seen]
    links = guest.run("".join(f"readlink '{path}'\n" for path in lists["links"])).splitlines()
    lists["links"] = [{"path": path, "target": target} for path, target in zip(lists["links"], links)]
    lists["contents"] = str(guest.directory / "contents")
    fetch(guest, [file["path"] for file in lists["files"]])
    (guest.directory / "work.json").write_text(json.dumps(lists, indent=1))
    return left_out


def attributes(guest, paths):
    quoted = " ".join(f"'{path}'" for path in paths)
    output = guest.run(f"stat -c '%n|%U|%G|%a' -- {quoted}")
    rows = [line.split("|") for line in output.splitlines()]
    return {row[0]: dict(zip(("path", "owner", "group", "mode"), row)) for row in rows}


def fetch(guest, paths):
    directory = guest.directory / "contents"
    directory.mkdir(mode=0o700, exist_ok=True)
    packed = subprocess.run(guest.ssh("tar -cf - --files-from=-"), input="\n".join(paths).encode(), capture_output=True)
    subprocess.run(["tar", "-xf", "-", "-C", directory], input=packed.stdout, check=True)


def pyinfra(guest, distance):
    address, port = guest.way(distance)
    data = {"ssh_user": "root", "ssh_port": port, "ssh_key": guest.key, "work": str(guest.directory / "work.json"),
            "ssh_known_hosts_file": known_hosts(guest, distance), "ssh_strict_host_key_checking": "yes"}
    inventory = guest.directory / f"inventory_{distance}.py"
    inventory.write_text(f"hosts = [({address!r}, {data!r})]\n")
    return [PEERS / "pyinfra", "--dry", inventory, TOP / "benches/peers/deploy.py"]


def ansible(guest, distance):
    """With pipelining, without gathering facts, and with the interpreter named: as fast as it can be set."""
    address, port = guest.way(distance)
    options = f"-F none -o UserKnownHostsFile={known_hosts(guest, distance)} -o ControlMaster=auto -o ControlPersist=60s"
    inventory = guest.directory / f"inventory_{distance}.ini"
    inventory.write_text(f"{address} ansible_port={port} ansible_user=root ansible_ssh_private_key_file={guest.key} "
                         f"ansible_ssh_pipelining=true ansible_ssh_common_args='{options}' "
                         f"ansible_python_interpreter=/usr/bin/python3 work={guest.directory}/work.json\n")
    return [PEERS / "ansible-playbook", "--check", "-i", inventory, TOP / "benches/peers/playbook.yml"]


def known_hosts(guest, distance):
    """The file that the guest's own ssh uses."""
    guest.ssh("true", distance)
    return str(guest.directory / f"known_hosts.{distance}")


def peers(guest, rounds, table):
    left_out = work(guest)
    say(f"left out for the peers: {', '.join(left_out) or 'nothing'}")
    call(guest.ssh("dpkg -s python3-apt >/dev/null 2>&1 || { apt-get -qq update && apt-get -qq install python3-apt; }"),
         stderr=subprocess.DEVNULL)
    for distance in (0, 50):
        say(f"peers at {distance} ms")
        plan = noop(guest, guest.spec(distance))
        times = in_turns({"plan": plan, "pyinfra": pyinfra(guest, distance), "ansible": ansible(guest, distance)}, rounds)
        table.faster(f"pyinfra --dry, RTT {distance} ms", times["plan"].median, times["pyinfra"].median, 12)
        table.faster(f"ansible-playbook --check, RTT {distance} ms", times["plan"].median, times["ansible"].median, 40)
