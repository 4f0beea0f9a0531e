"""A guest of the lab as the benchmark sees it: its address, its specs, and the ways to reach it."""

import json
import shlex
import subprocess

from .machine import DELAY, LAB, MATRIXFORM, TOP, WORK, call, environment

SPEC = TOP / "benches/spec.toml"


class Guest:
    def __init__(self, name):
        self.name = name
        self.directory = WORK / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.proxies = {}
        running = call([LAB, "list"])
        if not any(line.split()[:1] == [name] and "running" in line for line in running.splitlines()):
            call([LAB, "up", name])
        words = shlex.split(call([LAB, "env", name]))
        self.facts = dict(word.removeprefix("LAB_").split("=", 1) for word in words)
        self.address, self.key = self.facts["ADDRESS4"], self.facts["IDENTITY_FILE"]

    def blank(self):
        """As it was before anything was done to it; the packages apt has fetched stay on this machine."""
        call([LAB, "reset", self.name])
        (self.directory / "secrets.toml").unlink(missing_ok=True)

    def down(self):
        call([LAB, "down", self.name])

    def way(self, milliseconds):
        """Address and port of the guest at this round-trip time."""
        if milliseconds == 0:
            return self.address, 22
        if milliseconds not in self.proxies:
            command = [DELAY, f"{self.address}:22", str(milliseconds // 2)]
            proxy = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.proxies[milliseconds] = (proxy, int(proxy.stdout.readline()))
        return "127.0.0.1", self.proxies[milliseconds][1]

    def ssh(self, command, milliseconds=0, user="root"):
        """The OpenSSH client with its defaults: no multiplexing, the same key, the host key known."""
        address, port = self.way(milliseconds)
        known = self.directory / f"known_hosts.{milliseconds}"
        name = address if port == 22 else f"[{address}]:{port}"
        known.write_text(f"{name} {self.facts['KNOWN_HOSTS'].split(' ', 1)[1]}\n")
        return ["ssh", "-F", "none", "-i", self.key, "-o", f"UserKnownHostsFile={known}", "-p", str(port),
                f"{user}@{address}", command]

    def run(self, script):
        return call(self.ssh("sh -s"), input=script)

    def spec(self, milliseconds=0, user="root", body=""):
        """The benchmark's spec for this guest, with further text at its end."""
        address, port = self.way(milliseconds)
        host = f'[host]\naddress = "{address}"\nport = {port}\nuser = "{user}"\n' \
               f'host_key = "{self.facts["HOST_KEY"]}"\nidentity_files = ["{self.key}"]\n'
        text = SPEC.read_text().replace('[host]\naddress = "bench"\n', host)
        path = self.directory / f"{user}-{milliseconds}-{len(body)}.toml"
        path.write_text(text + body)
        return path

    def matrixform(self, verb, spec, *more):
        return [str(MATRIXFORM), verb, str(spec), *more]

    def plan(self, spec):
        command = self.matrixform("plan", spec, "--format", "json")
        return json.loads(call(command, env=environment(), stderr=subprocess.DEVNULL))

    def apply(self, spec):
        return call(self.matrixform("apply", spec, "--yes"), env=environment(), stderr=subprocess.DEVNULL)

    def close(self):
        for proxy, _ in self.proxies.values():
            proxy.stdin.close()
            proxy.wait()
