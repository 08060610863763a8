"""AVIF and HEIC files whose containers contradict their content, or would keep a decoder busy
without end: each is refused before decoding, and its worker lives on. The coded pictures are
genuine."""

import zlib

import pytest

import bomb_heif
import pictures
from bomb_heif import container, grid_item, reference, resized
from libraries import VIPS
from spending import measured

SITE = """
    private_image_render_timeout 10s;
    location = /status { private_image_status prometheus; }
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate, origin):
    site = gate(SITE, workers=1)
    site.expect_errors("private_image: (damaged|unsupported_type)")
    return site


@pytest.fixture(scope="module")
def picture(site, origin):
    """A coded picture of 64x64 and its decoder configuration, which a correct container proves to
    be complete."""
    whole = origin.publish(pictures.quarters(64, 64), private=False)
    coded, how = bomb_heif.parts_of(site.get("/img/tr:w-64,f-avif" + whole).body)
    honest = {
        "alone": container([(b"av01", coded)], (64, 64), how),
        "a grid": container([(b"grid", grid_item(2, 2, 100, 128)), (b"av01", coded)], (100, 128),
                            how, tiles=4, sizes=[(64, 64)]),
        "with alpha": container([(b"av01", coded), (b"av01", coded)], (64, 64), how,
                                references=[reference(b"auxl", 2, [1])], properties=[ALPHA],
                                owners=[2]),
        "cut": container([(b"av01", coded)], (64, 64), how,
                         properties=[bomb_heif.clean_aperture(64, 1, 0)]),
        "with a text": container([(b"av01", coded), (MIME, b"<x/>")], (64, 64), how),
    }
    for name, body in honest.items():
        assert site.get("/img/tr:w-20" + origin.publish(body, private=False)).status == 200, name
    return coded, how


ALPHA = bomb_heif.full_box(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
MIME = b"mime\0text/xml\0"
DEFLATED = b"mime\0text/xml\0deflate"
TOO_MANY = "private_image_max_source_pixels 100000000"
DAMAGED, TOO_LARGE = (422, "damaged"), (413, "too_large")
# Debian 13's libheif refuses it before its pixels are compared.
GRID_OF_LARGE_TILES = (DAMAGED, "") if VIPS >= (8, 16) else (TOO_LARGE, TOO_MANY)
TILE = (64, 64)


def with_another(coded, how, **options):
    """A correct picture, followed by an item that is coded as 23000x23000."""
    return container([(b"av01", coded), (b"av01", resized(coded, 23000, 23000))], TILE, how,
                     owners=[2], **options)


def auxiliary(kind):
    return {"references": [reference(b"auxl", 2, [1])],
            "properties": [bomb_heif.full_box(b"auxC", kind + b"\0")]}


NEVER_DECODED = {
    "another picture": {},
    "a thumbnail": {"references": [reference(b"thmb", 2, [1])]},
    "a depth map": auxiliary(b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth"),
    "a gain map": auxiliary(b"urn:com:apple:photo:2020:aux:hdrgainmap"),
}


@pytest.mark.parametrize("options", NEVER_DECODED.values(), ids=NEVER_DECODED)
def test_items_that_are_not_decoded_are_ignored(site, origin, picture, options):
    path = origin.publish(with_another(*picture, **options), private=False)
    answer, spent, _ = measured(site, "/img/tr:w-20" + path)
    assert answer.verdict == (200, "public")
    spent.assert_within(memory=30, processor=0.3)


@pytest.mark.parametrize("options, primary", [("w-20", 2), ("w-20,pg-2", 1), ("w-20,pg-1", 1)])
def test_the_size_of_the_primary_or_requested_picture_counts(site, origin, picture, options,
                                                             primary):
    path = origin.publish(with_another(*picture, primary=primary), private=False)
    assert site.get(f"/img/tr:{options}{path}").verdict == TOO_LARGE


def test_an_unsupported_codec_is_no_damage(site, origin, picture):
    coded, how = picture
    tracks = bomb_heif.box(b"ftyp", b"avis", bytes(4), b"msf1avis") + bomb_heif.box(b"moov", b"x")
    for body in [tracks, *(container([(kind, coded)], TILE, how)
                           for kind in (b"vvc1", b"avc1", b"jpeg", b"unci"))]:
        path = origin.publish(body, private=False)
        assert site.get("/img/tr:w-20" + path).verdict == (415, "unsupported_type")


def coded_as(width, height):
    return lambda coded, how: container([(b"av01", resized(coded, width, height))], TILE, how)


def nested_grids(coded, how):
    grids = [(b"grid", grid_item(16, 16, 64, 64))] * 5
    levels = [reference(b"dimg", level, [level + 1] * 256) for level in range(1, 6)]
    return container([*grids, (b"av01", coded)], TILE, how, references=levels)


def crowd(coded, how):
    return container([(b"av01", coded)] * 8000, TILE, how)


def repeated_frames(coded, how):
    """A thousand frames, of which only the last is requested, in a stream of 4000x4000."""
    frames = b"".join(bytes([first]) + bomb_heif.leb128(len(content)) + content
                      for first, content in bomb_heif.units(coded) if first >> 3 & 15 == 6)
    return container([(b"av01", resized(coded, 4000, 4000) + frames * 1000)], (4000, 4000), how)


BOMBS = {
    "coded as 23000x23000": (coded_as(23000, 23000), TOO_LARGE, TOO_MANY),
    "coded as 65536x65536": (coded_as(65536, 65536), TOO_LARGE, TOO_MANY),
    "coded as 9000x9000": (coded_as(9000, 9000), TOO_LARGE, "size differs from the declared one"),
    "coded as 32x32": (coded_as(32, 32), TOO_LARGE, "size differs from the declared one"),
    "configured as 23000x23000": (
        lambda coded, how: container([(b"av01", coded)], TILE,
                                     how[:4] + resized(coded, 23000, 23000)), DAMAGED,
        "whose size cannot be read"),
    "a grid of 6400x6400": (
        lambda coded, how: container([(b"grid", grid_item(100, 100, 6400, 6400)),
                                      (b"av01", coded)], TILE, how, tiles=10_000), TOO_LARGE,
        "size differs from the declared one"),
    "a grid of 32000x32000": (
        lambda coded, how: container([(b"grid", grid_item(1, 1, 32000, 32000)), (b"av01", coded)],
                                     TILE, how, tiles=1), TOO_LARGE, TOO_MANY),
    "a grid of large tiles": (
        lambda coded, how: container([(b"grid", grid_item(100, 100, 64, 64)),
                                      (b"av01", resized(coded, 5000, 5000))], TILE, how,
                                     tiles=10_000, sizes=[(5000, 5000)]), *GRID_OF_LARGE_TILES),
    "a grid that is not covered": (
        lambda coded, how: container([(b"grid", grid_item(1, 1, 640, 640)), (b"av01", coded)],
                                     (640, 640), how, tiles=1, sizes=[TILE]), DAMAGED,
        "do not cover it"),
    "an overlay of 32000x32000": (
        lambda coded, how: container([(b"iovl", b"\0\1" + bytes(8) + grid_item(1, 1, 32000,
                                       32000)[4:] + bytes(8)), (b"av01", coded)], TILE, how,
                                     tiles=1), TOO_LARGE, TOO_MANY),
    "grids of grids of grids": (nested_grids, DAMAGED, "too deeply nested"),
    "a grid of itself": (
        lambda coded, how: container([(b"grid", grid_item(1, 1, 64, 64)),
                                      (b"grid", grid_item(1, 1, 64, 64))], TILE, how,
                                     references=[reference(b"dimg", 1, [2]),
                                                 reference(b"dimg", 2, [1])]), DAMAGED,
        "too deeply nested"),
    "its own alpha": (
        lambda coded, how: container([(b"av01", coded), (b"av01", coded)], TILE, how,
                                     references=[reference(b"auxl", 1, [2]),
                                                 reference(b"auxl", 2, [1])],
                                     properties=[ALPHA], owners=[1, 2]), DAMAGED,
        "alpha channel"),
    "a smaller alpha": (
        lambda coded, how: container([(b"av01", coded), (b"av01", resized(coded, 16, 16))], TILE,
                                     how, references=[reference(b"auxl", 2, [1])],
                                     properties=[ALPHA], owners=[2]), TOO_LARGE,
        "size differs from the declared one"),
    "cut far outside": (
        lambda coded, how: container([(b"av01", coded)], TILE, how,
                                     properties=[bomb_heif.clean_aperture(64, 1, 65536)]), DAMAGED,
        "has an invalid crop"),
    "turned 100 times": (
        lambda coded, how: container([(b"av01", coded)], TILE, how,
                                     properties=[bomb_heif.box(b"irot", b"\1")] * 100), DAMAGED,
        "more than three times"),
    "30 megabytes of text, deflated": (
        lambda coded, how: container([(b"av01", coded), (DEFLATED, zlib.compress(bytes(30 << 20)))],
                                     TILE, how), DAMAGED, "deflated"),
    "a deflated text without end": (
        lambda coded, how: container([(b"av01", coded), (DEFLATED, zlib.compress(bytes(99))[:9])],
                                     TILE, how), DAMAGED, "deflated"),
    "32 extents that are the same": (
        lambda coded, how: container([(b"av01", coded + bytes(8 << 20))], TILE, how, extents=32),
        DAMAGED, "overlap or extend beyond its end"),
    "8000 items": (crowd, DAMAGED, "too many items"),
    "a million boxes": (
        lambda coded, how: container([(b"av01", coded)], TILE, how)
        + bomb_heif.box(b"free") * 1_000_000, DAMAGED, "boxes out of place"),
    "a thousand frames": (repeated_frames, TOO_LARGE, TOO_MANY),
}


@pytest.mark.parametrize("make, verdict, words", BOMBS.values(), ids=BOMBS)
def test_a_contradictory_container_is_refused_before_decoding(site, origin, picture, make, verdict,
                                                              words):
    path = origin.publish(make(*picture), private=False)
    answer, spent, log = measured(site, "/img/tr:w-20" + path)
    assert answer.verdict == verdict
    assert f"private_image: {verdict[1]}" in log and words in log
    # The file as it arrived, and what a scan copies of it.
    spent.assert_within(memory=30, processor=0.3)
    assert site.get(f"/cf{path}/w=20").verdict == verdict
