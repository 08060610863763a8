"""Files that are more than a picture: drawings that refer to other documents or expand, metadata
that expand, and files of two types at once. Nothing is fetched, the answer contains only the
picture, and memory and time stay within the limits."""

import contextlib
import io
import socket
import zipfile

import pytest

import bomb_metadata as metadata
import client
import pictures
import signing
from libraries import VIPS
from spending import measured

SITE = """
    private_image_render_timeout {{ seconds }}s;
    location = /status { private_image_status prometheus; }
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /svg/ { private_image imagekit; private_image_source_types svg png jpeg gif;
                        proxy_pass {{ origin }}/; }
    location ^~ /cf-svg/ { private_image cloudflare; private_image_source_types svg png jpeg gif;
                           proxy_pass {{ origin }}/; }
"""
UNSUPPORTED = (415, "unsupported_type")
ALLOWED, DAMAGED = (200, "public"), (422, "damaged")


@pytest.fixture(scope="module")
def site(gate, origin):
    site = gate(SITE, workers=1, seconds=min(10 * client.SLOWNESS, 60))
    site.expect_errors("private_image: (unsupported_type|damaged)")
    for body in (pictures.plain(), pictures.plain(kind="JPEG"), pictures.plain(kind="WEBP"),
                 pictures.SVG):
        site.get("/svg/tr:w-20" + origin.publish(body, private=False))
    return site


# Drawings

PREAMBLES = {
    "comment": b"<!-- " + b"filter mask data: " * 1000 + b"-->",
    "instruction": b"<?editor " + b"x" * 16384 + b"?>",
    "blanks": b"\xEF\xBB\xBF<?xml version='1.0'?>" + b" \r\n\t" * 5000,
    "doctype": b"<!DOCTYPE svg PUBLIC 'x' \"" + b">" * 16384 + b"\">",
}


@pytest.mark.parametrize("name", PREAMBLES)
def test_a_drawing_after_a_long_preamble_is_recognised(site, origin, name):
    before = PREAMBLES[name]
    body = before + SVG.format('<rect width="60" height="40"/>').encode()
    path = origin.publish(body, private=False)
    for target in (f"/svg/tr:w-20{path}", f"/cf-svg{path}/w=20,f=png"):
        assert site.get(target).verdict == ALLOWED
    for refused in (SVG.format("<filter/>"), "<html>" + SVG.format("") + "</html>",
                    "<!DOCTYPE svg [<!ENTITY e 'x'>]>" + SVG.format("&e;"),
                    "<?xml-stylesheet href='a.css'?>" + SVG.format("")):
        path = origin.publish(before + refused.encode(), private=False)
        assert site.get("/svg/tr:w-20" + path).verdict == UNSUPPORTED
    unchanged = site.get("/img/tr:w-20" + origin.publish(body, private=False))
    assert unchanged.verdict == ALLOWED and unchanged.body == body


@pytest.fixture(scope="module")
def trap():
    """A listening socket to which nothing may connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def has_connection(trap):
    with contextlib.suppress(BlockingIOError):
        trap.accept()[0].close()
        return True
    return False


SVG = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
       'width="60" height="40">{}</svg>')
NESTED_ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

# References inside the svg element, or, if they begin with "<?" or "<!", before it; %s is the
# address.
REFERRING = {
    "image": '<image href="%s" width="60" height="40"/>',
    "old image": '<image xlink:href="%s" width="60" height="40"/>',
    "image in upper case": '<IMAGE xlink:href="%s"/>',
    "image of another prefix": '<s:image xmlns:s="http://www.w3.org/2000/svg" href="%s"/>',
    "use": '<use href="%s#a"/>', "old use": '<use xlink:href="%s#a"/>',
    "fill": '<rect width="60" height="40" fill="url(%s#a)"/>',
    "style": '<rect width="60" height="40" style="fill: url(\'%s#a\')"/>',
    "style sheet": '<style>@import "%s"; rect { fill: red }</style><rect width="9" height="9"/>',
    "escaped style sheet": '<style>@\\69mport url(%s);</style><rect width="9" height="9"/>',
    "font": "<style>@font-face { font-family: x; src: url(%s) }</style><text y='9'>x</text>",
    "filter": '<filter id="f"><feImage href="%s"/></filter><rect filter="url(#f)" width="9"/>',
    "foreign object": '<foreignObject><iframe src="%s"/></foreignObject>',
    "include": '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="%s" parse="text"/>',
    "processing": '<?xml-stylesheet href="%s" type="text/css"?>',
    "entity": '<!DOCTYPE svg [<!ENTITY e SYSTEM "%s">]>',
    "parameter entity": '<!DOCTYPE svg [<!ENTITY %% e SYSTEM "%s"> %%e;]>',
}
# References that librsvg ignores.
HARMLESS = {
    "doctype": '<!DOCTYPE svg SYSTEM "%s">',
    "public doctype": '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "%s">',
    "link": '<a href="%s"><rect width="60" height="40" fill="#1e3cc8"/></a>',
    "script": '<script href="%s"/><rect width="60" height="40" fill="#1e3cc8"/>',
}


def drawing(part):
    """An SVG document with one of the references."""
    if part.startswith(("<?", "<!")):
        return part + SVG.format("<text y='9'>&e;</text>" if " e " in part else "")
    return SVG.format(part)


@pytest.mark.parametrize("part", REFERRING.values(), ids=REFERRING)
def test_a_drawing_that_refers_elsewhere_is_refused_and_fetches_nothing(site, origin, trap, part):
    for address in ("http://127.0.0.1:%d/x.png" % trap.getsockname()[1], "file:///etc/passwd"):
        path = origin.publish(drawing(part % address).encode(), private=False, suffix=".svg")
        assert site.get("/svg/tr:w-30" + path).verdict == UNSUPPORTED
        assert site.get(f"/cf-svg{path}/w=30").verdict == UNSUPPORTED
    assert not has_connection(trap)


@pytest.mark.parametrize("part", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_reference_is_not_fetched(site, origin, trap, part):
    address = "http://127.0.0.1:%d/x" % trap.getsockname()[1]
    path = origin.publish(drawing(part % address).encode(), private=False)
    answer = site.get("/svg/tr:w-30" + path)
    assert answer.verdict in (ALLOWED, UNSUPPORTED)
    assert answer.status != 200 or answer.header("Content-Type") == "image/png"
    assert not has_connection(trap)


EXPENSIVE = {
    "a billion laughs": f'<!DOCTYPE svg [<!ENTITY l0 "lol">{NESTED_ENTITIES}]>'
                        + SVG.format("<text>&l9;</text>"),
    "quadratic blow-up": f'<!DOCTYPE svg [<!ENTITY e "{"x" * 50000}">]>'
                         + SVG.format(f"<text>{'&e;' * 50000}</text>"),
    "deep groups": SVG.format("<g>" * 5000 + "</g>" * 5000),
    "deep opacity": SVG.format('<g opacity=".5">' * 40 + "</g>" * 40),
    "many elements": SVG.format("<rect/>" * 10_001),
    "uses of uses": SVG.format('<g id="a"/>' + "".join(f'<g id="b{n}">{"<use href=%r/>" * 9}</g>'
                                                       for n in range(9))),
    "a huge blur": SVG.format('<filter id="f" width="9999%" height="9999%"><feGaussianBlur '
                              'stdDeviation="9999"/></filter><rect filter="url(#f)"/>'),
    "turbulence": SVG.format('<filter id="f"><feTurbulence numOctaves="99999"/></filter>'),
    "a pattern of patterns": SVG.format('<pattern id="p" width=".001" height=".001"/>'),
    "dashes": SVG.format('<path stroke-dasharray=".0001" d="M0 0L60 40" stroke="red"/>'),
    "a mask": SVG.format('<mask id="m"><rect mask="url(#m)"/></mask>'),
    "crossing lines": SVG.format('<path d="M0 0' + "L60 40 0 40 60 0" * 9000 + '"/>'),
    "a megabyte": SVG.format("<!--" + "x" * 1_000_000 + "-->"),
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?>' + SVG.format(""),
    "an SVG in an SVG": SVG.format('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
}


@pytest.mark.parametrize("text", EXPENSIVE.values(), ids=EXPENSIVE)
def test_an_expensive_drawing_is_refused_before_it_is_drawn(site, origin, text):
    path = origin.publish(text.encode(), private=False)
    answer, spent, _ = measured(site, "/svg/tr:w-30" + path)
    assert answer.verdict == UNSUPPORTED
    spent.assert_within(memory=40, processor=0.3)


@pytest.mark.parametrize("size", ["width='60000' height='60000'", "width='1e9' height='1e9'",
                                  "width='0' height='0'", "viewBox='0 0 1e30 1e30'",
                                  "width='1' height='65535'", "width='-5' height='-5'"])
def test_the_size_of_a_drawing_is_limited_like_any_other(site, origin, size):
    path = origin.publish(f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect/></svg>'.encode(),
                          private=False)
    answer, spent, _ = measured(site, "/svg/tr:w-30" + path)
    assert answer.status in (200, 400, 413, 422)
    spent.assert_within(memory=100, processor=2)


# Metadata

PLACES = ("jpeg", "png", "webp")
PROFILES = {
    "CMYK": metadata.profile(space=b"CMYK"), "grey": metadata.profile(space=b"GRAY"),
    "Lab": metadata.profile(space=b"Lab "), "no tags": metadata.profile(),
    "4 billion tags": metadata.profile_of_many_tags(),
    "a tag that refers to the profile": metadata.profile_of_itself(),
    "a missing table of 100 MB": metadata.profile_with_tables(),
    "an invalid length": metadata.profile_with_tables(declared=0xFFFFFFF0),
    "7 MB": metadata.profile(7_000_000), "no profile": b"nothing" * 100,
}


@pytest.mark.parametrize("content", PROFILES.values(), ids=PROFILES)
def test_an_unusable_profile_is_ignored(site, origin, content):
    for place in PLACES:
        body = getattr(metadata, f"icc_in_{place}")(content)
        path = origin.publish(body, private=False)
        answer, spent, _ = measured(site, f"/img/tr:w-30,f-png{path}")
        assert answer.verdict == ALLOWED and answer.image().size == (30, 20)
        assert place == "webp" or pictures.shows_quarters(answer.image())
        spent.assert_within(memory=100, processor=1)
        with_profile = site.get(f"/img/tr:w-30,cp-true{path}")
        assert with_profile.verdict == ALLOWED


# Since 8.16 Debian's libvips reads PNG with libspng, which accepts at most 1000 texts and no chunk
# that inflates beyond libspng's own limit.
INFLATED = DAMAGED if VIPS >= (8, 16) else ALLOWED
EXPLODING = {
    "profile of 16 MB, JPEG": (metadata.icc_in_jpeg(metadata.profile(16_700_000)), ALLOWED, 150),
    "profile of 100 MB, deflated": (metadata.icc_in_png(None, metadata.bombs.zeros(100 << 20)),
                                    INFLATED, 60),
    "profile of 30 MB, WebP": (metadata.icc_in_webp(metadata.profile(30_000_000)), ALLOWED, 200),
    "EXIF of 30 MB, WebP": (metadata.exif_in_webp(metadata.repeating_exif(30_000_000)), ALLOWED,
                            200),
    "EXIF of 15 MB, PNG": (metadata.exif_in_png(metadata.repeating_exif(15_000_000, 15)), ALLOWED,
                           150),
    "EXIF entries that share 60 KB": (metadata.exif_in_jpeg(metadata.repeating_exif(60_000)),
                                      ALLOWED, 20),
    "EXIF entries that share 8 MB": (metadata.exif_in_webp(metadata.repeating_exif(8_000_000, 15)),
                                     ALLOWED, 50),
    "EXIF that loops": (metadata.exif_in_jpeg(metadata.looping_exif()), ALLOWED, 20),
    "text of 100 MB, deflated": (metadata.deflated_text_in_png(100), INFLATED, 50),
    "20 texts of 7 MB, deflated": (metadata.deflated_text_in_png(7, 20), INFLATED, 250),
    "21 texts of 7 MB, deflated": (metadata.deflated_text_in_png(7, 21), (413, "too_large"), 5),
    "30000 texts": (metadata.texts_in_png(30_000), INFLATED, 20),
}


@pytest.mark.parametrize("body, verdict, memory", EXPLODING.values(), ids=EXPLODING)
def test_metadata_that_expand_stay_within_the_memory_limit(site, origin, body, verdict, memory):
    path = origin.publish(body, private=False)
    answer, spent, _ = measured(site, "/img/tr:w-20" + path)
    assert answer.verdict == verdict
    spent.assert_within(memory, processor=3)
    assert verdict == ALLOWED or site.get(f"/cf{path}/w=20").verdict == verdict


@pytest.mark.parametrize("orientation, size", [(0, (30, 20)), (9, (30, 20)), (65535, (30, 20)),
                                               (3, (30, 20)), (6, (30, 45)), (8, (30, 45))])
@pytest.mark.parametrize("place", PLACES)
def test_only_a_valid_orientation_turns_the_picture(site, origin, place, orientation, size):
    body = getattr(metadata, f"exif_in_{place}")(metadata.turned_to(orientation))
    answer = site.get(f"/img/tr:w-30,f-png{origin.publish(body, private=False)}")
    assert answer.verdict == ALLOWED and answer.image().size == size


# Files of two types at once

SCRIPT = b"alert(document.domain)"
HTML = b"<html><script>" + SCRIPT + b"</script></html>"


def archive():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("x.html", HTML)
    return target.getvalue()


def gif_that_is_a_script():
    """Browsers would read the GIF's width as the beginning of a comment, which ends after the
    picture."""
    picture = pictures.plain(60, 40, kind="GIF")
    comment = bytes([len(SCRIPT) + 5]) + b"*/=1;" + SCRIPT + b"\0"
    return picture[:-1] + b"\x21\xfe" + comment + b";" + SCRIPT


POLYGLOTS = {
    "JPEG and HTML": (pictures.plain(kind="JPEG") + HTML, "image/jpeg"),
    "HTML in a JPEG": (metadata.in_jpeg((0xFE, HTML)), "image/jpeg"),
    "HTML in EXIF": (metadata.exif_in_jpeg(metadata.exif([(0x010E, 2, len(HTML), 26)]) + HTML),
                     "image/jpeg"),
    "GIF and script": (gif_that_is_a_script(), "image/gif"),
    "PNG and ZIP": (pictures.plain() + archive(), "image/png"),
    "HTML in a PNG": (metadata.in_png((b"tEXt", b"Comment\0" + HTML)), "image/png"),
    "HTML in a profile": (metadata.icc_in_png(metadata.profile() + HTML), "image/png"),
    "HTML in a WebP": (metadata.in_webp(b"XMP ", HTML, flags=4), "image/webp"),
    "a drawing declared as PNG": (
        SVG.format(f"<!--{HTML.decode()}--><rect width='9' height='9'/>").encode(), "image/png"),
}


@pytest.mark.parametrize("declared", ["image/png", "text/html", "application/javascript"])
@pytest.mark.parametrize("body, kind", POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_derivative_contains_only_the_picture(site, origin, body, kind, declared):
    path = origin.publish(body, private=False, content_type=declared, suffix=".html")
    place = ("/svg", "/cf-svg") if body.startswith(b"<svg") else ("/img", "/cf")
    for target in (f"{place[0]}/tr:w-20{path}", f"{place[0]}/tr:w-20,md-true,cp-true{path}",
                   f"{place[1]}{path}/w=20", f"{place[1]}{path}/w=20,f=jpeg"):
        answer = site.get(target)
        assert answer.verdict == ALLOWED
        assert answer.header("Content-Type") == ("image/jpeg" if "f=jpeg" in target else kind)
        assert answer.header("X-Content-Type-Options") == "nosniff"
        if "md-true" not in target:  # md-true keeps EXIF, which is harmless in an image type
            assert SCRIPT not in answer.body
        assert b"x.html" not in answer.body


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "application/javascript", ""])
def test_an_original_is_never_rendered_as_a_page_of_this_site(site, origin, declared):
    path = origin.publish(pictures.plain(kind="JPEG") + HTML, private=False, content_type=declared)
    for target in ("/img" + path, signing.imagekit("/img" + path, "/img/")):
        answer = site.get(target)
        assert answer.status == 200
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.header("Content-Security-Policy") == "sandbox"
