"""The first hour: from a blank host to a homeserver with the certificate of an authority (the lab's), an admin and an invitation,
looked at from outside; against a bare shell script and four requests by curl. Two guests take turns as in first_apply.py."""

import subprocess

from . import peers
from .first_apply import in_turns, material, script, timed
from .guest import Guest
from .machine import LAB, MATRIXFORM, TOP, call, say

AUTHORITY, SLOT = "bench", "7"
NAMES = ("example.org", "matrix.example.org")
# Read by Synapse beside the files that matrixform writes.
REGISTRATION = "etc/matrix-synapse/conf.d/registration.yaml"


class Hour:
    """The names lead to one guest at a time: the authority asks the lab's DNS, the guest its own hosts file, and this machine is told."""

    def __init__(self, guest):
        output = call([LAB, "authority", "up", AUTHORITY, "--slot", SLOT])
        facts = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
        self.directory, self.authority = (facts[name].strip("'") for name in ("LAB_DIRECTORY", "LAB_DIRECTORY_CA"))
        self.root = guest.directory / "authority.pem"
        self.root.write_text(call([LAB, "authority", "root", AUTHORITY]))

    def leads_to(self, guest):
        for name in NAMES:
            call([LAB, "authority", "name", AUTHORITY, name, guest.address])
        guest.run(f"echo '{guest.address} {' '.join(NAMES)}' >>/etc/hosts")

    def spec(self, guest):
        path = guest.spec()
        text = path.read_text().replace('provider = "self-signed"', f'provider = "letsencrypt"\nagree_terms = true\n'
                                        f'contact = "admin@example.org"\ndirectory = "{self.directory}"\ndirectory_ca = "directory.crt"')
        (guest.directory / "directory.crt").write_text(open(self.authority).read())
        path = guest.directory / "first-hour.toml"
        path.write_text(text.replace('source = "pypi"', 'source = "pypi"\nregistration.mode = "token"'))
        return path

    def ours(self, guest):
        self.leads_to(guest)
        spec, password = self.spec(guest), guest.directory / "ada.password"
        password.unlink(missing_ok=True)
        program = str(MATRIXFORM)
        resolve = [word for name in NAMES for word in ("--resolve", f"{name}:{guest.address}")]
        took = {command[1]: timed(command) for command in (
            guest.matrixform("apply", spec, "--yes"),
            [program, "users", "add", str(spec), "ada", "--admin", "--password-to", str(password)],
            [program, "invite", "create", str(spec)],
            [program, "verify", str(spec), "--ca", str(self.root), *resolve],
        )}
        say(", ".join(f"{verb} {seconds:.1f} s" for verb, seconds in took.items()))
        return sum(took.values())

    def theirs(self, guest, directory):
        self.leads_to(guest)
        took = script(guest, directory, "sh /root/new/first-apply.sh && sh /root/new/first-hour.sh")
        resolve = [word for name in NAMES for word in ("--resolve", f"{name}:443:{guest.address}")]
        curl = ["curl", "-q", "-sfS", "-o", "/dev/null", "--cacert", str(self.root), *resolve]
        return took + sum(timed([*curl, url]) for url in (
            "https://matrix.example.org/_matrix/client/versions", "https://matrix.example.org/_matrix/key/v2/server",
            "https://example.org/.well-known/matrix/server", "https://example.org/.well-known/matrix/client",
        ))

    def material(self, guest):
        """What the script needs: a host that matrixform has brought so far, and the secret by which Synapse makes accounts."""
        guest.blank()
        self.leads_to(guest)
        spec = self.spec(guest)
        peers.remember(guest, [item["address"] for item in guest.plan(spec)["items"]])
        guest.apply(spec)
        directory = material(guest)
        target = directory / "contents" / REGISTRATION
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f'registration_shared_secret: "{call(["openssl", "rand", "-hex", "32"]).strip()}"\n')
        rows = (directory / "attributes").read_text()
        beside = next(row for row in rows.splitlines() if row.startswith("/etc/matrix-synapse/conf.d/"))
        (directory / "attributes").write_text(f"{rows}/{REGISTRATION} {' '.join(beside.split()[1:])}\n")
        with open(directory / "work", "a") as words:
            words.write(f"directory='{self.directory}'\nregistration='/{REGISTRATION}'\n")
        subprocess.run(["cp", TOP / "benches/peers/first-hour.sh", directory], check=True)
        return directory


def first_hour(guest, rounds, table):
    hour = Hour(guest)
    try:
        say("converging once for the script")
        directory = hour.material(guest)
        ours, theirs = in_turns(guest, rounds, "first hour", hour.ours, lambda other: hour.theirs(other, directory))
        table.ratio("first hour : bare shell script", ours, theirs, 1.1)
    finally:
        call([LAB, "authority", "down", AUTHORITY])
