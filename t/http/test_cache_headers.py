"""The headers that determine how long proxy_cache keeps an answer apply to derivatives too, in the
same order: X-Accel-Expires, Cache-Control, Expires and Vary of the origin, unless the gate's or the
origin's location ignores them. None of them makes a private image public."""

import time

import pytest

import pictures
from caching import (HTTP, MODIFIED, UNSIGNED, cache_verdict, published, signed, small,
                     wait_until_stale)
from origin import FastCgi, http_date

IGNORED = "Cache-Control Expires X-Accel-Expires Vary"
GATES = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_variant open public w=20;
    location ^~ /ik/ { private_image imagekit; private_image_identity ik; proxy_pass {{ origin }}/; }
    location ^~ /own/ { private_image imagekit; private_image_identity own;
                        proxy_ignore_headers {{ ignored }}; proxy_pass {{ origin }}/; }
    location ^~ /gates/ { private_image imagekit; private_image_identity gates;
                          proxy_ignore_headers {{ ignored }};
                          private_image_origin /store$private_image_path; }
    location ^~ /origins/ { private_image imagekit; private_image_identity origins;
                            private_image_origin /ignoring$private_image_path; }
    location ^~ /named/ { private_image imagekit; private_image_identity named;
                          private_image_origin @ignoring; }
    location ^~ /both/ { private_image imagekit; private_image_identity both;
                         proxy_ignore_headers Cache-Control;
                         private_image_origin /expires$private_image_path; }
    location ^~ /other/ { private_image imagekit; private_image_identity other;
                          fastcgi_ignore_headers {{ ignored }};
                          private_image_origin /store$private_image_path; }
    location ^~ /accel/ { private_image imagekit; private_image_identity accel;
                          proxy_ignore_headers X-Accel-Expires; proxy_pass {{ origin }}/; }
    location ^~ /fcgi/ { private_image imagekit; private_image_identity fcgi;
                         proxy_ignore_headers {{ ignored }};
                         private_image_origin /application$private_image_path; }
    location ^~ /fcgi-ignoring/ { private_image imagekit; private_image_identity fcgi-ignoring;
                                  fastcgi_ignore_headers {{ ignored }};
                                  private_image_origin /application$private_image_path; }
    location ^~ /application/ { internal; fastcgi_param SCRIPT_NAME $uri;
                                fastcgi_pass {{ application }}; }
    location ^~ /store/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /ignoring/ { internal; proxy_ignore_headers {{ ignored }};
                             proxy_pass {{ origin }}/; }
    location ^~ /expires/ { internal; proxy_ignore_headers Expires X-Accel-Expires Vary;
                            proxy_pass {{ origin }}/; }
    location @ignoring { proxy_ignore_headers {{ ignored }};
                         proxy_pass {{ origin }}$private_image_uri; }
"""
IGNORING = ["/own/", "/gates/", "/origins/", "/named/", "/both/"]
KEPT, NOT_KEPT = ["MISS", "HIT", "HIT"], ["MISS", "MISS", "MISS"]


@pytest.fixture(scope="module")
def site(gate):
    application = FastCgi()
    for name, headers in (("private", "Cache-Control: private"), ("accel", "X-Accel-Expires: 0")):
        application.answers[f"/application/{name}.png"] = (
            f"Content-Type: image/png\r\n{headers}\r\n", pictures.plain())
    yield gate(GATES, http=HTTP, ignored=IGNORED, application=application.address)
    application.close()


def image(origin, **headers):
    return published(origin, cache_control=None,
                     headers={name.replace("_", "-"): value for name, value in headers.items()})


def fared(site, path, prefix="/ik/", times=3):
    answers = [site.get(small(path, prefix)) for _ in range(times)]
    assert {answer.status for answer in answers} == {200}
    return [answer.header("X-Cache") for answer in answers]


FORBIDDING = {
    "private": {"Cache_Control": "private"},
    "no-store": {"Cache_Control": "no-store"},
    "no-cache": {"Cache_Control": "no-cache, max-age=600"},
    "X-Accel-Expires: 0": {"X_Accel_Expires": "0"},
    "X-Accel-Expires: 0 over a lifetime": {"X_Accel_Expires": "0", "Cache_Control": "max-age=60"},
    "Vary over X-Accel-Expires": {"Vary": "*", "X_Accel_Expires": "60"},
    "Vary": {"Vary": "*", "Cache_Control": "max-age=60"},
}


@pytest.mark.parametrize("headers", FORBIDDING.values(), ids=FORBIDDING.keys())
def test_what_proxy_cache_would_not_keep_is_not_kept(site, origin, headers):
    assert fared(site, image(origin, **headers)) == NOT_KEPT
    assert fared(site, image(origin, **headers), "/other/") == NOT_KEPT


@pytest.mark.parametrize("prefix", IGNORING)
@pytest.mark.parametrize("headers", FORBIDDING.values(), ids=FORBIDDING.keys())
def test_what_is_ignored_forbids_nothing(site, origin, headers, prefix):
    path = image(origin, **headers)
    assert fared(site, path, prefix) == KEPT
    assert len(origin.requests(path)) == 1


@pytest.mark.parametrize("prefix", IGNORING)
def test_a_lifetime_that_is_ignored_does_not_end(site, origin, prefix):
    path = image(origin, Cache_Control="max-age=1", Expires=http_date(time.time() - 9))
    assert fared(site, path, prefix, 1) == ["MISS"]
    wait_until_stale(1)
    assert fared(site, path, prefix, 1) == ["HIT"]


def test_clients_receive_what_the_origin_declared(site, origin):
    for says in ("private", "no-store", "max-age=7"):
        path = published(origin, cache_control=says)
        for status in ("MISS", "HIT"):
            answer = site.get(small(path, "/own/"))
            assert cache_verdict(answer) == (200, status)
            assert answer.cache_directives() | {"public": True} == (
                {"public": True, says.partition("=")[0]: int(says.partition("=")[2] or 1)})


def test_cookies_and_other_values_of_vary_forbid_nothing(site, origin):
    """A derivative has neither, and the origin gets the same request for every client."""
    path = image(origin, Set_Cookie="a=b", Vary="Accept, Cookie", Cache_Control="max-age=60")
    assert fared(site, path) == KEPT
    answer = site.get(small(path))
    assert answer.header("Set-Cookie") is None and answer.header("Vary") is None


ALLOWING = {
    "no-store": {"Cache_Control": "no-store", "X_Accel_Expires": "60"},
    "private": {"X_Accel_Expires": "60", "Cache_Control": "private"},
    "no-cache": {"Cache_Control": "no-cache", "X_Accel_Expires": "@9999999999"},
    "Expires": {"Expires": "Thu, 01 Jan 1970 00:00:01 GMT", "X_Accel_Expires": "60"},
    "Age": {"Age": "500", "Cache_Control": "max-age=60", "X_Accel_Expires": "60"},
}


@pytest.mark.parametrize("headers", ALLOWING.values(), ids=ALLOWING.keys())
def test_x_accel_expires_overrides(site, origin, headers):
    path = image(origin, **headers)
    assert fared(site, path) == KEPT
    answer = site.get(small(path))
    assert answer.header("X-Accel-Expires") is None
    for word in ("no-store", "no-cache", "private"):
        assert (word in answer.cache_directives()) == (headers.get("Cache_Control") == word)


@pytest.mark.parametrize("value", ["1", "@{soon}"])
def test_x_accel_expires_ends(site, origin, value):
    path = image(origin, Cache_Control="max-age=600",
                 X_Accel_Expires=value.format(soon=int(time.time()) + 1))
    assert site.get(small(path)).header("X-Cache") == "MISS"
    wait_until_stale(2)
    assert fared(site, path, times=1) == ["REVALIDATED"]


@pytest.mark.parametrize("value", ["", "x", "-1", "1s", "@", "@x"])
def test_what_is_no_time_counts_for_nothing(site, origin, value):
    path = image(origin, Cache_Control="max-age=1", X_Accel_Expires=value)
    assert fared(site, path, times=2) == ["MISS", "HIT"]
    wait_until_stale(1)
    assert fared(site, path, times=1) == ["REVALIDATED"]


def test_x_accel_expires_may_be_ignored_alone(site, origin):
    path = image(origin, Cache_Control="max-age=60", X_Accel_Expires="0")
    assert fared(site, path, "/accel/") == KEPT
    path = image(origin, Cache_Control="no-store", X_Accel_Expires="60")
    assert fared(site, path, "/accel/") == NOT_KEPT


def test_clients_of_a_silent_origin_keep_no_longer_than_we_do(site, origin):
    path = image(origin, X_Accel_Expires="5")
    for _ in range(2):
        assert site.get(small(path)).cache_directives() == {"public": True, "max-age": 5}
    path = image(origin, X_Accel_Expires="99999")
    assert site.get(small(path)).cache_directives() == {"public": True, "max-age": 3600}


def test_a_silent_304_keeps_the_time(site, origin):
    path = published(origin, cache_control=None, headers={"X-Accel-Expires": "1"}, headers_on_304={})
    assert fared(site, path, times=1) == ["MISS"]
    for _ in range(2):
        wait_until_stale(1)
        assert fared(site, path, times=2) == ["REVALIDATED", "HIT"]


@pytest.mark.parametrize("name", ["private", "accel"])
def test_each_protocol_has_its_own_directive(site, name):
    assert fared(site, f"/{name}.png", "/fcgi/") == NOT_KEPT
    assert fared(site, f"/{name}.png", "/fcgi-ignoring/") == KEPT


@pytest.mark.parametrize("prefix", ["/ik/", *IGNORING])
@pytest.mark.parametrize("headers", [{"Cache_Control": "private"}, {"X_Accel_Expires": "600"},
                                     {"Cache_Control": "no-store", "X_Accel_Expires": "600"},
                                     {"Set_Cookie": "a=b"}, {"Vary": "*"}], ids=str)
def test_nothing_opens_a_private_image(site, origin, headers, prefix):
    path = published(origin, private=True, cache_control=None, headers={
        name.replace("_", "-"): value for name, value in headers.items()})
    target = small(path, prefix)
    assert site.get(target).verdict == UNSIGNED
    answers = [site.get(signed(target)) for _ in range(2)]
    assert {answer.verdict for answer in answers} == {(200, "signed")}
    assert not any("public" in answer.cache_directives() for answer in answers)
    assert site.get(target).verdict == UNSIGNED
    assert site.get(prefix[:-1] + path).verdict == UNSIGNED


def test_an_original_s_answer_counts_for_renderings(site, origin):
    """Its mark and lifetime are stored, with the same precedence."""
    path = image(origin, Cache_Control="no-store", X_Accel_Expires="60", Last_Modified=MODIFIED)
    assert fared(site, path) == KEPT
    assert site.get("/ik" + path).status == 200
    assert fared(site, path, times=1) == ["HIT"]
