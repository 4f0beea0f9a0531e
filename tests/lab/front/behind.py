# Stands behind the front and answers with the head of each request as it came.
import socket
import threading


def answer(client):
    stream = client.makefile("rb")
    head = list(iter(lambda: stream.readline().rstrip(b"\r\n"), b""))
    lengths = [int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:")]
    stream.read(sum(lengths))
    body = b"reached\n" + b"\n".join(head) + b"\n"
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nStrict-Transport-Security: max-age=1\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    )
    client.close()


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8008))
server.listen(64)
while True:
    threading.Thread(target=answer, args=(server.accept()[0],)).start()
