"""Sends many pipelined requests on few connections, and parses the answers in a simple way: fast
enough for tens of thousands."""

import concurrent.futures
import re
import socket

import client

BOUNDARY = re.compile(rb"\b\d{20}\b")
AT_ONCE = 60     # pipelined requests on one connection


class Answer:
    __slots__ = ("status", "headers", "body")

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def reason(self):
        """The first X-Reason: nginx adds every add_header twice to its own page of a 416."""
        return next((value for name, value in self.headers if name == "X-Reason"), None)

    @property
    def verdict(self):
        return self.status, self.reason

    def appearance(self):
        """Everything that distinguishes answers, except the date, the connection, and the number
        that nginx puts between ranges."""
        headers = [(name, BOUNDARY.sub(b"", value.encode("latin-1")))
                   for name, value in self.headers if name not in ("Date", "Connection")]
        return self.status, headers, BOUNDARY.sub(b"", self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:60]!r}>"


def head(target, method="GET", headers=None, host="localhost", version="1.1"):
    """The bytes of a request without a body; `target` may be bytes, and is sent as it is."""
    if isinstance(target, str):
        target = target.encode("latin-1")
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (method.encode() + b" " + target + f" HTTP/{version}\r\nHost: {host}\r\n".encode()
            + lines.encode("latin-1") + b"\r\n")


def read_answer(stream, is_head):
    """None where the connection has ended."""
    line = stream.readline(65536)
    if not line:
        return None
    status = int(line.split(b" ", 2)[1])
    headers, length, chunked = [], None, False
    while (line := stream.readline(65536)) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        value = value.strip()
        headers.append((name, value))
        if name == "Content-Length":
            length = int(value)
        chunked = chunked or (name, value) == ("Transfer-Encoding", "chunked")
    if is_head or status < 200 or status in (204, 304):
        body = b""
    elif chunked:
        body = read_chunks(stream)
    else:
        body = stream.read(length)
    return Answer(status, headers, body)


def read_chunks(stream):
    body = b""
    while size := int(stream.readline() or b"0", 16):  # 0 where the connection has ended
        body += stream.read(size)
        stream.readline()
    while stream.readline() not in (b"\r\n", b""):  # trailers
        pass
    return body


def ask_in_turn(port, heads):
    """Sends the requests on one connection, and on another one each time nginx closes it."""
    answers, at_once = [], AT_ONCE
    while len(answers) < len(heads):
        before = len(answers)
        answers += ask_on_one_connection(port, heads[before:], at_once)
        stuck = len(answers) == before
        assert not (stuck and at_once == 1), f"no answer to {heads[before][:200]!r}"
        at_once = 1 if stuck else AT_ONCE
    return answers


def ask_on_one_connection(port, heads, at_once):
    """The answers up to the first after which nginx closes."""
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=client.TIMEOUT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rb", 65536) as stream:
            try:
                for first in range(0, len(heads), at_once):
                    some = heads[first:first + at_once]
                    connection.sendall(b"".join(some))
                    for one in some:
                        answer = read_answer(stream, one.startswith(b"HEAD "))
                        if answer is None:
                            return answers
                        answers.append(answer)
                        if answer.header("Connection") == "close":
                            return answers
            except ConnectionError:
                pass  # the reset may have come before an answer that was sent
    return answers


def ask_all(port, heads, connections=4):
    """The answers in the order of the requests, which are sent on several connections."""
    answers = [None] * len(heads)
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        parts = [pool.submit(ask_in_turn, port, heads[first::connections])
                 for first in range(connections)]
        for first, part in enumerate(parts):
            answers[first::connections] = part.result()
    return answers
