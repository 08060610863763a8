"""Image states: an original's mark, its revision, and that it is missing. With a stored state
refusals need no request to the origin, and a derivative never outlives the state of its image."""

import time

import pytest

import client
import pictures
import signing
from caching import (ETAG, HTTP, IDENTITIES, LATER, MODIFIED, UNSIGNED, cache_verdict, published,
                     signed, small, statuses, wait_until_stale)
from pictures import BLUE, GREEN, RED

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_variant open public w=20;
    location ^~ /ik/     { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/     { private_image cloudflare;
                           private_image_variant full signed original; proxy_pass {{ origin }}/; }
    location ^~ /aged/   { private_image imagekit; private_image_mark_valid 1s;
                           private_image_missing_valid 1s; proxy_pass {{ origin }}/; }
    location ^~ /closed/ { private_image imagekit; private_image_mark_valid 1s;
                           private_image_unmarked private; proxy_pass {{ origin }}/; }
    location ^~ /never/  { private_image imagekit; private_image_mark_valid 0;
                           proxy_pass {{ origin }}/; }
    location ^~ /bare/   { private_image imagekit; private_image_cache off;
                           proxy_pass {{ origin }}/; }
""" + IDENTITIES

@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors("private_image: origin_error", "upstream prematurely closed")
    return site


def asked(origin, *paths):
    return sum(len(origin.requests(path)) for path in paths)


# Refusals without the origin

@pytest.mark.parametrize("prefix", ["/ik/", "/bare/"])
@pytest.mark.parametrize("learned_by", ["refused original", "refused derivative",
                                        "signed original", "signed derivative", "variant"])
def test_a_known_private_image_is_refused_without_asking_the_origin(site, origin, prefix,
                                                                    learned_by):
    path = published(origin, private=True)
    original, derivative = prefix + path[1:], small(path, prefix)
    site.get({"refused original": original, "refused derivative": derivative,
              "signed original": signed(original), "signed derivative": signed(derivative),
              "variant": small(path, prefix, "n-open")}[learned_by])
    for target in (original, derivative, small(path, prefix, "w-33"), original + "?v=2"):
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": ETAG}):
            for method in ("GET", "HEAD"):
                assert site.get(target, headers, method=method).verdict == UNSIGNED
    bad = signing.imagekit(derivative, prefix, signing.OTHER_KEY)
    assert site.get(bad).verdict == (401, "bad_signature")
    origin.only_request(path)


def test_cloudflare_s_refusals_ask_as_little(site, origin):
    path = published(origin, private=True)
    for target in (f"/cf{path}/full", f"/cf{path}/w=20", f"/cf{path}/w=21"):
        for _ in range(2):
            assert site.get(target).verdict == (403, "unsigned")
    origin.only_request(path)


def test_all_workers_remember(gate, origin):
    site = gate(SITE + """
        listen 127.0.0.1:{{ port_of("spread") }} reuseport;
        location = /pid { return 200 $pid; }""", http=HTTP)
    path = published(origin, private=True)
    workers = set()
    for _ in range(24):
        with client.Connection(site.folder.port("spread")) as connection:
            workers.add(connection.request("/pid").body)
            assert connection.request(small(path)).verdict == UNSIGNED
    assert len(workers) == 2
    origin.only_request(path)


def test_a_refusal_reads_no_body(site, origin):
    path = published(origin, pictures.quarters() + bytes(12_000_000), private=True)
    assert site.get(small(path)).verdict == UNSIGNED
    assert origin.bytes_sent(path) < 4_000_000


def test_reload_forgets_nothing(gate, origin):
    site = gate(SITE, http=HTTP)
    path, missing = published(origin, private=True), "/nowhere/reload.png"
    site.get(small(path))
    site.get("/ik" + missing)
    site.wait_until_gone(site.reload())
    assert site.get(small(path)).verdict == site.get("/ik" + path).verdict == UNSIGNED
    assert site.get("/ik" + missing).verdict == (404, "not_found")
    assert asked(origin, path) == asked(origin, missing) == 1


def test_without_a_zone_every_request_asks(gate, origin):
    site = gate("""
        private_image_key img.key;
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }""",
                http="private_image_zone off;")
    path = published(origin, private=True)
    for count in (1, 2, 3):
        assert site.get(small(path)).verdict == UNSIGNED
        assert asked(origin, path) == count
    assert site.get(signed(small(path))).verdict == (200, "signed")


# Identities

def test_images_of_another_identity_are_other_images(site, origin):
    path = published(origin, private=True)
    assert site.get(small(path, "/one/")).verdict == UNSIGNED
    assert site.get("/two" + path).verdict == UNSIGNED
    assert asked(origin, path) == 1
    assert site.get(small(path, "/three/")).verdict == UNSIGNED
    assert asked(origin, path) == 2
    assert site.get(small(path), host="a.example").verdict == UNSIGNED
    assert site.get(small(path), host="b.example").verdict == UNSIGNED
    assert asked(origin, path) == 4


SHARED = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_origin /source$private_image_path;
    private_image_variant open public w=20;
    location ^~ /source/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /plain/    { private_image imagekit; }
    location ^~ /flag/     { private_image imagekit; private_image_flag X-Closed; }
    location ^~ /always/   { private_image imagekit; private_image_signature always; }
    location ^~ /public/   { private_image imagekit; private_image_adhoc public; }
    location ^~ /off/      { private_image imagekit; private_image_adhoc off; }
    location ^~ /unmarked/ { private_image imagekit; private_image_unmarked private; }
    location ^~ /mark/     { private_image imagekit; private_image_mark yes; }
    location ^~ /hidden/   { private_image imagekit; private_image_denied_status 404; }
"""


def test_every_location_judges_what_it_shares_by_its_own_rules(gate, origin):
    site = gate(SHARED, http=HTTP)
    may, unsigned, adhoc_off = (200, "public"), UNSIGNED, (400, "adhoc_off")
    rules = {  # unsigned and ad-hoc: of an image that says nothing, false, true, and X-Closed
        "plain": (may, may, unsigned, may),
        "flag": (may, may, unsigned, unsigned),
        "always": (unsigned,) * 4,
        "public": (may, may, adhoc_off, may),
        "off": (adhoc_off,) * 4,
        "unmarked": (unsigned, may, unsigned, unsigned),
        "mark": (unsigned,) * 4,
        "hidden": (may, may, (404, "not_found"), may),
    }
    images = [published(origin, private=private, headers=headers) for private, headers in (
        (None, {}), (False, {}), (True, {}), (None, {"X-Closed": "1"}))]
    # What "flag" alone can see stays private for all once it has been seen: it asks last.
    order = sorted(rules, key=lambda name: name == "flag")
    for image, path in enumerate(images):
        site.get(signed(small(path, "/plain/")))
        for name in order:
            answer = site.get(small(path, f"/{name}/"))
            assert answer.verdict == rules[name][image], (name, image)
            assert (b"PNG" in answer.body) == (rules[name][image] == may)


# Lifetime of a mark

def test_an_old_mark_is_read_again_once_per_image(site, origin):
    path = published(origin)
    derivatives = [small(path, "/aged/", f"w-{width}") for width in (20, 21, 22)]
    for target in derivatives:
        site.get(target)
        assert cache_verdict(site.get(target)) == (200, "HIT")
    before = asked(origin, path)
    wait_until_stale()
    answers = [site.get(target) for target in derivatives]
    assert list(map(cache_verdict, answers)) == [(200, "REVALIDATED")] + [(200, "HIT")] * 2
    assert asked(origin, path) == before + 1
    assert origin.requests(path)[-1].header("If-None-Match") == ETAG
    assert origin.requests(path)[-1].status == 304


def test_an_old_private_mark_is_read_again_before_it_refuses(site, origin):
    body = pictures.quarters() + bytes(12_000_000)
    path = published(origin, body, private=True)
    for _ in range(2):
        assert site.get(small(path, "/aged/")).verdict == UNSIGNED
    assert asked(origin, path) == 1
    wait_until_stale()
    for _ in range(2):
        assert site.get(small(path, "/aged/")).verdict == UNSIGNED
    assert asked(origin, path) == 2
    published(origin, body, path, private=False, etag=LATER)
    wait_until_stale()
    assert site.get(small(path, "/aged/")).verdict == (200, "public")


def test_a_mark_never_valid_is_read_every_time(site, origin):
    path = published(origin)
    for count in (1, 2, 3):
        answer = site.get(small(path, "/never/"))
        assert answer.status == 200 and answer.header("X-Cache") != "HIT"
        assert asked(origin, path) == count
        time.sleep(0.01)  # what was read in the same millisecond is news enough
    published(origin, path=path, private=True)
    assert site.get(small(path, "/never/")).verdict == UNSIGNED


def test_what_a_304_says(site, origin):
    flag = "Is-Private-File"
    cases = [  # prefix, private at first, headers of the 304, private then
        ("/aged/", True, {}, True),
        ("/aged/", False, {}, False),
        ("/closed/", False, {}, False),
        ("/closed/", True, {}, True),
        ("/aged/", False, {flag: "true"}, True),
        ("/aged/", False, {flag: "false"}, False),
        ("/aged/", False, {flag: ["false", "yes"]}, True),
        ("/aged/", True, {flag: "false"}, True),  # the same revision: it stays private
    ]
    paths = []
    for prefix, private, headers, _ in cases:
        path = published(origin, private=private, cache_control="max-age=1", headers_on_304=headers)
        assert cache_verdict(site.get(signed(small(path, prefix)))) == (200, "MISS")
        paths.append(path)
    wait_until_stale()
    for path, (prefix, private, headers, then_private) in zip(paths, cases):
        answer = site.get(small(path, prefix))
        wanted = UNSIGNED if then_private else (200, "public")
        assert answer.verdict == wanted, (prefix, private, headers)
        assert answer.header("X-Mark") == ("private" if then_private else "public")
        assert site.get(signed(small(path, prefix))).status == 200


def test_a_silent_304_keeps_the_silence(site, origin):
    """The image is unmarked, so that the location determines its mark; the 304 does not change
    that."""
    path = origin.publish(pictures.quarters(), etag=ETAG, headers={"Cache-Control": "max-age=1"})
    for prefix in ("/aged/", "/closed/"):
        site.get(signed(small(path, prefix)))
    wait_until_stale()
    assert site.get(small(path, "/aged/")).verdict == (200, "public")
    assert site.get(small(path, "/closed/")).verdict == UNSIGNED


# The newest mark wins

def test_a_public_image_that_becomes_private_closes_its_derivatives(site, origin):
    path = published(origin)
    targets = [small(path, options=options) for options in ("w-20", "w-21")]
    for target in targets:
        site.get(target)
        assert cache_verdict(site.get(target)) == (200, "HIT")
    published(origin, path=path, private=True)
    assert site.get("/ik" + path).verdict == UNSIGNED  # brings the news
    before = asked(origin, path)
    for target in targets:
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}):
            assert site.get(target, headers).verdict == UNSIGNED
        answer = site.get(signed(target))
        assert cache_verdict(answer) == (200, "HIT") and answer.reason == "signed"
        assert "private" in answer.cache_directives()
    assert asked(origin, path) == before


@pytest.mark.parametrize("validators", [
    {"etag": ETAG}, {"etag": None, "last_modified": MODIFIED},
    {"etag": ETAG, "last_modified": MODIFIED}], ids=["etag", "time", "both"])
def test_private_stays_private_until_it_is_uploaded_again(site, origin, validators):
    path = published(origin, pictures.plain(colour=RED), private=True, **validators)
    assert cache_verdict(site.get(signed(small(path)))) == (200, "MISS")
    published(origin, pictures.plain(colour=RED), path, private=False, **validators)
    assert site.get(signed("/ik" + path)).verdict == (200, "signed")
    assert site.get("/ik" + path).verdict == site.get(small(path)).verdict == UNSIGNED
    assert cache_verdict(site.get(signed(small(path)))) == (200, "HIT")
    published(origin, pictures.plain(colour=GREEN), path, private=False, etag=LATER)
    assert site.get(signed("/ik" + path)).verdict == (200, "public")
    for target in ("/ik" + path, small(path)):
        answer = site.get(target)
        assert answer.verdict == (200, "public") and pictures.shows(answer.image(), GREEN)


def test_private_stays_private_though_the_mark_is_read_anew(site, origin):
    path = published(origin, private=True)
    site.get(signed(small(path, "/aged/")))
    for private in (False, None):
        published(origin, path=path, private=private)
        wait_until_stale()
        assert site.get(small(path, "/aged/")).verdict == UNSIGNED
        assert site.get("/aged" + path).verdict == UNSIGNED


def test_without_a_revision_every_answer_is_judged_by_itself(site, origin):
    path = published(origin, private=True, etag=None)
    assert site.get(small(path)).verdict == UNSIGNED
    published(origin, path=path, private=False, etag=None)
    time.sleep(0.01)  # of two answers in the same millisecond, the private one counts
    assert site.get(signed("/ik" + path)).verdict == (200, "public")
    assert site.get(small(path)).verdict == (200, "public")
    published(origin, path=path, private=True, etag=None)
    assert site.get("/ik" + path).verdict == UNSIGNED
    assert site.get(small(path)).verdict == UNSIGNED


def test_a_new_revision_may_be_private(site, origin):
    path = published(origin)
    site.get(small(path))
    published(origin, path=path, private=True, etag=LATER)
    assert site.get("/ik" + path).verdict == UNSIGNED
    assert site.get(small(path)).verdict == UNSIGNED
    answer = site.get(small(path, options="n-open"))
    assert answer.verdict == (200, "variant")


def test_what_the_operator_says_of_marks_counts_for_what_is_kept(gate, origin):
    text = "{{ more }}" + SITE
    site = gate(text, http=HTTP, more="")
    public = published(origin)
    silent = origin.publish(pictures.quarters(), etag=ETAG)
    for path in (public, silent):
        assert site.get(small(path)).verdict == (200, "public")
    site.reconfigure(text, HTTP, more="private_image_unmarked private;")
    assert site.get(small(public)).verdict == (200, "public")
    assert site.get(small(silent)).verdict == site.get("/ik" + silent).verdict == UNSIGNED
    assert cache_verdict(site.get(signed(small(silent)))) == (200, "HIT")
    site.reconfigure(text, HTTP + f'map $private_image_path $closed {{ {public} yes; }}',
                more="private_image_mark $closed;")
    assert site.get(small(public)).verdict == site.get("/ik" + public).verdict == UNSIGNED
    assert site.get(small(silent)).verdict == (200, "public")
    assert cache_verdict(site.get(signed(small(public)))) == (200, "HIT")


# Missing originals

@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_original_is_remembered_for_a_while(site, origin, status):
    path = origin.publish(status=status)
    targets = ["/aged" + path, small(path, "/aged/"), signed(small(path, "/aged/")),
               small(path, "/aged/", "n-open")]
    for target in targets:
        assert site.get(target).verdict == (404, "not_found")
    assert asked(origin, path) == 1
    published(origin, path=path)
    wait_until_stale()
    for target in targets:
        assert site.get(target).status == 200


def test_what_went_missing_takes_its_derivatives_along(site, origin):
    path = published(origin)
    site.get(small(path, "/aged/"))
    origin.publish(path=path, status=404)
    assert site.get("/aged" + path).verdict == (404, "not_found")
    assert site.get(small(path, "/aged/")).verdict == (404, "not_found")
    assert asked(origin, path) == 2
    published(origin, pictures.plain(colour=BLUE), path, etag=LATER)
    wait_until_stale()
    answer = site.get(small(path, "/aged/"))
    assert answer.status == 200 and pictures.shows(answer.image(), BLUE)


def test_a_failing_origin_makes_nothing_missing(site, origin):
    path = origin.publish(status=500)
    for count in (1, 2):
        assert site.get(small(path)).verdict == (502, "origin_error")
        assert asked(origin, path) == count
    published(origin, path=path)
    assert site.get(small(path)).verdict == (200, "public")


def test_a_failing_origin_forgets_no_mark(site, origin):
    path = published(origin, private=True)
    site.get(small(path))
    origin.publish(path=path, status=500)
    assert site.get(signed("/ik" + path)).verdict == (502, "origin_error")
    before = asked(origin, path)
    assert site.get("/ik" + path).verdict == UNSIGNED
    assert asked(origin, path) == before


# Conditions for originals

def test_conditions_reach_the_origin_once_the_mark_is_remembered(site, origin):
    path = published(origin, pictures.noise(300, 200))
    first = site.get("/ik" + path, {"If-None-Match": ETAG})
    assert first.verdict == (304, "public")
    assert not origin.requests(path)[0].header("If-None-Match")
    second = site.get("/ik" + path, {"If-None-Match": ETAG})
    assert second.verdict == (304, "public")
    assert origin.requests(path)[1].header("If-None-Match") == ETAG
    assert origin.requests(path)[1].status == 304


def test_a_condition_on_a_known_private_original_is_refused_unasked(site, origin):
    path = published(origin, private=True, last_modified=MODIFIED)
    assert site.get(signed("/ik" + path), {"If-None-Match": ETAG}).status == 304
    for headers in ({"If-None-Match": ETAG}, {"If-Modified-Since": MODIFIED},
                    {"If-Match": '"x"'}, {"Range": "bytes=0-9"}):
        assert site.get("/ik" + path, headers).verdict == UNSIGNED
    origin.only_request(path)


def test_a_304_for_an_original_that_turned_private_is_not_sent(site, origin):
    path = published(origin, headers_on_304={"Is-Private-File": "true"})
    assert site.get("/ik" + path).verdict == (200, "public")
    assert site.get("/ik" + path, {"If-None-Match": ETAG}).verdict == UNSIGNED
    assert site.get(small(path)).verdict == UNSIGNED


# Layers and default images

@pytest.fixture
def layered(origin, request):
    """An image and a layer: both paths, and the URL that combines them."""
    layer = f"/layers-of-memory/{request.node.name}.png"
    published(origin, pictures.plain(40, 30, RED), layer)
    image = published(origin, pictures.plain(100, 60, BLUE))
    name = layer[1:].replace("/", "@@")
    return image, layer, f"/ik/tr:w-100,l-image,i-{name},l-end{image}"


def test_a_hit_is_judged_by_the_marks_of_its_layers(site, origin, layered):
    image, layer, target = layered
    assert cache_verdict(site.get(target)) == (200, "MISS")
    assert cache_verdict(site.get(target)) == (200, "HIT")
    published(origin, pictures.plain(40, 30, RED), layer, private=True)
    assert site.get("/ik" + layer).verdict == UNSIGNED
    before = asked(origin, image, layer)
    assert site.get(target).verdict == UNSIGNED
    assert site.get(target, {"If-None-Match": "*"}).verdict == UNSIGNED
    answer = site.get(signed(target))
    assert cache_verdict(answer) == (200, "HIT") and answer.reason == "signed"
    assert "private" in answer.cache_directives()
    assert asked(origin, image, layer) == before


def test_a_private_layer_closes_hits_from_the_beginning(site, origin, layered):
    image, layer, target = layered
    published(origin, pictures.plain(40, 30, RED), layer, private=True)
    assert cache_verdict(site.get(signed(target))) == (200, "MISS")
    assert site.get(target).verdict == UNSIGNED
    assert cache_verdict(site.get(signed(target))) == (200, "HIT")
    assert asked(origin, image, layer) == 2


def test_a_new_revision_of_a_layer_voids_what_it_is_on(site, origin, layered):
    _, layer, target = layered
    assert pictures.shows(site.get(target).image(), RED)
    published(origin, pictures.plain(40, 30, GREEN), layer, etag=LATER)
    assert site.get("/ik" + layer).status == 200
    answer = site.get(target)
    assert answer.header("X-Cache") != "HIT" and pictures.shows(answer.image(), GREEN)
    assert cache_verdict(site.get(target)) == (200, "HIT")


def test_marks_of_image_and_layer_are_read_again_each_once(site, origin, layered):
    image, layer, target = layered
    target = target.replace("/ik/", "/aged/")
    other = target.replace("w-100", "w-90")
    site.get(target)
    site.get(other)
    before = asked(origin, image), asked(origin, layer)
    wait_until_stale()
    assert cache_verdict(site.get(target)) == (200, "REVALIDATED")
    assert cache_verdict(site.get(other)) == (200, "HIT")
    assert (asked(origin, image), asked(origin, layer)) == (before[0] + 1, before[1] + 1)
    published(origin, pictures.plain(40, 30, RED), layer, private=True)
    wait_until_stale()
    assert site.get(target).verdict == UNSIGNED


def test_a_missing_layer_is_remembered(site, origin, layered):
    _, layer, target = layered
    origin.publish(path=layer, status=404)
    for _ in range(2):
        assert site.get(target).verdict == (404, "not_found")
    assert asked(origin, layer) == 1


def test_a_default_image_is_judged_by_its_own_mark(site, origin, layered):
    _, default, _ = layered
    name = default[1:].replace("/", "@@")
    target = f"/ik/tr:w-30,di-{name}/nowhere/{name}"
    for _ in range(2):
        answer = site.get(target)
        assert answer.verdict == (200, "public") and pictures.shows(answer.image(), RED)
    published(origin, pictures.plain(40, 30, RED), default, private=True)
    assert site.get("/ik" + default).verdict == UNSIGNED
    assert site.get(target).verdict == UNSIGNED
    answer = site.get(signed(target))
    assert answer.verdict == (200, "signed") and pictures.shows(answer.image(), RED)


def test_a_default_image_gives_way_to_the_image_once_it_is_there(site, origin, layered):
    image, default, _ = layered
    origin.publish(path=image, status=404)
    target = f"/aged/tr:w-30,di-{default[1:].replace('/', '@@')}{image}"
    assert pictures.shows(site.get(target).image(), RED)
    published(origin, pictures.plain(100, 60, GREEN), image)
    wait_until_stale()
    assert pictures.shows(site.get(target).image(), GREEN)


# Lost states: after a restart, or with too many images

def test_after_a_restart_the_mark_kept_with_the_derivative_counts(gate, origin):
    site = gate(SITE, http=HTTP)
    public, private = published(origin), published(origin, private=True)
    site.get(small(public))
    site.get(signed(small(private)))
    site.restart()
    assert site.get(small(private)).verdict == UNSIGNED
    assert cache_verdict(site.get(signed(small(private)))) == (200, "HIT")
    assert cache_verdict(site.get(small(public))) == (200, "HIT")
    assert asked(origin, public) == asked(origin, private) == 1
    assert site.get(small(private, options="w-50")).verdict == UNSIGNED


def test_a_mark_kept_with_the_derivative_grows_old_as_well(gate, origin):
    site = gate(SITE, http=HTTP)
    site.expect_errors("private_image: origin_error")
    turned, failing = published(origin), published(origin)
    for path in (turned, failing):
        site.get(small(path, "/aged/"))
    published(origin, path=turned, private=True)
    origin.publish(path=failing, status=500)
    site.restart()
    wait_until_stale()
    assert site.get(small(turned, "/aged/")).verdict == UNSIGNED
    assert asked(origin, turned) == 2
    assert site.get(small(failing, "/aged/")).status in (401, 502)


SMALL = SITE + """
    location ^~ /flood/ { private_image imagekit;
                          proxy_pass http://127.0.0.1:{{ port_of("mill") }}/; }
    }
    server {
        listen 127.0.0.1:{{ port_of("mill") }};
        location /real/     { add_header ETag '"1"'; return 200 "x"; }
        location /invented/ { return 404; }
"""


@pytest.fixture(scope="module")
def tiny(gate):
    return gate(SMALL, http=HTTP + "private_image_zone marks:128k;")


def flood(site, kind, count):
    """Requests so many different images, existing or invented ones."""
    targets = (f"/flood/{kind}/{time.time_ns()}-{number}.png" for number in range(count))
    assert statuses(site, targets) == {200 if kind == "real" else 404}


def test_a_flood_of_invented_names_evicts_no_marks(tiny, origin):
    flood(tiny, "real", 1500)  # the zone is full
    paths = [published(origin, private=True) for _ in range(20)]
    for path in paths:
        assert tiny.get(small(path)).verdict == UNSIGNED
    flood(tiny, "invented", 3000)
    for path in paths:
        assert tiny.get(small(path)).verdict == tiny.get("/ik" + path).verdict == UNSIGNED
        origin.only_request(path)


def test_what_a_full_zone_forgot_is_asked_for_again(tiny, origin):
    path = published(origin, private=True)
    assert tiny.get(small(path)).verdict == UNSIGNED
    flood(tiny, "real", 1500)
    assert tiny.get(small(path)).verdict == UNSIGNED
    assert asked(origin, path) == 2


def test_the_image_asked_for_most_recently_stays(tiny, origin):
    path = published(origin, private=True)
    for _ in range(15):
        assert tiny.get(small(path)).verdict == UNSIGNED
        flood(tiny, "real", 100)
    origin.only_request(path)


def test_what_a_full_zone_forgot_is_judged_by_the_mark_kept_with_the_derivative(tiny, origin):
    public, private = published(origin), published(origin, private=True)
    tiny.get(small(public))
    tiny.get(signed(small(private)))
    flood(tiny, "real", 1500)
    assert tiny.get(small(private)).verdict == UNSIGNED
    assert cache_verdict(tiny.get(signed(small(private)))) == (200, "HIT")
    assert cache_verdict(tiny.get(small(public))) == (200, "HIT")
    assert asked(origin, public) == asked(origin, private) == 1


def test_a_full_zone_renders_and_refuses_as_usual(tiny, origin):
    flood(tiny, "real", 1500)
    for private, verdict in ((False, (200, "public")), (True, UNSIGNED)):
        path = published(origin, private=private)
        for _ in range(2):
            assert tiny.get(small(path)).verdict == verdict


def test_what_the_origin_confirmed_outlives_a_restart(gate, origin):
    site = gate(SITE, http=HTTP)
    path = published(origin, cache_control="max-age=1")
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    published(origin, path=path, cache_control="max-age=600")
    wait_until_stale()
    assert cache_verdict(site.get(small(path))) == (200, "REVALIDATED")
    site.restart()
    answer = site.get(small(path))
    assert cache_verdict(answer) == (200, "HIT") and asked(origin, path) == 2
    assert answer.cache_directives()["max-age"] == 600


def test_a_private_mark_survives_that_the_image_was_missing(gate, origin):
    site = gate(SITE, http=HTTP + "private_image_missing_valid 0;")
    path = published(origin, private=True)
    assert site.get(small(path)).verdict == UNSIGNED
    origin.publish(path=path, status=404)
    time.sleep(0.01)
    assert site.get(signed("/aged" + path)).status == 404
    published(origin, path=path, private=False)
    time.sleep(0.01)
    assert site.get(small(path)).verdict == UNSIGNED
    published(origin, path=path, private=False, etag='"uploaded anew"')
    assert site.get(signed(small(path))).status == 200
    assert site.get(small(path)).verdict == (200, "public")
