"""Clients that leave at any stage of a request, read slowly, write slowly or never end: none of
this is logged as an error of the module, nothing leaks, and the next request is answered."""

import itertools
import random
import select
import socket
import struct
import threading

import pytest

import client
import faults
import pictures
from clock import fair_time
from faults import PUBLIC, WAYS, ask, head, receive, word
from rest import HTTP, LOCATIONS, STRICT, gauges, logged, signed, wait_for_gauge
from test_clients import status_and_body


# Seconds of work on noise, at the effort of the locations; and a moment.
SLOW, SHORT = "tr:w-300,f-avif,q-50", "tr:w-90,f-avif,q-50"


@pytest.fixture(scope="module")
def site(gate):
    return gate(LOCATIONS, http=HTTP + STRICT)


@pytest.fixture(autouse=True)
def nothing_is_logged(site, rest):
    with logged(site):
        yield
        rest.wait()


# ------------------------------------------------------------------ leaving

def by_reset(connection):
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def by_closing(connection):
    connection.close()


def by_half(connection):
    """Closes the sending side after the request. NGINX decides whether it answers."""
    connection.socket.shutdown(socket.SHUT_WR)


LEAVE = {"reset": by_reset, "close": by_closing, "half-close": by_half}


def assert_right_or_none(connection, right):
    """For a connection whose sending side was closed."""
    if connection.socket.fileno() != -1:
        with connection:
            assert word(receive(connection), right) in ("whole", "cut")


@pytest.mark.parametrize("how", LEAVE)
@pytest.mark.parametrize("part", [0, 1, 9, 0.5, -12, -3, -1], ids=str)
def test_a_client_may_go_within_its_request(site, origin, trial, part, how):
    for way in PUBLIC:
        path = origin.publish(way.body, private=False)
        text = f"GET {way.target(path)} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode()
        with site.connect() as connection:
            connection.method = "GET"
            connection.socket.sendall(text[:len(text) // 2 if part == 0.5 else part])
            LEAVE[how](connection)
            if how == "half-close":
                assert receive(connection).status in (0, 400)
        assert not origin.requests(path)
        assert word(ask(site, way.target(path)), trial.right(way)) == "whole"


class Pause:
    """An origin that sends a part, and the rest when the test allows it, if nginx is still
    connected."""

    def __init__(self, text, part):
        self.text, self.part = text, part
        self.reached, self.released, self.left = (threading.Event() for _ in range(3))

    def exchange(self, answer):
        answer.connection.sendall(self.text[:self.part])
        self.reached.set()
        while not self.released.is_set():
            if select.select([answer.connection], [], [], 0.02)[0]:
                self.left.set()
                return False
        answer.connection.sendall(self.text[self.part:])
        return False


STAGES = {"asks": lambda text, start: 0, "sends the head": lambda text, start: 60,
          "has sent the head": lambda text, start: start,
          "sends the body": lambda text, start: (start + len(text)) // 2,
          "has all but a byte": lambda text, start: len(text) - 1}


@pytest.mark.parametrize("how", LEAVE)
@pytest.mark.parametrize("stage", STAGES)
def test_a_client_may_go_while_the_origin(site, origin, rest, trial, stage, how):
    visits = []
    for way in PUBLIC:
        begin = head(way.flag, f"Content-Length: {len(way.body)}")
        text = begin + way.body
        pause = Pause(text, STAGES[stage](text, len(begin)))
        path = origin.publish(exchange=pause.exchange)
        connection = site.connect()
        connection.send(way.target(path))
        visits.append((way, path, pause, connection))
    for way, path, pause, connection in visits:
        assert pause.reached.wait(client.TIMEOUT), way.name
        LEAVE[how](connection)
    for way, path, pause, connection in visits:
        # What proxy_cache is to keep, is fetched to its end, as NGINX does it.
        assert way.store == "cached" or pause.left.wait(client.TIMEOUT), way.name
        pause.released.set()
        assert_right_or_none(connection, trial.right(way))
    rest.wait()
    for way, path, *_ in visits:
        origin.publish(way.body, path, private=False, etag='"revision"')
        for is_original in (True, False):
            outcome = ask(site, way.target(path, is_original))
            assert word(outcome, trial.right(way, is_original)) == "whole", way.name


# ------------------------------------------------------------------ renders

@pytest.fixture
def noise(origin):
    return origin.publish(pictures.noise(400, 400), private=False, etag='"noise"')


@pytest.mark.parametrize("how", LEAVE)
@pytest.mark.parametrize("store", ["plain", "cached"])
def test_a_client_may_go_while_its_render_runs(site, rest, noise, store, how):
    with site.connect() as connection:
        connection.send(f"/kept/{store}/{SHORT}{noise}")
        wait_for_gauge(site, "renders_running", 1)
        LEAVE[how](connection)
        if how == "half-close":
            assert receive(connection).status in (0, 200)
    rest.wait()
    assert ask(site, f"/kept/{store}/{faults.STEP}{noise[1:]}").status == 200


def test_clients_may_go_while_their_renders_wait(site, origin, rest, noise):
    busy = [rest.visitors.connect(worker) for worker in rest.workers]
    for visit in busy:
        visit.connection.send(signed(f"/kept/plain/{SLOW}{noise}"))
    wait_for_gauge(site, "renders_running", 2)
    path = origin.publish(faults.PICTURE, private=False, etag='"waits"')
    waiting = []
    for number, (store, how) in enumerate(itertools.product(("plain", "cached"), LEAVE)):
        target = signed(f"/old/{store}/tr:w-{30 + number}{path}")
        waiting.append((site.connect(), target, store, how))
        waiting[-1][0].send(target)
    wait_for_gauge(site, "renders_waiting", 2 * len(LEAVE))
    for connection, *_, how in waiting:
        LEAVE[how](connection)
    # A derivative that will be stored is rendered for the next request.
    wait_for_gauge(site, "renders_waiting", len(LEAVE))
    assert gauges(site)["renders_running"] == 2
    for connection, _, store, how in waiting:
        if how == "half-close" and store == "plain":
            assert receive(connection).status == 0
        connection.close()
    assert {visit.receive().answer.verdict for visit in busy} == {(200, "public")}
    rest.wait()
    assert {site.get(target).header("X-Cache") for _, target, store, _ in waiting
            if store == "cached"} == {"HIT"}


# ------------------------------------------------------------------ readers

LARGE = "tr:w-1100,f-png/"


class Reader(client.Connection):
    """A client that reads a little at a time."""

    def __init__(self, port, target):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
        self.socket.settimeout(client.TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.send(target, headers={"Connection": "close"})

    def take(self, length):
        taken = b""
        while len(taken) < length and (piece := self.socket.recv(min(4096, length - len(taken)))):
            taken += piece
        return taken

    def take_all(self):
        return b"".join(iter(lambda: self.socket.recv(65536), b""))


@pytest.fixture(scope="module")
def large(site, origin):
    """A path, and the bodies of the original and of a derivative."""
    body = pictures.noise(1200, 900, "PNG")
    path = origin.publish(body, private=False, etag='"large"')
    return path, body, site.get(f"/kept/cached/{LARGE}{path[1:]}").body


def readers(site, large, port="main"):
    """A reader for each way, which has begun to read, and the body that it should get."""
    path, original, derivative = large
    found = []
    for way in PUBLIC:
        reader = Reader(site.folder.port(port), way.target(path, step=LARGE))
        begun = reader.take(20_000)
        assert begun.startswith(b"HTTP/1.1 200")
        found.append((reader, begun, original if way.is_original else derivative))
    return found


def test_slow_readers_get_all_and_hold_no_place(site, rest, large):
    held = readers(site, large)
    rest.assert_places_are_free()
    for reader, begun, right in held:
        begun += reader.take(100_000)
        body = (begun + reader.take_all()).partition(b"\r\n\r\n")[2]
        assert body == right
        reader.close()


def test_readers_that_stop_are_left(site, rest, large):
    held = readers(site, large, "strict")
    rest.wait()  # until nginx has gone; what it had handed to the system, may still come
    for reader, begun, right in held:
        body = (begun + reader.take_all()).partition(b"\r\n\r\n")[2]
        assert right.startswith(body) and len(body) < len(right)
        reader.close()


@pytest.mark.parametrize("how", LEAVE)
def test_a_client_may_go_during_its_answer(site, large, how):
    for reader, begun, right in readers(site, large):
        LEAVE[how](reader)
        if how == "half-close":
            with reader:
                body = (begun + reader.take_all()).partition(b"\r\n\r\n")[2]
                assert right.startswith(body)


# ------------------------------------------------------------------ writers

def test_a_request_may_come_byte_by_byte(site, origin, trial):
    for way in PUBLIC:
        path = origin.publish(way.body, private=False)
        with site.connect() as connection:
            connection.method = "GET"
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            text = (f"GET {way.target(path)} HTTP/1.1\r\nHost: localhost\r\n"
                    f"X-Long: {'y' * 200}\r\n\r\n")
            for byte in text.encode():
                connection.socket.sendall(bytes([byte]))
            assert word(receive(connection), trial.right(way)) == "whole"


def test_a_request_that_does_not_end_is_given_up(site, origin):
    path = origin.publish(faults.PICTURE, private=False)
    text = f"GET /kept/plain{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    started, connections = fair_time(), []
    for part in (1, 8, 20, len(text) // 2, -2, -1):
        connection = client.Connection(site.folder.port("strict"))
        connection.method = "GET"
        connection.socket.sendall(text[:part])
        connections.append(connection)
    for connection in connections:
        with connection:
            assert receive(connection).status in (0, 408)
    assert fair_time() - started < 5 and not origin.requests(path)
    assert site.get(f"/kept/plain{path}", port="strict").body == faults.PICTURE


# ------------------------------------------------------------------ pipelines

def test_answers_come_in_the_order_of_the_requests(site, origin, trial):
    """Allowed and refused requests, mixed; none after which NGINX closes the connection."""
    paths = {way: origin.publish(way.body, private=way.is_private, etag='"one"') for way in WAYS}
    mixed = [way for _ in range(8) for way in random.Random(5).sample(WAYS, len(WAYS))]
    for pieces in (1, 7):
        text = "".join(f"GET {way.target(paths[way])} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                       for way in mixed).encode()
        with site.connect() as connection:
            for start in range(0, len(text), len(text) // pieces + 1):
                connection.socket.sendall(text[start:start + len(text) // pieces + 1])
            stream = connection.socket.makefile("rb")
            for number, way in enumerate(mixed):
                status, body = status_and_body(stream)
                if way.is_private:
                    assert status == 401 and b"PNG" not in body, (number, way.name)
                else:
                    assert (status, body) == (200, trial.right(way)), (number, way.name)
            stream.close()


@pytest.mark.parametrize("how", LEAVE)
def test_a_client_may_go_with_all_its_pipeline(site, origin, how):
    paths = {way: origin.publish(way.body, private=way.is_private) for way in WAYS}
    text = "".join(f"GET {way.target(paths[way])} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   for way in WAYS * 5).encode()
    with site.connect() as connection:
        connection.socket.sendall(text)
        LEAVE[how](connection)
