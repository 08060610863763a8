"""A small HTTP client that sends request targets exactly as written and has a timeout."""

import http.client
import io
import os
import socket

from PIL import Image

# Factor for all times: sanitizers check every access to memory.
SLOWNESS = 10 if os.environ.get("PRIVATE_IMAGE_SANITIZERS") else 1
# Seconds until a test stops waiting for an event. A test that passes does not wait so long; it must
# suffice on a machine where twenty processes compete for each processor.
TIMEOUT = 120 if SLOWNESS == 1 else 300


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body
        self.closes = response.will_close

    def header(self, name):
        """All values of a header, joined; None if it is missing."""
        values = self.headers.get_all(name)
        return ", ".join(values) if values else None

    @property
    def reason(self):
        """$private_image_reason, which the test configuration adds to every answer."""
        return self.header("X-Reason")

    @property
    def verdict(self):
        return self.status, self.reason

    def image(self):
        image = Image.open(io.BytesIO(self.body))
        image.load()
        return image

    def cache_directives(self):
        """Cache-Control as a dictionary; a directive without a value maps to True."""
        directives = {}
        for part in (self.header("Cache-Control") or "").split(","):
            name, separator, value = part.strip().partition("=")
            if name:
                directives[name.lower()] = int(value) if separator else True
        return directives

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.body[:60]!r}>"


class Connection:
    """One connection to nginx, for several requests one after the other."""

    def __init__(self, port, timeout=TIMEOUT):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def send(self, target, method="GET", headers=None, host="localhost"):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        self.method = method

    def receive(self):
        response = http.client.HTTPResponse(self.socket, method=self.method)
        response.begin()
        return Answer(response, response.read())

    def request(self, target, **options):
        self.send(target, **options)
        return self.receive()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(port, target, headers=None, timeout=TIMEOUT, **options):
    """One request on its own connection."""
    with Connection(port, timeout) as connection:
        return connection.request(target, headers={"Connection": "close", **(headers or {})},
                                  **options)


def slow_reader(port, target):
    """Sends one request on a socket with small buffers, so that most of the answer waits in nginx.
    Returns the socket."""
    connection = Connection(port)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.send(target, headers={"Connection": "close"})
    return connection.socket
