# Runs behind nginx on some ports and answers with the head of each request as received. Opens a WebSocket on request,
# and echoes what it receives there.
import base64
import hashlib
import socket
import threading


def answer(client, port):
    stream = client.makefile("rb")
    head = list(iter(lambda: stream.readline().rstrip(b"\r\n"), b""))
    fields = dict(line.lower().split(b": ", 1) for line in head[1:])
    if fields.get(b"upgrade") == b"websocket" and fields.get(b"connection") == b"upgrade":
        key = next(line.split(b": ", 1)[1] for line in head if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        client.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\nX-Target: %s\r\n\r\n" % (accept, head[0].split(b" ")[1])
        )
        _, length = stream.read(2)
        mask, text = stream.read(4), stream.read(length & 127)
        text = b"sent back: " + bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
        client.sendall(bytes([0x81, len(text)]) + text)
    else:
        stream.read(int(fields.get(b"content-length", 0)))
        body = b"reached %d\n" % port + b"\n".join(head) + b"\n"
        client.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nStrict-Transport-Security: max-age=1\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        )
    client.close()


def listen(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(64)
    while True:
        threading.Thread(target=answer, args=(server.accept()[0], port)).start()


for port in (7880, 8080, 8090, 8402):
    threading.Thread(target=listen, args=(port,)).start()
listen(8008)
