"""Variables of private_image_signed: the location that uses one signs it."""

import html
import re
import time

import pytest

import pictures
import signing
from documents import first_configuration, run

HTTP = """
    private_image_signed $photo      imagekit   1h /img$uri;
    private_image_signed $card       cloudflare 1h /cf/$arg_id/card;
    private_image_signed $steady     imagekit   1h https://cdn.example.com/img/a.jpg window=3650d;
    private_image_signed $steady_cf  cloudflare 1h https://cdn.example.com/cf/a/card window=3650d;
    private_image_signed $given      imagekit   1h $arg_url;
    private_image_signed $own        imagekit   1h /gate/a.jpg window=3650d;
    private_image_signed $twice      imagekit   1h $steady;
"""
SITE = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /gate/ { private_image imagekit; proxy_pass {{ origin }}/;
                         add_header X-Own $own always; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/;
                       private_image_variant card signed w=20; }

    # "return" would run before auth_request, were both in one location
    location /photos/ { auth_request /may; try_files /none @photo; }
    location @photo { private_image_prefix /img/; return 302 $photo; }
    location /members/ { private_image_prefix /img/;
                         if ($cookie_session != "good") { return 403; } return 302 $photo; }
    location = /may { internal; if ($cookie_session = "good") { return 204; } return 403; }
    location /cards/ { private_image_prefix /cf/; return 302 $card; }
    location /given { private_image_prefix /img/; add_header X-Given $given;
                      add_header X-Again $given; return 204; }
    location /link { private_image_prefix /img/; add_header Link "<$steady>; rel=preload; as=image";
                     return 204; }
    location /both { private_image_prefix /; add_header X-One $steady; add_header X-Two $steady_cf;
                     return 204; }
    location /twice { private_image_prefix /img/; add_header X-Twice $twice; return 204; }
    location /ssi/ { private_image_prefix /img/; ssi on; root files; }
    location /sub/ { private_image_prefix /img/; root files; sub_filter_once off;
                     sub_filter "/img/a.jpg" $steady; sub_filter_types text/html; }
    location /other-key { private_image_prefix /img/; private_image_key other.key;
                          private_image_key img.key primary; private_image_key third.key;
                          add_header X-One $steady; return 204; }
    location /last-key { private_image_prefix /img/; private_image_key img.key;
                         private_image_key third.key; add_header X-One $steady; return 204; }
    location /no-prefix { add_header X-One $steady; return 204; }
    location /if { private_image_prefix /img/;
                   if ($arg_v) { add_header X-One $steady; return 204; } return 200 no; }
"""
KEYLESS = """
    server {
        listen 127.0.0.1:{{ port_of("keyless") }};
        private_image_prefix /img/;
        location / { add_header X-One $steady; return 204; }
    }
    server {
        listen 127.0.0.1:{{ port_of("whole") }};
        private_image_prefix /img/;
        private_image_key img.key;
        return 302 $steady;
    }
"""
THIRD_KEY = "a third key, of more than sixteen bytes"
WINDOW = 3650 * 86400
GOOD = {"Cookie": "session=good"}
STEADY = "https://cdn.example.com"


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP + KEYLESS, files={
        "conf/third.key": THIRD_KEY.encode(),
        "files/ssi/a.html": b'<img src="<!--# echo var="steady" -->">',
        "files/sub/a.html": b'<img src="/img/a.jpg"><img src="/img/a.jpg">'})


def window_end():
    return -(-(int(time.time()) + 3600) // WINDOW) * WINDOW


def steady(key=signing.KEY):
    return STEADY + signing.imagekit("/img/a.jpg", "/img/", key=key, expires=window_end())


# Places where a signed variable is used

@pytest.mark.parametrize("place", ["photos", "members"])
def test_a_redirect_after_auth_request_or_a_cookie(site, origin, place):
    path = origin.publish(pictures.plain(60, 40), f"/{place}/a%20b.png", private=True)
    assert site.get(path).status == 403
    answer = site.get(path, GOOD)
    target = answer.header("Location").partition(f":{site.port}")[2]
    assert answer.status == 302
    expires = int(re.search(r"ik-t=(\d+)", target)[1])
    assert target == signing.imagekit(f"/img{path}", "/img/", expires=expires)
    assert 3590 <= expires - time.time() <= 3600
    assert site.get(f"/img{path}").verdict == (401, "unsigned")
    assert site.get(target).verdict == (200, "signed")


def test_the_documents_redirect(folder, request, origin):
    site = run(folder, request, first_configuration("signing.md", "$photo_path"))
    path = origin.publish(pictures.plain(60, 40), "/a%20b%25.png", private=True)
    site.expect_errors("auth request unexpected status: 404")
    assert site.get(f"/photos{path}", port="shown").status == 500
    origin.publish(b"yes", "/member", content_type="text/plain")
    answer = site.get(f"/photos{path}?v=1", port="shown")
    assert answer.status == 302
    target = answer.header("Location")[answer.header("Location").index("/img/"):]
    assert target.startswith(f"/img{path}?ik-t=")
    assert site.get(target, port="shown").verdict == (200, "signed")


def test_a_redirect_in_the_other_dialect(site, origin):
    path = origin.publish(pictures.plain(60, 40), private=True)
    target = site.get(f"/cards/?id={path[1:]}").header("Location")
    target = target[target.index("/cf/"):]
    assert site.get(target).verdict == (200, "signed")
    assert site.get(target).image().width == 20


def test_preloading_by_a_header(site):
    assert site.get("/link").header("Link") == f"<{steady()}>; rel=preload; as=image"


def test_both_dialects_in_one_location(site):
    answer = site.get("/both")
    imagekit = signing.imagekit("/img/a.jpg", "/", expires=window_end())
    assert answer.header("X-One") == STEADY + imagekit
    assert answer.header("X-Two") == STEADY + signing.cloudflare("/cf/a/card", expires=window_end())


def test_in_a_page_by_ssi(site):
    assert html.unescape(site.get("/ssi/a.html").body.decode()) == f'<img src="{steady()}">'


def test_in_a_page_by_sub_filter(site):
    assert site.get("/sub/a.html").body.decode() == f'<img src="{steady()}">' * 2


def test_in_a_server_and_in_an_if(site):
    assert site.get("/x", port="whole").header("Location") == steady()
    assert site.get("/if?v=1").header("X-One") == steady()


def test_a_gate_signs_below_its_own_prefix(site, origin):
    path = origin.publish(pictures.plain(60, 40))
    expected = signing.imagekit("/gate/a.jpg", "/gate/", expires=window_end())
    assert site.get(f"/gate{path}").header("X-Own") == expected
    assert site.get(f"/gate/tr:w-20{path}").header("X-Own") == expected


@pytest.mark.parametrize("location, key", [("/other-key", signing.KEY), ("/last-key", THIRD_KEY)])
def test_the_location_s_primary_key_signs_else_the_last(site, location, key):
    assert site.get(location).header("X-One") == steady(key)


# Expiry

def test_all_values_of_a_request_have_one_expiry(site):
    for _ in range(20):
        answer = site.get("/given?url=/img/a.jpg")
        assert answer.header("X-Given") == answer.header("X-Again")


def test_a_window_keeps_urls_the_same(site):
    assert len({site.get("/link").header("Link") for _ in range(5)}) == 1


# Values that cannot be signed

@pytest.mark.parametrize("url", ["/other/a.jpg", "img/a.jpg", "/img/../a.jpg", "/img/",
                                 "/img/a?ik-s=1", "/img/a%5cb"])
def test_an_invalid_url_gives_an_empty_value_and_a_log_line(site, url):
    since = len(site.log())
    assert site.get(f"/given?url={url}").header("X-Given") is None
    site.wait_for_log(r"\[warn\].*private_image: \$given is empty: the ", since)


def test_an_empty_value_stays_empty_without_a_log_line(site):
    since = len(site.log())
    assert site.get("/given").header("X-Given") is None
    assert site.get("/link").status == 204
    assert "is empty" not in site.log_since(since)


def test_nothing_is_signed_twice(site):
    since = len(site.log())
    assert site.get("/twice").header("X-Twice") is None
    site.wait_for_log(r"\$twice is empty: the URL is signed already", since)


@pytest.mark.parametrize("port, missing", [("main", "prefix"), ("keyless", "key")])
def test_a_location_without_prefix_or_key_signs_nothing(site, port, missing):
    site.expect_errors(r"\$steady is empty: its location has no")
    since = len(site.log())
    assert site.get("/no-prefix", port=port).header("X-One") is None
    site.wait_for_log(rf"\[error\].*private_image: \$steady is empty.*no private_image_{missing}",
                      since)


# Configuration

@pytest.mark.parametrize("line, words", [
    ("photo imagekit 1h /img/a", r"photo.*such as \$photo"),
    ("$ imagekit 1h /img/a", r"such as \$photo"),
    ("$a-b imagekit 1h /img/a", r"such as \$photo"),
    ("$photo imagekit 1h", "number of arguments"),
    ("$photo cloudinary 1h /img/a", "cloudflare or imagekit"),
    ("$photo imagekit soon /img/a", "soon.*from 1s to 3650d"),
    ("$photo imagekit 1h /img/a window=0", "window=TIME"),
    ("$photo imagekit 1h /img/a from=any", "window=TIME or nothing"),
    ("$photo imagekit 1h $nosuch", "nosuch"),
    ("$host imagekit 1h /img/a", "host"),
    ("$uri imagekit 1h /img/a", "uri"),
    ("$args imagekit 1h /img/a", "args.*another name"),
    ("$photo imagekit 1h /a; private_image_signed $photo imagekit 1h /b", "photo"),
    ("$photo imagekit 1h /a; map $uri $photo { default x; }", "photo")])
def test_an_invalid_line_is_named_with_its_line(folder, line, words):
    place = folder()
    line = line if line.endswith("}") else line + ";"
    place.configure(http=f"private_image_signed {line}")
    reported = place.check().stdout
    assert "[emerg]" in reported and re.search(words, reported), reported
    assert re.search(r"nginx\.conf:\d+", reported) or "unknown" in reported


def test_the_directive_is_allowed_in_http_only(folder):
    place = folder()
    place.configure("private_image_signed $photo imagekit 1h /img/a;")
    assert "not allowed here" in place.check().stdout
