"""What the benchmark needs on this machine: programs, their installation, and words for what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
WORK = TOP / "target/bench"
LAB = TOP / "examples/lab/lab"
MATRIXFORM = Path(os.environ.get("BENCH_BINARY", TOP / "target/release/matrixform"))
DELAY = TOP / "target/release/examples/delay"
WAITING = DELAY.with_name("waiting")
HOME = WORK / "home"
PEERS = WORK / "venv/bin"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def stop(message, help):
    sys.exit(f"bench: error: {message}\n  do:  {help}")


def call(command, **options):
    """Runs a command that must succeed, and gives its output."""
    command = [str(word) for word in command]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, **options)
    if done.returncode != 0:
        sys.exit(f"bench: error: status {done.returncode} of {' '.join(command)}\n{done.stdout}")
    return done.stdout


def environment(**more):
    """Nothing of the caller's: no agent, no own SSH configuration, and a memory of its own."""
    return {"HOME": str(HOME), "PATH": f"{PEERS}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **more}


def prepare(build, lab=True):
    if lab and os.geteuid() != 0:
        stop("the lab needs root", "run it as root")
    if not shutil.which("cargo"):
        stop("cargo is missing", "install Rust from https://rustup.rs")
    if lab and not shutil.which("ssh"):
        stop("ssh is missing", "apt-get install openssh-client")
    HOME.mkdir(parents=True, exist_ok=True)
    if build:
        say("building for release")
        call(["cargo", "build", "--release", "--locked", "--quiet", "--bin", "matrixform", "--example", "delay",
              "--example", "waiting"],
             cwd=TOP)
    if lab:
        call([LAB, "--install", "list"])


def prepare_peers():
    """pyinfra and ansible-core from PyPI in a virtual environment of their own."""
    wanted = TOP / "benches/peers/requirements.txt"
    done = WORK / "venv/requirements.txt"
    if done.exists() and done.read_text() == wanted.read_text():
        return
    say("installing pyinfra and ansible-core from PyPI")
    try:
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
        subprocess.run([PEERS / "pip", "install", "--quiet", "-r", wanted], check=True)
    except subprocess.CalledProcessError:
        stop("the peers cannot be installed", "apt-get install python3-venv, see that PyPI can be reached, or leave out `peers`")
    done.write_text(wanted.read_text())
