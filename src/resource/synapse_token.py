# What synapse_token runs on the host, with the bootstrap account's password on standard input: mints a
# token for ACCOUNT as an admin's login for it, which outlives session_lifetime, and writes it to FILE.
# Words: URL SERVER_NAME ACCOUNT BOOTSTRAP SECRET_FILE FILE
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL, SERVER_NAME, ACCOUNT, BOOTSTRAP, SECRET_FILE, FILE = sys.argv[1:]
# No proxy of the environment stands before the loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """Synapse's own words for why not, and its code."""

    def __init__(self, what, status, body):
        self.code = body.get("errcode", "")
        super().__init__(f"{what}: {status} {body.get('error', '')} {self.code}".strip())


def ask(what, method, path, body=None, token=None):
    """One request; waits a little where Synapse asks for it."""
    for _ in range(5):
        request = urllib.request.Request(URL + path, method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        data = None if body is None else json.dumps(body).encode()
        try:
            with OPENER.open(request, data, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            answer = reason(error)
            if error.code != 429:
                raise Refused(what, error.code, answer) from None
            time.sleep(min(answer.get("retry_after_ms", 1000) / 1000, 60))
    raise SystemExit(f"{what}: Synapse goes on saying that this is too often")


def reason(error):
    try:
        return json.load(error)
    except ValueError:
        return {}


def user(name):
    return "@" + name + ":" + SERVER_NAME


def quoted(name):
    return urllib.parse.quote(user(name), safe="")


def register(password):
    """Makes the bootstrap account; the shared secret proves that this is root of the host."""
    with open(SECRET_FILE, "rb") as file:
        secret = file.read().strip()
    path = "/_synapse/admin/v1/register"
    nonce = ask("asking for a nonce", "GET", path)["nonce"]
    signed = "\0".join([nonce, BOOTSTRAP, password, "admin"]).encode()
    mac = hmac.new(secret, signed, hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": BOOTSTRAP, "password": password, "admin": True, "mac": mac}
    return ask("making " + user(BOOTSTRAP), "POST", path, body)


def login(password):
    who = {"type": "m.id.user", "user": BOOTSTRAP}
    body = {"type": "m.login.password", "identifier": who, "password": password}
    return ask("logging in as " + user(BOOTSTRAP), "POST", "/_matrix/client/v3/login", body)


def bootstrap(password):
    """A session of the bootstrap account, which is made where there is none."""
    try:
        return login(password)["access_token"]
    except Refused as refused:
        if refused.code != "M_FORBIDDEN":
            raise
    try:
        return register(password)["access_token"]
    except Refused as refused:
        if refused.code != "M_USER_IN_USE":
            raise
        raise SystemExit(
            f"there is an account {user(BOOTSTRAP)}, and its password is not the one in the secret store: "
            "import that one, or set this one through another admin"
        ) from None


def mint(admin):
    account = f"/_synapse/admin/v2/users/{quoted(ACCOUNT)}"
    body = {"admin": True, "displayname": "matrixform maintenance"}
    ask("making " + user(ACCOUNT), "PUT", account, body, admin)
    path = f"/_synapse/admin/v1/users/{quoted(ACCOUNT)}/login"
    return ask("minting a token", "POST", path, {}, admin)["access_token"]


def write(token):
    """A configuration of curl's, so that the token never is an argument, in a folder of root's alone."""
    descriptor = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f'header = "Authorization: Bearer {token}"\n')
        file.flush()
        os.fsync(file.fileno())


def main():
    admin = bootstrap(sys.stdin.read())
    try:
        write(mint(admin))
    finally:
        ask("logging out", "POST", "/_matrix/client/v3/logout", {}, admin)


try:
    main()
except (Refused, OSError) as error:
    raise SystemExit(str(error)) from None
