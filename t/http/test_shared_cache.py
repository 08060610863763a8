"""Shared caches between the client and the module: what the answers allow them to store, whether
just rendered or from the module's own cache, and what a real one, Debian's Varnish, then serves."""

import subprocess
import time

import pytest

import caching
import client
import nginx
import pictures
import signing
from caching import HTTP, signed
from origin import http_date

VARNISH = "/usr/sbin/varnishd"

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_missing_valid 0;
    private_image_variant open public w=20;
    location ^~ /own/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /shared/ { private_image imagekit; private_image_shared_cache on;
                           proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; private_image_shared_cache on;
                       private_image_variant full signed original; proxy_pass {{ origin }}/; }
    location ^~ /always/ { private_image imagekit; private_image_shared_cache on;
                           private_image_signature always; proxy_pass {{ origin }}/; }
    location ^~ /short/ { private_image imagekit; private_image_cache_valid 5m;
                          proxy_pass {{ origin }}/; }
"""
SHAPES = {"original": "", "derivative": "tr:w-20/"}
shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP)


def published(origin, private, cache_control=None, **headers):
    return caching.published(origin, private=private, cache_control=cache_control, headers=headers,
                             ranges=True)


def answers_of_all_kinds(site, target):
    """A miss, a hit, then HEAD, Range and If-None-Match of the same image."""
    first, second = site.get(target), site.get(target)
    answers = [first, second, site.head(target), site.get(target, {"Range": "bytes=0-9"}),
               site.get(target, {"If-None-Match": first.header("ETag")})]
    assert [answer.status for answer in answers] == [200, 200, 200, 206, 304]
    if "tr:" in target or "w=" in target:  # the module does not cache originals
        assert first.header("X-Cache") == "MISS"
        assert second.header("X-Cache") in ("HIT", "REVALIDATED")
    return answers


# Cache-Control of the answers

@shapes
@pytest.mark.parametrize("prefix", ["/own/", "/shared/"])
@pytest.mark.parametrize("declared, passed", [
    ("max-age=600", {"public": True, "max-age": 600}),
    ("max-age=600, s-maxage=60", {"public": True, "max-age": 600, "s-maxage": 60}),
    ("max-age=31536000, immutable", {"public": True, "max-age": 31536000, "immutable": True}),
    ("max-age=9, stale-while-revalidate=30, stale-if-error=40",
     {"public": True, "max-age": 9, "stale-while-revalidate": 30, "stale-if-error": 40}),
])
def test_a_public_image_has_the_origin_s_lifetime_from_the_cache_too(site, origin, shape, prefix,
                                                                     declared, passed):
    path = published(origin, False, declared)
    for answer in answers_of_all_kinds(site, f"{prefix}{shape}{path[1:]}"):
        assert answer.cache_directives() == passed


@pytest.mark.parametrize("declared, passed", [
    ("no-store", {"no-store": True}), ("no-store, max-age=60", {"no-store": True}),
    ("no-cache", {"no-cache": True}), ("private", {"private": True}),
    ("private, max-age=60", {"private": True, "max-age": 60})])
@pytest.mark.parametrize("prefix", ["/own/", "/shared/"])
def test_an_answer_the_origin_forbids_to_store_is_not_stored(site, origin, prefix, declared,
                                                             passed):
    path = published(origin, False, declared)
    for count in (1, 2):
        answer = site.get(f"{prefix}tr:w-20{path}")
        assert answer.cache_directives() == passed and answer.header("X-Cache") != "HIT"
        assert len(origin.requests(path)) == count


@pytest.mark.parametrize("prefix, seconds", [("/own/", 3600), ("/short/", 300)])
def test_without_cache_control_derivatives_live_as_configured(site, origin, prefix, seconds):
    path = published(origin, False)
    for answer in answers_of_all_kinds(site, f"{prefix}tr:w-20{path}"):
        assert answer.cache_directives() == {"public": True, "max-age": seconds}
    assert site.get(f"{prefix}{path[1:]}").cache_directives() == {}


def test_expires_limits_the_lifetime_of_cached_answers_too(site, origin):
    path = published(origin, False, Expires=http_date(time.time() + 600))
    for answer in answers_of_all_kinds(site, f"/own/tr:w-20{path}"):
        assert 590 <= answer.cache_directives()["max-age"] <= 600


@pytest.mark.parametrize("prefix", ["/own/", "/shared/"])
def test_a_public_variant_of_a_private_image_is_public(site, origin, prefix):
    path = published(origin, True, "max-age=600")
    for answer in answers_of_all_kinds(site, f"{prefix}tr:n-open{path}"):
        assert answer.cache_directives() == {"public": True, "max-age": 600}


LONG = [{"Cache-Control": "public, max-age=31536000, immutable"},
        {"Cache-Control": "max-age=9, s-maxage=604800, stale-while-revalidate=86400, "
                          "stale-if-error=86400"},
        {"Cache-Control": "max-age=0, stale-while-revalidate=86400"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {}]


def max_use(answer):
    """Seconds for which a cache may serve the answer, if it also serves it stale where allowed."""
    directives = answer.cache_directives()
    assert answer.header("Expires") is None
    fresh = max(directives.get("max-age", 0), directives.get("s-maxage", 0))
    return fresh + max(directives.get("stale-while-revalidate", 0),
                       directives.get("stale-if-error", 0))


@shapes
@pytest.mark.parametrize("headers", LONG, ids=str)
@pytest.mark.parametrize("prefix", ["/own/", "/always/"])
def test_nothing_outlives_the_signature(site, origin, shape, headers, prefix):
    path = published(origin, prefix == "/own/", **headers)
    target = signed(f"{prefix}{shape}{path[1:]}", expires=signing.soon(100))
    for answer in answers_of_all_kinds(site, target):
        assert max_use(answer) <= 100
        # "immutable" may stay, since it does not extend max-age.
        assert ("immutable" in answer.cache_directives()) == ("immutable" in str(headers))


@shapes
@pytest.mark.parametrize("headers", LONG, ids=str)
def test_an_answer_that_needed_a_signature_is_private(site, origin, shape, headers):
    path = published(origin, True, **headers)
    target = signed(f"/own/{shape}{path[1:]}", expires=signing.soon(100))
    for answer in answers_of_all_kinds(site, target):
        directives = answer.cache_directives()
        assert directives.get("private") is True
        assert not {"public", "s-maxage", "stale-while-revalidate"} & set(directives)


@shapes
@pytest.mark.parametrize("headers", LONG, ids=str)
@pytest.mark.parametrize("prefix", ["/shared/", "/cf/"])
def test_with_shared_cache_on_a_signed_answer_is_public(site, origin, shape, headers, prefix):
    path = published(origin, True, **headers)
    if prefix == "/cf/":
        target = f"/cf{path}/" + ("w=20" if shape else "full")
    else:
        target = f"{prefix}{shape}{path[1:]}"
    for answer in answers_of_all_kinds(site, signed(target, expires=signing.soon(100))):
        directives = answer.cache_directives()
        assert directives.get("public") is True and "private" not in directives
        assert max_use(answer) <= 100


@shapes
def test_private_from_the_origin_overrides_shared_cache_on(site, origin, shape):
    path = published(origin, True, "private, max-age=60")
    answer = site.get(signed(f"/shared/{shape}{path[1:]}", expires=signing.soon(100)))
    assert answer.cache_directives() == {"private": True, "max-age": 60}


@shapes
def test_the_answer_to_a_request_with_authorization_is_private(site, origin, shape):
    path = published(origin, True, "max-age=60")
    target = signed(f"/shared/{shape}{path[1:]}", expires=signing.soon(100))
    site.get(target)
    directives = site.get(target, {"Authorization": "Basic YTpi"}).cache_directives()
    assert directives.get("private") is True and "public" not in directives


# What Varnish stores and serves

VCL = """
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "%d"; }
sub vcl_deliver { set resp.http.X-Hits = obj.hits; }
"""


class Varnish:
    """Varnish with its built-in rules and defaults. It serves stale answers for ten seconds, unless
    their headers forbid it."""

    def __init__(self, site):
        self.port = next(nginx.FREE_PORTS)
        folder = site.folder.path / "varnish"
        folder.mkdir()
        site.folder.write("varnish/default.vcl", VCL.encode() % site.port)
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            [VARNISH, "-F", "-j", "none", "-n", folder / "run", "-f", folder / "default.vcl",
             "-a", f"127.0.0.1:{self.port}", "-s", "malloc,16m", "-T", "none"],
            stdout=self.log, stderr=self.log)

    def wait_until_listening(self):
        until = time.monotonic() + 30  # it compiles its rules with the C compiler
        while True:
            assert self.process.poll() is None, "varnishd did not start"
            try:
                self.get("/own/")
                return
            except OSError:
                assert time.monotonic() < until, "varnishd does not listen"
                time.sleep(0.05)

    def get(self, target, headers=None, **options):
        return client.request(self.port, target, headers, **options)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.log.close()


@pytest.fixture(scope="module")
def varnish_for():
    """Starts a Varnish whose backend is the given site."""
    running = []

    def start(site):
        running.append(Varnish(site))
        running[-1].wait_until_listening()
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="module")
def varnish(site, varnish_for):
    return varnish_for(site)


def is_from_varnish(answer):
    return int(answer.header("X-Hits")) > 0


def assert_is_stored(varnish, target):
    first, second = varnish.get(target), varnish.get(target)
    assert (first.status, second.status) == (200, 200)
    assert not is_from_varnish(first) and is_from_varnish(second)
    assert first.body == second.body


def assert_passes_through(varnish, target, status):
    for _ in range(3):
        answer = varnish.get(target)
        assert answer.status == status and not is_from_varnish(answer), target


@shapes
@pytest.mark.parametrize("prefix", ["/own/", "/shared/"])
def test_public_images_are_stored(varnish, origin, shape, prefix):
    path = published(origin, False, "max-age=600")
    assert_is_stored(varnish, f"{prefix}{shape}{path[1:]}")


def test_public_variants_of_private_images_are_stored(varnish, origin):
    path = published(origin, True, "max-age=600")
    assert_is_stored(varnish, f"/own/tr:n-open{path}")
    assert_passes_through(varnish, f"/own{path}", 401)


def test_refusals_and_errors_are_not_stored(varnish, origin):
    secret = published(origin, True, "public, max-age=31536000")
    for target, status in [
            (f"/own{secret}", 401), (f"/own/tr:w-20{secret}", 401), (f"/shared{secret}", 401),
            (signed(f"/own{secret}", expires=signing.soon(-60)), 401),
            (signed(f"/own{secret}", key=signing.OTHER_KEY), 401),
            (f"/cf{secret}/w=20", 403), (f"/own/tr:zz-1{secret}", 400),
            (f"/own/tr:n-none{secret}", 400), ("/own/none.png", 404),
            ("/own/tr:w-20/none.png", 404)]:
        assert_passes_through(varnish, target, status)


def test_an_image_is_served_as_soon_as_it_is_published(varnish, origin):
    assert_passes_through(varnish, "/own/tr:w-20/late.png", 404)
    origin.publish(pictures.plain(), "/late.png", private=False)
    assert varnish.get("/own/tr:w-20/late.png").status == 200


@shapes
def test_a_signed_answer_is_not_stored(varnish, origin, shape):
    path = published(origin, True, "public, max-age=31536000, s-maxage=31536000")
    target = f"/own/{shape}{path[1:]}"
    assert_passes_through(varnish, signed(target, expires=signing.soon()), 200)
    assert_passes_through(varnish, target, 401)


@shapes
def test_a_signed_answer_that_may_be_stored_is_served_for_its_url_only(varnish, origin, shape):
    path = published(origin, True, "max-age=600")
    target = f"/shared/{shape}{path[1:]}"
    assert_is_stored(varnish, signed(target, expires=signing.soon()))
    assert_passes_through(varnish, target, 401)
    assert_passes_through(varnish, signed(target, key=signing.OTHER_KEY), 401)
    assert_passes_through(varnish, signed(target, expires=signing.soon(-1)), 401)
    part = varnish.get(signed(target, expires=signing.soon()), {"Range": "bytes=0-9"})
    assert part.status == 206 and len(part.body) == 10


GRANTS = [{"Cache-Control": "public, max-age=31536000, immutable"},
          {"Cache-Control": "max-age=2, s-maxage=31536000, stale-while-revalidate=31536000, "
                            "stale-if-error=31536000"},
          {"Cache-Control": "max-age=2, stale-while-revalidate=31536000"},
          {}]


def grants(site, origin, expires):
    """Signed URLs of every kind that expire at the same time."""
    for headers in GRANTS:
        path = published(origin, True, **headers)
        for prefix in ("/own/", "/shared/", "/always/"):
            for shape in SHAPES.values():
                yield signed(f"{prefix}{shape}{path[1:]}", expires=expires)
        yield signed(f"/cf{path}/full", expires=expires)
        yield signed(f"/cf{path}/w=20", expires=expires)


def ask_within_grant(site, origin, ask):
    """Calls `ask` for each signed URL, with longer grants until all calls end before the grants do.
    Returns the URLs, the results and the time at which the grants end."""
    for lifetime in (4, 16, 64):
        expires = signing.soon(lifetime)
        targets = list(grants(site, origin, expires))
        found = [ask(target) for target in targets]
        if time.time() < expires:
            return targets, found, expires
    raise AssertionError("no grant lasts long enough")


def wait_until_ended(expires):
    """Waits until the last second of the grant is over. Sends no request meanwhile, so that the
    first one after it would get whatever is still stored."""
    time.sleep(max(0, expires + 1.5 - time.time()))


def test_nothing_is_served_after_its_grant(varnish, site, origin):
    targets, answers, expires = ask_within_grant(
        site, origin, lambda target: [varnish.get(target) for _ in range(3)])
    for target, some in zip(targets, answers):
        assert all(answer.status == 200 for answer in some), target
        is_stored = any(is_from_varnish(answer) for answer in some)
        assert is_stored == (not target.startswith("/own/")), target
    wait_until_ended(expires)
    for target in targets * 2:
        assert varnish.get(target).status in (401, 403), target


def test_nothing_is_served_after_its_grant_when_nginx_is_stopped(gate, varnish_for, origin):
    site = gate(SITE, http=HTTP)
    varnish = varnish_for(site)
    targets, answers, expires = ask_within_grant(
        site, origin, lambda target: [varnish.get(target) for _ in range(2)])
    for target, some in zip(targets, answers):
        assert all(answer.status == 200 for answer in some), target
    assert site.stop() == []
    wait_until_ended(expires)
    for target in targets * 2:
        answer = varnish.get(target)
        assert answer.status == 503 and b"PNG" not in answer.body, target
