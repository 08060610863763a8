"""Derivatives have the pixels that both services document, and answers with the headers, conditions
and ranges of a static file."""

import io
import time

import pytest
from PIL import Image, ImageSequence

import client
import pictures
import signing
from origin import http_date
from pictures import BLUE, GREEN, RED, WHITE

SITE = """
    private_image_key img.key;
    private_image_variant open public w=20,metadata=keep,f=jpeg;
    location ^~ /cf/ {
        private_image cloudflare;
        proxy_pass {{ origin }}/;
    }
    location ^~ /ik/ {
        private_image imagekit;
        proxy_pass {{ origin }}/;
    }
    location ^~ /auto/ {
        private_image imagekit;
        private_image_format auto;
        proxy_pass {{ origin }}/;
    }
    location ^~ /jpeg/ {
        private_image imagekit;
        private_image_format jpeg;
        private_image_quality jpeg=30;
        proxy_pass {{ origin }}/;
    }
    location ^~ /better/ {
        private_image imagekit;
        private_image_format jpeg;
        private_image_quality jpeg=95;
        proxy_pass {{ origin }}/;
    }
    location ^~ /rendered-after/ {
        limit_rate 1k;
        post_action /ik/tr:w-20/after.png;
        return 200 "{{ 'text ' * 100 }}";
    }
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE)


@pytest.fixture(scope="module")
def images(origin):
    """Pictures by size, published on demand."""
    published = {}

    def path_of(width, height, make=pictures.quarters, **options):
        key = (width, height, make, tuple(sorted(options.items())))
        if key not in published:
            published[key] = origin.publish(make(width, height, **options), private=False)
        return published[key]

    return path_of


def rendered(site, target, headers=None):
    answer = site.get(target, headers)
    assert answer.status == 200, f"{target}: {answer}"
    return answer.image()


# Sizes

@pytest.mark.parametrize("source, options, size", [
    ((1080, 720), "w=500,h=500", (500, 333)),
    ((1080, 720), "w=2000,h=2000", (1080, 720)),
    ((1080, 720), "width=500,height=500,fit=scale-down", (500, 333)),
    ((100, 50), "w=500,h=500,fit=contain", (500, 250)),
    ((1080, 720), "w=500,h=500,fit=cover,g=0x0", (500, 500)),
    ((1080, 720), "w=500,h=500,fit=crop", (500, 500)),
    ((1080, 720), "w=1296,h=1296,fit=crop", (1080, 720)),
    ((612, 613), "w=1920,h=1120,fit=aspect-crop", (612, 357)),
    ((1080, 720), "w=1080,h=540,fit=squeeze", (1080, 540)),
    ((1080, 720), "w=1080,h=1080,fit=pad,background=%23ff0000", (1080, 1080)),
    ((1080, 720), "w=540", (540, 360)),
    ((1080, 720), "h=360", (540, 360)),
    ((1080, 720), "w=100,dpr=2", (200, 133)),
    ((100, 50), "w=500,h=500,fit=cover", (500, 500)),
])
def test_cloudflare_s_sizes(site, images, source, options, size):
    assert rendered(site, f"/cf{images(*source)}/{options}").size == size


@pytest.mark.parametrize("source, chain, size", [
    ((640, 865), "w-300,h-200", (300, 200)),
    ((640, 865), "w-300,h-200,c-maintain_ratio", (300, 200)),
    ((640, 865), "w-300,h-200,c-force", (300, 200)),
    ((640, 865), "w-300,h-200,c-at_max", (148, 200)),
    ((640, 865), "w-850,h-1000,c-at_max", (640, 865)),
    ((640, 865), "w-850,h-1000,c-at_max_enlarge", (740, 1000)),
    ((640, 865), "w-300,h-200,c-at_least", (300, 405)),
    ((640, 865), "w-300,h-200,cm-pad_resize", (300, 200)),
    ((640, 865), "w-200,h-200,cm-extract", (200, 200)),
    ((600, 600), "w-700,h-700,cm-pad_extract", (700, 700)),
    ((640, 865), "w-320", (320, 432)),
    ((640, 865), "w-0.5", (320, 432)),
    ((640, 800), "h-0.25", (160, 200)),
    ((640, 865), "w-300,ar-3-2", (300, 200)),
    ((640, 865), "w-300,ar-3_2", (300, 200)),
    ((640, 865), "w-100,h-50,dpr-2", (200, 100)),
    ((640, 800), "w-400:w-200", (200, 250)),
    ((640, 800), "w-300,h-200:w-150", (150, 100)),
])
def test_imagekit_s_sizes(site, images, source, chain, size):
    path = images(*source)
    width, height = rendered(site, f"/ik/tr:{chain}{path}").size
    assert width == size[0] and abs(height - size[1]) <= 1
    assert rendered(site, f"/ik{path}?tr={chain}").size == (width, height)


def test_the_transformation_may_be_anywhere_before_the_file(site, origin):
    path = origin.publish(pictures.quarters(), "/folder/below/picture.png", private=False)
    targets = [f"/ik/tr:w-20{path}", "/ik/folder/tr:w-20/below/picture.png",
               "/ik/folder/below/tr:w-20/picture.png", f"/ik{path}?tr=w-20",
               f"/ik{path}?v=3&tr=w%2D20", "/ik/tr%3Aw-20/folder/below/picture.png"]
    answers = [site.get(target) for target in targets]
    assert [answer.status for answer in answers] == [200] * len(targets)
    assert len({answer.body for answer in answers}) == 1
    assert len({answer.header("ETag") for answer in answers}) == 1


# Cutting and padding

THIRDS = (RED, GREEN, BLUE)


@pytest.mark.parametrize("options, colour", [
    ("w=40,h=60,fit=cover", GREEN), ("w=40,h=60,fit=cover,g=left", RED),
    ("w=40,h=60,fit=cover,gravity=right", BLUE), ("w=40,h=60,fit=cover,g=0x0.5", RED),
    ("w=40,h=60,fit=cover,g=1x0", BLUE), ("w=40,h=60,fit=crop,g=0.5x0.5", GREEN),
    ("w=40,h=60,fit=crop,g=right", BLUE),
])
def test_cloudflare_keeps_what_gravity_names(site, images, options, colour):
    path = images(180, 60, pictures.stripes, colours=THIRDS)
    image = rendered(site, f"/cf{path}/{options}")
    assert image.size == (40, 60) and pictures.shows(image, colour)


@pytest.mark.parametrize("chain, colour", [
    ("w-40,h-60", GREEN), ("w-40,h-60,fo-left", RED), ("w-40,h-60,fo-right", BLUE),
    ("w-40,h-60,fo-top_left", RED), ("w-40,h-60,fo-bottom_right", BLUE),
    ("w-40,h-60,fo-center", GREEN), ("w-40,h-60,cm-extract", GREEN),
    ("w-40,h-60,cm-extract,fo-left", RED), ("w-40,h-40,cm-extract,x-5,y-5", RED),
    ("w-40,h-40,cm-extract,x-130,y-20", BLUE),
])
def test_imagekit_keeps_what_focus_names(site, images, chain, colour):
    path = images(180, 60, pictures.stripes, colours=THIRDS)
    assert pictures.shows(rendered(site, f"/ik/tr:{chain}{path}"), colour)


def test_upright_gravity(site, images):
    path = images(60, 180, pictures.stripes, colours=THIRDS, upright=True)
    for options, colour in (("g=top", RED), ("g=bottom", BLUE), ("g=0.5x0.5", GREEN)):
        image = rendered(site, f"/cf{path}/w=60,h=40,fit=cover,{options}")
        assert pictures.shows(image, colour)


def test_padding_has_the_background(site, images):
    path = images(108, 72, pictures.plain, colour=BLUE)
    image = rendered(site, f"/cf{path}/w=108,h=108,fit=pad,background=%23ff0000")
    assert image.size == (108, 108)
    for y in (0.02, 0.15, 0.85, 0.98):
        assert pictures.shows(image, (255, 0, 0), 0.5, y, tolerance=2)
    for y in (0.18, 0.5, 0.82):
        assert pictures.shows(image, BLUE, 0.5, y, tolerance=2)


def test_padding_is_white_for_cloudflare_and_black_for_imagekit(site, images):
    path = images(100, 50, pictures.plain, colour=BLUE)
    white = rendered(site, f"/cf{path}/w=100,h=100,fit=pad")
    black = rendered(site, f"/ik/tr:w-100,h-100,cm-pad_resize{path}")
    assert pictures.shows(white, WHITE, 0.5, 0.1) and pictures.shows(white, BLUE)
    assert pictures.shows(black, (0, 0, 0), 0.5, 0.1) and pictures.shows(black, BLUE)


def test_imagekit_pads_with_its_colours_and_sides(site, images):
    path = images(100, 50, pictures.plain, colour=BLUE)
    grey = rendered(site, f"/ik/tr:w-100,h-100,cm-pad_resize,bg-F3F3F3{path}")
    assert pictures.shows(grey, (0xF3,) * 3, 0.5, 0.1, 2)
    assert pictures.shows(grey, (0xF3,) * 3, 0.5, 0.9, 2)
    top = rendered(site, f"/ik/tr:w-100,h-100,cm-pad_resize,bg-F3F3F3,fo-top{path}")
    assert pictures.shows(top, BLUE, 0.5, 0.1) and pictures.shows(top, (0xF3,) * 3, 0.5, 0.9, 2)


def test_a_shrunk_picture_shows_the_same(site, images):
    path = images(640, 480)
    for target in (f"/cf{path}/w=64", f"/ik/tr:w-64{path}", f"/ik/tr:w-64,h-64,c-force{path}"):
        assert pictures.shows_quarters(rendered(site, target))


# Colour and effects

def test_transparency_stays_or_gets_the_background(site, origin):
    path = origin.publish(pictures.see_through(alpha=0), private=False)
    image = rendered(site, f"/cf{path}/w=32")
    assert image.mode == "RGBA" and image.getpixel((16, 12))[3] == 0
    filled = rendered(site, f"/cf{path}/w=32,background=%2300ff00")
    assert pictures.shows(filled, (0, 255, 0), tolerance=3)
    jpeg = rendered(site, f"/cf{path}/w=32,f=jpeg,background=blue")
    assert jpeg.format == "JPEG" and pictures.shows(jpeg, (0, 0, 255))


def test_blur_mixes_neighbours_and_sharpen_does_not(site, images):
    path = images(120, 60, pictures.stripes, colours=((0, 0, 0), (255, 255, 255)))
    for target in (f"/cf{path}/w=120,blur=20", f"/ik/tr:bl-20{path}"):
        left_of_edge = pictures.colour_at(rendered(site, target), 0.45, 0.5)[0]
        assert 40 < left_of_edge < 215, target
    sharp = rendered(site, f"/cf{path}/w=120,sharpen=3")
    assert pictures.shows(sharp, (0, 0, 0), 0.3) and pictures.shows(sharp, WHITE, 0.7)


def test_a_layer_is_laid_over(site, origin, images):
    path = images(100, 60, pictures.plain, colour=BLUE)
    origin.publish(pictures.plain(20, 20, RED), "/marks/logo.png", private=False)
    image = rendered(site, f"/ik/tr:w-100,l-image,i-marks@@logo.png,lx-10,ly-5,l-end{path}")
    assert image.size == (100, 60)
    assert pictures.shows(image, RED, 0.2, 0.25) and pictures.shows(image, BLUE, 0.6, 0.6)
    assert pictures.shows(image, BLUE, 0.05, 0.04)


# Formats

@pytest.mark.parametrize("target, kind, content_type", [
    ("/cf{}/w=20", "PNG", "image/png"),
    ("/cf{}/w=20,f=jpeg", "JPEG", "image/jpeg"),
    ("/cf{}/w=20,format=webp", "WEBP", "image/webp"),
    ("/cf{}/w=20,f=png", "PNG", "image/png"),
    ("/ik/tr:w-20{}", "PNG", "image/png"),
    ("/ik/tr:w-20,f-jpg{}", "JPEG", "image/jpeg"),
    ("/ik/tr:w-20,f-webp{}", "WEBP", "image/webp"),
    ("/jpeg/tr:w-20{}", "JPEG", "image/jpeg"),
    ("/jpeg/tr:w-20,f-png{}", "PNG", "image/png"),
])
def test_the_format_is_the_one_asked_for(site, images, target, kind, content_type):
    answer = site.get(target.format(images(64, 48)))
    assert answer.header("Content-Type") == content_type
    assert answer.image().format == kind
    assert pictures.shows_quarters(answer.image(), tolerance=40)  # one of them has quality 30


def test_avif_is_written(site, images):
    answer = site.get(f"/cf{images(64, 48)}/w=32,f=avif")
    assert answer.header("Content-Type") == "image/avif"
    assert answer.body[4:12] == b"ftypavif"


@pytest.mark.parametrize("kind, content_type", [("JPEG", "image/jpeg"), ("PNG", "image/png"),
                                                ("WEBP", "image/webp"), ("GIF", "image/gif"),
                                                ("TIFF", "image/jpeg")])
def test_the_source_s_format_is_kept_unless_named(site, images, kind, content_type):
    answer = site.get(f"/ik/tr:w-20{images(64, 48, pictures.quarters, kind=kind)}")
    assert answer.status == 200 and answer.header("Content-Type") == content_type


def test_the_type_is_detected_by_content_not_by_name(site, origin):
    path = origin.publish(pictures.quarters(kind="JPEG"), "/misnamed.png", private=False,
                          content_type="image/gif")
    assert site.get("/ik/tr:w-20" + path).header("Content-Type") == "image/jpeg"


@pytest.mark.parametrize("accept, content_type", [
    ("image/avif,image/webp,*/*;q=0.8", "image/avif"),
    ("image/webp,*/*", "image/webp"),
    ("image/webp,image/avif;q=0.5", "image/webp"),
    ("image/avif;q=0,image/webp", "image/webp"),
    ("*/*", "image/png"), ("image/*", "image/png"), ("image/png", "image/png"), ("", "image/png"),
    (None, "image/png"),
])
def test_auto_negotiates_by_accept(site, images, accept, content_type):
    path = images(64, 48)
    headers = {} if accept is None else {"Accept": accept}
    for target in (f"/auto/tr:w-20{path}", f"/ik/tr:w-20,f-auto{path}", f"/cf{path}/w=20,f=auto"):
        answer = site.get(target, headers)
        assert answer.header("Content-Type") == content_type, target
        assert "accept" in (answer.header("Vary") or "").lower(), target


def test_vary_is_sent_only_if_accept_changed_the_answer(site, images):
    for target in (f"/ik/tr:w-20{images(64, 48)}", f"/auto/tr:w-20,f-png{images(64, 48)}"):
        answer = site.get(target, {"Accept": "image/webp"})
        assert answer.header("Content-Type") == "image/png"
        assert "accept" not in (answer.header("Vary") or "").lower().split(", ")


def test_quality_matters(site, origin):
    path = origin.publish(pictures.noise(200, 200), private=False)
    sizes = [len(site.get(target).body) for target in (
        f"/ik/tr:w-150,q-5{path}", f"/jpeg/tr:w-150{path}", f"/ik/tr:w-150,q-70{path}",
        f"/better/tr:w-150{path}")]
    assert sizes == sorted(sizes) and len(set(sizes)) == 4
    assert len(site.get(f"/better/tr:w-150,q-5{path}").body) == sizes[0]


# EXIF

@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photograph_with_orientation_is_rendered_upright(site, origin, orientation):
    path = origin.publish(pictures.turned(orientation), private=False)
    for target in (f"/cf{path}/w=30", f"/ik/tr:w-30{path}", f"/cf{path}/w=30,metadata=keep"):
        image = rendered(site, target)
        assert image.size == (30, 20), target
        assert image.getexif().get(0x0112, 1) == 1, target
        assert pictures.shows_quarters(image), target


def test_metadata_is_kept_only_where_asked(site, origin):
    path = origin.publish(pictures.turned(6), private=False)

    def tags(target):
        exif = rendered(site, target).getexif()
        return 0x8298 in exif, 0x010F in exif

    assert tags(f"/cf{path}/w=30,metadata=none") == (False, False)
    assert tags(f"/cf{path}/w=30,metadata=copyright") == (True, False)
    assert tags(f"/cf{path}/w=30") == (True, False)
    assert tags(f"/cf{path}/w=30,metadata=keep") == (True, True)
    assert tags(f"/ik/tr:w-30{path}") == (False, False)


@pytest.mark.parametrize("text", ["Ann & Bob", "Ann (2024)", "(c) Ann (all rights) 2024", "A"])
def test_the_copyright_is_kept_verbatim(site, origin, text):
    exif = Image.Exif()
    exif[0x8298], exif[0x013B] = text, text[::-1].replace(")", "").replace("(", "")
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40)).save(buffer, "JPEG", exif=exif)
    path = origin.publish(buffer.getvalue(), private=False)
    kept = rendered(site, f"/cf{path}/w=30").getexif()
    assert (kept[0x8298], kept[0x013B]) == (exif[0x8298], exif[0x013B])


def test_a_public_variant_never_keeps_metadata(site, origin):
    path = origin.publish(pictures.turned(6), private=True)
    for target in (f"/cf{path}/open", f"/ik/tr:n-open{path}"):
        assert not rendered(site, target).getexif(), target
        assert b"Camera of the tests" not in site.get(target).body


# Animations

def test_animations_stay_animations(site, origin):
    path = origin.publish(pictures.animation(), private=False)
    image = rendered(site, f"/ik/tr:w-20{path}")
    frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
    assert image.format == "GIF" and image.size == (20, 15) and len(frames) == 6
    assert [pictures.is_near(frame.convert("RGB").getpixel((10, 8)), colour, 20)
            for frame, colour in zip(frames, (RED, GREEN, BLUE))] == [True] * 3


def test_a_still_format_takes_the_first_frame(site, origin):
    path = origin.publish(pictures.animation(), private=False)
    image = rendered(site, f"/ik/tr:w-20,f-jpg{path}")
    assert image.format == "JPEG" and image.size == (20, 15) and pictures.shows(image, RED)


# The answer

ETAG = '"revision-1"'
MODIFIED = http_date(time.time() - 86400)


@pytest.fixture(scope="module")
def picture(origin):
    return origin.publish(pictures.quarters(), private=False, etag=ETAG, last_modified=MODIFIED)


@pytest.fixture(scope="module")
def secret(origin):
    return origin.publish(pictures.quarters(), private=True, etag=ETAG, last_modified=MODIFIED)


def signed(path, chain="w-20"):
    return signing.imagekit(f"/ik/tr:{chain}{path}", "/ik/")


def test_a_derivative_has_its_headers(site, picture):
    answer = site.get("/ik/tr:w-20" + picture)
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Last-Modified") == MODIFIED
    assert answer.header("Accept-Ranges") == "bytes"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    etag = answer.header("ETag")
    assert etag.startswith('"') and etag.endswith('"') and len(etag) > 10 and etag != ETAG


def test_entity_tags_distinguish_derivatives(site, origin, picture):
    newer = origin.publish(pictures.quarters(), private=False, etag='"revision-2"')
    targets = [f"/ik/tr:w-20{picture}", f"/ik/tr:w-21{picture}", f"/ik/tr:w-20,q-50{picture}",
               f"/ik/tr:w-20,f-jpg{picture}", f"/ik/tr:w-20,bl-1{picture}",
               f"/ik/tr:w-20{newer}", f"/jpeg/tr:w-20{picture}", f"/better/tr:w-20{picture}"]
    tags = [site.get(target).header("ETag") for target in targets]
    assert len(set(tags)) == len(tags) and None not in tags
    assert tags == [site.get(target).header("ETag") for target in targets]


def test_a_signature_changes_no_entity_tag(site, picture):
    plain = site.get("/ik/tr:w-20" + picture)
    assert site.get(signed(picture)).header("ETag") == plain.header("ETag")


def test_head_on_a_derivative_gets_the_same_headers(site, picture, secret):
    for target in ("/ik/tr:w-20" + picture, signed(secret)):
        get, head = site.get(target), site.head(target)
        assert head.status == 200 and head.body == b""
        for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control"):
            assert head.header(name) == get.header(name), name


def test_ranges_of_a_derivative(site, picture):
    target = "/ik/tr:w-20" + picture
    whole = site.get(target)
    part = site.get(target, {"Range": "bytes=5-14"})
    assert part.verdict == (206, "public") and part.body == whole.body[5:15]
    assert part.header("Content-Range") == f"bytes 5-14/{len(whole.body)}"
    assert part.header("ETag") == whole.header("ETag")
    same = site.get(target, {"Range": "bytes=5-14", "If-Range": whole.header("ETag")})
    assert same.status == 206
    other = site.get(target, {"Range": "bytes=5-14", "If-Range": '"another"'})
    assert other.status == 200 and other.body == whole.body
    assert site.get(target, {"Range": "bytes=999999-"}).status == 416


@pytest.mark.parametrize("condition", ["etag", "star", "modified"])
def test_a_condition_that_holds_for_a_derivative_is_answered_with_304(site, picture, condition):
    target = "/ik/tr:w-20" + picture
    whole = site.get(target)
    headers = {"etag": {"If-None-Match": f'"x", {whole.header("ETag")}'},
               "star": {"If-None-Match": "*"},
               "modified": {"If-Modified-Since": MODIFIED}}[condition]
    for method in ("GET", "HEAD"):
        answer = site.get(target, headers, method=method)
        assert answer.verdict == (304, "public") and answer.body == b""
        assert answer.header("ETag") == whole.header("ETag")


def test_a_precondition_that_fails_for_a_derivative_is_answered_with_412(site, picture):
    assert site.get("/ik/tr:w-20" + picture, {"If-Match": '"another"'}).status == 412


def test_conditions_and_ranges_are_answered_after_judging(site, secret):
    whole = site.get(signed(secret))
    assert whole.verdict == (200, "signed")
    etag = whole.header("ETag")
    for headers in ({"If-None-Match": etag}, {"If-None-Match": "*"}, {"Range": "bytes=0-3"},
                    {"If-Modified-Since": MODIFIED}, {"If-Match": '"x"'},
                    {"Range": "bytes=999999-"}):
        answer = site.get("/ik/tr:w-20" + secret, headers)
        assert answer.verdict == (401, "unsigned") and not answer.header("ETag")
        assert site.get(signed(secret), headers).status in (304, 206, 412, 416)


def test_a_derivative_of_an_original_without_validators_has_an_entity_tag(site, images):
    target = f"/ik/tr:w-20{images(64, 48)}"
    answer = site.get(target)
    assert answer.header("Last-Modified") is None
    assert answer.header("ETag") == site.get(target).header("ETag")


def test_only_headers_about_sharing_are_copied(site, origin):
    copied = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "X-A",
              "Cross-Origin-Resource-Policy": "same-site", "Timing-Allow-Origin": "*"}
    dropped = {"Set-Cookie": "a=b", "X-Powered-By": "origin", "Content-Disposition": "attachment",
               "Content-Language": "en", "Link": "</x>", "Content-Location": "/x",
               "Refresh": "1", "X-Accel-Expires": "5", "Content-MD5": "AAAA"}
    path = origin.publish(pictures.plain(), headers={**copied, **dropped})
    answer = site.get("/ik/tr:w-20" + path)
    assert answer.status == 200
    for name, value in copied.items():
        assert answer.header(name) == value, name
    for name in dropped:
        assert answer.header(name) is None, name


@pytest.mark.parametrize("script", [{"chunked": True}, {"chunk_size": 97},
                                    {"chunked": True, "chunk_size": 1000, "chunk_delay": 0.002}],
                         ids=str)
def test_the_origin_may_send_the_original_in_any_framing(site, origin, script):
    body = pictures.noise(60, 60, "PNG")
    path = origin.publish(body, private=False, **script)
    reference = origin.publish(body, private=False)
    assert site.get("/ik/tr:w-20" + path).body == site.get("/ik/tr:w-20" + reference).body


def test_the_same_request_gives_the_same_bytes(site, picture):
    answers = {site.get("/ik/tr:w-20,f-jpg" + picture).body for _ in range(4)}
    assert len(answers) == 1


def test_a_derivative_as_post_action_leaves_the_connection_usable(site, origin):
    path = origin.publish(pictures.plain(), path="/after.png", private=False)
    with client.Connection(site.port) as connection:
        for _ in range(3):
            assert connection.request("/rendered-after/").status == 200
        origin.wait_for(path, 3)
