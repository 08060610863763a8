"""Attacks on the cache, the image states and shared renders: attempts to get a private byte, or to
learn that there is one. First the attacks that once succeeded, then, from "Attacks that always
failed" on, the most promising others."""

import threading
import time

import pytest

import pictures
import signing
from caching import (ETAG, MODIFIED, UNSIGNED, cache_verdict, published, signed, small,
                     wait_until_stale)
from origin import http_date
from pictures import BLUE, GREEN, RED

HTTP = """
    private_image_cache_path {{ folder }}/cache keys_zone=derivatives:1m;
    add_header X-Cache $private_image_cache_status always;
    large_client_header_buffers 4 64k;
    map $private_image_path $by_folder { ~^/secret/ private; }
"""

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_identity one;
    private_image_variant open public w=20;
    location ^~ /ik/   { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /aged/ { private_image imagekit; private_image_mark_valid 1s;
                         proxy_pass {{ origin }}/; }
    location ^~ /source/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /plain/   { private_image imagekit;
                            private_image_origin /source$private_image_path; }
    location ^~ /flagged/ { private_image imagekit; private_image_flag X-Secret;
                            private_image_origin /source$private_image_path; }
    location ^~ /folders/ { private_image imagekit; private_image_mark $by_folder;
                            proxy_pass {{ origin }}/; }
    location ^~ /through/ { private_image imagekit;
                            private_image_origin /folders$private_image_path; }
    location ^~ /stale/ { private_image imagekit; private_image_cache_use_stale 1h;
                          private_image_mark_valid 1s; proxy_pass {{ origin }}/; }
    location ^~ /badge/ { private_image imagekit;
                          private_image_variant badge public
                              tr:w-40,l-image,i-badges@@one.png,l-end;
                          proxy_pass {{ origin }}/; }
    location ^~ /page/  { private_image imagekit; proxy_pass {{ origin }}/;
                          proxy_intercept_errors on; error_page 404 /ik/placeholder.png; }
    location ^~ /cf/    { private_image cloudflare;
                          private_image_origin /source$private_image_path; }
    location ^~ /mark/  { private_image imagekit;
                          private_image_watermark logo logo.png;
                          private_image_variant preview public w=40,watermark=logo;
                          private_image_variant whole public w=40,metadata=keep;
                          private_image_origin /source$private_image_path; }
    location ^~ /auto/  { private_image imagekit; private_image_format auto;
                          proxy_pass {{ origin }}/; }
    location ^~ /long/  { private_image imagekit; private_image_cache derivatives;
                          private_image_identity "$arg_a  $arg_b"; proxy_pass {{ origin }}/; }
    location ^~ /patient/ { private_image imagekit; private_image_cache_use_stale 1h;
                            private_image_origin /source$private_image_path; }
    location ^~ /expert/ { private_image imagekit; proxy_pass {{ origin }}/;
                           add_header X-Accel-Expires 9999; }
    location ^~ /lead/  { private_image imagekit; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, files={"conf/logo.png": pictures.plain(30, 30, BLUE)})
    site.expect_errors("private_image: (origin_error|damaged)")
    return site


# A 304 without a mark

@pytest.mark.parametrize("prefix, first", [("/ik/", "derivative"), ("/ik/", "original"),
                                           ("/aged/", "derivative")])
def test_a_304_of_another_revision_does_not_confirm_the_mark(site, origin, prefix, first):
    """S3 behaves so: new metadata keep the ETag and change Last-Modified, and a 304 has no
    metadata."""
    path = published(origin, cache_control="max-age=1", last_modified=MODIFIED)
    original, derivative = prefix + path[1:], small(path, prefix)
    assert site.get(original if first == "original" else derivative).status == 200
    published(origin, path=path, private=True, cache_control="max-age=1", headers_on_304={},
              last_modified=http_date(time.time() - 60))
    wait_until_stale()
    if first == "original":
        assert site.get(original, {"If-None-Match": ETAG}).verdict == UNSIGNED
    else:
        assert site.get(derivative).verdict == UNSIGNED


@pytest.mark.parametrize("how", ["derivative", "signed original"])
def test_a_304_does_not_confirm_a_mark_that_was_read_from_other_flags(site, origin, how):
    path = origin.publish(pictures.quarters(), etag=ETAG, headers_on_304={},
                          headers={"Cache-Control": "max-age=600", "X-Secret": "yes"})
    plain, flagged = small(path, "/plain/"), small(path, "/flagged/")
    assert site.get(plain).verdict == (200, "public")
    if how == "signed original":
        site.get(signed("/flagged" + path), {"If-None-Match": ETAG})
    assert site.get(flagged).verdict == UNSIGNED


# Marks read by one gate, decisions of another

@pytest.mark.parametrize("first", ["derivative", "original"])
def test_a_mark_set_by_a_gate_is_obeyed_by_the_gate_whose_origin_it_is(site, origin, first):
    path = published(origin, path=f"/secret/{first}.png", private=None)
    assert site.get(small(path, "/folders/")).verdict == UNSIGNED
    target = small(path, "/folders/") if first == "derivative" else "/folders" + path
    assert site.get(signed(target)).verdict == (200, "signed")
    assert site.get(small(path, "/through/")).verdict == UNSIGNED


def test_a_mark_set_by_an_inner_gate_is_obeyed_without_a_stored_state(site, origin):
    path = published(origin, path="/secret/unknown.png", private=None)
    assert site.get(small(path, "/through/")).verdict == UNSIGNED
    assert site.get("/through" + path).verdict == UNSIGNED


@pytest.mark.parametrize("kept", [False, True])
def test_a_private_mark_with_x_accel_redirect_makes_the_derivative_private(site, origin, kept):
    target = published(origin)
    if kept:
        site.get(small(target))
    path = published(origin, private=True, headers={"X-Accel-Redirect": small(target)})
    assert site.get("/lead" + path).status in (401, 502)


def test_the_mark_of_an_error_is_not_stored_for_its_error_page(site, origin):
    placeholder = published(origin, path="/placeholder.png")
    path = published(origin, status=404, private=True)
    assert site.get("/page" + path).status in (401, 404)
    assert site.get("/ik" + placeholder).verdict == (200, "public")


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("brought_by", ["original", "derivative"])
def test_an_error_marked_private_makes_the_cached_image_private(site, origin, status, brought_by):
    path = published(origin)
    site.get(small(path))
    assert cache_verdict(site.get(small(path))) == (200, "HIT")
    published(origin, path=path, status=status, private=True)
    site.get("/ik" + path if brought_by == "original" else small(path, options="w-33"))
    assert site.get(small(path)).verdict == UNSIGNED


# Waiting requests

@pytest.mark.parametrize("prefix, layer, private", [
    ("/badge/tr:n-badge", "/badges/one.png", True),  # a public variant with a private layer
    ("/folders/tr:w-40,l-image,i-secret@@one.png,l-end", "/secret/one.png", None),
])
def test_a_failure_is_judged_by_the_marks_of_the_layers(site, origin, prefix, layer, private):
    """The original is damaged, which is noticed only after the private layer has been fetched."""
    held = threading.Event()
    path = published(origin, pictures.quarters()[:60])
    published(origin, pictures.plain(20, 20), path=layer, private=private, held=held)
    with site.connect() as leader, site.connect() as follower:
        leader.send(signed(prefix + path))
        origin.wait_for(layer)
        follower.send(prefix + path)
        time.sleep(0.3)
        held.set()
        assert leader.receive().verdict == (422, "damaged")
        assert follower.receive().verdict == UNSIGNED


# Lifetimes

def lifetime_left(answer):
    directives = answer.cache_directives()
    lifetime = max(directives.get("max-age", 0), directives.get("s-maxage", 0))
    return lifetime - int(answer.header("Age") or 0)


def test_the_age_of_the_origin_s_answer_shortens_its_lifetime(site, origin):
    path = published(origin, cache_control="max-age=600", headers={"Age": "590"})
    for _ in range(2):
        assert lifetime_left(site.get(small(path))) <= 10


def test_a_lifetime_declared_later_replaces_the_default(site, origin):
    path = published(origin, cache_control=None)
    site.get(small(path))
    published(origin, path=path, cache_control="max-age=60")
    site.get(small(path, options="w-33"))
    answer = site.get(small(path))
    assert cache_verdict(answer) == (200, "HIT") and lifetime_left(answer) <= 60


@pytest.mark.parametrize("says", ["no-store", "private", "no-cache", "max-age=5"])
def test_a_layer_s_lifetime_limits_the_answer_s(site, origin, says):
    name = f"layer-{says}.png".replace("=", "-")
    published(origin, pictures.plain(20, 20), path=f"/{name}", cache_control=says)
    path = published(origin, cache_control="max-age=600")
    answer = site.get(f"/ik/tr:w-40,l-image,i-{name},l-end{path}")
    assert answer.status == 200
    directives = answer.cache_directives()
    assert lifetime_left(answer) <= 5 or {"no-store", "private", "no-cache"} & directives.keys()


@pytest.mark.parametrize("header", ["Edge-Control", "X-Accel-Expires"])
def test_headers_of_certain_caches_do_not_outlive_a_grant(site, origin, header):
    """For Akamai and NGINX these headers override Cache-Control."""
    path = published(origin, private=True, headers={header: "9999"})
    for target in ("/expert" + path, small(path, "/expert/")):
        assert site.get(signed(target, expires=signing.soon(60))).header(header) is None


def test_each_gate_has_its_own_limit_for_stale_answers(site, origin):
    path = published(origin, cache_control="max-age=1")
    site.get(small(path, "/patient/"))
    origin.publish(path=path, status=503)
    wait_until_stale()
    assert cache_verdict(site.get(small(path, "/patient/"))) == (200, "STALE")
    assert site.get(small(path, "/plain/")).status == 503


# Attacks that always failed

@pytest.mark.parametrize("says", ["max-age=0", "max-age=1, stale-while-revalidate=60", "no-store"])
@pytest.mark.parametrize("has_etag", [True, False])
def test_no_byte_of_a_private_revision_leaves_while_marks_change(site, origin, says, has_etag):
    """The private revision is red, the public one green. Many clients request the image from both
    workers while the revisions alternate."""
    path = published(origin, pictures.plain(colour=GREEN), cache_control=says)
    until, leaks, colours = time.monotonic() + 1, [], set()

    def ask(number):
        while time.monotonic() < until:
            for prefix in ("/ik/", "/aged/", "/stale/"):
                for target in (prefix + path[1:], small(path, prefix), small(path, prefix, "w-9")):
                    is_signed = number % 2
                    answer = site.get(signed(target) if is_signed else target)
                    if answer.status == 200:
                        is_red = pictures.shows(answer.image(), RED)
                        colours.add((is_signed, is_red))
                        if is_red and not is_signed:
                            leaks.append((target, answer.reason, answer.header("X-Cache")))

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for asker in askers:
        asker.start()
    turn = 0
    while time.monotonic() < until:
        turn += 1
        published(origin, pictures.plain(colour=RED if turn % 2 else GREEN), path=path, cache_control=says,
                  private=bool(turn % 2), etag=f'"{turn}"' if has_etag else None)
        time.sleep(0.03)
    for asker in askers:
        asker.join()
    assert not leaks, leaks[:5]
    assert {(0, False), (1, True)} <= colours

CONDITIONS = [{}, {"Range": "bytes=0-0"}, {"Range": "bytes=9999999-"}, {"Range": "bytes=0-1,3-4"},
              {"If-None-Match": "*"}, {"If-None-Match": ETAG}, {"If-Match": '"x"'},
              {"If-Modified-Since": MODIFIED}, {"If-Unmodified-Since": http_date(0)},
              {"If-Range": ETAG, "Range": "bytes=0-9"}, {"Accept": "image/avif"},
              {"Authorization": "Basic eDp5"}, {"X-Accel-Redirect": "/x"}]


@pytest.mark.parametrize("prefix", ["/ik/", "/aged/", "/stale/", "/auto/"])
def test_no_request_header_discloses_a_cached_private_image(site, origin, prefix):
    path = published(origin, private=True, cache_control="max-age=1", last_modified=MODIFIED)
    target = small(path, prefix)
    stored = site.get(signed(target))
    assert cache_verdict(stored) == (200, "MISS")
    for wait in (False, True):
        if wait:
            wait_until_stale()
            origin.publish(path=path, status=500)
        for headers in CONDITIONS + [{"If-None-Match": stored.header("ETag")},
                                     {"If-Range": stored.header("ETag"), "Range": "bytes=0-9"}]:
            for method in ("GET", "HEAD"):
                answer = site.get(target, headers, method=method)
                assert answer.status in ((401, 502) if wait else (401,)), (headers, answer)
                for name in ("ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Age"):
                    assert answer.header(name) is None
                assert answer.header("Cache-Control") == "no-store"
                assert not (answer.header("Content-Type") or "").startswith("image/")


def test_an_error_marked_private_makes_stale_answers_private(site, origin):
    path = published(origin, cache_control="max-age=0, stale-if-error=600")
    assert site.get(small(path)).status == 200
    origin.publish(path=path, status=503)
    assert cache_verdict(site.get(small(path))) == (200, "STALE")
    origin.publish(path=path, status=503, private=True)
    for _ in range(2):
        assert site.get(small(path)).status in (401, 503)
        time.sleep(0.01)  # a mark read within this millisecond is still fresh
    assert cache_verdict(site.get(signed(small(path)))) == (200, "STALE")


def test_the_cache_does_not_confuse_answers_with_and_without_watermark(site, origin):
    path = published(origin, pictures.plain(80, 60, RED), private=True)
    watermarked, plain = small(path, "/mark/", "n-preview"), small(path, "/mark/", "w-40")
    for first, second in ((watermarked, plain), (plain, watermarked)):
        for target in (first, second):
            answer = site.get(target if target == watermarked else signed(target))
            blue = pictures.shows(answer.image(), BLUE, 0.9, 0.9)
            assert blue == (target == watermarked)
    assert site.get(plain).verdict == UNSIGNED


def test_metadata_of_a_private_image_do_not_leave_through_a_shared_entry(site, origin):
    path = published(origin, pictures.turned(6), private=True, content_type="image/jpeg")
    keeping = site.get(signing.cloudflare(f"/cf{path}/w=40,metadata=keep"))
    assert keeping.status == 200 and b"Camera of the tests" in keeping.body
    for target in (small(path, "/mark/", "n-whole"), signed(small(path, "/mark/", "w-40"))):
        answer = site.get(target)
        assert answer.status == 200 and b"of the tests" not in answer.body
    assert b"Camera of the tests" in site.get(
        signing.cloudflare(f"/cf{path}/w=40,metadata=keep")).body


def test_each_gate_judges_a_hit_by_its_own_rules(site, origin):
    path = published(origin, private=True)
    site.get(signed(small(path, "/plain/")))
    assert site.get(f"/cf{path}/w=20,metadata=none").verdict == (403, "unsigned")
    assert site.get(small(path, "/flagged/")).verdict == UNSIGNED  # its flag is X-Secret
    assert site.get(small(path, "/plain/")).verdict == UNSIGNED


@pytest.mark.parametrize("length", [4000, 15000, 16384 - 60, 17000, 40000])
def test_long_keys_distinguish_images(site, origin, length):
    colours = {"one": RED, "two": GREEN}
    origin.publish_folder("/many/", pictures.plain(colour=BLUE), etag=ETAG)
    targets = {name: f"/many/{'a' * length}{name}.png" for name in colours}
    for name, colour in colours.items():
        published(origin, pictures.plain(colour=colour), path=targets[name])
    for _ in range(2):
        for name, colour in colours.items():
            answer = site.get(small(targets[name]))
            assert answer.status == 200 and pictures.shows(answer.image(), colour)


def test_an_identity_with_blanks_is_no_part_of_the_uri(site, origin):
    path = published(origin, private=True)
    one, two = (small(path, "/long/") + query for query in ("?a=x+&b=y", "?a=x&b=+y"))
    assert cache_verdict(site.get(signed(one))) == (200, "MISS")
    assert cache_verdict(site.get(signed(two))) == (200, "MISS")
    for query in ("", "?a=x&b=y", "?a=x%20&b=y", "?a=%0a&b=" + "y" * 20000):
        assert site.get(small(path, "/long/") + query).verdict == UNSIGNED


def test_only_known_headers_of_the_origin_are_stored(site, origin):
    path = published(origin, headers={
        "Set-Cookie": "who=first", "X-Powered-By": "x", "Surrogate-Control": "max-age=99999",
        "X-Amz-Meta-Owner": "x", "Content-Disposition": "inline", "Link": "<x>", "Vary": "Cookie",
        "Access-Control-Allow-Origin": "https://a.example"})
    for _ in range(2):
        answer = site.get(small(path))
        assert answer.header("Access-Control-Allow-Origin") == "https://a.example"
        for name in ("Set-Cookie", "X-Powered-By", "Surrogate-Control", "X-Amz-Meta-Owner",
                     "Content-Disposition", "Link"):
            assert answer.header(name) is None


def test_a_reload_that_makes_images_private_applies_to_cached_ones(gate, origin):
    server = """
        private_image_key img.key;
        private_image_cache derivatives;
        location ^~ /ik/ { private_image imagekit; private_image_unmarked {{ unmarked }};
                           private_image_mark {{ mark }}; proxy_pass {{ origin }}/; }
    """
    site = gate(server, http=HTTP, unmarked="public", mark='""')
    path = published(origin, private=None)
    site.get(small(path))
    assert cache_verdict(site.get(small(path))) == (200, "HIT")
    for unmarked, mark in (("private", '""'), ("public", "yes")):
        site.folder.configure(server, http=HTTP, unmarked=unmarked, mark=mark)
        site.wait_until_gone(site.reload())
        assert site.get(small(path)).verdict == UNSIGNED
        assert cache_verdict(site.get(signed(small(path)))) == (200, "HIT")
    origin.only_request(path)
