"""The Content-Encoding of an origin: codings that change the bytes are refused, since such bytes
are no image; other words are ignored. Originals are sent unchanged."""

import gzip

import pytest

import pictures

SITE = """
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /two/ { private_image imagekit; private_image_origin /store$private_image_path; }
    location ^~ /store/ { internal; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE)
    site.expect_errors("private_image: origin_error: .*Content-Encoding")
    return site


def targets(path):
    return f"/ik/tr:w-20{path}", f"/cf{path}/w=20", f"/two/tr:w-20{path}"


@pytest.mark.parametrize("value", [
    "identity", "Identity", "aws-chunked", "AWS-Chunked", "utf-8", "binary", "none", "7bit", "",
    "aws-chunked, identity", "x-private", "gzipped", ["aws-chunked", "utf-8"]], ids=str)
def test_identity_codings_change_nothing(site, origin, value):
    path = origin.publish(pictures.quarters(), headers={"Content-Encoding": value})
    for target in targets(path):
        answer = site.get(target)
        assert answer.status == 200 and answer.image().size[0] == 20, target
        assert answer.header("Content-Encoding") is None


@pytest.mark.parametrize("value", [
    "gzip", "GZIP", "x-gzip", "X-GZip", "deflate", "br", "Br", "zstd", "compress", "x-compress",
    "aws-chunked, gzip", "gzip,aws-chunked", "identity , BR", ["aws-chunked", "gzip"],
    ["gzip", "aws-chunked"], ["identity", "utf-8, X-Compress", "binary"]], ids=str)
def test_a_coding_is_refused_in_any_position(site, origin, value):
    path = origin.publish(pictures.quarters(), headers={"Content-Encoding": value})
    for target in targets(path):
        assert site.get(target).verdict == (502, "origin_error"), target


@pytest.mark.parametrize("value", ["gzip", "br", "aws-chunked", "utf-8"])
def test_an_original_is_sent_unchanged(site, origin, value):
    body = gzip.compress(pictures.quarters())
    path = origin.publish(body, etag='"one"', ranges=True, headers={"Content-Encoding": value})
    for prefix in ("/ik", "/two"):
        answer = site.get(prefix + path)
        assert (answer.status, answer.body) == (200, body)
        assert answer.header("Content-Encoding") == value
        part = site.get(prefix + path, {"Range": "bytes=3-9"})
        assert (part.status, part.body) == (206, body[3:10])
        assert site.get(prefix + path, {"If-None-Match": '"one"'}).status == 304
