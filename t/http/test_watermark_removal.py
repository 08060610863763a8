"""Additions to the URL or the headers of a public variant: steps, layers, parameters, other names,
hints, ranges, formats. Every answer has the watermark and at most the size of the variant, and
discloses nothing else of the image."""

import itertools

import pytest
from PIL import Image

import barrage
import pictures
from pictures import BLUE, RED

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_watermark tiles blue.png tile;
    private_image_variant preview public w=60,watermark=tiles;
    private_image_variant chained public tr:w-60,h-45,l-image,i-open@@blue.png,w-30,l-end;
    private_image_variant hinted public w=auto,watermark=tiles;
    private_image_variant coded public w=60,f=avif,watermark=tiles;
    private_image_variant chained-coded public
                          tr:w-60,h-45,l-image,i-open@@blue.png,w-30,l-end,f-avif;
    private_image_variant whole signed original;
    private_image_variant large signed w=300;
    private_image_auto_formats webp;
    {% for place, more in (("on", ""), ("auto", "private_image_format auto;"),
                           ("avif", "private_image_format auto; private_image_auto_formats avif;"),
                           ("public", "private_image_adhoc public;"),
                           ("off", "private_image_adhoc off;")) %}
    location ^~ /ik/{{ place }}/ { private_image imagekit; proxy_pass {{ origin }}/marked/;
                                   {{ more }} }
    location ^~ /cf/{{ place }}/ { private_image cloudflare; proxy_pass {{ origin }}/marked/;
                                   {{ more }} }
    {% endfor %}
"""
PLACES = ("on", "auto", "public", "off")
NONCE = b"nonce-without-a-mark"
SECRET = pictures.plain(400, 300, RED) + NONCE
LARGEST = {"preview": 60, "chained": 60, "hinted": 400}

# Steps and options that a stranger would like beside the name.
STEPS = ["w-400", "h-300", "w-400,h-300", "q-100", "orig-true", "orig-false", "n-preview",
         "n-whole",
         "n-large", "n-chained", "N-whole", "n-", "n-Preview", "dpr-3", "dpr-auto", "w-auto",
         "f-png",
         "f-auto", "di-hush.png", "di-open@@blue.png", "md-true", "t-true", "e-grayscale", "e-trim",
         "bg-00FF00", "cm-extract,w-1,h-1,x-0,y-0", "c-at_least", "ar-1-1", "rt-90", "bl-1",
         "lo-true",
         "o-0", "b-9_00FF00", "r-max", "fl-h", "pr-true", "z-2", "fo-center", "cp-true", "so-1", "",
         "l-image,i-hush.png,w-400,l-end", "l-image,i-open@@blue.png,l-end", "l-text,i-x,l-end",
         "if-w_gt_1,w-400,if-end", "if-true,orig-true,if-end", "watermark-none", "l-end", "raw-x"]
OPTIONS = ["w=400", "width=400", "h=300", "fit=cover", "quality=100", "format=json", "format=png",
           "format=auto", "dpr=3", "metadata=keep", "trim=1", "rotate=90", "blur=1", "sharpen=1",
           "background=red", "gravity=left", "anim=false", "onerror=redirect", "watermark=none",
           "watermark=", "original", "whole", "large", "preview", "chained", "segment=foreground",
           "w=auto", "compression=fast", "", "=", "w", "public", "draw=1"]
# Ways to combine a path, a variant's name and further options.
CHAINS = ["tr:n-{n},{s}/{p}", "tr:{s},n-{n}/{p}", "tr:n-{n}:{s}/{p}", "tr:{s}:n-{n}/{p}",
          "tr:n-{n}/tr:{s}/{p}", "tr:{s}/tr:n-{n}/{p}", "tr:n-{n}/{p}?tr={s}",
          "{p}?tr=n-{n}&tr={s}",
          "{p}?tr=n-{n},{s}", "{p}?tr=n-{n}:{s}", "{p}?tr={s}:n-{n}", "tr:n-{n}%2C{s}/{p}",
          "tr:n-{n}%3A{s}/{p}", "tr:n-{n}%2F{s}/{p}", "tr:n-{n};{s}/{p}", "tr:n-{n}%20{s}/{p}",
          "tr:n-{n}&{s}/{p}", "tr:n-{n}%00{s}/{p}", "tr:n-{n}/{p}?{s}", "tr:n-{n}/{p}?TR={s}",
          "tr:n-{n}/{p}?tr%20={s}", "tr:n-{n}/{p}?%74r={s}", "tr:n-{n}/{p}?tr[]={s}",
          "tr:n-{n}/{p}?ik-t=1&{s}", "tr:n-{n}/{p}/{s}", "tr:n-{n}/{p}:{s}", "{s}/tr:n-{n}/{p}",
          "tr:n-{n}/{p}/ik-thumbnail.jpg?{s}", "tr:n-{n}/{p}/ik-video.mp4/ik-thumbnail.jpg",
          "ik-seo/tr:n-{n}/hush/x.png?{s}", "TR:{s}/tr:n-{n}/{p}", "tr:n-{n}//{p}?tr={s}",
          "tr:n-{n},,{s}/{p}", "tr:n-{n}::{s}/{p}", "tr:n-{n}\n,{s}/{p}".replace("\n", "%0a"),
          "tr:l-image,i-{p},{s},l-end/open/blue.png", "tr:n-{n},di-{p},{s}/none.png",
          "tr:n-{n}/none.png?tr=di-{p}", "tr:di-{p}:{s}/none.png"]
LISTS = ["{p}/{n},{s}", "{p}/{s},{n}", "{p}/{n}%2C{s}", "{p}/{n}?{s}", "{p}/{n}/{s}", "{p}/{s}/{n}",
         "{p}/{n};{s}", "{p}/{n}&{s}", "{p}/{n}%20{s}", "{p}/{n}%00{s}", "{p}/{n}%2F{s}",
         "{p}//{n}",
         "{p}/{n}:{s}", "{p}/{n}%3F{s}", "{p}/{n}%23{s}", "{p}/variant={n},{s}", "{p}/n={n},{s}",
         "{p}/{n}?variant={s}", "{p}/{n}?watermark=&{s}", "{p}/{n}=1,{s}", "{p}/{s}", "{s}/{p}/{n}"]


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish(SECRET, "/marked/hush.png", private=True, etag='"hush"')
    origin.publish(SECRET, "/marked/hush", private=True, etag='"hush"')
    origin.publish(pictures.plain(40, 40, BLUE), "/marked/open/blue.png", private=False)
    http = "private_image_cache_path {{ folder }}/cache keys_zone=derivatives:2m;"
    site = gate(SITE, http=http, files={"conf/blue.png": half_blue()})
    site.expect_errors("private_image: unsupported_type")
    return site


def half_blue():
    """Half of each tile is opaque, in every part of the picture."""
    tile = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    tile.paste(BLUE + (255,), (0, 0, 8, 4))
    return pictures.encode(tile)


class Seen:
    """Whether a body has the watermark; each body is examined once."""

    def __init__(self):
        self.known = {}

    def is_marked(self, body, largest):
        key = body, largest
        if key not in self.known:
            image = pictures.opened(body)
            pixels = list(image.convert("RGB").getdata())
            blue = sum(pictures.is_near(pixel, BLUE, 60) for pixel in pixels)
            red = sum(pictures.is_near(pixel, RED, 60) for pixel in pixels)
            fits = max(image.size) <= largest
            # What shows nothing of the private image needs no mark either.
            self.known[key] = red == 0 or (fits and blue > len(pixels) / 5)
        return self.known[key]


SEEN = Seen()


def assert_marked(target, answer, largest):
    assert NONCE not in answer.body, target
    if answer.status in (200, 203) and answer.header("Content-Type").startswith("image/"):
        assert SEEN.is_marked(answer.body, largest), (target, answer)
        assert answer.header("Cache-Control") and answer.header("X-Reason") in ("variant", "public")
        return True
    assert answer.status in (400, 401, 403, 404, 415), (target, answer)
    assert b"PNG" not in answer.body and answer.header("Location") is None
    return False


def ask(site, targets, headers=None):
    return barrage.ask_all(site.port, [barrage.head(target, headers=headers) for target in targets])


@pytest.mark.parametrize("name", LARGEST)
@pytest.mark.parametrize("dialect", ["ik", "cf"])
def test_nothing_in_the_url_removes_the_watermark(site, dialect, name):
    shapes, more = (CHAINS, STEPS) if dialect == "ik" else (LISTS, OPTIONS)
    targets = [f"/{dialect}/{place}/" + shape.format(n=name, s=step, p="hush.png")
               for place, shape, step in itertools.product(PLACES, shapes, more)]
    targets = list(dict.fromkeys(target for target in targets if " " not in target))
    assert len(targets) > 2000
    shown = sum(assert_marked(target, answer, LARGEST[name])
                for target, answer in zip(targets, ask(site, targets)))
    assert 20 < shown < len(targets) / 2


HINTS = [{"DPR": "3"}, {"DPR": "99"}, {"Width": "4000"}, {"Viewport-Width": "4000", "DPR": "2"},
         {"Sec-CH-DPR": "3", "Sec-CH-Width": "400"}, {"Sec-CH-Viewport-Width": "4000"},
         {"Save-Data": "on"}, {"Width": "1", "DPR": "0.0001"}, {"Width": "-1"}, {"DPR": "nan"},
         {"Width": "400", "Sec-CH-Width": "1"}, {"Accept": "image/avif"}, {"Accept": "image/webp"},
         {"Accept": "image/svg+xml"}, {"Accept": "application/json"}, {"Accept": "*/*;q=0"},
         {"Accept": "text/html"}, {"User-Agent": "Mozilla/4.0"}, {"Accept-Encoding": "identity"},
         {"Referer": "https://operator.test/"}, {"Authorization": "Bearer x"},
         {"Cookie": "admin=1"},
         {"X-Watermark": "off"}, {"Cache-Control": "no-transform"}, {"Range": "bytes=0-"},
         {"Range": "bytes=0-,0-"}, {"If-Range": '"hush"', "Range": "bytes=0-"}, {"If-Match": "*"},
         {"If-None-Match": '"hush"'}, {"Prefer": "original"}, {"Accept": "image/png;watermark=0"}]


@pytest.mark.parametrize("name", LARGEST)
@pytest.mark.parametrize("headers", HINTS, ids=repr)
def test_no_header_removes_the_watermark(site, name, headers):
    targets = [f"/ik/{place}/tr:n-{name}/hush.png" for place in PLACES]
    targets += [f"/cf/{place}/hush.png/{name}" for place in PLACES]
    for target, answer in zip(targets, ask(site, targets, headers)):
        assert NONCE not in answer.body
        if answer.status == 206 and not answer.header("Content-Type").startswith("multipart"):
            answer.status = 200
        if answer.status == 200:
            assert SEEN.is_marked(answer.body, LARGEST[name]), (target, answer)
        else:
            assert answer.status in (206, 416), (target, answer)


@pytest.mark.parametrize("name", LARGEST)
def test_combined_ranges_are_the_watermarked_image(site, name):
    for target in (f"/ik/on/tr:n-{name}/hush.png", f"/cf/on/hush.png/{name}"):
        whole = site.get(target)
        size, parts = len(whole.body), []
        for first in range(0, size, 50):
            for tag in (None, whole.header("ETag"), '"hush"'):
                headers = {"Range": f"bytes={first}-{first + 49}"}
                headers |= {"If-Range": tag} if tag else {}
                answer = site.get(target, headers)
                if answer.status == 206:
                    assert answer.body == whole.body[first:first + 50]
                    assert answer.header("Content-Range").endswith(f"/{size}")
                else:
                    assert tag == '"hush"' and answer.body == whole.body
            parts.append(site.get(target, {"Range": f"bytes={first}-{first + 49}"}).body)
        assert b"".join(parts) == whole.body and SEEN.is_marked(whole.body, LARGEST[name])


# AVIF, which Pillow cannot read

AVIFS = [("preview", "avif"), ("chained", "avif"), ("hinted", "avif"), ("coded", "on"),
         ("chained-coded", "on")]


@pytest.mark.parametrize("name, place", AVIFS)
def test_an_avif_has_the_watermark(site, name, place):
    """A negotiated one, one with client hints, or the variant's own format."""
    for accept, hints in itertools.product(
            ("image/avif", "image/avif,image/webp,*/*", "image/avif;q=0.1"),
            ({}, {"Width": "30"}, {"DPR": "3", "Width": "4000"}, {"Save-Data": "on"})):
        targets = [f"/ik/{place}/tr:n-{name}/hush.png", f"/cf/{place}/hush.png/{name}"]
        for target, answer in zip(targets, ask(site, targets, {"Accept": accept, **hints})):
            assert answer.status == 200 and answer.header("Content-Type") == "image/avif", target
            assert NONCE not in answer.body
            assert SEEN.is_marked(answer.body, LARGEST.get(name, 60)), (target, accept, hints)


@pytest.mark.parametrize("name", ["preview", "chained"])
@pytest.mark.parametrize("dialect", ["ik", "cf"])
def test_nothing_in_the_url_removes_the_watermark_of_an_avif(site, dialect, name):
    shapes, more = ((CHAINS, ["f-avif", "f-auto", "w-400", "q-100", "n-hinted", ""])
                    if dialect == "ik" else
                    (LISTS, ["f=avif", "format=auto", "w=400", "quality=100", "hinted", ""]))
    targets = {f"/{dialect}/avif/" + shape.format(n=name, s=step, p="hush.png")
               for shape, step in itertools.product(shapes, more)}
    answers = ask(site, sorted(targets), {"Accept": "image/avif", "Width": "400", "DPR": "2"})
    for target, answer in zip(sorted(targets), answers):
        assert_marked(target, answer, LARGEST["hinted"])
    assert "image/avif" in {answer.header("Content-Type") for answer in answers}
