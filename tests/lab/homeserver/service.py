# Stand-in for an authentication service: introspects tokens for callers with the secret, and reports the requests it
# got.
import http.server
import json
import sys

with open(sys.argv[1]) as file:
    SECRET = file.read()


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(f"the service got {self.command} {self.path}".encode())

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/oauth2/introspect":
            return self.do_GET()
        if self.headers["Authorization"] != "Bearer " + SECRET:
            return self.send_error(401)
        found = {"active": False}
        if b"token=good" in form:
            scope = "urn:matrix:org.matrix.msc2967.client:api:*"
            found = {"active": True, "scope": scope, "username": "ada", "expires_in": 300}
        self.answer(json.dumps(found).encode(), "application/json")

    def answer(self, body, kind="text/plain"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", 8090), Service).serve_forever()
