"""Small files with many pixels, or with headers that claim many: each is refused by a limit that
the log names, or rendered within the promised memory and time. Both dialects, one worker; measured
until the render has ended, not only until the answer."""


import pytest

import bomb_heif
import bombs
import pictures
from bombs import RGBA
from clock import fair_time
from libraries import VIPS
from spending import measured

SITE = """
    private_image_render_timeout 60s;
    location = /status { private_image_status prometheus; }
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /bytes/ { private_image imagekit; private_image_max_source_size 64k;
                          proxy_pass {{ origin }}/; }
    location ^~ /cf-bytes/ { private_image cloudflare; private_image_max_source_size 64k;
                             proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate, origin):
    site = gate(SITE, workers=1)
    site.expect_errors("private_image: (unsupported_type|damaged)")
    for kind in ("PNG", "JPEG", "WEBP"):  # what libraries take once is not a bomb's
        path = origin.publish(pictures.plain(kind=kind), private=False)
        assert site.get("/img/tr:w-20" + path).status == 200
    return site


TOO_MANY = "private_image_max_source_pixels 100000000"
TOO_MANY_PROGRESSIVE = "private_image_max_progressive_pixels 50000000"
DAMAGED, TOO_LARGE = (422, "damaged"), (413, "too_large")
# Of 100,000,000 rows libvips 8.16 opens the header, older ones do not.
TOO_HIGH = (400, "output_too_large") if VIPS >= (8, 16) else DAMAGED
# Debian's libvips reads PNG by libspng since 8.16, which holds some more lines.
INTERLACED_MEMORY = 560 if VIPS >= (8, 16) else 480

# Nothing is decoded: a few megabytes for the file itself, and no time.
REFUSED = {
    "PNG 60000x60000": (lambda: bombs.png(60000, 60000, rows=100), TOO_LARGE, TOO_MANY),
    "PNG beyond 2^31": (lambda: bombs.png_header(2**32 - 1, 2**32 - 1), DAMAGED, ""),
    "PNG 10000000x20": (lambda: bombs.png(10_000_000, 20, rows=1, colour=RGBA), TOO_LARGE,
                        TOO_MANY),
    "PNG 10000000x1": (lambda: bombs.png(10_000_000, 1, colour=RGBA), TOO_LARGE, TOO_MANY),
    "PNG 1x100000000": (lambda: bombs.png(1, 100_000_000, rows=1), TOO_HIGH, ""),
    "PNG interlaced": (lambda: bombs.png(10000, 10000, 1, interlaced=True), TOO_LARGE,
                       TOO_MANY_PROGRESSIVE),
    "PNG 0x0": (lambda: bombs.png(0, 0), DAMAGED, ""),
    "PNG 0x5": (lambda: bombs.png(0, 5), DAMAGED, ""),
    "GIF frame 65535x65535": (lambda: bombs.gif(1, 1, 3, 65535, 65535), TOO_LARGE, TOO_MANY),
    "GIF 700x700x100000": (lambda: bombs.gif(700, 700, 100_000), TOO_LARGE, TOO_MANY),
    "WebP 16383x16383": (lambda: bombs.riff(bombs.lossless_webp(16383, 16383)), TOO_LARGE,
                         TOO_MANY),
    "WebP 2000x2000x100": (lambda: bombs.animated_webp(2000, 2000, 100, 2000, 2000), TOO_LARGE,
                           TOO_MANY),
    "WebP canvas 2^24": (lambda: bombs.extended_webp(1 << 24, 1 << 24, bombs.lossless_webp(1, 1)),
                         DAMAGED, ""),
    "WebP larger than its canvas": (
        lambda: bombs.extended_webp(100, 100, bombs.lossless_webp(16383, 16383)), DAMAGED, ""),
    "WebP 100000 frames": (lambda: bombs.animated_webp(1, 1, 100_000), TOO_LARGE,
                           "more than 10000 frames"),
    "JPEG 65000x65000": (lambda: bombs.with_size(pictures.plain(kind="JPEG"), 65000, 65000),
                         TOO_LARGE, TOO_MANY),
    "JPEG 0x0": (lambda: bombs.with_size(pictures.plain(kind="JPEG"), 0, 0), DAMAGED, ""),
    "JPEG 60x0": (lambda: bombs.with_size(pictures.plain(kind="JPEG"), 60, 0), DAMAGED, ""),
    "JPEG progressive": (lambda: bombs.with_size(bombs.progressive(64, 64, 1, 1), 8000, 8000),
                         TOO_LARGE, TOO_MANY_PROGRESSIVE),
    "JPEG arithmetic": (lambda: bombs.arithmetic(20000, 20000), TOO_LARGE, TOO_MANY),
    "JPEG of 883 scans": (lambda: bombs.progressive(7000, 7000), TOO_LARGE, "more than 100 scans"),
    "TIFF 60000x60000": (lambda: bombs.tiff(bombs.grey_tiff(60000, 60000)), TOO_LARGE, TOO_MANY),
    "TIFF 10000x10000 of nothing": (lambda: bombs.tiff(bombs.grey_tiff(10000, 10000)), DAMAGED, ""),
    "TIFF tile of 4 gigapixels": (lambda: bombs.tiled_tiff(16, 16, 65520, False), DAMAGED, ""),
    "TIFF tile of 400 megapixels": (lambda: bombs.tiled_tiff(16, 16, 20000, False), DAMAGED, ""),
    "TIFF of 10000 samples": (lambda: bombs.deep_tiff(1000, 100, 10_000), DAMAGED, ""),
    "TIFF 0x0": (lambda: bombs.tiff(bombs.grey_tiff(0, 0)), DAMAGED, ""),
}


@pytest.mark.parametrize("make, verdict, limit", REFUSED.values(), ids=REFUSED)
def test_what_claims_too_much_is_refused_undecoded(site, origin, make, verdict, limit):
    path = origin.publish(make(), private=False)
    answer, spent, log = measured(site, "/img/tr:w-20" + path)
    assert answer.verdict == verdict
    assert f"private_image: {verdict[1]}" in log and limit in log
    spent.assert_within(memory=60, processor=0.3)  # 40 of them one line of ten million pixels
    status = 403 if verdict[1] == "output_too_large" else verdict[0]
    assert site.get(f"/cf{path}/w=20").verdict == (status, verdict[1])


# What the limits allow, at its worst, is done or stopped. Megabytes; seconds of processor time.
ALLOWED = {
    "PNG 10000x10000 in 12 KB": (lambda: bombs.png(10000, 10000, 1), 40, 3),
    "PNG 7000x7000 interlaced, 8 bytes a pixel": (
        lambda: bombs.png(7000, 7000, 16, RGBA, interlaced=True), INTERLACED_MEMORY, 8),
    "PNG 780000x1": (lambda: bombs.png(780_000, 1, colour=RGBA), 300, 3),
    "PNG 1x65535": (lambda: bombs.png(1, 65535), 250, 5),
    "GIF of 100000 frames": (lambda: bombs.gif(1, 1, 100_000), 40, 1),
    "GIF of 1000 frames, no end": (lambda: bombs.gif(5, 5, 1000, closed=False), 20, 1),
    "GIF 600x600 of 100000 frames": (lambda: bombs.gif(600, 600, 100_000), 80, 6),
    "GIF 10000x10000 around one pixel": (lambda: bombs.gif(10000, 10000), 500, 5),
    "GIF 65535x65535 around one pixel": (lambda: bombs.gif(65535, 65535), 20, 1),
    "WebP 10000x10000 in 34 bytes": (lambda: bombs.riff(bombs.lossless_webp(10000, 10000)), 500, 5),
    "WebP of 10000 frames": (lambda: bombs.animated_webp(1, 1, 10_000), 20, 2),
    "JPEG 7000x7000, 99 scans": (lambda: bombs.progressive(7000, 7000, 14, 7), 150, 3),
    "JPEG 7000x7000 of 64x64": (
        lambda: bombs.with_size(bombs.progressive(64, 64, 1, 1), 7000, 7000), 150, 2),
    "JPEG 10000x10000, arithmetic, hardly there": (lambda: bombs.arithmetic(10000, 10000), 20, 3),
    "TIFF followed by itself": (bombs.looping_tiff, 20, 1),
    "TIFF of 30000 pages": (lambda: bombs.tiff_of_pages(30_000), 30, 2),
    "TIFF 16x16 in a tile of 99 megapixels": (lambda: bombs.tiled_tiff(16, 16, 9984), 150, 2),
}


@pytest.mark.parametrize("make, memory, processor", ALLOWED.values(), ids=ALLOWED)
def test_what_the_limits_allow_stays_within_bounds(site, origin, make, memory, processor):
    path = origin.publish(make(), private=False)
    answer, spent, _ = measured(site, "/img/tr:w-20,h-20,c-force" + path)
    assert answer.verdict in ((200, "public"), (504, "timeout"), DAMAGED)
    spent.assert_within(memory, processor)


ODD = {"1x65535": (1, 65535), "65535x1": (65535, 1), "1x1": (1, 1), "2x1": (2, 1)}


@pytest.mark.parametrize("size", ODD.values(), ids=ODD)
@pytest.mark.parametrize("options", ["w-20", "h-20", "w-20,h-20", "w-20,h-20,cm-pad_resize",
                                     "w-1,h-1,c-force", "w-20,h-20,c-at_max", "w-20,ar-1-1000",
                                     "w-20,ar-1000-1", "rt-90,w-3", "w-20,dpr-5"])
def test_odd_sizes_end_in_a_picture_or_a_refusal(site, origin, size, options):
    path = origin.publish(bombs.png(*size), private=False)
    answer = site.get(f"/img/tr:{options}{path}")
    assert answer.verdict in ((200, "public"), (400, "output_too_large"), (400, "bad_options"))


# A container that contradicts what it holds

AVIF = {
    "a size beyond all": lambda coded, how: bomb_heif.container([(b"av01", coded)], (65535, 65535),
                                                                how),
    "no size": lambda coded, how: bomb_heif.container([(b"av01", coded)], (0, 0), how),
    "a larger size": lambda coded, how: bomb_heif.container([(b"av01", coded)], (9000, 9000), how),
    "more pixels than allowed": lambda coded, how: bomb_heif.container([(b"av01", coded)],
                                                                       (16000, 16000), how),
    "a picture of 4 gigapixels": lambda coded, how: bomb_heif.container(
        [(b"av01", bomb_heif.resized(coded, 65536, 65536))], (64, 64), how),
    "a grid of 65536 tiles": lambda coded, how: bomb_heif.container(
        [(b"grid", bomb_heif.grid_item(256, 256, 16384, 16384)), (b"av01", coded)], (64, 64), how,
        tiles=65535),
    "a grid of itself": lambda coded, how: bomb_heif.container(
        [(b"grid", bomb_heif.grid_item(1, 2, 128, 64)),
         (b"grid", bomb_heif.grid_item(1, 1, 64, 64))], (128, 64), how, tiles=2),
    "30000 extents": lambda coded, how: bomb_heif.container(
        [(b"av01", coded + bytes(1 << 20))], (64, 64), how, extents=30_000),
}


@pytest.mark.parametrize("make", AVIF.values(), ids=AVIF)
def test_an_avif_that_lies_is_refused(site, origin, make):
    whole = origin.publish(pictures.quarters(64, 64), private=False)
    coded, configuration = bomb_heif.parts_of(site.get("/img/tr:w-64,f-avif" + whole).body)
    honest = bomb_heif.container([(b"av01", coded)], (64, 64), configuration)
    assert site.get("/img/tr:w-20" + origin.publish(honest, private=False)).status == 200
    path = origin.publish(make(coded, configuration), private=False)
    answer, spent, _ = measured(site, "/img/tr:w-20" + path)
    assert answer.verdict in (DAMAGED, TOO_LARGE)
    spent.assert_within(memory=50, processor=0.5)


# Cut anywhere

WHOLE = {"JPEG": pictures.noise(96, 80), "PNG": pictures.noise(60, 60, "PNG"),
         "WebP": pictures.noise(110, 110, "WEBP"), "GIF": pictures.noise(110, 100, "GIF"),
         "TIFF": pictures.noise(60, 60, "TIFF"),
         "progressive JPEG": pictures.noise(96, 80, progressive=True)}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_half_a_picture_is_no_picture(site, origin, body):
    path = origin.publish(body, private=False)
    assert site.get("/img/tr:w-20" + path).status == 200
    for length in [*range(1, 40, 3), *range(1024, len(body) - 20, 1024)]:
        path = origin.publish(body[:length], private=False)
        answer = site.get("/img/tr:w-20" + path)
        assert answer.verdict in (DAMAGED, (415, "unsupported_type")), length
        assert b"JFIF" not in answer.body and b"PNG" not in answer.body, length


# Bytes

@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("dialect", ["imagekit", "cloudflare"])
def test_no_more_than_the_limit_is_read_and_nothing_decoded(site, origin, chunked, dialect):
    path = origin.publish(pictures.huge(), private=False, chunked=chunked, chunk_size=8192,
                          chunk_delay=0.001)
    target = {"imagekit": f"/bytes/tr:w-20{path}", "cloudflare": f"/cf-bytes{path}/w=20"}[dialect]
    answer, spent, log = measured(site, target)
    assert answer.verdict == TOO_LARGE
    assert "private_image_max_source_size" in log
    # 64k by us; the rest lies in buffers of NGINX and of the system.
    assert origin.bytes_sent(path) < 2_000_000
    spent.assert_within(memory=10, processor=0.1)


def test_a_picture_that_never_ends_is_given_up(site, origin):
    started = fair_time()
    path = origin.publish(pictures.plain() * 2_000_000, private=False, declared_length=10**12)
    assert site.get("/img/tr:w-20" + path).verdict == TOO_LARGE
    assert fair_time() - started < 5
