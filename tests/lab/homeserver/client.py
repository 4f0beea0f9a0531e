"""A client that is not ours (matrix-nio): registers with an invitation over verified HTTPS, logs in by another session, and talks.

client.py ADDRESS AUTHORITY NAME <JSON: {"password": …, "token": …}; what came of it as JSON."""

import asyncio
import json
import ssl
import sys

import aiohttp
from aiohttp.abc import AbstractResolver
from nio import AsyncClient, LoginResponse, RegisterResponse, RoomCreateResponse, RoomSendResponse, SyncResponse

SERVER = "https://matrix.hs.test"


class Known(AbstractResolver):
    """The name of the lab leads to this address; no other name leads anywhere."""

    def __init__(self, address):
        self.address = address

    async def resolve(self, host, port=0, family=0):
        if f"https://{host}" != SERVER:
            raise OSError(f"{host} is not of the lab")
        return [{"hostname": host, "host": self.address, "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        pass


def client(address, authority, name):
    trust = ssl.create_default_context(cafile=authority)
    # The lab's self-signed certificate lacks the authority key identifier that Python 3.13 requires.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    new = AsyncClient(SERVER, name, ssl=trust)
    new.client_session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Known(address)))
    return new


async def expect(kind, request):
    answer = await request
    if not isinstance(answer, kind):
        sys.exit(f"{kind.__name__} was expected: {answer}")
    return answer


async def reason(session, name, given):
    """The code by which the token is refused, of which nio's own answer says nothing."""
    auth = {}
    for _ in range(2):
        answer = await session.register_interactive(name, given["password"], auth_dict=auth)
        refusal = await answer.transport_response.json()
        auth = {"type": "m.login.registration_token", "token": given["token"], "session": refusal["session"]}
    return refusal.get("errcode", "no reason")


async def talk(session, password):
    await expect(LoginResponse, session.login(password))
    room = (await expect(RoomCreateResponse, session.room_create())).room_id
    content = {"msgtype": "m.text", "body": "hello"}
    sent = (await expect(RoomSendResponse, session.room_send(room, "m.room.message", content))).event_id
    joined = (await expect(SyncResponse, session.sync(timeout=10000, full_state=True))).rooms.join
    return next(event.body for event in joined[room].timeline.events if event.event_id == sent)


async def main():
    address, authority, name = sys.argv[1:]
    given = json.load(sys.stdin)
    new, again = client(address, authority, name), client(address, authority, name)
    try:
        answer = await new.register_with_token(name, given["password"], given["token"], "nio")
        if not isinstance(answer, RegisterResponse):
            return {"refused": await reason(new, name, given)}
        return {"user": answer.user_id, "read": await talk(again, given["password"])}
    finally:
        await new.close()
        await again.close()


print(json.dumps(asyncio.run(main())))
