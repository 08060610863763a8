"""Connections to an origin that sends slowly, never ends, sends more than its answer, or closes a
reused connection: each answer is complete and belongs to its request, or is refused."""

import threading

import pytest

import client
import faults
import pictures
from faults import PICTURE, WAYS, ask, chunk, close, head, receive, reset, saying, word
from rest import HTTP, LOCATIONS, logged

KEPT = [way for way in WAYS if way.protocol == "kept" and not way.is_private]


@pytest.fixture(scope="module")
def site(gate):
    return gate("""
        private_image_max_source_size 200k;
        location ^~ /wide/cached/ { private_image imagekit; private_image_cache derivatives;
                                    proxy_buffer_size 1m; proxy_buffers 4 1m;
                                    proxy_busy_buffers_size 2m; proxy_pass {{ origin }}/; }
    """ + LOCATIONS, http=HTTP)


# Slow and endless answers

FRAMINGS = {
    "a length": lambda flag, body: head(flag, f"Content-Length: {len(body)}") + body,
    "chunks": lambda flag, body: (head(flag, "Transfer-Encoding: chunked") + chunk(body[:900])
                                  + chunk(body[900:]) + b"0\r\n\r\n"),
    "no length": lambda flag, body: head(flag) + body,
}


def dripping(text):
    """Sends the head and the end byte by byte, and the middle of the body at once."""
    def exchange(answer):
        for byte in text[:1200]:
            answer.connection.sendall(bytes([byte]))
        answer.connection.sendall(text[1200:-200])
        for byte in text[-200:]:
            answer.connection.sendall(bytes([byte]))
        return False
    return exchange


@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_answer_may_come_byte_by_byte(site, rest, trial, framing):
    with logged(site, perhaps=["(recv|readv|writev).. failed", "prematurely closed"]):
        found = trial.run(lambda flag, body: dripping(FRAMINGS[framing](flag, body)))
        rest.wait()
    assert {way.name: word for way, word in found.items()} == {
        way.name: "401 unsigned" if way.is_private else "whole" for way in WAYS}


class Endless:
    """Sends until nginx closes the connection; fails if nginx reads more than it could need."""

    def __init__(self, begin, piece):
        self.begin, self.piece = begin, piece
        self.sent, self.ended = 0, threading.Event()

    def exchange(self, answer):
        try:
            answer.connection.sendall(self.begin)
            while self.sent < 100_000_000:
                answer.connection.sendall(self.piece)
                self.sent += len(self.piece)
        finally:
            self.ended.set()
        return False


@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunks", "no length"])
def test_a_body_without_end_is_read_no_further_than_it_may(site, origin, rest, trial, is_chunked):
    endless = []

    def exchange(flag, body):
        lines = ["Transfer-Encoding: chunked"] if is_chunked else []
        piece = body + bytes(20_000)
        endless.append(Endless(head(flag, *lines), chunk(piece) if is_chunked else piece))
        return endless[-1].exchange

    with logged(site):
        ways = [way for way in WAYS if way.is_private or not way.is_original]
        found = trial.run(exchange, ways)
        # Of an original there is no end but the client's.
        for way in WAYS:
            if way.is_original and not way.is_private and way.store == "plain":
                path = origin.publish(exchange=exchange(way.flag, way.body))
                with site.connect() as connection:
                    connection.send(way.target(path))
                    assert connection.socket.recv(4096).startswith(b"HTTP/1.1 200")
        rest.wait()
    assert {word for way, word in found.items() if way.is_private} == {"401 unsigned"}
    assert {word for way, word in found.items() if not way.is_private} == {"413 too_large"}
    for one in endless:
        assert one.ended.wait(client.TIMEOUT) and one.sent < 20_000_000


def test_a_head_without_end_is_read_no_further_than_it_may(site, rest, trial):
    endless = []

    def exchange(flag, body):
        endless.append(Endless(head(flag)[:-2], b"X-A: b\r\n" * 500))
        return endless[-1].exchange

    with logged(site, "upstream sent too big header", "private_image: origin_error"):
        assert set(trial.run(exchange).values()) == {"502 origin_error"}
        rest.wait()
    assert all(one.ended.wait(client.TIMEOUT) and one.sent < 20_000_000 for one in endless)


# Response headers up to the size of the buffer

@pytest.mark.parametrize("name", ["X-Number-%d", "Access-Control-Number-%d"])
def test_thousands_of_headers_are_no_harm(site, origin, rest, trial, name):
    lines = [f"{name % number}: {number}" for number in range(3000)]
    text = head("false", f"Content-Length: {len(PICTURE)}", *lines) + PICTURE
    path = origin.publish(exchange=saying(text, close))
    with logged(site):
        for step, right in (("", PICTURE), (faults.STEP, trial.derivative[PICTURE])):
            for _ in range(3):  # once from the origin, and then from the cache
                with site.connect() as connection:  # Python's client takes a hundred
                    connection.send(f"/wide/cached/{step}{path[1:]}",
                                    headers={"Connection": "close"})
                    answer = b"".join(iter(lambda: connection.socket.recv(65536), b""))
                assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(right)
        rest.wait()


@pytest.mark.parametrize("step", ["", faults.STEP])
def test_one_flag_among_thousands_counts(site, origin, rest, step):
    lines = ["Is-Private-File: false"] * 3000 + ["Is-Private-File: true"]
    text = head("false", f"Content-Length: {len(faults.SECRET)}", *lines) + faults.SECRET
    path = origin.publish(exchange=saying(text, close))
    with logged(site):
        outcome = ask(site, f"/wide/cached/{step}{path[1:]}")
        rest.wait()
    assert outcome.reason == "unsigned" and not faults.gives_away(outcome)


# Reused connections

@pytest.mark.parametrize("end", [close, reset], ids=["closes", "resets"])
@pytest.mark.parametrize("part", [0, 12, 60])
@pytest.mark.parametrize("is_original", [True, False], ids=["original", "derivative"])
def test_a_connection_that_goes_when_it_is_used_again(site, origin, rest, trial, is_original, part,
                                                      end):
    way = next(way for way in KEPT if way.store == "plain" and way.is_original == is_original)
    text = head("false", f"Content-Length: {len(PICTURE)}") + PICTURE

    def exchange(answer):
        is_first = answer.request.position == 1
        answer.connection.sendall(text if is_first else text[:part])
        return is_first or end(answer)

    path = origin.publish(exchange=exchange)
    with logged(site, perhaps=["prematurely closed", "(recv|readv).. failed .104"]):
        with site.connect() as connection:  # one worker, which has the connections
            for _ in range(20):
                connection.send(way.target(path))
                assert word(receive(connection), trial.right(way)) == "whole"
                if sum(asked.position > 1 for asked in origin.requests(path)) > 2:
                    break
            else:
                raise AssertionError("no connection was used again")
        rest.wait()


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "later"])
def test_an_unrequested_answer_is_sent_to_no_client(site, origin, rest, trial, is_late):
    """A second answer follows the first, as if for the next request on the connection."""
    text = head("false", f"Content-Length: {len(PICTURE)}") + PICTURE
    other = pictures.plain(kind="PNG", colour=pictures.GREEN)
    more = head("false", f"Content-Length: {len(other)}") + other

    def exchange(answer):
        answer.connection.sendall(text + (b"" if is_late else more))
        if is_late:
            delivered.wait(client.TIMEOUT)
            answer.connection.sendall(more)
        try:
            answer.connection.recv(1)  # nginx closes what is not clean
        finally:
            gone.set()
        return False

    for way in KEPT:
        delivered, gone = threading.Event(), threading.Event()
        path = origin.publish(exchange=exchange)
        honest = origin.publish(PICTURE, private=False)
        with logged(site), site.connect() as connection:
            connection.send(way.target(path))
            assert word(receive(connection), trial.right(way)) == "whole"
            delivered.set()
            assert gone.wait(client.TIMEOUT)
            for _ in range(3):
                connection.send(way.target(honest))
                assert word(receive(connection), trial.right(way)) == "whole"
    rest.wait()
