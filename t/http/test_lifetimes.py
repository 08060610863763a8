"""How long which caches may store an answer: for public images as the origin declares, for private
ones never beyond the expiry of the signature."""

import email.utils
import time

import pytest

import pictures
import signing
from origin import http_date

SITE = """
    private_image_key img.key;
    private_image_variant open public w=20;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; private_image_variant full signed original;
                       proxy_pass {{ origin }}/; }
    location ^~ /always/ { private_image imagekit; private_image_signature always;
                           proxy_pass {{ origin }}/; }
    location ^~ /cached/ { private_image imagekit; private_image_cache derivatives;
                           proxy_pass {{ origin }}/; }
    location ^~ /shared/ { private_image imagekit; private_image_cache derivatives;
                           private_image_shared_cache on; private_image_identity shared;
                           proxy_pass {{ origin }}/; }
    location ^~ /expiring/ { private_image imagekit; expires 1h; proxy_pass {{ origin }}/; }
    location ^~ /kept/ { private_image imagekit; proxy_cache kept; proxy_cache_valid 200 1h;
                         proxy_ignore_headers Cache-Control Expires; proxy_pass {{ origin }}/; }
"""

ETAG = '"revision-1"'
SHAPES = ("", "tr:w-20/")


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http="proxy_cache_path {{ folder }}/cache keys_zone=kept:1m;"
                "private_image_cache_path {{ folder }}/derivatives keys_zone=derivatives:1m;")


def published(origin, private, **headers):
    return origin.publish(pictures.plain(), private=private, etag=ETAG, ranges=True,
                          headers={name.replace("_", "-"): value
                                   for name, value in headers.items()})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("declared, passed", [
    ("max-age=600", {"max-age": 600}),
    ("public, max-age=600", {"max-age": 600}),
    ("max-age=600, s-maxage=60", {"max-age": 600, "s-maxage": 60}),
    ("max-age=31536000, immutable", {"max-age": 31536000, "immutable": True}),
    ("max-age=5, stale-while-revalidate=30", {"max-age": 5, "stale-while-revalidate": 30}),
    ("no-store", {"no-store": True}),
    ("no-cache", {"no-cache": True}),
    ("private", {"private": True}),
    ("private, max-age=60", {"private": True, "max-age": 60}),
])
def test_a_public_image_has_the_origin_s_lifetime(site, origin, shape, declared, passed):
    path = published(origin, False, Cache_Control=declared)
    directives = site.get(f"/ik/{shape}{path[1:]}").cache_directives()
    for name, value in passed.items():
        assert directives.get(name) == value, directives
    closed = {"no-store", "no-cache", "private"} & set(passed)
    assert ("public" in directives) == (not closed), directives


def test_a_derivative_without_a_declared_lifetime_lives_an_hour(site, origin):
    path = published(origin, False)
    directives = site.get("/ik/tr:w-20" + path).cache_directives()
    assert directives == {"public": True, "max-age": 3600}


def test_an_original_without_a_declared_lifetime_gets_none(site, origin):
    path = published(origin, False)
    directives = site.get("/ik" + path).cache_directives()
    assert "max-age" not in directives and "private" not in directives


def test_expires_counts_like_max_age(site, origin):
    path = published(origin, False, Expires=http_date(time.time() + 600))
    directives = site.get("/ik/tr:w-20" + path).cache_directives()
    assert "public" in directives and 590 <= directives["max-age"] <= 600


def test_a_public_variant_of_a_private_image_is_public(site, origin):
    path = published(origin, True, Cache_Control="max-age=600")
    directives = site.get("/ik/tr:n-open" + path).cache_directives()
    assert directives == {"public": True, "max-age": 600}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_to_a_request_with_authorization_is_private(site, origin, shape):
    path = published(origin, False, Cache_Control="public, max-age=600")
    answer = site.get(f"/ik/{shape}{path[1:]}", {"Authorization": "Basic YTpi"})
    directives = answer.cache_directives()
    assert answer.status == 200 and directives.get("private") is True
    assert "public" not in directives and "s-maxage" not in directives


LONG = [{"Cache_Control": "public, max-age=31536000, immutable"},
        {"Cache_Control": "max-age=86400, s-maxage=604800, stale-while-revalidate=86400, "
                          "stale-if-error=86400"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT", "Cache_Control": "max-age=999999999"},
        {"Cache_Control": ["max-age=86400", "s-maxage=86400"]},
        {}]


def assert_ends_with_the_grant(answer, left):
    directives = answer.cache_directives()
    assert "public" not in directives and "s-maxage" not in directives
    assert directives.get("private") is True or directives.get("no-store") is True
    lifetime = directives.get("max-age", 0)
    for name in ("stale-while-revalidate", "stale-if-error"):
        assert lifetime + directives.get(name, 0) <= left, directives
    assert lifetime <= left, directives
    expires = answer.header("Expires")
    if expires:
        ends = email.utils.parsedate_to_datetime(expires).timestamp()
        assert ends <= time.time() + left + 1


@pytest.mark.parametrize("headers", LONG, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("prefix", ["/ik/", "/kept/"])
def test_no_lifetime_exceeds_the_signature_s(site, origin, headers, shape, prefix):
    path = published(origin, True, **headers)
    target = signing.imagekit(f"{prefix}{shape}{path[1:]}", prefix, expires=signing.soon(100))
    whole = site.get(target)
    assert whole.verdict == (200, "signed")
    assert_ends_with_the_grant(whole, 100)
    if headers:
        assert "max-age" in whole.cache_directives() or whole.header("Expires")
    part = site.get(target, {"Range": "bytes=0-9"})
    assert part.status == 206
    assert_ends_with_the_grant(part, 100)
    unchanged = site.get(target, {"If-None-Match": whole.header("ETag")})
    assert unchanged.status == 304
    assert_ends_with_the_grant(unchanged, 100)
    assert_ends_with_the_grant(site.head(target), 100)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shorter_lifetime_of_the_origin_stays(site, origin, shape):
    path = published(origin, True, Cache_Control="max-age=30")
    target = signing.imagekit(f"/ik/{shape}{path[1:]}", "/ik/", expires=signing.soon(1000))
    assert site.get(target).cache_directives() == {"private": True, "max-age": 30}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_signature_that_never_expires_keeps_the_origin_s_lifetime_but_private(site, origin,
                                                                                shape):
    path = published(origin, True, Cache_Control="public, max-age=86400, s-maxage=99")
    target = signing.imagekit(f"/ik/{shape}{path[1:]}", "/ik/")
    assert site.get(target).cache_directives() == {"private": True, "max-age": 86400}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_needed_a_signature_by_policy_is_private_too(site, origin, shape):
    path = published(origin, False, Cache_Control="public, max-age=86400")
    target = signing.imagekit(f"/always/{shape}{path[1:]}", "/always/", expires=signing.soon(60))
    answer = site.get(target)
    assert answer.verdict == (200, "signed")
    assert_ends_with_the_grant(answer, 60)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_signature_that_was_not_needed_shortens_nothing(site, origin, shape):
    path = published(origin, False, Cache_Control="max-age=86400")
    target = signing.imagekit(f"/ik/{shape}{path[1:]}", "/ik/", expires=signing.soon(60))
    directives = site.get(target).cache_directives()
    assert directives["max-age"] == 86400 and "private" not in directives


# no-transform and immutable

OTHERS = ["", "max-age=600", "public, max-age=600", "no-store", "no-cache", "private", "s-maxage=9"]


def assert_both_are_passed_on(answer, status):
    assert answer.status == status, answer
    directives = answer.cache_directives()
    assert directives.get("no-transform") is True and directives.get("immutable") is True, directives


@pytest.mark.parametrize("others", OTHERS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("prefix", ["/ik/", "/kept/", "/cached/", "/shared/", "/expiring/"])
@pytest.mark.parametrize("private", [False, True])
def test_no_transform_and_immutable_are_passed_on(site, origin, prefix, shape, others, private):
    declared = f"{others}, no-transform, immutable" if others else "No-Transform,Immutable"
    path = published(origin, private, Cache_Control=declared)
    target = f"{prefix}{shape}{path[1:]}"
    if private:
        target = signing.imagekit(target, prefix, expires=signing.soon(100))
    for _ in range(2):
        whole = site.get(target)
        assert_both_are_passed_on(whole, 200)
    assert_both_are_passed_on(site.head(target), 200)
    assert_both_are_passed_on(site.get(target, {"Range": "bytes=0-9"}), 206)
    assert_both_are_passed_on(site.get(target, {"If-None-Match": whole.header("ETag")}), 304)


def test_what_the_origin_did_not_declare_is_not_declared(site, origin):
    for shape in SHAPES:
        path = published(origin, False, Cache_Control="max-age=600, no-transforms")
        directives = site.get(f"/ik/{shape}{path[1:]}").cache_directives()
        assert "no-transform" not in directives and "immutable" not in directives


def test_a_refusal_has_no_lifetime_of_the_origin(site, origin):
    path = published(origin, True, Cache_Control="no-transform, immutable, max-age=9")
    for shape in SHAPES:
        answer = site.get(f"/ik/{shape}{path[1:]}")
        assert (answer.status, answer.header("Cache-Control")) == (401, "no-store")


def test_cloudflare_s_signatures_limit_lifetimes_too(site, origin):
    path = published(origin, True, Cache_Control="public, max-age=86400")
    for last in ("full", "w=20"):
        answer = site.get(signing.cloudflare(f"/cf{path}/{last}", expires=signing.soon(100)))
        assert answer.verdict == (200, "signed")
        assert_ends_with_the_grant(answer, 100)
