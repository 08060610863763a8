"""Uploads and downloads of twenty megabytes, sixteen at once: they take little memory of the
workers, whatever the door and the store."""

import concurrent.futures
import socket
import time

import pytest

import client
import doors
import pictures
from spending import IS_MEASURED, megabytes, worker_folders

SMALL = pictures.plain(90, 60, (200, 0, 0))
AT_ONCE, LIMIT = 16, 16  # requests, and megabytes


@pytest.fixture(scope="module")
def site(gate, bucket):
    site = doors.start(gate, bucket)
    site.expect_errors("buffered to a temporary file")
    for kind in doors.KINDS:
        for _ in range(4):  # for the memory that a worker needs once
            assert doors.make(site, kind, bucket).upload(SMALL).status == 200
    return site


class Held:
    """The growth of the anonymous memory of the workers together, in megabytes."""

    def __init__(self, site):
        self.workers, self.highest = worker_folders(site), 0
        self.before = self.now()

    def now(self):
        return sum(megabytes(place, "RssAnon") for place in self.workers)

    def measure(self):
        self.highest = max(self.highest, self.now() - self.before)

    def assert_small(self):
        assert not IS_MEASURED or self.highest < LIMIT, f"{self.highest} MB"


# ImageKit's into a folder is in test_uploads_faults.py.
@pytest.mark.parametrize("kind", doors.KINDS[1:], ids=doors.NAMES[1:])
def test_large_uploads_at_once_take_little_memory(site, bucket, kind):
    door = doors.make(site, kind, bucket)
    body, held = door.form(pictures.large()), Held(site)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(door.send, body) for _ in range(AT_ONCE)]
        while not all(one.done() for one in running):
            held.measure()
            time.sleep(0.005)
    answers = [one.result() for one in running]
    assert [answer.status for answer in answers] == [200] * AT_ONCE
    held.assert_small()
    for answer in answers:
        assert door.stored(answer.path)[1] == pictures.large()
        assert door.remove(answer.path).status in (200, 204)


@pytest.mark.parametrize("kind", doors.KINDS[2:], ids=doors.NAMES[2:])
def test_slow_readers_of_large_images_take_little_memory(site, bucket, kind):
    """All of them wait for each other after every piece, so that most of each image is in nginx."""
    door = doors.make(site, kind, bucket)
    path = door.upload(pictures.large()).path
    held, readers, received = Held(site), [], [0] * AT_ONCE
    for _ in range(AT_ONCE):
        connection = client.Connection(door.port)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.send(door.call(path) + "/blob", host="door.example.com",
                        headers={"Authorization": door.credential, "Connection": "close"})
        readers.append(connection.socket)
    while any(readers):
        for number, reader in enumerate(readers):
            piece = reader and reader.recv(1 << 17, socket.MSG_WAITALL)
            received[number] += len(piece or b"")
            if reader and not piece:
                reader.close()
                readers[number] = None
        held.measure()
    assert min(received) > len(pictures.large())
    held.assert_small()


@pytest.mark.parametrize("store", ("folder", "bucket"))
def test_the_original_bytes_reach_a_slow_client(site, bucket, store):
    """The bucket is read faster than the client reads."""
    door = doors.make(site, ("cloudflare", store), bucket)
    path = door.upload(pictures.large()).path
    connection = client.Connection(door.port)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.send(door.call(path) + "/blob", host="door.example.com",
                    headers={"Authorization": door.credential})
    start = connection.socket.recv(1000, socket.MSG_WAITALL)
    if store == "bucket":  # all of it is in nginx
        site.wait_for_log("buffered to a temporary file")
    rest = b""
    while len(start + rest) < len(pictures.large()):
        piece = connection.socket.recv(1 << 20)
        assert piece, f"closed after {len(start + rest)} bytes"
        rest += piece
