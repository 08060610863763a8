"""add_header, expires and etag of the gate's location apply to every answer of the gate:
derivatives, originals and refusals, also if private_image_origin names another location."""

import pytest

import pictures
import signing
from origin import http_date

PLACES = """
    private_image_key img.key;
    location ^~ /one/ { {{ lines }} private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /two/ { {{ lines }} private_image imagekit;
                        private_image_origin /store$private_image_path; }
    location ^~ /named/ { {{ lines }} private_image imagekit; private_image_origin @store; }
    location ^~ /led/ { {{ lines }} private_image imagekit;
                        private_image_origin /leading$private_image_path; }
    location ^~ /store/ { internal; add_header X-Store yes always; expires 5m;
                          proxy_pass {{ origin }}/; }
    location @store { add_header X-Store yes always; proxy_pass {{ origin }}$private_image_uri; }
    location ^~ /leading/ { internal; add_header X-Store yes always; proxy_pass {{ origin }}/lead/; }
    location = /page { internal; add_header X-Page yes always; return 200 "page"; }
    location ^~ /with-page/ { error_page 401 /page; {{ lines }} private_image imagekit;
                              private_image_origin /store-with-page$private_image_path; }
    location ^~ /store-with-page/ { internal; error_page 401 /page; proxy_pass {{ origin }}/; }
"""
LINES = "add_header X-Gate yes always; add_header X-Well yes;"
PREFIXES = ["/one/", "/two/", "/named/", "/led/"]
SHAPES = ["", "tr:w-20/"]


@pytest.fixture(scope="module")
def site(gate):
    return gate(PLACES, lines=LINES)


@pytest.fixture(scope="module")
def expiring(gate):
    return gate(PLACES, lines="expires 1h;")


def published(origin, private=False, **headers):
    path = origin.publish(pictures.quarters(), private=private, etag='"one"', ranges=True,
                          headers={name.replace("_", "-"): value
                                   for name, value in headers.items()})
    origin.publish(b"", f"/lead{path}", headers={"X-Accel-Redirect": f"/store{path}"})
    return path


def own(answer):
    return answer.header("X-Gate"), answer.header("X-Well"), answer.header("X-Store")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("shape", SHAPES)
def test_add_header_applies_to_every_answer(site, origin, prefix, shape):
    path = published(origin)
    target = f"{prefix}{shape}{path[1:]}"
    whole = site.get(target)
    assert (whole.status, own(whole)) == (200, ("yes", "yes", None))
    part = site.get(target, {"Range": "bytes=0-9"})
    assert (part.status, own(part)) == (206, ("yes", "yes", None))
    unchanged = site.get(target, {"If-None-Match": whole.header("ETag")})
    assert (unchanged.status, own(unchanged)) == (304, ("yes", "yes", None))
    head = site.head(target)
    assert (head.status, own(head)) == (200, ("yes", "yes", None))


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("shape", SHAPES)
def test_add_header_applies_to_refusals(site, origin, prefix, shape):
    path = published(origin, private=True)
    for _ in range(2):
        refused = site.get(f"{prefix}{shape}{path[1:]}")
        assert (refused.status, own(refused)) == (401, ("yes", None, None))
    missing = site.get(f"{prefix}{shape}nowhere.png")
    assert (missing.status, own(missing)) == (404, ("yes", None, None))


def test_an_error_page_has_the_headers_of_its_location(site, origin):
    path = published(origin, private=True)
    for shape in SHAPES:
        answer = site.get(f"/with-page/{shape}{path[1:]}")
        assert (answer.body, answer.header("X-Page"), own(answer)) == (
            b"page", "yes", (None, None, None))


@pytest.mark.parametrize("declared", [{}, {"Cache_Control": "no-store"}, {"Cache_Control": "private"},
                                  {"Cache_Control": "max-age=7"},
                                  {"Expires": http_date(0)}], ids=str)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_expires_replaces_any_declared_lifetime(expiring, origin, prefix, declared):
    path = published(origin, **declared)
    for shape in SHAPES:
        answer = expiring.get(f"{prefix}{shape}{path[1:]}")
        assert answer.cache_directives() == {"public": True, "max-age": 3600}, (prefix, shape)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_expires_does_not_outlive_a_signature(expiring, origin, prefix):
    path = published(origin, private=True)
    for shape in SHAPES:
        target = signing.imagekit(f"{prefix}{shape}{path[1:]}", prefix, expires=signing.soon(100))
        directives = expiring.get(target).cache_directives()
        assert directives.get("private") is True and directives["max-age"] <= 100


@pytest.mark.parametrize("declared, directives", [
    ("no-store", {"no-store": True}),
    ("max-age=7", {"public": True, "max-age": 7}),
    ("max-age=99", {"public": True, "max-age": 60}),
    ("private", {"private": True, "max-age": 60})])
def test_a_lifetime_of_add_header_is_combined_with_the_origin_s(gate, origin, declared, directives):
    site = gate(PLACES, lines="add_header Cache-Control max-age=60;")
    path = published(origin, Cache_Control=declared)
    for prefix in PREFIXES:
        for shape in SHAPES:
            answer = site.get(f"{prefix}{shape}{path[1:]}")
            assert answer.cache_directives() == directives, (prefix, shape)


def test_etag_off_applies_to_etags_made_by_nginx(gate, origin):
    site = gate("""
        location ^~ /one/ { etag off; private_image imagekit; alias files/; }
        location ^~ /two/ { etag off; private_image imagekit;
                            private_image_origin /store$private_image_path; }
        location ^~ /on/ { private_image imagekit;
                           private_image_origin /store$private_image_path; }
        location ^~ /store/ { internal; alias files/; }
        location ^~ /proxied/ { etag off; private_image imagekit; proxy_pass {{ origin }}/; }
        """, files={"files/a.png": pictures.quarters()})
    for shape in SHAPES:
        for prefix in ("/one/", "/two/"):
            answer = site.get(f"{prefix}{shape}a.png")
            assert (answer.status, answer.header("ETag")) == (200, None), (prefix, shape)
            since = {"If-Modified-Since": answer.header("Last-Modified")}
            assert site.get(f"{prefix}{shape}a.png", since).status == 304
        assert site.get(f"/on/{shape}a.png").header("ETag")
    path = published(origin)
    assert site.get(f"/proxied{path}").header("ETag") == '"one"'
    assert site.get(f"/proxied/tr:w-20{path}").header("ETag") is None
