"""Text of URLs and pictures appears in the error log, but cannot begin a line or control a
terminal; and only the workers can read stored images."""

import concurrent.futures
import itertools
import os
import re
import stat
import struct
import zlib

import pytest

import barrage
import client
import pictures
import signing
from caching import published, small

SITE = """
    listen 127.0.0.1:{{ port_of('slow') }} sndbuf=32k;
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_source_types jpeg png webp gif avif heic tiff svg;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /cf/cdn-cgi/image/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /kept/ { private_image imagekit; proxy_pass {{ origin }}/;
                         proxy_cache originals; proxy_cache_valid any 1h; }
"""
HTTP = """
    private_image_cache_path {{ folder }}/cache keys_zone=derivatives:1m;
    proxy_cache_path {{ folder }}/originals keys_zone=originals:1m;
"""
FORGED = "2026/01/01 00:00:00 [info] forged"


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors("private_image: (damaged|unsupported_type)")
    return site


def assert_lines_are_ours(site):
    content = (site.folder.path / "logs/error.log").read_bytes()
    for line in content.rstrip(b"\n").split(b"\n"):
        assert re.match(rb"\d{4}/\d\d/\d\d [\d:]{8} \[\w+\] \d+#\d+: ", line), line
        assert not re.search(rb"[\x00-\x1f\x7f]", line), line


# URLs

WORDS = ["%0a" + FORGED.replace(" ", "%20"), "%0d%0aX", "%1b%5b31m", "%00z", "%7f", "%c2%85",
         "%c2%9b31m", "%e2%80%a8", "%ff", "%25n%25s", "%n%s"]
TARGETS = ["/ik/" + shape for shape in (
    "tr:w-{}/a.png", "tr:{}-1/a.png", "tr:n-{}/a.png", "tr:{}/a.png", "{}.png", "a.png?{}=1",
    "a.png?tr={}", "a.png?tr=w-{}", "a.png?tr=n-{}", "a.png?tr=f-{}", "a.png?tr=fo-{}",
    "a.png?tr=bg-{}", "a.png?tr=di-{}", "a.png?tr=e-{}", "a.png?tr=so-{}", "a.png?tr=raw-{}",
    "a.png?tr=l-{}", "a.png?tr=if-{}", "a.png?tr=w-iw_mul_{}", "a.png?tr=l-text,i-{},l-end",
    "a.png?tr=l-text,ie-{},l-end", "a.png?tr=l-text,i-x,ff-{},l-end", "a.png?tr=l-image,i-{},l-end",
    "a.png?ik-attachment-filename={}", "a.png?ik-t={}&ik-s=0", "a.png?ik-s={}")]
TARGETS += ["/cf/" + shape for shape in (
    "a.png/w={}", "a.png/{}=1", "a.png/{}", "a.png/w=1,fit={}", "a.png/background={}",
    "a.png/gravity={}", "a.png/trim={}", "a.png/draw={}", "{}/w=1", "a.png/w=1?sig={}",
    "a.png/w=1?exp={}&sig=0", "cdn-cgi/image/w={}/a.png", "cdn-cgi/image/{}=1/a.png",
    "cdn-cgi/image/{}/a.png")]
HEADERS = ("DPR", "Width", "Sec-CH-Width", "Accept", "Range", "If-None-Match", "User-Agent")


def test_no_text_of_a_request_begins_a_log_line(site, origin):
    origin.publish(pictures.plain(), "/a.png", private=False)
    heads = [barrage.head(shape.format(word)) for shape, word in itertools.product(TARGETS, WORDS)]
    heads += [barrage.head("/ik/a.png?tr=w-9", headers={name: value}) for name, value in
              itertools.product(HEADERS, ("\x1b[31m", "\x85\x9b31m", "%n%s"))]
    heads += [barrage.head("/ik/a.png", method=method) for method in ("A" * 99, "A_B")]
    since = len(site.log())
    statuses = {answer.status for answer in barrage.ask_all(site.port, heads)}
    assert statuses >= {200, 400, 403, 405} and not statuses & {500, 502}
    assert "forged" in site.log_since(since)
    assert_lines_are_ours(site)


# Pictures

NAME = b"A\x1b[31m\n" + FORGED.encode() + b"\n"


def png_with(kind, content):
    """A picture with an additional chunk after its first."""
    body, start = pictures.plain(20, 20), 8 + 25
    checksum = zlib.crc32(kind + content)
    return (body[:start] + struct.pack(">I", len(content)) + kind + content
            + struct.pack(">I", checksum) + body[start:])


def profile(length):
    """A profile with a name that libpng quotes in its error message about the rest."""
    return NAME + b"\0\0" + zlib.compress(struct.pack(">I", length) + bytes(range(200)))


def drawing(content):
    return b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">' + content + b"</svg>"


PICTURES = {
    "profile": png_with(b"iCCP", profile(204)), "shorter profile": png_with(b"iCCP", profile(180)),
    "text": png_with(b"tEXt", NAME + b"\0text"), "chunk": png_with(b"a\x1b\nb", b"x"),
    "palette": png_with(b"sPLT", NAME + b"\0x"),
    "calibration": png_with(b"pCAL", NAME + b"\0" + b"x" * 20),
    "element": drawing(b"<forged></forged2\n2026/01/01>"),
    "attribute": drawing(b'<rect fill="\xc2\x9b31m\n2026/01/01 forged" width="1"/>'),
    "end": pictures.plain(kind="JPEG")[:300] + NAME * 10,
}


def test_no_text_of_a_picture_begins_a_log_line(site, origin):
    since = len(site.log())
    for name, body in PICTURES.items():
        answer = site.get("/ik/tr:w-9" + origin.publish(body, private=False))
        assert answer.status in (200, 415, 422), name
        assert b"forged" not in answer.body and "forged" not in str(answer.headers), name
    assert "forged" in site.log_since(since)  # quoted, in a line of libvips'
    assert_lines_are_ours(site)


DAMAGED = {
    "jpeg": pictures.noise(200, 100)[:3000],
    "png": pictures.noise(200, 100, "PNG")[:3000],
    "webp": pictures.noise(200, 100, "WEBP")[:3000],
}


def test_no_log_line_quotes_the_error_of_another_picture(gate, origin):
    """libvips has one buffer of errors for all threads."""
    site = gate("private_image_renders 8 queue=100;" + SITE, http=HTTP)
    site.expect_errors("private_image: damaged")
    paths = {origin.publish(body, private=False): name for name, body in DAMAGED.items()}
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        targets = [f"/ik/tr:w-{width}{path}" for width in range(20, 40) for path in paths]
        assert {answer.status for answer in pool.map(site.get, targets)} == {422}
    quoted = {path: set() for path in paths}
    for line in site.log().splitlines():
        if found := re.search(r'damaged: (.*) to client,.*"GET /ik/tr:w-\d+(/\S+) HTTP', line):
            quoted[found[2]].add(found[1])
    for path, name in paths.items():
        assert quoted[path], name
        for text in quoted[path]:
            others = set(DAMAGED) - {name}
            assert not any(other in text.lower() for other in others), (name, text)


# Files

def test_cached_files_are_readable_by_the_workers_only(site, origin):
    """Derivatives, originals in NGINX's own cache, and what waits for a slow reader."""
    path = published(origin, pictures.noise(900, 900, "PNG"), private=True)
    assert site.get(signing.imagekit(small(path, "/kept/"), "/kept/")).status == 200
    waiting = site.folder.path / "temp/proxy"
    target = signing.imagekit("/ik" + path, "/ik/")
    with client.slow_reader(site.folder.port("slow"), target) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        site.wait_for_log("buffered to a temporary file")
        folders = {site.folder.path / name for name in ("cache", "originals")} | {waiting}
        kept = {place for folder in folders for place in folder.rglob("*")} | folders
    assert sum(place.is_file() for place in kept if place.exists()) >= 2
    for place in kept:
        if place.exists():
            mode = stat.S_IMODE(os.stat(place).st_mode)
            assert mode == (0o700 if place.is_dir() else 0o600), (place, oct(mode))
