"""Uploads that are broken off at every byte, over HTTP/1.1 with and without a length and over
HTTP/2, by every door: nothing is left in the store, in the temporary folder and in the zone, and
tokens and one-time URLs are as they were."""

import itertools
import re

import pytest

import client
import doors
import faults
import http2
import pictures
import uploads
from figures import Growth, figures, key
from http2 import Http2

RED = pictures.plain(90, 60, (200, 0, 0))
LARGE = pictures.noise(130, 130, kind="PNG")  # less than a window of HTTP/2


@pytest.fixture(scope="module")
def site(gate, bucket):
    return doors.start(gate, bucket)


@pytest.fixture(params=doors.KINDS, ids=doors.NAMES)
def door(request, site, bucket):
    """Cloudflare's with private ids, so that every image has a name and is private."""
    door = doors.make(site, request.param, bucket)
    return door if door.dialect == "imagekit" else door.with_private_ids()


def boundaries(body):
    """Where a part, a head or a content begins or ends, and one byte before and after."""
    ends = {0, len(body)}
    for found in itertools.chain(re.finditer(b"\r\n--" + uploads.BOUNDARY.encode(), body),
                                 re.finditer(b"\r\n\r\n", body)):
        ends |= {found.start(), found.end()}
    near = {cut + step for cut in ends for step in (-1, 0, 1)}
    return sorted(near & set(range(len(body))))


# The ways to send a body up to each of the cuts; they return the number of requests.

def by_length(door, body, cuts, **options):
    for cut in cuts:
        door.begin(body, cut, **options).close()
    return len(cuts)


def chunked(door, body, cuts):
    """In two chunks; the last cuts are in the chunk that ends the body."""
    half = len(body) // 2
    wire = b"".join(faults.chunk(piece) for piece in (body[:half], body[half:], b""))
    all_cuts = {*cuts, *(cut + len(wire) - len(body) for cut in cuts)}
    for cut in sorted(all_cuts):
        with client.Connection(door.port) as connection:
            connection.send(door.target, method="POST", host="door.example.com",
                            headers=door.headers(**{"Transfer-Encoding": "chunked"}))
            connection.socket.sendall(wire[:cut])
    return len(all_cuts)


def over_http2(door, body, cuts):
    """Every other stream with the length of its body; every other one is reset after its bytes were
    read."""
    for some in itertools.zip_longest(*[iter(cuts)] * 50):
        with Http2(door.site.folder.port("door h2")) as connection:
            for cut in some:
                if cut is None:
                    continue
                connection.ping()  # for a window that is open
                length = len(body) if cut % 2 else None
                headers = {name.lower(): text for name, text in door.headers(length).items()}
                stream = connection.ask(door.target, method="POST", body=body[:cut], ends=False,
                                        **headers)
                if cut % 4 > 1 or cut > http2.FIRST // 4:
                    connection.ping()
                connection.reset(stream)
            connection.ping()
    return len(cuts)


@pytest.mark.parametrize("framing", (by_length, chunked, over_http2))
def test_an_upload_broken_off_at_any_byte_leaves_nothing(door, bucket, framing):
    site, name = door.site, f"{door.name} {framing.__name__}.png".replace(" ", "-")
    small, large = door.form(RED, name), door.form(LARGE, name)
    assert door.upload(RED, "other-" + name).status == 200
    before, grown, asked = door.everything(), Growth(site), len(bucket.asked)
    free = figures(site)[key("zone_free_bytes")]
    small_cuts = range(len(small))
    large_cuts = sorted({*boundaries(large), *range(5000, len(large), 7000)})
    sent = 0
    for body, cuts in ((small, small_cuts), (large, large_cuts)):
        sent += framing(door, body, cuts)
        grown.is_soon(sent, "uploads_total", dialect=door.dialect, outcome="ended_early")
    assert grown.of("uploads_total", dialect=door.dialect, outcome="stored") == 0
    door.assert_nothing_is_left(before)
    assert len(bucket.asked) == asked
    assert figures(site)[key("zone_free_bytes")] == free
    answer = door.send(small)
    assert answer.status == 200 and door.is_guarded(answer.path), answer.body


@pytest.mark.parametrize("version", ("v1", "v2"))
@pytest.mark.parametrize("store", ("folder", "bucket"))
def test_a_token_is_used_once_after_uploads_that_were_broken_off(site, bucket, store, version):
    door = doors.make(site, ("imagekit", store), bucket)
    if version == "v1":
        target, token = door.target, door.token()
        body = door.form(RED, **token)
    else:
        target = door.target_of_tokens
        fields = {"fileName": "x.png", "isPrivateFile": "true", "description": store}
        body = door.form(RED, description=store, token=door.web_token(fields))
    before, grown, cuts = door.everything(), Growth(site), boundaries(body)
    sent = by_length(door, body, cuts, target=target, has_key=False)
    grown.is_soon(sent, "uploads_total", dialect="imagekit", outcome="ended_early")
    door.assert_nothing_is_left(before)
    first, second = (door.send(body, target, has_key=False) for _ in range(2))
    assert first.status == 200 and door.is_guarded(first.path), first.body
    assert second.status == 400 and "used before" in second.json["message"]
    assert len(door.everything() - before) == 1


@pytest.mark.parametrize("store", ("folder", "bucket"))
def test_a_one_time_url_is_used_once_after_uploads_that_were_broken_off(site, bucket, store):
    door = doors.make(site, ("cloudflare", store), bucket)
    image, target = door.one_time()
    body, before, grown = door.form(RED), door.everything(), Growth(site)
    cuts = boundaries(body)
    sent = by_length(door, body, cuts, target=target, has_key=False)
    grown.is_soon(sent, "uploads_total", dialect="cloudflare", outcome="ended_early")
    door.assert_nothing_is_left(before)
    draft = door.ask("GET", door.call(image), headers={"Authorization": door.credential})
    assert draft.json["result"]["draft"] is True
    first, second = (door.send(body, target, has_key=False) for _ in range(2))
    assert first.status == 200 and door.is_guarded(image), first.body
    assert second.status == 409
    assert door.everything() - before == {image}


def test_a_client_that_leaves_before_its_last_byte_frees_its_place(door):
    """Also where many leave at once."""
    body, before = door.form(RED, f"{door.dialect}-many.png"), door.everything()
    grown, waiting = Growth(door.site), []
    for _ in range(100):
        waiting.append(door.begin(body, len(body) - 1))
    doors.wait_until(lambda: len(door.unfinished_files()) == 100, "no bytes arrive")
    for connection in waiting:
        connection.close()
    grown.is_soon(100, "uploads_total", dialect=door.dialect, outcome="ended_early")
    door.assert_nothing_is_left(before)
