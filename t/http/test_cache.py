"""The derivative cache: a rendered image is served from disk afterwards. Each hit is judged and as
fresh as the origin declares, expired entries are revalidated without rendering, and errors of the
cache never fail a request."""

import re
import shutil
import struct
import subprocess
import time

import pytest

import caching
import pictures
import signing
from caching import (ETAG, LATER, MODIFIED, UNSIGNED, cache_verdict, published, signed, small,
                     wait_until_stale)
from origin import http_date
from pictures import BLUE, GREEN, RED

HTTP = caching.HTTP + """
    {% for name in ("source_type", "source_size", "source_bytes", "output_type", "output_size",
                    "output_bytes", "options") %}
    add_header X-{{ name }} $private_image_{{ name }} always;
    {% endfor %}
"""

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_variant open public w=20;
    location ^~ /ik/    { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/    { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /off/   { private_image imagekit; private_image_cache off;
                          proxy_pass {{ origin }}/; }
    location ^~ /auto/  { private_image imagekit; private_image_format auto;
                          proxy_pass {{ origin }}/; }
    location ^~ /brief/ { private_image imagekit; private_image_cache_valid 1s;
                          proxy_pass {{ origin }}/; }
    location ^~ /stale/ { private_image imagekit; private_image_cache_use_stale 10m;
                          proxy_read_timeout 1s; proxy_pass {{ origin }}/; }
    location ^~ /aged/  { private_image imagekit; private_image_cache_use_stale 10m;
                          private_image_mark_valid 1s; proxy_pass {{ origin }}/; }
    location ^~ /key/   { private_image imagekit; proxy_pass {{ origin }}/;
                          add_header X-Key $private_image_cache_key; }
    location ^~ /spaced/ { private_image imagekit; private_image_format auto;
                          private_image_identity "a b\t$arg_who"; proxy_pass {{ origin }}/;
                          add_header X-Key $private_image_cache_key always; }
    location ^~ /auto-cf/ { private_image cloudflare; private_image_format auto;
                          proxy_pass {{ origin }}/; }
    location ^~ /pass/  { private_image imagekit;
                          private_image_cache_bypass $http_x_fresh $arg_fresh;
                          proxy_pass {{ origin }}/; }
    location ^~ /rare/  { private_image imagekit; private_image_cache_min_uses 3;
                          proxy_pass {{ origin }}/; }
""" + caching.IDENTITIES

@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors("private_image: origin_(error|timeout)", "upstream prematurely closed",
                       "upstream timed out", "recv.. failed .104", "readv.. failed .104")
    return site


# What runs for a minute: the manager and the loader of NGINX's cache. They are set up first, so
# that the wait for them at the end is short.

VETERAN = """
    private_image_key img.key;
    location ^~ /kept/ { private_image imagekit; private_image_cache kept;
                         proxy_pass {{ origin }}/; }
    location ^~ /idle/ { private_image imagekit; private_image_cache idle;
                         proxy_pass {{ origin }}/; }
    location ^~ /full/ { private_image imagekit; private_image_cache full;
                         proxy_pass {{ origin }}/; }
"""

VETERAN_HTTP = """
    private_image_cache_path {{ folder }}/kept levels=1:2 keys_zone=kept:1m use_temp_path=off;
    private_image_cache_path {{ folder }}/idle keys_zone=idle:1m inactive=2s;
    private_image_cache_path {{ folder }}/full levels=2 keys_zone=full:1m max_size=40k;
    add_header X-Cache $private_image_cache_status always;
"""


@pytest.fixture(scope="module")
def veteran(gate):
    return gate(VETERAN, http=VETERAN_HTTP)


@pytest.fixture(scope="module")
def kept(veteran, origin):
    """Derivatives cached before a restart: a public one, a private one, and one that is not
    requested before the cache loader has run."""
    paths = [published(origin, private=False), published(origin, private=True), published(origin)]
    for path in paths:
        assert cache_verdict(veteran.get(signed(small(path, "/kept/")))) == (200, "MISS")
    return paths


def entries(folder):
    return [file for file in folder.rglob("*") if re.fullmatch("[0-9a-f]{32}", file.name)]


def test_derivatives_survive_a_restart(veteran, origin, kept):
    veteran.restart()
    public, private, _ = kept
    answer = veteran.get(small(public, "/kept/"))
    assert cache_verdict(answer) == (200, "HIT") and pictures.shows_quarters(answer.image())
    assert veteran.get(small(private, "/kept/")).verdict == UNSIGNED
    assert cache_verdict(veteran.get(signed(small(private, "/kept/")))) == (200, "HIT")
    assert len(origin.requests(public)) == len(origin.requests(private)) == 1


@pytest.fixture(scope="module")
def crowded(veteran, origin, kept):
    """More derivatives than max_size allows."""
    paths = [published(origin) for _ in range(30)]
    for path in paths:
        for prefix in ("/idle/", "/full/"):
            assert cache_verdict(veteran.get(small(path, prefix))) == (200, "MISS")
    return paths


def test_the_cache_is_laid_out_as_configured(veteran, crowded):
    folder = veteran.folder.path
    for name, pattern in (("kept", "./../[0-9a-f]{32}"), ("idle", "[0-9a-f]{32}"),
                          ("full", "../[0-9a-f]{32}")):
        found = entries(folder / name)
        assert found
        for file in found:
            assert re.fullmatch(pattern, str(file.relative_to(folder / name)))


# Hits

def test_a_derivative_is_rendered_once_and_served_from_the_cache_then(site, origin):
    path = published(origin, last_modified=MODIFIED,
                     headers={"Access-Control-Allow-Origin": "*", "X-Other": "kept to itself",
                              "x-amz-id-2": "secret", "Set-Cookie": "a=b"})
    first, second = site.get(small(path)), site.get(small(path))
    assert cache_verdict(first) == (200, "MISS") and first.header("X-Render")
    assert cache_verdict(second) == (200, "HIT") and not second.header("X-Render")
    assert second.reason == "public" and second.header("X-Mark") == "public"
    assert first.body == second.body and pictures.shows_quarters(second.image())
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control", "Vary",
                 "Access-Control-Allow-Origin", "X-Content-Type-Options", "Accept-Ranges"):
        assert first.header(name) == second.header(name), name
    assert second.header("ETag") and second.header("Last-Modified") == MODIFIED
    assert second.header("Access-Control-Allow-Origin") == "*"
    assert second.header("X-Content-Type-Options") == "nosniff"
    for name in ("X-Other", "x-amz-id-2", "Set-Cookie", "Is-Private-File"):
        assert not first.header(name) and not second.header(name), name
    origin.only_request(path)


def test_a_hit_has_the_same_variables_of_source_and_output(site, origin):
    path = published(origin)
    first, second = site.get(small(path)), site.get(small(path))
    for name in ("source_type", "source_size", "source_bytes", "output_type", "output_size",
                 "output_bytes", "options"):
        assert first.header(f"X-{name}") == second.header(f"X-{name}"), name
        assert second.header(f"X-{name}"), name
    assert second.header("X-source_size") == "64x48" and second.header("X-output_size") == "20x15"
    assert second.header("X-output_bytes") == str(len(second.body))


def test_the_cache_plays_no_part_in_originals_and_where_it_is_off(site, origin):
    path = published(origin)
    for target in ("/ik" + path, "/ik" + path, small(path, "/off/"), small(path, "/off/")):
        assert cache_verdict(site.get(target)) == (200, None), target
    assert len(origin.requests(path)) == 4


@pytest.mark.parametrize("prefix", ["/ik/", "/cf/"])
def test_every_transformation_has_an_entry_of_its_own(site, origin, prefix):
    path = published(origin)
    if prefix == "/cf/":
        targets = [f"/cf{path}/{options}" for options in
                   ("w=20", "w=21", "w=20,f=jpeg", "w=20,f=jpeg,q=30", "open")]
    else:
        targets = [small(path, options=options) for options in
                   ("w-20", "w-21", "w-20,f-jpg", "w-20,f-jpg,q-30", "w-20:w-10", "n-open")]
    bodies = set()
    for target in targets:
        bodies.add(site.get(target).body)
    assert len(bodies) >= len(targets) - 1  # a variant may look like the same options by hand
    for target in targets:
        assert cache_verdict(site.get(target)) == (200, "HIT"), target


def test_the_spelling_of_a_url_is_no_part_of_the_key(site, origin):
    path = published(origin)
    assert cache_verdict(site.get(small(path, options="w-20,h-10"))) == (200, "MISS")
    escaped = path.replace("image", "im%61ge")
    for target in (small(path, options="h-10,w-20"), f"/ik{path}?tr=w-20,h-10",
                   small(path, options="w-20,h-10") + "?v=2", small(escaped, options="w-20,h-10")):
        assert cache_verdict(site.get(target)) == (200, "HIT"), target


def test_the_signature_is_no_part_of_the_key(site, origin):
    path = published(origin, private=True)
    target = small(path)
    first = site.get(signed(target))
    assert cache_verdict(first) == (200, "MISS")
    for options in ({}, {"expires": signing.soon(60)}, {"expires": signing.soon(61)},
                    {"expires": signing.soon(62)}):
        answer = site.get(signed(target, **options))
        assert cache_verdict(answer) == (200, "HIT") and answer.reason == "signed"
    origin.only_request(path)


def test_the_key_can_be_shown_in_a_header(site, origin):
    path = published(origin, private=True)
    keys = {site.get(signed(small(path, "/key/", options), expires=expires)).header("X-Key")
            for options in ("w-20", "w-21") for expires in (None, signing.soon())}
    assert len(keys) == 2
    for key in keys:
        assert path in key and "ik-s" not in key
    answer = site.get(signed(small(path, "/key/")))
    assert answer.header("X-Content-Type-Options") == "nosniff"  # nothing is split by the key


BLANKS = {
    "a size": "w-20", "a format": "w-20,f-jpg", "steps": "w-20,f-webp:h-10", "a formula": "w-iw_div_2",
    "a text": "l-text,i-a%20b%20c,l-end", "a long text": f"l-text,i-{'%20' * 1500}a,l-end",
    "more than a key holds": ",".join(f"l-text,i-{n}{'!' * 1900},l-end" for n in range(4)),
}


@pytest.mark.parametrize("options", BLANKS.values(), ids=BLANKS)
def test_the_key_has_no_blanks(site, origin, options):
    path = published(origin)
    for who in ("", "x", "|"):
        key = site.get(f"/spaced/tr:{options}{path}?who={who}",
                       {"Accept": "image/avif, image/webp"}).header("X-Key")
        assert key and all("!" <= c <= "~" for c in key)


def test_the_parts_of_a_key_do_not_run_into_each_other(site, origin):
    path = published(origin)
    keys = [site.get(f"/spaced/tr:w-20{path}?who={who}").header("X-Key")
            for who in ("", "%7C", "%20", "+", "|", "%257C", path)]
    assert len(set(keys)) == len(keys)
    assert all(key.count("|") == 3 for key in keys)


@pytest.mark.parametrize("plain, spelled", [("/auto/tr:w-20{}", "/auto/tr:w-20,f-auto{}"),
                                            ("/auto/tr:q-50{}", "/auto/tr:f-auto,q-50{}"),
                                            ("/auto-cf{}/w=20", "/auto-cf{}/w=20,f=auto"),
                                            ("/auto-cf{}/w=20,q=50", "/auto-cf{}/f=auto,q=50,w=20")])
def test_what_the_location_says_anyway_need_not_be_spelled(site, origin, plain, spelled):
    path = published(origin)
    for accept, kind in (("image/webp", "image/webp"), ("image/avif", "image/avif"),
                         (None, "image/png"), ("image/jpeg", "image/png")):
        headers = {} if accept is None else {"Accept": accept}
        first, second = (site.get(target.format(path), headers) for target in (plain, spelled))
        assert cache_verdict(second) == (200, "HIT")
        for answer in (first, second):
            assert answer.header("Content-Type") == kind and "Accept" in answer.header("Vary")
        assert first.header("ETag") == second.header("ETag")


def test_the_identity_distinguishes_images(site, origin):
    path = published(origin)
    assert cache_verdict(site.get(small(path, "/one/"))) == (200, "MISS")
    assert cache_verdict(site.get(small(path, "/two/"))) == (200, "HIT")
    assert cache_verdict(site.get(small(path, "/three/"))) == (200, "MISS")
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    assert cache_verdict(site.get(small(path), host="other.example")) == (200, "MISS")
    assert cache_verdict(site.get(small(path), host="other.example")) == (200, "HIT")


def test_negotiated_formats_have_entries_of_their_own(site, origin):
    path = published(origin)
    target = small(path, "/auto/")
    kinds = {"image/webp": "image/webp", "image/avif": "image/avif", "image/png": "image/png"}
    for state in ("MISS", "HIT"):
        for accept, kind in kinds.items():
            answer = site.get(target, {"Accept": accept})
            assert cache_verdict(answer) == (200, state), accept
            assert answer.header("Content-Type") == kind
            assert "Accept" in answer.header("Vary")
    longer = site.get(target, {"Accept": "image/webp;q=0.9,text/html;q=0.1"})
    assert cache_verdict(longer) == (200, "HIT") and longer.header("Content-Type") == "image/webp"


def test_head_fills_and_uses_the_cache(site, origin):
    path = published(origin)
    head = site.head(small(path))
    assert cache_verdict(head) == (200, "MISS") and head.body == b""
    get = site.get(small(path))
    assert cache_verdict(get) == (200, "HIT")
    assert len(get.body) == int(head.header("Content-Length"))
    again = site.head(small(path))
    assert cache_verdict(again) == (200, "HIT") and again.body == b""
    assert again.header("Content-Length") == head.header("Content-Length")
    assert again.header("ETag") == get.header("ETag") == head.header("ETag")
    origin.only_request(path)


def test_parts_of_a_hit(site, origin):
    path = published(origin, pictures.noise(60, 40, "PNG"))
    whole = site.get(small(path, options="w-50"))
    body, etag, target = whole.body, whole.header("ETag"), small(path, options="w-50")
    part = site.get(target, {"Range": "bytes=10-29"})
    assert cache_verdict(part) == (206, "HIT") and part.body == body[10:30]
    assert part.header("Content-Range") == f"bytes 10-29/{len(body)}"
    assert site.get(target, {"Range": "bytes=-5"}).body == body[-5:]
    several = site.get(target, {"Range": "bytes=0-9,20-29"})
    assert several.status == 206 and body[:10] in several.body and body[20:30] in several.body
    assert site.get(target, {"Range": "bytes=0-9", "If-Range": etag}).status == 206
    changed = site.get(target, {"Range": "bytes=0-9", "If-Range": '"other"'})
    assert changed.status == 200 and changed.body == body
    beyond = site.get(target, {"Range": f"bytes={len(body)}-"})
    assert beyond.status == 416 and beyond.header("Content-Range") == f"bytes */{len(body)}"
    head = site.head(target, {"Range": "bytes=10-29"})
    assert head.status in (200, 206) and head.body == b""
    origin.only_request(path)


def test_conditions_on_a_hit(site, origin):
    path = published(origin, last_modified=MODIFIED)
    target = small(path)
    etag = site.get(target).header("ETag")
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'},
                    {"If-None-Match": "*"}, {"If-Modified-Since": MODIFIED}):
        answer = site.get(target, headers)
        assert cache_verdict(answer) == (304, "HIT") and answer.body == b"", headers
        assert answer.header("ETag") == etag
        assert answer.cache_directives()["max-age"] <= 600
    for headers in ({"If-None-Match": ETAG}, {"If-Match": etag},
                    {"If-Modified-Since": http_date(time.time() - 9 * 86400)}):
        assert cache_verdict(site.get(target, headers)) == (200, "HIT"), headers
    assert site.get(target, {"If-Match": '"other"'}).status == 412
    assert site.get(target, {"If-Unmodified-Since": http_date(0)}).status == 412
    origin.only_request(path)


@pytest.mark.parametrize("how", ["sendfile on;", "sendfile off;", "sendfile on; aio threads;",
                                 "aio threads; directio 512; output_buffers 2 64k;"])
def test_a_large_derivative_arrives_whole_however_it_is_sent(gate, origin, how):
    site = gate(SITE, http=HTTP + how)
    path = published(origin, pictures.noise(900, 600))
    target = small(path, options="w-800,f-png")
    bodies = [site.get(target) for _ in range(3)]
    assert list(map(cache_verdict, bodies)) == [(200, "MISS"), (200, "HIT"), (200, "HIT")]
    assert len(bodies[0].body) > 500_000
    assert bodies[0].body == bodies[1].body == bodies[2].body
    part = site.get(target, {"Range": "bytes=300000-400000"})
    assert part.status == 206 and part.body == bodies[0].body[300000:400001]


def test_hits_on_a_kept_connection_wait_for_the_thread_that_reads_them(gate, origin):
    site = gate(SITE, http=HTTP + "aio threads;", workers=1)
    path, other = published(origin), published(origin)
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    with site.connect() as connection:  # writable as well as readable from its second request on
        assert cache_verdict(connection.request(small(other))) == (200, "MISS")
        for _ in range(30):
            assert cache_verdict(connection.request(small(path))) == (200, "HIT")
    origin.only_request(path)


# Every hit is judged

EVERY_WAY = ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=99999999-"}, {"If-None-Match": "*"},
             {"If-Modified-Since": http_date(time.time() + 9)}, {"If-Match": '"other"'},
             {"If-Unmodified-Since": http_date(0)})


@pytest.mark.parametrize("prefix, refusal", [("/ik/", 401), ("/cf/", 403)])
def test_a_hit_of_a_private_image_needs_the_signature(site, origin, prefix, refusal):
    path = published(origin, private=True, last_modified=MODIFIED)
    target = f"/cf{path}/w=20" if prefix == "/cf/" else small(path)
    dialect = "cloudflare" if prefix == "/cf/" else "imagekit"
    valid = signing.sign(dialect, target, prefix, expires=signing.soon())
    assert cache_verdict(site.get(valid)) == (200, "MISS")
    for signature, reason in (("none", "unsigned"), ("bad", "bad_signature"),
                              ("expired", "expired")):
        asked = signing.signed_as(signature, dialect, target, prefix)
        for method in ("GET", "HEAD"):
            for headers in EVERY_WAY:
                answer = site.get(asked, headers, method=method)
                assert answer.verdict == (refusal, reason), (method, headers)
                assert b"PNG" not in answer.body and not answer.header("ETag")
                assert answer.header("Cache-Control") == "no-store"
    answer = site.get(valid)
    assert cache_verdict(answer) == (200, "HIT") and answer.reason == "signed"
    assert "private" in answer.cache_directives()
    origin.only_request(path)


def test_a_public_variant_of_a_private_image_hits_without_a_signature(site, origin):
    path = published(origin, private=True)
    for state in ("MISS", "HIT"):
        answer = site.get(small(path, options="n-open"))
        assert cache_verdict(answer) == (200, state) and answer.reason == "variant"
    assert site.get(small(path)).verdict == UNSIGNED


def test_a_signature_that_expires_between_two_hits(site, origin):
    path = published(origin, private=True)
    target = signed(small(path), expires=signing.soon(2))
    assert cache_verdict(site.get(target)) == (200, "MISS")
    answer = site.get(target)
    assert cache_verdict(answer) == (200, "HIT") and answer.cache_directives()["max-age"] <= 2
    wait_until_stale(3)
    assert site.get(target).verdict == (401, "expired")
    assert site.get(target, {"Range": "bytes=0-9"}).verdict == (401, "expired")
    assert cache_verdict(site.get(signed(small(path)))) == (200, "HIT")


# Lifetimes declared by the origin

@pytest.mark.parametrize("says", ["no-store", "no-cache", "private", "private, max-age=60",
                                  "max-age=60, no-store"])
def test_what_the_origin_wants_not_kept_is_not_kept(site, origin, says):
    path = published(origin, cache_control=says)
    for count in (1, 2):
        answer = site.get(small(path))
        assert cache_verdict(answer) == (200, "MISS")
        assert len(origin.requests(path)) == count
    secret = published(origin, cache_control=says, private=True)
    for _ in range(2):
        assert cache_verdict(site.get(signed(small(secret)))) == (200, "MISS")
    assert site.get(small(secret)).verdict == UNSIGNED


def test_freshness_is_the_origin_s_word(site, origin):
    now = time.time()
    cases = [  # prefix, Cache-Control, other headers, state once a good second has passed
        ("/ik/", "max-age=600", {}, "HIT"),
        ("/ik/", "max-age=1", {}, "REVALIDATED"),
        ("/ik/", "max-age=1, s-maxage=600", {}, "HIT"),
        ("/ik/", "max-age=600, s-maxage=1", {}, "REVALIDATED"),
        ("/ik/", None, {"Expires": http_date(now + 600)}, "HIT"),
        ("/ik/", None, {"Expires": http_date(now + 1)}, "REVALIDATED"),
        ("/ik/", "max-age=600", {"Expires": http_date(now - 600)}, "HIT"),
        ("/ik/", "max-age=1", {"Expires": http_date(now + 600)}, "REVALIDATED"),
        ("/ik/", "max-age=600", {"Age": "599"}, "REVALIDATED"),
        ("/ik/", None, {}, "HIT"),
        ("/brief/", None, {}, "REVALIDATED"),
        ("/brief/", "max-age=600", {}, "HIT"),
    ]
    targets = []
    for prefix, says, headers, _ in cases:
        path = published(origin, cache_control=says, headers=headers)
        targets.append((path, small(path, prefix)))
        assert cache_verdict(site.get(targets[-1][1])) == (200, "MISS"), (says, headers)
    wait_until_stale(1.1)
    for (path, target), case in zip(targets, cases):
        assert cache_verdict(site.get(target)) == (200, case[-1]), case
        assert len(origin.requests(path)) == (1 if case[-1] == "HIT" else 2), case


def test_a_lifetime_of_nothing_is_asked_about_every_time(site, origin):
    path = published(origin, cache_control="max-age=0")
    for count in (1, 2, 3):
        answer = site.get(small(path))
        assert answer.status == 200 and answer.header("X-Cache") != "HIT"
        assert len(origin.requests(path)) == count
        time.sleep(0.01)  # what was read in the same millisecond is news enough


# Revalidation without rendering

def test_a_refresh_asks_with_conditions(site, origin):
    cases = [{"etag": ETAG}, {"etag": None, "last_modified": MODIFIED},
             {"etag": ETAG, "last_modified": MODIFIED}, {"etag": f"W/{ETAG}"}]
    paths = [published(origin, cache_control="max-age=1", headers_on_304={"Cache-Control": "max-age=600"},
                       **validators) for validators in cases]
    before = [site.get(small(path)) for path in paths]
    wait_until_stale()
    for path, validators, old in zip(paths, cases, before):
        answer = site.get(small(path))
        assert cache_verdict(answer) == (200, "REVALIDATED"), validators
        assert not answer.header("X-Render") and answer.body == old.body
        assert answer.header("ETag") == old.header("ETag")
        asked = origin.requests(path)[-1]
        assert asked.status == 304
        assert asked.header("If-None-Match") == validators["etag"]
        assert asked.header("If-Modified-Since") == validators.get("last_modified")
    wait_until_stale()
    for path in paths:  # the lifetime is the newer one
        assert cache_verdict(site.get(small(path))) == (200, "HIT")
        assert len(origin.requests(path)) == 2


def test_a_client_s_conditions_and_ranges_stay_out_of_a_refresh(site, origin):
    path = published(origin, cache_control="max-age=1")
    etag = site.get(small(path)).header("ETag")
    for headers, status in (({"If-None-Match": etag}, 304), ({"Range": "bytes=0-9"}, 206),
                            ({"If-None-Match": '"theirs"'}, 200)):
        wait_until_stale()
        answer = site.get(small(path), headers)
        assert cache_verdict(answer) == (status, "REVALIDATED")
        asked = origin.requests(path)[-1]
        assert asked.header("If-None-Match") == ETAG and not asked.header("Range")


def test_a_whole_answer_of_the_same_revision_is_not_read(site, origin):
    large = pictures.quarters() + bytes(12_000_000)  # what follows the picture is not looked at
    paths = [published(origin, large, cache_control="max-age=1", etag=None, headers=validators)
             for validators in ({"ETag": ETAG}, {"Last-Modified": MODIFIED})]
    for path in paths:
        assert cache_verdict(site.get(small(path))) == (200, "MISS")
    wait_until_stale()
    for path in paths:
        read = origin.bytes_sent(path)
        answer = site.get(small(path))
        assert cache_verdict(answer) == (200, "REVALIDATED") and not answer.header("X-Render")
        assert origin.bytes_sent(path) - read < 4_000_000
        assert cache_verdict(site.get(small(path))) == (200, "HIT")


@pytest.mark.parametrize("before, after", [
    ({"etag": ETAG}, {"etag": LATER}),
    ({"etag": None, "last_modified": MODIFIED}, {"etag": None, "last_modified": http_date(9e8)}),
    ({"etag": ETAG, "last_modified": MODIFIED},
     {"etag": None, "last_modified": http_date(9e8), "headers": {"ETag": ETAG}}),
    ({"etag": None}, {"etag": None}),
], ids=["etag", "time", "time beside the etag", "neither"])
def test_another_revision_is_rendered_anew(site, origin, before, after):
    path = published(origin, pictures.plain(colour=RED), cache_control="max-age=1", **before)
    first = site.get(small(path))
    published(origin, pictures.plain(colour=BLUE), path, cache_control="max-age=600", **after)
    wait_until_stale()
    answer = site.get(small(path))
    assert cache_verdict(answer) == (200, "EXPIRED") and answer.header("X-Render")
    assert pictures.shows(answer.image(), BLUE)
    assert answer.header("ETag") != first.header("ETag") or before == after
    again = site.get(small(path))
    assert cache_verdict(again) == (200, "HIT") and again.body == answer.body


@pytest.mark.parametrize("news", ["original", "derivative"])
def test_a_new_revision_voids_all_derivatives_of_the_image_at_once(site, origin, news):
    path = published(origin, pictures.plain(colour=RED))
    targets = [small(path, options=options) for options in ("w-20", "w-30", "n-open")]
    for target in targets:
        site.get(target)
        assert cache_verdict(site.get(target)) == (200, "HIT")
    published(origin, pictures.plain(colour=GREEN), path, etag=LATER)
    fresh = "/ik" + path if news == "original" else small(path, options="w-40")
    assert pictures.shows(site.get(fresh).image(), GREEN)
    for target in targets:
        answer = site.get(target)
        assert answer.status == 200 and answer.header("X-Cache") != "HIT"
        assert pictures.shows(answer.image(), GREEN)
        assert cache_verdict(site.get(target)) == (200, "HIT")


# Stale

FAILURES = {"500": {"status": 500}, "503": {"status": 503}, "reset": {"reset": True},
            "nothing": {"raw": b""}, "timeout": {"delay": 2}}


def test_stale_while_the_origin_fails_as_far_as_allowed(site, origin):
    cases = [  # prefix, Cache-Control, status, state
        ("/ik/", "max-age=1", 502, None),
        ("/ik/", "max-age=1, stale-if-error=600", 200, "STALE"),
        ("/ik/", "max-age=1, stale-while-revalidate=600", 502, None),
        ("/ik/", "max-age=1, must-revalidate, stale-if-error=600", 502, None),
        ("/stale/", "max-age=1", 200, "STALE"),
        ("/stale/", "max-age=1, stale-if-error=600", 200, "STALE"),
        ("/stale/", "max-age=1, stale-if-error=0", 502, None),
        ("/stale/", "max-age=1, must-revalidate", 502, None),
    ]
    paths = []
    for prefix, says, _, _ in cases:
        paths.append(published(origin, cache_control=says))
        assert cache_verdict(site.get(small(paths[-1], prefix))) == (200, "MISS")
        origin.publish(path=paths[-1], status=500)
    short = published(origin, cache_control="max-age=1, stale-if-error=1")
    site.get(small(short, "/stale/"))
    origin.publish(path=short, status=500)
    wait_until_stale()
    for path, (prefix, says, status, state) in zip(paths, cases):
        answer = site.get(small(path, prefix))
        assert answer.status == status, (prefix, says)
        if state:
            assert cache_verdict(answer) == (status, state), (prefix, says)
            assert pictures.shows_quarters(answer.image())
    assert cache_verdict(site.get(small(short, "/stale/"))) == (200, "STALE")
    wait_until_stale()
    assert site.get(small(short, "/stale/")).verdict == (502, "origin_error")
    published(origin, path=paths[1], cache_control="max-age=600")
    assert cache_verdict(site.get(small(paths[1]))) == (200, "REVALIDATED")


def test_every_failure_of_the_origin_leaves_the_stale_one(site, origin):
    paths = {name: published(origin, cache_control="max-age=1") for name in FAILURES}
    for name, path in paths.items():
        site.get(small(path, "/stale/"))
        published(origin, path=path, **FAILURES[name])
    wait_until_stale()
    for name, path in paths.items():
        assert cache_verdict(site.get(small(path, "/stale/"))) == (200, "STALE"), name


def test_what_is_gone_at_the_origin_is_not_served_stale(site, origin):
    paths = {status: published(origin, cache_control="max-age=1") for status in (404, 410)}
    for status, path in paths.items():
        site.get(small(path, "/stale/"))
        origin.publish(path=path, status=status)
    wait_until_stale()
    for path in paths.values():
        assert site.get(small(path, "/stale/")).verdict == (404, "not_found")


def test_the_stale_is_judged(site, origin):
    path = published(origin, private=True, cache_control="max-age=1")
    target = small(path, "/stale/")
    site.get(signed(target))
    site.get(small(path, "/stale/", "n-open"))
    origin.publish(path=path, status=500)
    wait_until_stale()
    for headers in EVERY_WAY:
        assert site.get(target, headers).verdict == UNSIGNED, headers
    answer = site.get(signed(target))
    assert cache_verdict(answer) == (200, "STALE") and answer.reason == "signed"
    answer = site.get(small(path, "/stale/", "n-open"))
    assert cache_verdict(answer) == (200, "STALE") and answer.reason == "variant"


def test_a_mark_too_old_to_rely_on_counts_as_private_when_stale(site, origin):
    path = published(origin, cache_control="max-age=1")
    target = small(path, "/aged/")
    site.get(target)
    site.get(small(path, "/aged/", "n-open"))
    origin.publish(path=path, status=500)
    wait_until_stale()
    assert site.get(target).status in (401, 502)
    assert cache_verdict(site.get(signed(target))) == (200, "STALE")
    assert cache_verdict(site.get(small(path, "/aged/", "n-open"))) == (200, "STALE")


def test_a_freshness_left_does_not_carry_a_mark_too_old(site, origin):
    path = published(origin, cache_control="max-age=600")
    target = small(path, "/aged/")
    site.get(target)
    origin.publish(path=path, status=500)
    wait_until_stale()
    assert site.get(target).status in (401, 502)
    assert site.get(signed(target)).status == 200


# Bypass, min_uses

def test_a_bypass_asks_the_origin_and_renders(site, origin):
    path = published(origin, pictures.plain(colour=RED))
    target = small(path, "/pass/")
    site.get(target)
    for headers, query in (({"X-Fresh": "1"}, ""), ({}, "?fresh=yes")):
        asked = len(origin.requests(path))
        answer = site.get(target + query, headers)
        assert cache_verdict(answer) == (200, "BYPASS") and answer.header("X-Render")
        assert len(origin.requests(path)) == asked + 1
    assert cache_verdict(site.get(target, {"X-Fresh": "0"})) == (200, "HIT")
    published(origin, pictures.plain(colour=GREEN), path, etag=LATER)
    assert pictures.shows(site.get(target).image(), RED)
    assert pictures.shows(site.get(target, {"X-Fresh": "1"}).image(), GREEN)
    assert pictures.shows(site.get(target).image(), GREEN)


def test_a_bypass_fills_the_cache_as_for_proxy_cache(site, origin):
    path = published(origin)
    assert cache_verdict(site.get(small(path, "/pass/"), {"X-Fresh": "1"})) == (200, "BYPASS")
    assert cache_verdict(site.get(small(path, "/pass/"))) == (200, "HIT")
    origin.only_request(path)


def test_a_bypass_is_judged(site, origin):
    path = published(origin, private=True)
    target = small(path, "/pass/")
    site.get(signed(target))
    assert site.get(target, {"X-Fresh": "1"}).verdict == UNSIGNED
    assert cache_verdict(site.get(signed(target), {"X-Fresh": "1"})) == (200, "BYPASS")


def test_what_is_rarely_asked_for_is_not_kept(site, origin):
    path = published(origin)
    states = [cache_verdict(site.get(small(path, "/rare/"))) for _ in range(5)]
    assert states == [(200, "MISS")] * 3 + [(200, "HIT")] * 2
    assert len(origin.requests(path)) == 3


# Changes that make a cached derivative invalid

CHANGING = """
    private_image_key {{ key }};
    private_image_cache derivatives;
    private_image_quality jpeg={{ quality }};
    private_image_effort webp={{ effort }};
    private_image_watermark logo logo.png scale=0.5;
    private_image_variant marked public w=40,watermark=logo;
    private_image_variant sized  public w={{ width }};
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""

SETTINGS = {"key": "img.key", "quality": 80, "effort": 2, "width": 30}


@pytest.fixture
def changing(gate):
    return gate(CHANGING, http=HTTP, files={"conf/logo.png": pictures.plain(40, 20, RED)},
                **SETTINGS)


def test_settings_changed_by_a_reload_void_what_they_change(changing, origin):
    path = published(origin, pictures.plain(80, 60, BLUE, kind="JPEG"))
    targets = {name: small(path, options=options) for name, options in (
        ("quality", "w-20"), ("effort", "w-20,f-webp"), ("logo", "n-marked"), ("width", "n-sized"),
        ("nothing", "w-20,f-png"))}
    before = {name: changing.get(target) for name, target in targets.items()}
    assert all(cache_verdict(changing.get(target)) == (200, "HIT") for target in targets.values())
    changing.folder.write("conf/logo.png", pictures.plain(40, 20, GREEN))
    changing.reconfigure(CHANGING, HTTP, **{**SETTINGS, "quality": 30, "effort": 4, "width": 25})
    for name, target in targets.items():
        answer = changing.get(target)
        if name != "nothing":
            assert cache_verdict(answer) == (200, "MISS"), name
            assert answer.header("ETag") != before[name].header("ETag"), name
        assert cache_verdict(changing.get(target)) == (200, "HIT"), name
    assert changing.get(targets["width"]).image().width == 25
    corner = changing.get(targets["logo"]).image().convert("RGB")
    assert pictures.shows(corner, GREEN, 0.9, 0.9, tolerance=30)
    assert pictures.shows(before["logo"].image(), RED, 0.9, 0.9, tolerance=30)


def test_a_reload_that_changes_nothing_voids_nothing(changing, origin):
    path = published(origin, private=True)
    changing.get(signed(small(path)))
    changing.wait_until_gone(changing.reload())
    assert cache_verdict(changing.get(signed(small(path)))) == (200, "HIT")
    assert changing.get(small(path)).verdict == UNSIGNED
    origin.only_request(path)


def test_keys_rotated_by_a_reload_open_and_close_hits(changing, origin):
    path = published(origin, private=True)
    old, new = signed(small(path)), signed(small(path), key=signing.OTHER_KEY)
    assert cache_verdict(changing.get(old)) == (200, "MISS")
    assert changing.get(new).verdict == (401, "bad_signature")
    changing.reconfigure(CHANGING, HTTP, **{**SETTINGS, "key": "other.key"})
    assert changing.get(old).verdict == (401, "bad_signature")
    assert cache_verdict(changing.get(new)) == (200, "HIT")
    origin.only_request(path)


def with_record(content, change):
    """A cache file whose bytes after NGINX's own header are changed."""
    start, = struct.unpack_from("=H", content, 54)  # ngx_http_file_cache_header_t.header_start
    return content[:start] + change(content[start:])


@pytest.mark.parametrize("change", [
    lambda content: bytes([content[0] ^ 1]) + content[1:],
    lambda content: content[:20] + bytes([content[20] ^ 0x80]) + content[21:],
    lambda content: bytes(60) + content[60:],
    lambda content: b"\xff" * 60 + content[60:],
    lambda content: content[:30],
    lambda content: b"",
], ids=["first byte", "one bit", "zeros", "ones", "cut", "empty"])
def test_an_entry_that_cannot_be_read_is_a_miss(gate, origin, change):
    site = gate(SITE, http=HTTP)
    site.expect_errors("cache file", "private_image:")
    site.allow_emergency(r"\[crit\].*cache file")
    public, private = published(origin), published(origin, private=True)
    wanted = site.get(small(public)).body
    site.get(signed(small(private)))
    for file in entries(site.folder.path / "cache"):
        file.write_bytes(with_record(file.read_bytes(), change))
    assert site.get(small(private)).verdict == UNSIGNED
    answer = site.get(small(public))
    assert cache_verdict(answer) == (200, "MISS") and answer.body == wanted
    assert cache_verdict(site.get(signed(small(private)))) == (200, "MISS")
    assert cache_verdict(site.get(small(public))) == (200, "HIT")


# Faults of the cache folder

TROUBLED = """
    private_image_key img.key;
    location ^~ /ik/   { private_image imagekit; private_image_cache own;
                         proxy_pass {{ origin }}/; }
    location ^~ /temp/ { private_image imagekit; private_image_cache temp;
                         proxy_pass {{ origin }}/; }
"""

TROUBLED_HTTP = """
    private_image_cache_path {{ disk }}/own  levels=1 keys_zone=own:1m use_temp_path=off;
    private_image_cache_path {{ disk }}/temp levels=1 keys_zone=temp:1m;
    add_header X-Cache $private_image_cache_status always;
"""


def mount(disk, options):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)],
                          check=False, stderr=subprocess.DEVNULL).returncode == 0


@pytest.fixture
def troubled(gate, folder):
    """Starts nginx with caches in their own folder, which may be a disk of 256 KB."""
    disk = folder().path / "disk"
    disk.mkdir()
    started = []

    def start(on_a_disk=False):
        if on_a_disk and not mount(disk, "size=256k"):
            pytest.skip("needs the right to mount")
        disk.chmod(0o777)
        site = gate(TROUBLED, http=TROUBLED_HTTP, disk=disk)
        site.allow_emergency(r"\[crit\].*(/disk/|temp/)")
        site.expect_errors("/disk/", "private_image:.*cache")
        started.append(site)
        return site, disk

    yield start
    for site in started:
        assert site.stop() == []
    subprocess.run(["umount", "-q", str(disk)], check=False, stderr=subprocess.DEVNULL)


def serves_on(site, origin, old):
    """Checks that cached and new derivatives are answered, and that they are judged."""
    secret = published(origin, private=True)
    for prefix in ("/ik/", "/temp/"):
        for path in (old, published(origin)):
            answer = site.get(small(path, prefix))
            assert answer.status == 200 and pictures.shows_quarters(answer.image())
        assert site.get(small(secret, prefix)).verdict == UNSIGNED
        assert site.get(signed(small(secret, prefix))).verdict == (200, "signed")


def filled(site, origin):
    path = published(origin)
    for prefix in ("/ik/", "/temp/"):
        assert cache_verdict(site.get(small(path, prefix))) == (200, "MISS")
        assert cache_verdict(site.get(small(path, prefix))) == (200, "HIT")
    return path


def test_a_cache_folder_that_is_gone_stops_nothing(troubled, origin):
    site, disk = troubled()
    old = filled(site, origin)
    shutil.rmtree(disk)
    serves_on(site, origin, old)
    disk.write_bytes(b"a file now")
    since = len(site.log())
    serves_on(site, origin, old)
    assert "Not a directory" in site.wait_for_log(r"\[(error|crit)\].*/disk/", since)
    disk.unlink()
    for name in ("own", "temp"):
        (disk / name).mkdir(parents=True)
        (disk / name).chmod(0o777)
    disk.chmod(0o777)
    filled(site, origin)


def test_a_disk_that_is_full_stops_nothing(troubled, origin):
    site, disk = troubled(on_a_disk=True)
    old = filled(site, origin)
    filler = disk / "filler"
    with pytest.raises(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    since = len(site.log())
    serves_on(site, origin, old)
    assert "No space left" in site.wait_for_log(r"\[(error|crit)\].*(/disk/|temp)", since)
    filler.unlink()
    filled(site, origin)


def test_a_disk_that_cannot_be_written_stops_nothing(troubled, origin):
    site, disk = troubled(on_a_disk=True)
    old = filled(site, origin)
    assert mount(disk, "remount,ro")
    since = len(site.log())
    serves_on(site, origin, old)
    assert cache_verdict(site.get(small(old))) == (200, "HIT")
    assert "Read-only" in site.wait_for_log(r"\[(error|crit)\].*(/disk/|temp)", since)


def test_no_temporary_file_stays(site, origin):
    for path in (published(origin), published(origin, private=True), published(origin, b"words")):
        site.get(small(path))
        site.get(signed(small(path)))
    site.expect_errors("private_image: unsupported_type")
    left = [file for file in (site.folder.path / "temp").rglob("*") if file.is_file()]
    assert not left
    found = [file for file in (site.folder.path / "cache").rglob("*") if file.is_file()]
    assert set(found) - set(entries(site.folder.path / "cache")) <= {
        file for file in found if re.search(r"\.\d{10}$", file.name)}


# The manager wakes within ten seconds, the loader begins after sixty.

def test_what_is_not_requested_is_dropped(veteran, crowded):
    folder = veteran.folder.path / "idle"
    until = time.monotonic() + 14
    while entries(folder):
        assert time.monotonic() < until, "the manager has not dropped what is inactive"
        time.sleep(0.1)
    assert cache_verdict(veteran.get(small(crowded[0], "/idle/"))) == (200, "MISS")


def test_the_cache_stays_within_its_size(veteran, crowded):
    folder = veteran.folder.path / "full"
    until = time.monotonic() + 14
    while sum(file.stat().st_size for file in entries(folder)) > 40 * 1024:
        assert time.monotonic() < until, "the manager has not made room"
        time.sleep(0.1)
    states = [cache_verdict(veteran.get(small(path, "/full/"))) for path in crowded]
    assert states.count((200, "MISS")) >= 20 and {status for status, _ in states} == {200}


def test_the_loader_finds_what_was_kept(veteran, origin, kept):
    veteran.wait_for_log("http file cache: .*/kept ", seconds=75)
    *_, never_asked_for = kept
    for path in kept:
        assert cache_verdict(veteran.get(signed(small(path, "/kept/")))) == (200, "HIT")
    assert veteran.get(small(kept[1], "/kept/")).verdict == UNSIGNED
    origin.only_request(never_asked_for)
