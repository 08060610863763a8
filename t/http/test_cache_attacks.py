"""Attempts on what is remembered and kept: a private byte, or the news of one, through a cache, a
memory or another's render that was meant for another client. First what succeeded, then, from
"Attempts that failed" on, the best of what did not."""

import threading
import time

import pytest

import pictures
import signing
from caching import ETAG, MODIFIED, UNSIGNED, outlive, published, seen, signed, small
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


# Silent confirmations

@pytest.mark.parametrize("prefix, first", [("/ik/", "derivative"), ("/ik/", "original"),
                                           ("/aged/", "derivative")])
def test_a_304_that_names_another_revision_confirms_no_mark(site, origin, prefix, first):
    """As S3 does it: new metadata leave the ETag, move Last-Modified, and no 304 contains them."""
    path = published(origin, says="max-age=1", last_modified=MODIFIED)
    original, derivative = prefix + path[1:], small(path, prefix)
    assert site.get(original if first == "original" else derivative).status == 200
    published(origin, path=path, private=True, says="max-age=1", headers_on_304={},
              last_modified=http_date(time.time() - 60))
    outlive()
    if first == "original":
        assert site.get(original, {"If-None-Match": ETAG}).verdict == UNSIGNED
    else:
        assert site.get(derivative).verdict == UNSIGNED


@pytest.mark.parametrize("how", ["derivative", "signed original"])
def test_a_silent_304_confirms_no_mark_that_was_read_by_other_flags(site, origin, how):
    path = origin.publish(pictures.quarters(), etag=ETAG, headers_on_304={},
                          headers={"Cache-Control": "max-age=600", "X-Secret": "yes"})
    plain, flagged = small(path, "/plain/"), small(path, "/flagged/")
    assert site.get(plain).verdict == (200, "public")
    if how == "signed original":
        site.get(signed("/flagged" + path), {"If-None-Match": ETAG})
    assert site.get(flagged).verdict == UNSIGNED


# One gate's reading, another's rules

@pytest.mark.parametrize("first", ["derivative", "original"])
def test_what_a_gate_s_own_mark_closes_is_closed_through_the_gate_it_is_origin_of(site, origin,
                                                                                 first):
    path = published(origin, path=f"/secret/{first}.png", private=None)
    assert site.get(small(path, "/folders/")).verdict == UNSIGNED
    target = small(path, "/folders/") if first == "derivative" else "/folders" + path
    assert site.get(signed(target)).verdict == (200, "signed")
    assert site.get(small(path, "/through/")).verdict == UNSIGNED


def test_what_it_closes_is_closed_without_anything_known(site, origin):
    path = published(origin, path="/secret/unknown.png", private=None)
    assert site.get(small(path, "/through/")).verdict == UNSIGNED
    assert site.get("/through" + path).verdict == UNSIGNED


@pytest.mark.parametrize("kept", [False, True])
def test_a_private_mark_on_the_way_closes_the_derivative_that_it_leads_to(site, origin, kept):
    target = published(origin)
    if kept:
        site.get(small(target))
    path = published(origin, private=True, headers={"X-Accel-Redirect": small(target)})
    assert site.get("/lead" + path).status in (401, 502)


def test_a_mark_on_the_way_is_no_mark_of_what_it_leads_to(site, origin):
    placeholder = published(origin, path="/placeholder.png")
    path = published(origin, status=404, private=True)
    assert site.get("/page" + path).status in (401, 404)
    assert site.get("/ik" + placeholder).verdict == (200, "public")


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("brought_by", ["original", "derivative"])
def test_an_error_that_says_private_closes_what_is_kept(site, origin, status, brought_by):
    path = published(origin)
    site.get(small(path))
    assert seen(site.get(small(path))) == (200, "HIT")
    published(origin, path=path, status=status, private=True)
    site.get("/ik" + path if brought_by == "original" else small(path, options="w-33"))
    assert site.get(small(path)).verdict == UNSIGNED


# Waiting requests

@pytest.mark.parametrize("asked, layer, private", [
    ("/badge/tr:n-badge", "/badges/one.png", True),  # a public variant: the layer is not
    ("/folders/tr:w-40,l-image,i-secret@@one.png,l-end", "/secret/one.png", None),
])
def test_a_failure_is_judged_by_the_marks_of_the_layers(site, origin, asked, layer, private):
    """The original is damaged, which is found out once the layer is there, that closes all."""
    held = threading.Event()
    path = published(origin, pictures.quarters()[:60])
    published(origin, pictures.plain(20, 20), path=layer, private=private, held=held)
    with site.connect() as leader, site.connect() as follower:
        leader.send(signed(asked + path))
        origin.wait_for(layer)
        follower.send(asked + path)
        time.sleep(0.3)
        held.set()
        assert leader.receive().verdict == (422, "damaged")
        assert follower.receive().verdict == UNSIGNED


# Lifetimes

def lifetime_left(answer):
    says = answer.cache_directives()
    longest = max(says.get("max-age", 0), says.get("s-maxage", 0))
    return longest - int(answer.header("Age") or 0)


def test_what_the_origin_s_lifetime_has_used_is_used(site, origin):
    path = published(origin, says="max-age=600", headers={"Age": "590"})
    for _ in range(2):
        assert lifetime_left(site.get(small(path))) <= 10


def test_a_lifetime_learned_later_counts_where_none_was_declared(site, origin):
    path = published(origin, says=None)
    site.get(small(path))
    published(origin, path=path, says="max-age=60")
    site.get(small(path, options="w-33"))
    answer = site.get(small(path))
    assert seen(answer) == (200, "HIT") and lifetime_left(answer) <= 60


@pytest.mark.parametrize("says", ["no-store", "private", "no-cache", "max-age=5"])
def test_a_layer_s_lifetime_counts(site, origin, says):
    name = f"layer-{says}.png".replace("=", "-")
    published(origin, pictures.plain(20, 20), path=f"/{name}", says=says)
    path = published(origin, says="max-age=600")
    answer = site.get(f"/ik/tr:w-40,l-image,i-{name},l-end{path}")
    assert answer.status == 200
    kept = answer.cache_directives()
    assert lifetime_left(answer) <= 5 or {"no-store", "private", "no-cache"} & kept.keys()


@pytest.mark.parametrize("header", ["Edge-Control", "X-Accel-Expires"])
def test_no_cache_s_own_header_outlives_a_grant(site, origin, header):
    """Akamai obeys the one, NGINX the other, before any Cache-Control."""
    path = published(origin, private=True, headers={header: "9999"})
    for target in ("/expert" + path, small(path, "/expert/")):
        assert site.get(signed(target, expires=signing.soon(60))).header(header) is None


def test_how_long_stale_is_used_is_each_gate_s_own(site, origin):
    path = published(origin, says="max-age=1")
    site.get(small(path, "/patient/"))
    origin.publish(path=path, status=503)
    outlive()
    assert seen(site.get(small(path, "/patient/"))) == (200, "STALE")
    assert site.get(small(path, "/plain/")).status == 503


# Attempts that failed

@pytest.mark.parametrize("says", ["max-age=0", "max-age=1, stale-while-revalidate=60", "no-store"])
@pytest.mark.parametrize("has_etag", [True, False])
def test_no_byte_of_a_private_revision_leaves_while_marks_change(site, origin, says, has_etag):
    """Private is red, public is green. Many ask for both, in both workers, while one follows the
    other."""
    path = published(origin, pictures.plain(colour=GREEN), says=says)
    until, invalid, colours = time.monotonic() + 1, [], set()

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
                            invalid.append((target, answer.reason, answer.header("X-Cache")))

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for asker in askers:
        asker.start()
    turn = 0
    while time.monotonic() < until:
        turn += 1
        published(origin, pictures.plain(colour=RED if turn % 2 else GREEN), path=path, says=says,
                  private=bool(turn % 2), etag=f'"{turn}"' if has_etag else None)
        time.sleep(0.03)
    for asker in askers:
        asker.join()
    assert not invalid, invalid[:5]
    assert {(0, False), (1, True)} <= colours

CONDITIONS = [{}, {"Range": "bytes=0-0"}, {"Range": "bytes=9999999-"}, {"Range": "bytes=0-1,3-4"},
              {"If-None-Match": "*"}, {"If-None-Match": ETAG}, {"If-Match": '"x"'},
              {"If-Modified-Since": MODIFIED}, {"If-Unmodified-Since": http_date(0)},
              {"If-Range": ETAG, "Range": "bytes=0-9"}, {"Accept": "image/avif"},
              {"Authorization": "Basic eDp5"}, {"X-Accel-Redirect": "/x"}]


@pytest.mark.parametrize("prefix", ["/ik/", "/aged/", "/stale/", "/auto/"])
def test_no_header_opens_a_private_hit(site, origin, prefix):
    path = published(origin, private=True, says="max-age=1", last_modified=MODIFIED)
    target = small(path, prefix)
    kept = site.get(signed(target))
    assert seen(kept) == (200, "MISS")
    for wait in (False, True):
        if wait:
            outlive()
            origin.publish(path=path, status=500)
        for headers in CONDITIONS + [{"If-None-Match": kept.header("ETag")},
                                     {"If-Range": kept.header("ETag"), "Range": "bytes=0-9"}]:
            for method in ("GET", "HEAD"):
                answer = site.get(target, headers, method=method)
                assert answer.status in ((401, 502) if wait else (401,)), (headers, answer)
                for name in ("ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Age"):
                    assert answer.header(name) is None
                assert answer.header("Cache-Control") == "no-store"
                assert not (answer.header("Content-Type") or "").startswith("image/")


def test_an_error_that_says_private_closes_the_stale(site, origin):
    path = published(origin, says="max-age=0, stale-if-error=600")
    assert site.get(small(path)).status == 200
    origin.publish(path=path, status=503)
    assert seen(site.get(small(path))) == (200, "STALE")
    origin.publish(path=path, status=503, private=True)
    for _ in range(2):
        assert site.get(small(path)).status in (401, 503)
        time.sleep(0.01)  # what was read in this very millisecond is as new as can be
    assert seen(site.get(signed(small(path)))) == (200, "STALE")


def test_a_watermark_cannot_be_shed_through_the_cache(site, origin):
    path = published(origin, pictures.plain(80, 60, RED), private=True)
    marked, bare = small(path, "/mark/", "n-preview"), small(path, "/mark/", "w-40")
    for first, second in ((marked, bare), (bare, marked)):
        for target in (first, second):
            answer = site.get(target if target == marked else signed(target))
            blue = pictures.shows(answer.image(), BLUE, 0.9, 0.9)
            assert blue == (target == marked)
    assert site.get(bare).verdict == UNSIGNED


def test_metadata_of_a_private_image_do_not_leave_through_a_shared_entry(site, origin):
    path = published(origin, pictures.turned(6), private=True, content_type="image/jpeg")
    keeping = site.get(signing.cloudflare(f"/cf{path}/w=40,metadata=keep"))
    assert keeping.status == 200 and b"Camera of the tests" in keeping.body
    for target in (small(path, "/mark/", "n-whole"), signed(small(path, "/mark/", "w-40"))):
        answer = site.get(target)
        assert answer.status == 200 and b"of the tests" not in answer.body
    assert b"Camera of the tests" in site.get(
        signing.cloudflare(f"/cf{path}/w=40,metadata=keep")).body


def test_one_dialect_s_hit_is_judged_by_the_other_s_rules(site, origin):
    path = published(origin, private=True)
    site.get(signed(small(path, "/plain/")))
    assert site.get(f"/cf{path}/w=20,metadata=none").verdict == (403, "unsigned")
    assert site.get(small(path, "/flagged/")).verdict == UNSIGNED  # though its flag is another
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
    assert seen(site.get(signed(one))) == (200, "MISS")
    assert seen(site.get(signed(two))) == (200, "MISS")
    for query in ("", "?a=x&b=y", "?a=x%20&b=y", "?a=%0a&b=" + "y" * 20000):
        assert site.get(small(path, "/long/") + query).verdict == UNSIGNED


def test_origin_s_headers_do_not_stay_with_what_is_kept(site, origin):
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


def test_unmarked_by_a_reload_closes_what_is_kept_open(gate, origin):
    server = """
        private_image_key img.key;
        private_image_cache derivatives;
        location ^~ /ik/ { private_image imagekit; private_image_unmarked {{ unmarked }};
                           private_image_mark {{ mark }}; proxy_pass {{ origin }}/; }
    """
    site = gate(server, http=HTTP, unmarked="public", mark='""')
    path = published(origin, private=None)
    site.get(small(path))
    assert seen(site.get(small(path))) == (200, "HIT")
    for unmarked, mark in (("private", '""'), ("public", "yes")):
        site.folder.configure(server, http=HTTP, unmarked=unmarked, mark=mark)
        site.wait_until_gone(site.reload())
        assert site.get(small(path)).verdict == UNSIGNED
        assert seen(site.get(signed(small(path)))) == (200, "HIT")
    origin.only_request(path)
