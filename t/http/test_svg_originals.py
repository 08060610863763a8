"""A size or a variant of an SVG where SVG is not rendered: the SVG is sent unchanged, with a policy
that forbids scripts, and only to clients that may see the original."""

import time

import pytest

import pictures
import signing
from caching import MODIFIED

SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><rect width="12" height="24"/></svg>
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
UNSUPPORTED = (415, "unsupported_type")
GATE = """private_image_key img.key; private_image_cache derivatives;
    private_image_watermark logo logo.png;
    private_image_variant open public w=20;
    private_image_variant marked public w=20,watermark=logo;
    private_image_variant member signed w=20;
    private_image_variant member-marked signed w=20,watermark=logo;
    private_image_variant chained signed tr:w-20:l-text,i-Mine,l-end;
    private_image_variant described signed format=json;
"""
SITE = GATE + """
    {% for name, dialect in (("ik", "imagekit"), ("cf", "cloudflare")) %}
    location ^~ /{{ name }}/ { private_image {{ dialect }}; proxy_pass {{ origin }}/; }
    location ^~ /two-{{ name }}/ { private_image {{ dialect }};
                                   private_image_origin /store$private_image_path; }
    location ^~ /off-{{ name }}/ { private_image {{ dialect }}; private_image_adhoc off;
                                   proxy_pass {{ origin }}/; }
    location ^~ /public-{{ name }}/ { private_image {{ dialect }}; private_image_adhoc public;
                                      proxy_pass {{ origin }}/; }
    location ^~ /signed-{{ name }}/ { private_image {{ dialect }}; private_image_adhoc signed;
                                      proxy_pass {{ origin }}/; }
    location ^~ /always-{{ name }}/ { private_image {{ dialect }}; private_image_signature always;
                                      proxy_pass {{ origin }}/; }
    location ^~ /rendering-{{ name }}/ { private_image {{ dialect }}; proxy_pass {{ origin }}/;
                                         private_image_source_types svg png; }
    location ^~ /small-{{ name }}/ { private_image {{ dialect }}; proxy_pass {{ origin }}/;
                                     private_image_max_source_size 100; }
    {% endfor %}
    location ^~ /store/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /files/ { private_image imagekit; alias files/; }
"""
HTTP = "private_image_cache_path {{ folder }}/cache keys_zone=derivatives:1m;" \
       "add_header X-Cache $private_image_cache_status always;" \
       "add_header X-Source $private_image_source_type always;"


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, files={"conf/logo.png": pictures.plain(8, 8),
                                        "files/a.svg": SVG, "files/b.svg": b"<html>" + SVG})
    site.expect_errors("private_image: unsupported_type")
    return site


def published(origin, private=False, body=SVG, **script):
    script = {"content_type": "image/svg+xml", "etag": '"one"', "last_modified": MODIFIED, **script}
    return origin.publish(body, private=private, suffix=".svg", ranges=True, **script)


def target(prefix, path, options="w-20"):
    """The URL in either dialect; `options` are ImageKit's, a variant is n-NAME."""
    if not prefix.endswith("cf/"):
        return f"{prefix}tr:{options}{path}"
    name = options[2:] if options.startswith("n-") else options.replace("-", "=")
    return f"{prefix[:-1]}{path}/{name}"


def signed(prefix, path, options="w-20"):
    one = target(prefix, path, options)
    if prefix.endswith("cf/"):
        return signing.cloudflare(one, expires=signing.soon(100))
    return signing.imagekit(one, prefix, expires=signing.soon(100))


def assert_delivered(answer, reason="public", body=SVG):
    assert (answer.status, answer.reason, answer.body) == (200, reason, body), answer
    assert answer.header("Content-Security-Policy") == POLICY
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Type").startswith("image/svg+xml")


DIALECTS = ["ik/", "cf/"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("options", ["w-20", "h-10", "w-20,h-10", "n-open", "n-member"])
@pytest.mark.parametrize("place", ["/", "/two-"])
def test_a_public_svg_is_delivered_as_it_is(site, origin, dialect, options, place):
    path = published(origin)
    for _ in range(2):
        answer = site.get(target(place + dialect, path, options))
        assert_delivered(answer)
        assert answer.header("ETag") == '"one"' and answer.header("Last-Modified") == MODIFIED
        assert answer.header("X-Source") == "svg"
        assert answer.header("X-Cache") == "MISS", "nothing of it is kept"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_private_svg_needs_a_signature(site, origin, dialect):
    path = published(origin, private=True)
    for options in ("w-20", "n-member"):
        for _ in range(2):
            refused = site.get(target("/" + dialect, path, options))
            assert refused.reason == "unsigned" and refused.body != SVG
            answer = site.get(signed("/" + dialect, path, options))
            assert_delivered(answer, "signed")
            directives = answer.cache_directives()
            assert directives.get("private") is True and directives["max-age"] <= 100


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_public_variant_hides_a_private_svg(site, origin, dialect):
    path = published(origin, private=True)
    for one in (target, signed):
        assert site.get(one("/" + dialect, path, "n-open")).verdict == UNSUPPORTED


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("name", ["marked", "member-marked", "chained", "described"])
def test_options_that_need_a_render_are_not_ignored(site, origin, dialect, private, name):
    path = published(origin, private=private)
    assert site.get(signed("/" + dialect, path, "n-" + name)).verdict == UNSUPPORTED


@pytest.mark.parametrize("layer", ["l-text,i-Mine,l-end", "l-image,i-logo.png,l-end",
                                   "l-image,i-ik_canvas,bg-FF0000,w-5,h-5,l-end"])
def test_layers_are_not_ignored(site, origin, layer):
    origin.publish(pictures.plain(8, 8), "/logo.png")
    path = published(origin)
    assert site.get(f"/ik/tr:w-20,{layer}{path}").verdict == UNSUPPORTED


def test_an_svg_as_a_layer_stays_unsupported(site, origin):
    path = published(origin)
    base = origin.publish(pictures.quarters(), private=False)
    assert site.get(f"/ik/tr:w-20,l-image,i-{path[1:]},l-end{base}").verdict == UNSUPPORTED


# Ad-hoc rules come first.

def rules(dialect):
    refused = 403 if dialect == "cf/" else 400
    unsigned = 403 if dialect == "cf/" else 401
    return [("/off-", False, False, (refused, "adhoc_off")),
            ("/off-", True, True, (refused, "adhoc_off")),
            ("/public-", False, False, (200, "public")),
            ("/public-", True, True, (refused, "adhoc_off")),
            ("/public-", True, False, (refused, "adhoc_off")),
            ("/signed-", False, False, (unsigned, "unsigned")),
            ("/signed-", False, True, (200, "signed")),
            ("/signed-", True, True, (200, "signed")),
            ("/always-", False, False, (unsigned, "unsigned")),
            ("/always-", False, True, (200, "signed"))]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rules_for_adhoc_transformations_hold(site, origin, dialect):
    for place, private, is_signed, verdict in rules(dialect):
        path = published(origin, private=private)
        answer = site.get((signed if is_signed else target)(place + dialect, path))
        assert answer.verdict == verdict, (place, private, is_signed)
        if answer.status == 200:
            assert_delivered(answer, verdict[1])
            assert ("private" in answer.cache_directives()) == is_signed


# The answer

def test_conditions_ranges_and_head_are_those_of_an_original(site, origin):
    path = published(origin)
    one = target("/ik/", path)
    head = site.head(one)
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(SVG)))
    assert head.header("Content-Security-Policy") == POLICY
    part = site.get(one, {"Range": "bytes=3-9"})
    assert (part.status, part.body) == (206, SVG[3:10])
    assert part.header("Content-Security-Policy") == POLICY
    assert site.get(one, {"If-None-Match": '"one"'}).status == 304
    assert site.get(one, {"If-Modified-Since": MODIFIED}).status == 304
    assert_delivered(site.get(one, {"If-None-Match": '"two"'}))
    assert site.get(one, {"If-Match": '"two"'}).status == 412
    assert site.get(one, {"Range": "bytes=9999-"}).status == 416


def test_a_refusal_comes_before_conditions(site, origin):
    path = published(origin, private=True)
    for headers in ({"If-None-Match": '"one"'}, {"Range": "bytes=0-9"}, {"If-Match": '"two"'}):
        assert site.get(target("/ik/", path), headers).verdict == (401, "unsigned")
    assert site.get(target("/ik/", path, "n-open"), {"If-None-Match": '"one"'}).verdict == UNSUPPORTED


@pytest.mark.parametrize("declared, given", [
    ("image/svg+xml", "image/svg+xml"), ("image/svg+xml; charset=utf-8", "image/svg+xml; charset=utf-8"),
    ("text/html", "image/svg+xml"), ("application/octet-stream", "image/svg+xml"),
    ("image/svg+xmlx", "image/svg+xml"), ("image/png", "image/svg+xml")])
def test_its_type_is_svg_whatever_the_origin_says(site, origin, declared, given):
    path = published(origin, content_type=declared)
    answer = site.get(target("/ik/", path))
    assert_delivered(answer)
    assert answer.header("Content-Type") == given


def test_headers_are_those_of_a_derivative(site, origin):
    path = published(origin, headers={
        "Set-Cookie": "a=b", "X-Other": "1", "Access-Control-Allow-Origin": "*",
        "Content-Security-Policy": "default-src *", "Cache-Control": "max-age=60, no-transform"})
    answer = site.get(target("/ik/", path))
    assert_delivered(answer)
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Set-Cookie") is None and answer.header("X-Other") is None
    assert answer.cache_directives() == {"public": True, "max-age": 60, "no-transform": True}
    assert answer.header("Is-Private-File") is None


def test_without_the_origin_s_validators_none_are_sent(site, origin):
    path = published(origin, etag=None, last_modified=None)
    answer = site.get(target("/ik/", path))
    assert_delivered(answer)
    assert answer.header("ETag") is None and answer.header("Last-Modified") is None


NO_SVG = {"HTML": b"<html><body>" + SVG, "HTML in a comment's shadow": b"<!-- --><html>" + SVG,
          "text": b"svg", "another root": b"<svgx/>", "a script": b"<script>alert(1)</script>",
          "nothing but a preamble": b"<?xml version='1.0'?><!-- -->"}


@pytest.mark.parametrize("body", NO_SVG.values(), ids=NO_SVG.keys())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_file_that_is_no_svg_is_not_delivered(site, origin, dialect, body):
    path = published(origin, body=body)
    assert site.get(target("/" + dialect, path)).verdict == UNSUPPORTED


def test_from_a_folder(site):
    answer = site.get("/files/tr:w-20/a.svg")
    assert_delivered(answer)
    assert answer.header("ETag") == site.get("/files/a.svg").header("ETag")
    assert site.get("/files/tr:w-20/a.svg", {"Range": "bytes=0-4"}).body == SVG[:5]
    assert site.get("/files/tr:w-20/b.svg").verdict == UNSUPPORTED


@pytest.mark.parametrize("dialect", DIALECTS)
def test_where_svg_is_rendered_nothing_changes(site, origin, dialect):
    path = published(origin)
    for _ in range(2):
        answer = site.get(target("/rendering-" + dialect, path))
        assert (answer.status, answer.header("Content-Type")) == (200, "image/png")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_limits_hold(site, origin, dialect):
    path = published(origin)
    assert site.get(target("/small-" + dialect, path)).verdict == (413, "too_large")
    big = published(origin, body=SVG + b" " * 3_000_000)
    assert_delivered(site.get(target("/" + dialect, big)), body=SVG + b" " * 3_000_000)


def test_an_incomplete_svg_is_not_delivered(site, origin):
    site.expect_errors("private_image: origin_error", "prematurely closed")
    path = published(origin, truncate_after=40)
    assert site.get(target("/ik/", path)).verdict == (502, "origin_error")


# What changes between picture and SVG

def test_a_picture_that_becomes_an_svg_and_a_picture_again(site, origin):
    path = origin.publish(pictures.quarters(), private=False, etag='"png"', suffix=".svg",
                          headers={"Cache-Control": "max-age=0"})
    one = target("/ik/", path)
    for _ in range(2):
        assert site.get(one).image().size[0] == 20
    time.sleep(0.01)  # what was read within the same millisecond counts as new
    origin.publish(SVG, path, private=False, etag='"svg"', content_type="image/svg+xml",
                   headers={"Cache-Control": "max-age=0"})
    for _ in range(2):
        assert_delivered(site.get(one))
    origin.publish(pictures.quarters(), path, private=False, etag='"png2"',
                   headers={"Cache-Control": "max-age=0"})
    answer = site.get(one)
    assert answer.image().size[0] == 20 and answer.header("Content-Security-Policy") is None


def test_an_svg_that_became_private_is_refused(site, origin):
    path = published(origin)
    assert_delivered(site.get(target("/ik/", path, "n-open")))
    published_again = dict(private=True, etag='"two"', content_type="image/svg+xml")
    origin.publish(SVG, path, **published_again)
    assert site.get(target("/ik/", path, "n-open")).verdict == UNSUPPORTED
    assert site.get(target("/ik/", path)).verdict == (401, "unsigned")


def test_a_default_image_may_be_one(site, origin):
    path = published(origin)
    answer = site.get(f"/ik/tr:w-20,di-{path[1:]}/nowhere.png")
    assert_delivered(answer)
    assert answer.cache_directives()["max-age"] <= 10
    secret = published(origin, private=True)
    assert site.get(f"/ik/tr:w-20,di-{secret[1:]}/nowhere2.png").reason == "unsigned"
