"""A door for Cloudflare's API where the store fails, the client leaves or misbehaves, time passes, or
shared memory is full."""

import json
import os
import signal
import socket
import threading
import time

import pytest

import client
import pictures
import s3_origin
import uploads
from cloudflare_door import (RED, TOKEN, Door, everything, is_guarded, make_site, refused, result)
from http2 import Http2
from preloaded import CLOCK, preloaded
from uploads import form, part

FORM_TYPE = f"multipart/form-data; boundary={uploads.BOUNDARY}"


@pytest.fixture(scope="module")
def site(gate, bucket):
    site = make_site(gate, bucket, workers=1)
    site.expect_errors(r"the store failed|upstream|store_error|store_timeout|open\(\) .* failed \(2|"
                       "client sent invalid chunked body|private_image: busy|refused at the door: busy")
    return site


@pytest.fixture(params=("folder", "bucket"))
def door(request, site, bucket):
    return Door(site, request.param, bucket)


@pytest.fixture
def kept(site, bucket):
    yield Door(site, "bucket", bucket)
    bucket.refusal = bucket.on_write = bucket.on_written = None
    bucket.refusals = []


# A change of the mark where the bucket fails

def test_an_original_that_cannot_be_removed_stays_and_its_private_copy_does_not(kept, bucket):
    stored = result(kept.upload(requireSignedURLs="false"))
    before = everything(kept)

    def refuse(asked):
        if asked.method == "DELETE" and asked.target.endswith(stored["id"]):
            raise s3_origin.Refused(403, "AccessDenied")

    bucket.on_write = refuse
    refused(kept.patch(stored["id"], requireSignedURLs=True), 502, 5400)
    assert everything(kept) == before and kept.stored(stored["id"]) == ("false", RED)


def test_a_copy_that_fails_leaves_the_image_as_it_was(kept, bucket):
    stored = result(kept.upload(requireSignedURLs="false"))
    before = everything(kept)

    def refuse(asked):
        if asked.method == "PUT":
            raise s3_origin.Refused(403, "AccessDenied")

    bucket.on_write = refuse
    refused(kept.patch(stored["id"], requireSignedURLs=True), 502, 5400)
    bucket.on_write = None
    assert everything(kept) == before
    assert kept.show(stored["id"]).status == 200


def fails_for(method, image=None, error=None):
    """Ends the connection, or answers with the error, for that call for that image or any."""
    def hook(asked):
        if asked.method == method and (image is None or asked.target.endswith(image)):
            raise error or s3_origin.Gone()
    return hook


@pytest.mark.parametrize("private", (True, False))
@pytest.mark.parametrize("error", (None, s3_origin.Refused(503, "SlowDown")))
def test_an_original_whose_removal_is_done_but_not_answered_is_replaced(kept, bucket, error, private):
    stored = result(kept.upload(requireSignedURLs=str(not private).lower()))
    bucket.on_written = fails_for("DELETE", stored["id"], error)
    edited = result(kept.patch(stored["id"], requireSignedURLs=private))
    assert kept.stored(stored["id"]) is None
    assert kept.stored(edited["id"]) == (str(private).lower(), RED)
    assert is_guarded(kept, edited["id"]) == private


def test_an_image_is_never_lost_where_its_removal_is_not_answered(kept, bucket):
    stored = result(kept.upload(requireSignedURLs="true"))
    bucket.on_write = fails_for("DELETE", stored["id"])
    answer = kept.patch(stored["id"], requireSignedURLs=False)
    refused(answer, 502, 5400)
    assert answer.header("x-should-retry") == "false"
    assert kept.stored(stored["id"]) == ("true", RED) and is_guarded(kept, stored["id"])


@pytest.mark.parametrize("error", (None, s3_origin.Refused(500, "InternalError")))
def test_a_copy_whose_answer_is_lost_is_removed(kept, bucket, error):
    stored = result(kept.upload(requireSignedURLs="true"))
    before = everything(kept)
    bucket.on_written = fails_for("PUT", error=error)
    answer = kept.patch(stored["id"], requireSignedURLs=False)
    refused(answer, 502, 5400)
    assert answer.header("x-should-retry") == "false"
    assert everything(kept) == before and is_guarded(kept, stored["id"])


def test_one_failure_of_reading_a_change_does_not_matter(kept, bucket):
    door = kept.with_private_ids()
    stored = result(door.upload(requireSignedURLs="false"))

    def fail_next_read(asked):
        bucket.refusals = [(503, "SlowDown")] if asked.method == "PUT" else []

    bucket.on_written = fail_next_read
    edited = result(door.patch(stored["id"], requireSignedURLs=True))
    assert edited["id"] == stored["id"] and is_guarded(door, stored["id"])


# One-time URLs

def test_a_one_time_url_stays_valid_where_the_store_refuses(kept, bucket):
    issued = kept.direct()
    bucket.on_write = fails_for("PUT", error=s3_origin.Refused(403, "AccessDenied"))
    refused(kept.use(issued["uploadURL"]), 502, 5400)
    bucket.on_write = None
    assert kept.use(issued["uploadURL"]).status == 200


def test_a_draft_can_be_removed_and_its_url_with_it(door):
    issued = door.direct()
    assert result(door.one(issued["id"], "DELETE")) == {}
    refused(door.one(issued["id"]), 404, 5404)
    refused(door.use(issued["uploadURL"]), 409, 5409)
    assert door.stored(issued["id"]) is None


def test_an_image_that_was_uploaded_is_no_draft_again(kept, bucket):
    issued = kept.direct()
    assert kept.use(issued["uploadURL"]).status == 200
    bucket.objects.pop(issued["id"])
    refused(kept.one(issued["id"]), 404, 5404)


@pytest.fixture(scope="module")
def clock(gate, bucket, tmp_path_factory):
    """A site, and a function that adds seconds to its clock."""
    folder = tmp_path_factory.mktemp("clock")
    with preloaded(folder, CLOCK):
        site = make_site(gate, bucket)
    site.expect_errors("upstream")
    yield site, lambda seconds: (folder / "added").write_text(f"{seconds}")


@pytest.mark.parametrize("kind", ("folder", "bucket"))
def test_an_upload_that_began_before_its_url_expired_comes_too_late(clock, bucket, kind):
    site, add = clock
    add(0)
    door = Door(site, kind, bucket)
    issued = door.direct()
    target = issued["uploadURL"].removeprefix("http://door.example.com")
    body = form(part("file", RED, filename="a.png"))
    with client.Connection(door.port) as connection:
        connection.send(target, method="POST", headers={
            "Content-Type": FORM_TYPE, "Content-Length": str(len(body))}, host="door.example.com")
        connection.socket.sendall(body[:-5])
        assert door.use(issued["uploadURL"]).status == 200
        assert result(door.one(issued["id"], "DELETE")) == {}
        add(31 * 60)
        time.sleep(0.01)
        connection.socket.sendall(body[-5:])
        answer = connection.receive()
    answer.json = json.loads(answer.body)
    refused(answer, 403, 5403)
    assert door.stored(issued["id"]) is None
    refused(door.use(issued["uploadURL"]), 403, 5403)


def test_drafts_leave_room_for_everything_else(gate, bucket):
    site = make_site(gate, bucket, http="private_image_zone small:1m;")
    site.expect_errors("upstream")
    door = Door(site, "folder", bucket)
    issued = [door.direct() for _ in range(50)]
    for _ in range(400):
        door.direct(creator="c" * 1500)
    assert {door.use(one["uploadURL"]).status for one in issued} == {200}
    assert Door(site, "bucket", bucket).upload().status == 200
    newest = door.direct(creator="c" * 1500)
    assert result(door.one(newest["id"]))["draft"] is True


# Bytes of an image that change while they are sent

LARGE = pictures.noise(200, 200, kind="PNG")


def spoiled(bucket, monkeypatch, change):
    """The bucket's answers to GET as `change` makes them of status, headers and body."""
    send = bucket._send

    def changed(connection, method, status, headers, body):
        if method == "GET" and status == 200:
            change(connection, headers, body)
            raise s3_origin.Gone()
        send(connection, method, status, headers, body)

    monkeypatch.setattr(bucket, "_send", changed)


def answer_of(connection, headers, body, length=None):
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items()),
             f"Content-Length: {len(body) if length is None else length}"]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


CHANGES = {
    "breaks off": lambda c, headers, body: answer_of(c, headers, body[:50000], len(body)),
    "shorter": lambda c, headers, body: answer_of(c, headers, body[:100]),
    "longer": lambda c, headers, body: answer_of(c, headers, body + b"HTTP/1.1 200 OK\r\n\r\n"),
    "longer than it says": lambda c, headers, body: answer_of(
        c, headers, body + b"HTTP/1.1 200 OK\r\n\r\n", len(body) + 19),
    "another": lambda c, headers, body: answer_of(c, {**headers, "ETag": '"x"'}, body),
}


@pytest.mark.parametrize("change", CHANGES)
def test_bytes_that_change_while_they_are_sent_end_the_connection(kept, bucket, monkeypatch, change):
    stored = result(kept.upload(LARGE))
    spoiled(bucket, monkeypatch, CHANGES[change])
    target = f"{kept.images}v1/{stored['id']}"
    ask = (f"GET {{}} HTTP/1.1\r\nHost: door.example.com\r\nAuthorization: Bearer {TOKEN}\r\n\r\n")
    with socket.create_connection(("127.0.0.1", kept.port), timeout=client.TIMEOUT) as connection:
        connection.sendall((ask.format(target + "/blob") + ask.format(target)).encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    assert got.count(b"HTTP/1.1 ") <= 1 and len(got) < len(LARGE) + 2000
    assert b"uploaded" not in got


def test_an_object_without_a_length_is_not_sent(kept, bucket, monkeypatch):
    stored = result(kept.upload(LARGE))

    def send(connection, method, status, headers, body):
        lines = [f"HTTP/1.1 {status} OK", *(f"{name}: {value}" for name, value in headers.items()),
                 "Transfer-Encoding: chunked", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        raise s3_origin.Gone()

    monkeypatch.setattr(bucket, "_send", send)
    refused(kept.one(stored["id"], suffix="/blob"), 502, 5400)


def test_a_type_that_was_written_beside_the_door_is_no_header(site, bucket):
    door = Door(site, "folder", bucket)
    stored = result(door.upload())
    path = site.folder.path / "store" / stored["id"]
    details = json.loads(os.getxattr(path, "user.private_image"))
    details["type"] = "text/html\r\nX-Evil: 1"
    os.setxattr(path, "user.private_image", json.dumps(details).encode())
    answer = door.one(stored["id"], suffix="/blob")
    assert answer.status == 200 and answer.header("X-Evil") is None
    assert answer.header("Content-Type") == "application/octet-stream"


# Clients

@pytest.mark.parametrize("call", ("edit", "upload", "one-time"))
def test_nothing_after_a_malformed_chunk_is_a_request(door, call):
    stored = result(door.upload())
    issued = door.direct()["uploadURL"].removeprefix("http://door.example.com")
    method, target = {"edit": ("PATCH", f"{door.images}v1/{stored['id']}"),
                      "upload": ("POST", door.images + "v1"), "one-time": ("POST", issued)}[call]
    kind = "application/json" if call == "edit" else FORM_TYPE
    head = (f"Host: door.example.com\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: {kind}\r\n")
    smuggled = f"DELETE {door.images}v1/{stored['id']} HTTP/1.1\r\n{head}\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=client.TIMEOUT) as connection:
        connection.sendall((f"{method} {target} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n"
                            "5\r\n{\"a\":\r\n\r\n" + smuggled).encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    assert got.count(b"HTTP/1.1 ") == 1 and got.startswith(b"HTTP/1.1 400")
    assert door.stored(stored["id"])


CONDITIONS = (("If-None-Match", "*"), ("If-Match", '"x"'),
              ("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"), ("Range", "bytes=0-9"))


@pytest.mark.parametrize("name, value", CONDITIONS)
def test_a_condition_of_the_client_does_not_hide_what_was_done(door, name, value):
    more = {name.replace("-", "_"): value}
    stored = result(door.send_form(door.images + "v1", part("file", RED, filename="a.png"), **more))
    assert result(door.one(stored["id"], "PATCH", b'{"metadata":{"b":1}}', **more))["meta"]
    blob = door.one(stored["id"], suffix="/blob", **more)
    assert blob.status == 200 and blob.body == RED
    assert result(door.one(stored["id"], **more))["id"] == stored["id"]


def test_an_edit_may_be_a_form(door):
    stored = result(door.upload())
    edited = result(door.one(stored["id"], "PATCH", form(part("requireSignedURLs", "true")),
                             Content_Type=FORM_TYPE))
    assert edited["requireSignedURLs"] is True and is_guarded(door, edited["id"])


def test_a_url_is_issued_to_a_client_that_names_no_host(door):
    with socket.create_connection(("127.0.0.1", door.port), timeout=client.TIMEOUT) as connection:
        connection.sendall(f"POST {door.images}v2/direct_upload HTTP/1.0\r\nContent-Length: 0\r\n"
                           f"Authorization: Bearer {TOKEN}\r\n\r\n".encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    issued = json.loads(got.partition(b"\r\n\r\n")[2])["result"]
    assert issued["uploadURL"].startswith("http://door.example.com/")


@pytest.mark.parametrize("method, suffix, status", (
    ("GET", "", 404), ("GET", "/blob", 404), ("DELETE", "", 404)))
def test_an_id_that_no_store_can_have_is_of_no_image(door, method, suffix, status):
    refused(door.one("a/" * 700 + "b", method, suffix=suffix), status, 5404)


def test_an_id_that_is_too_long_for_the_bucket_is_refused(kept):
    refused(kept.upload(id="ü" * 1000), 400, 5411)
    answer = kept.send_form(kept.images + "v2/direct_upload", part("id", "ü" * 1000))
    refused(answer, 400, 5411)


@pytest.mark.parametrize("call", ("edit", "upload", "remove", "blob"))
def test_a_client_that_leaves_as_the_store_answers_leaves_no_connection(gate, bucket, call):
    site = make_site(gate, bucket, workers=1, door='listen 127.0.0.1:{{ port_of("h2") }} http2;')
    site.expect_errors("upstream|the store failed")
    door = Door(site, "bucket", bucket)
    stored = result(door.upload())
    (worker,) = site.workers()
    answered, go = threading.Event(), threading.Event()
    handle = bucket._handle

    def wait(asked, body):
        found = handle(asked, body)
        answered.set()
        go.wait(client.TIMEOUT)
        return found

    target = f"{door.images}v1/{stored['id']}"
    calls = {"edit": ("PATCH", target, b'{"metadata":{"a":1}}'), "remove": ("DELETE", target, b""),
             "upload": ("POST", door.images + "v1", form(part("file", RED, filename="a.png"))),
             "blob": ("GET", target + "/blob", b"")}
    method, target, body = calls[call]
    connection = Http2(site.folder.port("h2"))
    bucket._handle = wait
    try:
        kind = {"content-type": FORM_TYPE} if call == "upload" else {}
        connection.ask(target, method=method, body=body, authorization=f"Bearer {TOKEN}", **kind)
        assert answered.wait(client.TIMEOUT)
        os.kill(int(worker), signal.SIGSTOP)
        go.set()
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.socket.close()
        time.sleep(0.1)  # both have arrived
        os.kill(int(worker), signal.SIGCONT)
    finally:
        bucket._handle = handle
    assert result(door.upload())
    # What is left open is an alert in the log when nginx ends, which fails the test.
