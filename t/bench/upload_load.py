"""Uploads of one photograph again and again: through the doors of nginx.conf, and by PUT to nginx's
own dav module. An upload that is not answered as expected, or not stored whole, ends the
benchmark."""

import contextlib
import dataclasses
import http.client
import itertools
import threading

import load
import uploads

KEY = "private_key_of_the_benchmark"
ACCOUNT = "account_of_the_benchmark"
DESTINATIONS = ("dav", "imagekit", "cloudflare", "photos")  # folders of {stored}


@dataclasses.dataclass
class Upload:
    """What a client sends. `{}` in the target stands for a number that no other upload has."""
    method: str
    target: str
    headers: dict
    body: bytes
    destination: str
    statuses: tuple = (200,)


def dav(photograph, name="{}.jpg"):
    return Upload("PUT", f"/dav/{name}", {}, photograph, "dav", (201, 204))


def door(target, destination, photograph, authorization, **fields):
    body = uploads.form(uploads.part("file", photograph, filename="photo.jpg"),
                        *(uploads.part(name, text) for name, text in fields.items()))
    headers = uploads.headers(None, body, Authorization=authorization)
    return Upload("POST", target, headers, body, destination)


def imagekit(photograph, **fields):
    return door("/doors/imagekit/api/v1/files/upload", "imagekit", photograph, uploads.basic(KEY),
                **{"fileName": "photo.jpg", **fields})


def cloudflare(photograph):
    return door(f"/doors/cloudflare/accounts/{ACCOUNT}/images/v1", "cloudflare", photograph,
                f"Bearer {KEY}")


def bucket(photograph):
    return door("/doors/bucket/api/v1/files/upload", "photos", photograph, uploads.basic(KEY),
                fileName="photo.jpg")


class Client:
    """One connection."""
    numbers = itertools.count()

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def send(self, upload):
        self.connection.request(upload.method, upload.target.format(next(self.numbers)),
                                upload.body, upload.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status not in upload.statuses:
            raise load.UnexpectedAnswer(f"{upload.target}: {answer.status} {body[:200]}")


def remove_stored(folder):
    """The bytes of all files that were in the folder."""
    contents = []
    for path in folder.iterdir():
        contents.append(path.read_bytes())
        path.unlink()
    return contents


def cpu_per_upload(server, stored, upload, photograph, count):
    """Microseconds of CPU of the server's workers for each of `count` uploads, one at a time. Each
    makes a new file; all are removed afterwards, so that every round finds the same folder."""
    client = Client(server)
    client.send(upload)
    before = server.cpu_seconds()
    for _ in range(count):
        client.send(upload)
    used = server.cpu_seconds() - before
    if remove_stored(stored / upload.destination) != [photograph] * (count + 1):
        raise load.UnexpectedAnswer(f"{upload.target}: not all uploads were stored whole")
    return used / count * 1e6


@contextlib.contextmanager
def running(server, *bodies):
    """Uploads without a pause, each of them by a client of its own, until the block ends."""
    ended, failures = threading.Event(), []

    def repeat(upload):
        try:
            client = Client(server)
            while not ended.is_set():
                client.send(upload)
        except Exception as error:  # of a thread: raised where the block ends
            failures.append(error)

    threads = [threading.Thread(target=repeat, args=[upload]) for upload in bodies]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
