# What synapse_token runs on the host, as root and with Synapse's own way to its database: gives ACCOUNT a token that
# does not end, and writes it to FILE. No password is asked for, so it works where nobody has one.
# Words: DATABASE ACCOUNT FILE
import os
import secrets
import sys
import time

import psycopg2

DATABASE, ACCOUNT, FILE = sys.argv[1:]
OURS = "syt_matrixform_"


def own_account(cursor):
    """Makes the account an admin without a password. One that somebody logs in to is theirs, and gets no rights. Who logs in
    by LDAP, JWT or a module has no password here, but devices and tokens; ours has no device, and tokens of ours alone."""
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM users WHERE name = %(account)s AND password_hash IS NOT NULL)"
        " OR EXISTS (SELECT 1 FROM user_external_ids WHERE user_id = %(account)s)"
        " OR EXISTS (SELECT 1 FROM devices WHERE user_id = %(account)s)"
        " OR EXISTS (SELECT 1 FROM access_tokens WHERE user_id = %(account)s AND left(token, %(length)s) <> %(ours)s)",
        {"account": ACCOUNT, "ours": OURS, "length": len(OURS)},
    )
    if cursor.fetchone()[0]:
        raise SystemExit(f"{ACCOUNT} is somebody's account: it has a password, a device or another login. Rename or deactivate it")
    cursor.execute(
        "INSERT INTO users (name, creation_ts, admin) VALUES (%s, %s, 1) "
        "ON CONFLICT (name) DO UPDATE SET admin = 1, deactivated = 0",
        [ACCOUNT, int(time.time())],
    )


def mint(cursor):
    """A token in the place of earlier ones. Its id is below zero: Synapse counts its own up from the highest that it saw
    when it started, and would come to one above."""
    token = OURS + secrets.token_hex(24)
    cursor.execute("DELETE FROM access_tokens WHERE user_id = %s", [ACCOUNT])
    cursor.execute(
        "INSERT INTO access_tokens (id, user_id, token) VALUES (%s, %s, %s)",
        [-1 - secrets.randbits(62), ACCOUNT, token],
    )
    return token


def write(token):
    """A configuration of curl's, so that the token never is an argument, in a directory of root's alone."""
    descriptor = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f'header = "Authorization: Bearer {token}"\n')
        file.flush()
        os.fsync(file.fileno())


def main():
    connection = psycopg2.connect(DATABASE, connect_timeout=10)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20s'")
            own_account(cursor)
            token = mint(cursor)
    finally:
        connection.close()
    write(token)


try:
    main()
except (psycopg2.Error, OSError) as error:
    # The first line alone: what follows may show the statement.
    raise SystemExit(str(error).strip().split("\n")[0]) from None
