"""Limits and invalid sources: reading stops at the limit, undecodable files get the right reason,
deadlines are kept, and no more renders run at once than configured."""

import concurrent.futures
import io
import itertools
import zlib

import pytest
from PIL import Image

import client
import pictures
import signing
from clock import fair_time
from figures import figures, key, soon

SITE = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /bytes/ { private_image imagekit; private_image_max_source_size 1m;
                          proxy_pass {{ origin }}/; }
    location ^~ /pixels/ { private_image imagekit; private_image_max_source_pixels 1m;
                           proxy_pass {{ origin }}/; }
    location ^~ /progressive/ { private_image imagekit; private_image_max_progressive_pixels 100k;
                                proxy_pass {{ origin }}/; }
    location ^~ /output/ { private_image cloudflare; private_image_max_output_pixels 100k;
                           proxy_pass {{ origin }}/; }
    location ^~ /frames/ { private_image imagekit; private_image_max_frames 3;
                           private_image_max_source_pixels 5000; proxy_pass {{ origin }}/; }
    location ^~ /svg/ { private_image imagekit; private_image_source_types svg png;
                        proxy_pass {{ origin }}/; }
    location ^~ /png/ { private_image imagekit; private_image_source_types png;
                        proxy_pass {{ origin }}/; }
    location ^~ /impatient/ { private_image imagekit; proxy_read_timeout 1s;
                              proxy_pass {{ origin }}/; }
    location ^~ /late/ { private_image imagekit; private_image_timeout 1s;
                         proxy_pass {{ origin }}/; }
    location ^~ /refused/ { private_image imagekit; proxy_pass http://127.0.0.1:1/; }
"""

IMAGE_502 = (502, "origin_error")


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE)
    site.expect_errors("private_image: (origin_|unsupported_type|damaged)",
                       "upstream prematurely closed", "upstream timed out",
                       "connect.. failed .111", "recv.. failed .104", "readv.. failed .104",
                       "upstream sent (no valid|invalid)")
    return site


# Bytes

@pytest.mark.parametrize("chunked", [False, True])
def test_a_source_of_too_many_bytes_is_not_read_further(site, origin, chunked):
    path = origin.publish(pictures.huge(), private=False, chunked=chunked)
    assert site.get("/bytes/tr:w-20" + path).verdict == (413, "too_large")
    assert origin.bytes_sent(path) < 4_000_000


def test_an_original_is_never_too_large(site, origin):
    path = origin.publish(pictures.huge(), private=False)
    assert len(site.get("/bytes" + path).body) > 20_000_000


def test_the_last_byte_that_is_allowed(site, origin):
    picture = pictures.plain()
    exact = picture + bytes(1024 * 1024 - len(picture))
    for chunked in (False, True):
        fits = origin.publish(exact, private=False, chunked=chunked)
        exceeds = origin.publish(exact + b"\0", private=False, chunked=chunked)
        assert site.get("/bytes/tr:w-20" + fits).status == 200
        assert site.get("/bytes/tr:w-20" + exceeds).verdict == (413, "too_large")


# Pixels

def test_a_source_of_too_many_pixels_is_refused_before_decoding(site, origin):
    small = origin.publish(pictures.plain(1000, 1000), private=False)
    large = origin.publish(pictures.plain(1001, 1000), private=False)
    assert site.get("/pixels/tr:w-20" + small).status == 200
    since = len(site.log())
    assert site.get("/pixels/tr:w-20" + large).verdict == (413, "too_large")
    line = site.wait_for_log(r"\[warn\].*private_image: too_large", since)
    assert "private_image_max_source_pixels" in line


def bomb(width, height):
    """A PNG header without the pixels that it declares."""
    picture = bytearray(pictures.plain(8, 8))
    picture[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    picture[29:33] = zlib.crc32(bytes(picture[12:29])).to_bytes(4, "big")
    return bytes(picture)


def test_a_declared_size_above_the_limit_is_refused(site, origin):
    path = origin.publish(bomb(60000, 60000), private=False)
    started = fair_time()
    assert site.get("/img/tr:w-20" + path).verdict == (413, "too_large")
    assert fair_time() - started < 2 * client.SLOWNESS


def test_progressive_sources_have_their_own_limit(site, origin):
    progressive = origin.publish(pictures.plain(400, 300, kind="JPEG", progressive=True),
                                 private=False)
    baseline = origin.publish(pictures.plain(400, 300, kind="JPEG"), private=False)
    assert site.get("/progressive/tr:w-20" + baseline).status == 200
    assert site.get("/progressive/tr:w-20" + progressive).verdict == (413, "too_large")


@pytest.mark.parametrize("options", ["w=400,h=300,fit=squeeze", "w=400,h=300,fit=pad",
                                     "w=400,h=300,fit=cover", "w=401,fit=contain",
                                     "w=60000,h=60000,fit=squeeze"])
def test_a_result_of_too_many_pixels_is_refused(site, origin, options):
    path = origin.publish(pictures.plain(100, 75), private=False)
    assert site.get(f"/output{path}/{options}").verdict == (403, "output_too_large")
    assert site.get(f"/output{path}/w=300,h=300,fit=squeeze").status == 200


def test_frames_beyond_the_limit_are_dropped_before_pixels_are_counted(site, origin):
    path = origin.publish(pictures.animation(6, 40, 30), private=False)
    answer = site.get("/frames/tr:w-20" + path)
    assert answer.status == 200 and answer.image().n_frames == 3
    larger = origin.publish(pictures.animation(6, 60, 40), private=False)
    assert site.get("/frames/tr:w-20" + larger).verdict == (413, "too_large")


# Types

def encoded(kind):
    target = io.BytesIO()
    Image.new("RGB", (20, 20)).save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize("body", [
    b"plain words\n", b"<html><body>", b"%PDF-1.4\n%", b"<svgs/>", b"\0" * 500, b"x",
    encoded("BMP"), encoded("PPM"), encoded("ICO"), encoded("EPS"),
    b'<?xml version="1.0"?><!DOCTYPE svg><html><svg xmlns="http://www.w3.org/2000/svg"/></html>',
], ids=lambda body: repr(body[:12]))
def test_a_source_that_is_not_an_allowed_image_is_an_unsupported_type(site, origin, body):
    path = origin.publish(body, private=False, content_type="image/png")
    assert site.get("/img/tr:w-20" + path).verdict == (415, "unsupported_type")


def test_types_are_what_the_operator_allows(site, origin):
    svg = origin.publish(pictures.SVG, private=False, content_type="image/svg+xml")
    jpeg = origin.publish(pictures.plain(kind="JPEG"), private=False)
    png = origin.publish(pictures.plain(), private=False)
    answer = site.get("/svg/tr:w-30" + svg)
    assert answer.status == 200 and answer.header("Content-Type") == "image/png"
    assert pictures.shows(answer.image(), pictures.BLUE)
    assert site.get("/png/tr:w-20" + svg).body == pictures.SVG
    assert site.get("/png/tr:w-20" + jpeg).verdict == (415, "unsupported_type")
    assert site.get("/png/tr:w-20" + png).status == 200


def test_an_svg_reads_nothing_else(site, origin):
    hidden = origin.publish(pictures.plain(), private=False)
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
           f'width="60" height="40"><image xlink:href="{origin.url}{hidden}" width="60" '
           f'height="40"/><image xlink:href="file:///etc/hostname" width="9" height="9"/></svg>')
    path = origin.publish(svg.encode(), private=False)
    assert site.get("/svg/tr:w-30" + path).verdict == (415, "unsupported_type")
    assert not origin.requests(hidden)


# Damaged sources

@pytest.mark.parametrize("body", [
    b"", pictures.noise(80, 80, "PNG")[:3000], pictures.noise(80, 80)[:3000],
    pictures.noise(80, 80, "WEBP")[:3000], pictures.plain(kind="JPEG")[:30],
    pictures.plain()[:40], pictures.plain()[:-40] + b"\xff" * 40,
], ids=["empty", "png", "jpeg", "webp", "jpeg header", "png header", "png overwritten"])
def test_a_damaged_source_is_named(site, origin, body):
    path = origin.publish(body, private=False)
    assert site.get("/img/tr:w-20" + path).verdict == (422, "damaged")


@pytest.mark.parametrize("script", [
    {"truncate_after": 3000}, {"truncate_after": 0}, {"truncate_after": 3000, "reset": True},
    {"truncate_after": 3000, "chunked": True}, {"reset": True}, {"gzip": True},
    {"headers": {"Content-Encoding": "br"}}, {"declared_length": 9_999_999},
], ids=str)
def test_a_broken_answer_of_the_origin_is_an_origin_error(site, origin, script):
    path = origin.publish(pictures.noise(80, 80), **script)
    assert site.get("/img/tr:w-20" + path).verdict == IMAGE_502


PNG = pictures.plain()


@pytest.mark.parametrize("raw", [
    b"garbage\r\nIs-Private-File: false\r\n\r\n" + PNG, PNG, b"",
    b"HTTP/1.1 200 OK\r\nIs-Priv", b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 999 Odd\r\n\r\n" + PNG, b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nIs-Private-File : false\r\n\r\n" + PNG,
], ids=["garbage", "no head", "nothing", "half a head", "204", "999", "304", "blank"])
def test_nothing_of_an_invalid_answer_is_sent(site, origin, raw):
    path = origin.publish(raw=raw)
    with site.connect() as connection:
        connection.socket.sendall(f"GET /img{path} HTTP/1.0\r\n\r\n".encode())
        assert b"PNG" not in b"".join(iter(lambda: connection.socket.recv(65536), b""))
    assert site.get("/img/tr:w-20" + path).verdict == IMAGE_502


def test_early_hints_before_a_private_image_do_not_disclose_it(site, origin):
    path = origin.publish(raw=b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                              b"HTTP/1.1 200 OK\r\nIs-Private-File: true\r\n\r\n" + PNG)
    # NGINX before 1.29 does not know the status and takes it for the origin's answer.
    for target in ("/img" + path, "/img/tr:w-20" + path):
        assert site.get(target).verdict in (IMAGE_502, (401, "unsigned"))
        assert b"PNG" not in site.get(target).body


def test_an_origin_that_refuses_connections_is_an_origin_error(site):
    assert site.get("/refused/a.png").verdict == IMAGE_502
    assert site.get("/refused/tr:w-20/a.png").verdict == IMAGE_502


# Deadlines

@pytest.mark.parametrize("step", ["", "/tr:w-20"])
def test_an_origin_that_does_not_answer_in_time(site, origin, step):
    path = origin.publish(pictures.plain(), private=False, delay=2.5)
    assert site.get(f"/impatient{step}{path}").verdict == (504, "origin_timeout")


def test_an_origin_that_stalls_during_the_body(site, origin):
    path = origin.publish(pictures.noise(80, 80), private=False, chunk_size=2000, chunk_delay=2.5)
    assert site.get("/impatient/tr:w-20" + path).verdict == (504, "origin_timeout")


@pytest.mark.parametrize("script", [{"delay": 3}, {"chunk_size": 500, "chunk_delay": 0.3}],
                         ids=["headers", "drops"])
def test_the_whole_request_has_a_deadline(site, origin, script):
    path = origin.publish(pictures.noise(80, 80), private=False, **script)
    started = fair_time()
    assert site.get("/late/tr:w-20" + path).verdict == (504, "timeout")
    assert fair_time() - started < 2 * client.SLOWNESS


# Renders

# About two seconds of work on noise, at the effort below.
SLOW = "w=300,f=avif,q=50"

BUSY = """
    private_image_key img.key;
    private_image_renders 1 queue=4;
    private_image_effort avif=7;
    location ^~ /short/ { private_image cloudflare; private_image_render_timeout 500ms;
                          proxy_pass {{ origin }}/; }
    location ^~ /ik/ { private_image imagekit; private_image_variant open public w=20;
                       private_image_variant closed signed w=20; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; private_image_variant small public w=20;
                       proxy_pass {{ origin }}/; }
    location ^~ /free/ { private_image off; proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
"""


@pytest.fixture(scope="module")
def busy(gate):
    return gate(BUSY, workers=1)


@pytest.fixture
def noise(origin):
    return origin.publish(pictures.noise(400, 400), private=False)


def test_a_render_has_its_own_timeout(busy, noise):
    started = fair_time()
    assert busy.get(f"/short{noise}/{SLOW}").verdict == (504, "timeout")
    assert fair_time() - started < 1.5 * client.SLOWNESS
    soon(busy, "renders_running", 0)
    assert busy.get(f"/cf{noise}/small").status == 200


class Crowd:
    """Simultaneous requests, each on its own connection."""

    def __init__(self, site):
        self.site = site
        self.pool = concurrent.futures.ThreadPoolExecutor(16)

    def ask(self, target):
        return self.pool.submit(self.site.get, target)

    def ask_for_slow_render(self, noise):
        """Returns when the render runs."""
        answer = self.ask(signing.cloudflare(f"/cf{noise}/{SLOW}"))
        soon(self.site, "renders_running", 1)
        return answer

    def fill_queue(self, targets):
        """Sends requests one after the other, each of which waits for a slow render."""
        answers = []
        for number, target in enumerate(targets, start=1):
            answers.append(self.ask(target))
            soon(self.site, "renders_waiting", number)
        return answers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown()


def test_a_full_queue_answers_busy_before_the_original_is_fetched(busy, origin, noise):
    fresh = [origin.publish(pictures.quarters(), private=False) for _ in range(8)]
    targets = [signing.cloudflare(f"/cf{one}/small") for one in fresh]
    with Crowd(busy) as crowd:
        slow = crowd.ask_for_slow_render(noise)
        waiting = crowd.fill_queue(targets[:4])
        refused = [busy.get(target) for target in targets[4:]]
        assert not slow.done()
        assert {future.result().status for future in [slow, *waiting]} == {200}
    for answer, one in zip(refused, fresh[4:]):
        assert answer.verdict == (503, "busy") and int(answer.header("Retry-After")) > 0
        assert not origin.requests(one)


@pytest.mark.parametrize("options", ["small", "w=21"])
def test_unsigned_requests_hold_at_most_half_the_queue(busy, origin, noise, options):
    path = origin.publish(pictures.quarters(), private=False)
    with Crowd(busy) as crowd:
        slow = crowd.ask_for_slow_render(noise)
        waiting = crowd.fill_queue([f"/cf{path}/{options}"] * 2)
        refused = [busy.get(f"/cf{path}/{options}").status for _ in range(2)]
        waiting += [crowd.ask(signing.cloudflare(f"/cf{path}/w=22")) for _ in range(2)]
        soon(busy, "renders_waiting", 4)
        assert refused == [503, 503] and not slow.done()
        assert {future.result().status for future in [slow, *waiting]} == {200}


@pytest.mark.parametrize("step", ["n-closed", "n-open", "w-20", "w-20,di-default.png"])
def test_unsigned_requests_that_wait_for_the_origin_leave_places(busy, origin, held, step):
    """Three of ten: one may take the idle renderer, and two may take half of the queue."""
    paths = [origin.publish(pictures.quarters(), private=False, held=held) for _ in range(10)]
    signed = origin.publish(pictures.quarters(), private=True)
    with Crowd(busy) as crowd:
        unsigned = [crowd.ask(f"/ik/tr:{step}{path}") for path in paths]
        refused = list(itertools.islice(concurrent.futures.as_completed(unsigned), 7))
        assert {future.result().verdict for future in refused} == {(503, "busy")}
        assert busy.get(signing.imagekit(f"/ik/tr:w-20{signed}", "/ik/")).status == 200
        held.set()
        assert sorted(future.result().status for future in unsigned) == [200] * 3 + [503] * 7


def test_other_requests_are_answered_while_renders_run(busy, origin, noise):
    path = origin.publish(pictures.quarters(), private=False)
    with Crowd(busy) as crowd:
        slow = crowd.ask_for_slow_render(noise)
        started = fair_time()
        for _ in range(20):
            assert busy.get("/free" + path).status == 200
            assert busy.get("/ik" + path).status == 200
        assert not slow.done() and fair_time() - started < 1.5 * client.SLOWNESS
        slow.result()


def test_no_more_renders_run_at_once_than_allowed(busy, noise):
    heavy = signing.cloudflare(f"/cf{noise}/w=150,f=avif,q=50")
    running, waiting = key("renders_running"), key("renders_waiting")
    with Crowd(busy) as crowd:
        answers, seen = [crowd.ask(heavy) for _ in range(3)], []
        while not all(answer.done() for answer in answers):
            seen.append(figures(busy))
        assert {answer.result().status for answer in answers} == {200}
    assert max(one[running] for one in seen) == 1
    assert max(one[waiting] for one in seen) == 2
