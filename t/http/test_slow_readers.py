"""The memory for clients that read slowly is limited: results are in the cache's file or in a
temporary one, and only a limited amount in memory. The answer is complete, however slowly it is
read."""

import concurrent.futures
import os
import pathlib

import pytest

import client
import pictures
from http2 import WIDE, Http2
from resources import resident

MEGABYTE = 2 ** 20
BOUND = 32 * MEGABYTE

SITE = """
    listen 127.0.0.1:{{ port_of('h2') }} http2;
    private_image_key img.key;
    private_image_renders 2 queue=64;
    private_image_timeout 5m;
    send_timeout 5m;
    private_image_render_timeout 2m;
    location ^~ /kept/ { private_image imagekit; private_image_cache kept;
                         proxy_pass {{ origin }}/; }
    location ^~ /alone/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""
HTTP = "private_image_cache_path {{ folder }}/cache keys_zone=kept:1m max_size=1g;"
CLIENTS = 16


@pytest.fixture(scope="module")
def site(gate, origin):
    """A site whose worker has rendered as many results before, all of which were read."""
    site = gate(SITE, http=HTTP, workers=1)
    path = publish(origin)
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for prefix in ("/kept/", "/alone/"):
            answers = pool.map(lambda target: site.get(target, timeout=120),
                               targets_of(prefix, path))
            assert {answer.status for answer in answers} == {200}
    return site


def publish(origin):
    return origin.publish(pictures.noise(1600, 1100, quality=60), private=False, suffix=".jpg")


def targets_of(prefix, path):
    """Targets with results of more than four megabytes each."""
    return [f"{prefix}tr:w-{1500 + number},h-1100,c-force,f-png{path}"
            for number in range(CLIENTS)]


@pytest.fixture
def targets(origin):
    """New targets for each test, so that nothing is cached."""
    path = publish(origin)
    return lambda prefix: targets_of(prefix, path)


def worker(site):
    return min(site.answering())


def temporary_files(site):
    """The unnamed files that the worker has open."""
    folder = pathlib.Path(f"/proc/{worker(site)}/fd")
    links = [os.readlink(entry) for entry in folder.iterdir() if entry.is_symlink()]
    return [link for link in links if "temp/body" in link]


def held_memory(site, ask):
    """Additional memory of the worker while the answers that `ask` begins are not read."""
    before = resident(worker(site))
    result = ask()
    return resident(worker(site)) - before, result


class SlowHttp1:
    def __init__(self, site, targets):
        self.connections = []
        for target in targets:
            connection = client.Connection(site.port, 120)
            connection.send(target, headers={"Connection": "close"})
            self.connections.append(connection)
        for connection in self.connections:
            connection.socket.recv(1, 2)  # MSG_PEEK: the answer has begun

    def read(self):
        return [connection.receive().body for connection in self.connections]


class SlowHttp2:
    def __init__(self, site, targets):
        self.connection = Http2(site.folder.port("h2"), window=0)
        self.connection.socket.settimeout(120)
        self.streams = [self.connection.ask(target, window=0) for target in targets]
        self.connection.wait_for_heads()

    def read(self):
        self.connection.open(WIDE)
        for stream in self.streams:
            self.connection.open(WIDE, stream)
        answers = self.connection.receive()
        self.connection.close()
        return [answers[stream][1] for stream in self.streams]


@pytest.mark.parametrize("kind", [SlowHttp1, SlowHttp2])
@pytest.mark.parametrize("prefix", ["/kept/", "/alone/"])
def test_the_memory_of_results_for_slow_readers_is_limited(site, targets, prefix, kind):
    asked = targets(prefix)
    whole = site.get(asked[0], timeout=120)
    assert whole.status == 200 and len(whole.body) > 4 * MEGABYTE
    held, readers = held_memory(site, lambda: kind(site, asked))
    assert held < BOUND, f"{held / MEGABYTE:.0f} MB"
    assert bool(temporary_files(site)) == (prefix == "/alone/")
    bodies = readers.read()
    assert bodies[0] == whole.body
    for body in bodies:
        assert len(body) > 4 * MEGABYTE and body.endswith(b"IEND\xaeB`\x82")
    site.get("/alone/none.png")
    assert not temporary_files(site)
    assert not list((site.folder.path / "temp/body").iterdir())


@pytest.mark.parametrize("prefix", ["/kept/", "/alone/"])
def test_a_result_from_a_file_has_ranges_and_heads(site, targets, prefix):
    asked = targets(prefix)
    readers = SlowHttp1(site, asked[1:])
    answer = site.get(asked[0], {"Range": "bytes=8-15"}, timeout=120)
    assert answer.status == 206 and len(answer.body) == 8 and answer.body[4:] == b"IHDR"
    head = site.head(asked[0], timeout=120)
    assert head.status == 200 and int(head.header("Content-Length")) > 4 * MEGABYTE
    assert all(body.startswith(b"\x89PNG") for body in readers.read())


def test_the_memory_is_limited_if_no_file_can_be_written(site, targets):
    site.expect_errors("no room in memory, nor for a temporary file")
    folder = site.folder.path / "temp/body"
    folder.rename(folder.with_name("elsewhere"))
    try:
        held, readers = held_memory(site, lambda: SlowHttp1(site, targets("/alone/")))
        answers = [connection.receive() for connection in readers.connections]
    finally:
        folder.with_name("elsewhere").rename(folder)
    statuses = {answer.status for answer in answers}
    assert statuses == {200, 500}
    assert {answer.reason for answer in answers if answer.status == 500} == {"internal"}
    # AddressSanitizer has more memory for every allocation, and keeps it longer.
    factor = 1.5 if client.SLOWNESS == 1 else 2
    assert held < factor * BOUND, f"{held / MEGABYTE:.0f} MB"
    assert site.get(targets("/alone/")[0], timeout=120).status == 200


def test_unrendered_drawings_wait_in_limited_memory(site, origin):
    drawing = pictures.SVG.replace(b">", b"><!--" + b"x" * 9_000_000 + b"-->", 1)
    path = origin.publish(drawing, private=False, content_type="image/svg+xml", suffix=".svg")
    readers = []
    for _ in range(2):
        readers.append(client.slow_reader(site.port, f"/alone/tr:w-20{path}"))
        assert readers[-1].recv(12) == b"HTTP/1.1 200"
    assert site.get(f"/alone/tr:w-20{path}").verdict == (503, "busy")
    for reader in readers:
        reader.close()
    until_answered(site, f"/alone/tr:w-20{path}", drawing)


def until_answered(site, target, body):
    for _ in range(200):  # the worker notices within moments that its clients have left
        answer = site.get(target)
        if answer.status == 200:
            assert answer.body == body
            return
    raise AssertionError("the memory is not given back")
