"""An origin controlled by the test, over plain sockets: any status, headers, pace and fault.
Records every request and how much of its answer was sent."""

import dataclasses
import gzip
import itertools
import re
import socket
import struct
import threading
import time

import client
from clock import fair_time


@dataclasses.dataclass
class Script:
    """The origin's answer for one path."""

    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    content_type: str = "image/png"
    etag: str = None
    last_modified: str = None
    ranges: bool = False            # answers single ranges with 206
    headers_on_304: dict = None     # instead of `headers`
    delay: float = 0                # seconds before the status line
    held: threading.Event = None    # nothing is answered before it is set
    chunk_size: int = 64 * 1024
    chunk_delay: float = 0          # seconds after each chunk
    truncate_after: int = None      # closes after this many bytes of body
    reset: bool = False             # resets instead of closing; without truncate_after, at once
    chunked: bool = False
    gzip: bool = False
    declared_length: int = None     # a Content-Length that lies
    raw: bytes = None               # sent as it is, instead of all above but the waiting
    exchange: callable = None       # given the Answer, sends what it likes instead of all that;
                                    # True if the connection may carry another request


@dataclasses.dataclass
class Request:
    """A request to the origin, and how much of the answer's body was sent."""

    method: str
    target: str
    headers: list
    body: bytes = b""
    status: int = 0
    bytes_sent: int = 0
    position: int = 1  # among the requests on its connection
    finished: threading.Event = dataclasses.field(default_factory=threading.Event)

    @property
    def path(self):
        return self.target.partition("?")[0]

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class Origin:
    def __init__(self):
        self._scripts = {}
        self._folders = {}
        self._asked = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def publish(self, body=b"", path=None, private=None, suffix=".png", **script):
        """Answers `path` (by default a new one) with `body`; returns the path."""
        path = path or f"/image{next(self._numbers)}{suffix}"
        headers = dict(script.pop("headers", {}))
        if private is not None:
            headers["Is-Private-File"] = "true" if private else "false"
        with self._lock:
            self._scripts[path] = Script(body=body, headers=headers, **script)
        return path

    def publish_folder(self, folder, body, **script):
        """Answers every path below `folder` in the same way."""
        with self._lock:
            self._folders[folder] = Script(body=body, **script)

    def requests(self, path):
        """The requests for a path (with any query) so far."""
        with self._lock:
            return [request for request in self._asked if request.path == path]

    def all_requests(self):
        with self._lock:
            return list(self._asked)

    def forget_requests(self):
        with self._lock:
            self._asked.clear()

    def only_request(self, path):
        asked = self.requests(path)
        assert len(asked) == 1, f"{path} was asked {len(asked)} times"
        asked[0].finished.wait(client.TIMEOUT)
        return asked[0]

    def bytes_sent(self, path):
        """Bytes of body sent for a path, once its answers have ended."""
        asked = self.requests(path)
        for request in asked:
            assert request.finished.wait(client.TIMEOUT), f"the answer to {path} did not end"
        return sum(request.bytes_sent for request in asked)

    def wait_for(self, path, count=1, seconds=20):
        """Waits until a path has been requested `count` times."""
        until = fair_time() + seconds
        while len(self.requests(path)) < count:
            assert fair_time() < until, f"{path} was not asked {count} times"
            time.sleep(0.005)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A small buffer, so that bytes_sent counts bytes that were read and not bytes that were
            # buffered.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(client.TIMEOUT)
        with connection, connection.makefile("rb") as stream:
            try:
                for position in itertools.count(1):
                    if not self._answer_next(connection, stream, position):
                        return
            except (OSError, ValueError):
                pass

    def _answer_next(self, connection, stream, position):
        request = read_request(stream)
        if request is None:
            return False
        request.position = position
        script = self._register(request)
        try:
            return Answer(connection, request, script).send()
        finally:
            request.finished.set()

    def _register(self, request):
        with self._lock:
            self._asked.append(request)
            script = self._scripts.get(request.target) or self._scripts.get(request.path)
            if script is None:
                script = next((found for folder, found in self._folders.items()
                               if request.path.startswith(folder)), None)
        return script or Script(status=404, body=b"no such file\n", content_type="text/plain")


def read_request(stream):
    line = stream.readline(65536)
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = []
    while (line := stream.readline(65536)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip(), value.strip()))
    request = Request(method, target, headers)
    request.body = stream.read(int(request.header("Content-Length") or 0))
    return request


class Answer:
    """An answer while it is sent."""

    def __init__(self, connection, request, script):
        self.connection, self.request, self.script = connection, request, script

    def send(self):
        """True if the connection may carry another request."""
        script = self.script
        if script.held is not None:
            script.held.wait(client.TIMEOUT)
        time.sleep(script.delay)
        if script.reset and script.truncate_after is None:
            return self.reset()
        if script.exchange is not None:
            return script.exchange(self)
        if script.raw is not None:
            self.connection.sendall(script.raw)
            return False
        status, headers, body = self.content()
        self.request.status = status
        if script.gzip:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        has_body = self.request.method != "HEAD" and status not in (204, 304)
        chunked = script.chunked and has_body
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif status not in (204, 304):
            length = script.declared_length
            headers["Content-Length"] = str(len(body) if length is None else length)
        self.send_head(status, headers)
        if has_body and not self.send_body(body, chunked):
            return False
        lied = script.declared_length not in (None, len(body))
        return self.keeps_alive() and not lied

    def keeps_alive(self):
        return (self.request.header("Connection") or "keep-alive").lower() == "keep-alive"

    def content(self):
        script, request = self.script, self.request
        headers = {"Date": http_date(time.time())}
        if script.content_type:
            headers["Content-Type"] = script.content_type
        if script.etag:
            headers["ETag"] = script.etag
        if script.last_modified:
            headers["Last-Modified"] = script.last_modified
        if script.ranges:
            headers["Accept-Ranges"] = "bytes"
        if script.status == 200 and self.is_unchanged():
            return 304, {**headers, **(script.headers if script.headers_on_304 is None
                                       else script.headers_on_304)}, b""
        headers.update(script.headers)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("Range") or "")
        if script.status == 200 and script.ranges and wanted:
            first = int(wanted[1])
            last = min(int(wanted[2] or len(script.body)), len(script.body) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(script.body)}"
            return 206, headers, script.body[first:last + 1]
        return script.status, headers, script.body

    def is_unchanged(self):
        script, request = self.script, self.request
        if request.header("If-None-Match"):
            return script.etag is not None and script.etag in request.header("If-None-Match")
        return (script.last_modified is not None
                and script.last_modified == request.header("If-Modified-Since"))

    def send_head(self, status, headers):
        lines = [f"HTTP/1.1 {status} Scripted"]
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                lines.append(f"{name}: {one}")
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def send_body(self, body, chunked):
        script = self.script
        end = len(body) if script.truncate_after is None else script.truncate_after
        for start in range(0, min(end, len(body)), script.chunk_size):
            piece = body[start:min(start + script.chunk_size, end)]
            if chunked:
                self.connection.sendall(b"%x\r\n" % len(piece))
            view = memoryview(piece)
            while view:
                sent = self.connection.send(view)
                self.request.bytes_sent += sent
                view = view[sent:]
            if chunked:
                self.connection.sendall(b"\r\n")
            time.sleep(script.chunk_delay)
        if script.truncate_after is not None:
            return self.reset() if script.reset else False
        if chunked:
            self.connection.sendall(b"0\r\n\r\n")
        return True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        return False


class FastCgi:
    """A FastCGI application that answers with the given files, by SCRIPT_NAME."""

    def __init__(self):
        self.answers = {}  # name: (headers, body)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            parameters = b""
            while True:
                _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", stream.read(8))
                content = stream.read(length + padding)[:length]
                if kind == 4:  # parameters
                    parameters += content
                elif kind == 5 and not length:  # the end of the body
                    break
            name = self._name(parameters)
            head, body = self.answers.get(name, ("Status: 404 Not Found\r\n", b""))
            reply = head.encode() + b"\r\n" + body
            try:
                for start in range(0, len(reply), 32768):
                    connection.sendall(self._record(6, reply[start:start + 32768]))
                connection.sendall(self._record(6, b"") + self._record(3, bytes(8)))
            except OSError:
                pass

    @staticmethod
    def _record(kind, content):
        return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    @staticmethod
    def _name(parameters):
        found, place = {}, 0
        while place < len(parameters):
            lengths = []
            for _ in range(2):
                length = parameters[place]
                place += 1
                if length > 127:
                    rest = parameters[place:place + 3]
                    length = int.from_bytes(bytes([length & 127]) + rest, "big")
                    place += 3
                lengths.append(length)
            name = parameters[place:place + lengths[0]]
            place += lengths[0]
            found[name] = parameters[place:place + lengths[1]]
            place += lengths[1]
        return found.get(b"SCRIPT_NAME", b"").decode()

    def close(self):
        self._listener.close()


def http_date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))
