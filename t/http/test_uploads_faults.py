"""Uploads beside reads, reloads, killed workers and a store that fails: an image that was uploaded
private is never shown without a signature, and nothing is left of an upload that did not end."""

import concurrent.futures
import http.client
import io
import itertools
import os
import random
import time

import pytest
from PIL import Image

import client
import pictures
import uploads
from figures import Growth
from killing import kill_between_changes
from load import Load
from preloaded import preloaded
from spending import IS_MEASURED, megabytes, worker_folders
from uploads import form, part, upload

SITE = """
    private_image_cache derivatives;
    location ^~ /img/ {
        private_image     imagekit;
        private_image_key img.key;
        private_image_variant preview public w=16;
        {{ extra }}
        alias             {{ folder }}/store/;
    }
    location = /metrics { private_image_status prometheus; }
"""
HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:1m;
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        server_name door.example.com;
        private_image_upload_key upload.key public=public_abc;
        private_image_upload_url https://localhost;
        location / { private_image_upload imagekit /img/; private_image_uploads 64; }
    }
"""
CALL = "/api/v1/files/upload"
RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))


@pytest.fixture
def site(gate, request):
    site = gate(SITE, http=HTTP, extra=getattr(request, "param", ""),
                files={"store/README": b"", "conf/upload.key": uploads.KEY.encode()})
    site.expect_errors(r"the store failed", r"closed|unseen|forbids|private")
    return site


def store(site):
    return site.folder.path / "store"


def files(site):
    return {str(path.relative_to(store(site))) for path in store(site).rglob("*")}


def is_red(body):
    try:
        red, green, _ = Image.open(io.BytesIO(body)).convert("RGB").getpixel((5, 5))
    except OSError:
        return False
    return red > 100 and green < 100


@pytest.mark.parametrize("site", ["", "sendfile on;", "sendfile on; open_file_cache max=100;"],
                         indirect=True)
def test_a_private_upload_is_never_shown_while_it_is_replaced(site):
    """Red is always private, green public, under the same names."""
    names = [f"n{number}.png" for number in range(3)]
    seen = {"green": 0, "refused": 0}

    def write(turn):
        private = turn % 2 == 0
        answer = upload(site, RED if private else GREEN, name=names[turn % 3],
                        useUniqueFileName="false", isPrivateFile=str(private).lower())
        assert answer.status == 200, answer.body

    def read(thread, turn):
        if thread == 0:
            write(turn)
            return
        target = [f"/img/{names[turn % 3]}", f"/img/tr:w-{turn % 7 + 20}/{names[turn % 3]}"][turn % 2]
        try:
            answer = site.get(target, {} if turn % 5 else {"Range": "bytes=0-"})
        except (ConnectionError, http.client.HTTPException):
            return  # closed before its first byte, as the two marks differ
        assert not is_red(answer.body), (target, answer)
        seen["green" if answer.status in (200, 206) else "refused"] += 1

    for turn in range(3):
        write(turn)
    with Load(read, 4) as load:
        until = time.monotonic() + 2
        while time.monotonic() < until or min(seen.values()) < 20:
            assert time.monotonic() < until + 60, seen
            time.sleep(0.05)
    assert not load.failures, load.failures[:3]
    assert not [name for name in files(site) if name.startswith(".")]


def test_a_reload_lets_an_upload_end(site):
    body = uploads_form(pictures.noise(300, 300, kind="PNG"))
    with client.Connection(site.folder.port("door")) as connection:
        connection.send(CALL, method="POST", headers=uploads.headers(uploads.KEY, body))
        connection.socket.sendall(body[:1000])
        old = site.reload()
        connection.socket.sendall(body[1000:])
        assert connection.receive().status == 200
    site.wait_until_gone(old)
    assert len(files(site)) == 2


def uploads_form(picture, name="x.png", **fields):
    return form(part("file", picture, filename=name), part("fileName", name),
                *(part(field, text) for field, text in fields.items()))


def test_whenever_a_worker_is_killed_an_image_is_whole_and_marked(site):
    """Every file that exists afterwards has all its bytes and its mark; no other remains."""
    site.allow_emergency(r"\[alert\].*(worker process \d+ exited on signal 9|was locked by)")
    choice, numbers = random.Random(5), itertools.count()
    picture = pictures.noise(150, 150, kind="PNG")

    def ask(_, turn):
        try:
            upload(site, picture, name=f"k{next(numbers) % 4}.png", useUniqueFileName="false",
                   isPrivateFile="true")
        except (ConnectionError, http.client.HTTPException):
            pass

    with Load(ask, 4):
        for _ in range(12):
            time.sleep(choice.uniform(0.05, 0.25))
            workers = sorted(site.answering())
            if workers:
                kill_between_changes(choice.choice(workers))
    while len(site.answering()) < 2:
        time.sleep(0.05)
    for _ in range(2):  # the workers that start remove what the killed ones left
        site.wait_until_gone(site.reload())
    left = [path for path in store(site).iterdir() if path.name != "README"]
    assert left and all(path.name.startswith("k") for path in left), left
    for path in left:
        assert path.read_bytes() == picture
        assert os.getxattr(path, "user.isprivatefile") == b"true"
        assert site.get(f"/img/{path.name}").status == 401


def test_large_uploads_at_once_take_little_memory(site):
    large = pictures.large()
    upload(site, RED)

    def all_at_once():
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: upload(site, large, name=f"l{number}.png"),
                                    range(16)))
        assert [answer.status for answer in answers] == [200] * 16

    def held():
        return sum(megabytes(place, "RssAnon") for place in workers)

    workers = worker_folders(site)
    before, highest = held(), 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(all_at_once)
        while not running.done():
            highest = max(highest, held())
            time.sleep(0.005)
        running.result()
    assert not IS_MEASURED or highest - before < 16, f"{highest - before} MB"


def test_a_full_disk_is_the_store_s_failure(gate, tmp_path):
    with preloaded(tmp_path):
        site = gate(SITE.replace("/store/", "/full/"), http=HTTP, extra="",
                    files={"full/README": b"", "conf/upload.key": uploads.KEY.encode()})
    site.expect_errors("the store failed: write a file: No space left", "store_error")
    grown, before = Growth(site), set((site.folder.path / "full").iterdir())
    answer = upload(site, pictures.noise(400, 400, kind="PNG"))
    assert answer.status == 502 and answer.json["message"]
    grown.is_soon(1, "uploads_total", dialect="imagekit", outcome="store_error")
    assert set((site.folder.path / "full").iterdir()) == before
    assert upload(site, RED).status == 200
