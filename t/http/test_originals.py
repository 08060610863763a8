"""Permitted originals are sent unchanged, with everything NGINX does for the location; nothing of a
refused one is sent: no byte, no 206, no 304."""

import time

import pytest

import pictures
import signing
from origin import http_date

SITE = """
    private_image_key img.key;
    location ^~ /ik/ {
        private_image imagekit;
        proxy_pass {{ origin }}/;
    }
    location ^~ /cf/ {
        private_image cloudflare;
        private_image_variant full signed original;
        proxy_pass {{ origin }}/;
    }
    location ^~ /always/ {
        private_image imagekit;
        private_image_signature always;
        proxy_pass {{ origin }}/;
    }
    location ^~ /kept/ {
        private_image imagekit;
        proxy_cache originals;
        proxy_cache_lock on;  # a second request waits until the first is kept
        proxy_cache_valid 200 10m;
        proxy_cache_key $uri;
        proxy_pass {{ origin }}/;
        add_header X-Reason $private_image_reason always;
        add_header X-Kept $upstream_cache_status always;
    }
    location ^~ /hidden/ {
        private_image imagekit;
        proxy_hide_header Is-Private-File;
        proxy_pass {{ origin }}/;
    }
    location ^~ /kept-hidden/ {
        private_image imagekit;
        proxy_cache originals;
        proxy_cache_valid 200 10m;
        proxy_cache_key hidden$uri;
        proxy_hide_header Is-Private-File;
        proxy_pass {{ origin }}/;
    }
    location ^~ /upstream/ {
        private_image imagekit;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass http://kept_alive/;
    }
"""

HTTP = """
    proxy_cache_path {{ folder }}/cache levels=1 keys_zone=originals:1m;
    upstream kept_alive { server {{ origin[7:] }}; keepalive 4; }
"""

ETAG = '"revision-1"'
MODIFIED = http_date(time.time() - 86400)


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP)


def ik(path, prefix="/ik/", **options):
    return signing.imagekit(prefix + path[1:], prefix, **options)


def test_a_public_original_arrives_untouched(site, origin):
    body = pictures.noise(300, 200)
    path = origin.publish(body, private=False, content_type="image/jpeg", etag=ETAG,
                          last_modified=MODIFIED, suffix=".jpg")
    answer = site.get("/ik" + path)
    assert answer.verdict == (200, "public")
    assert answer.body == body
    assert answer.header("Content-Type") == "image/jpeg"
    assert answer.header("Content-Length") == str(len(body))
    assert answer.header("ETag") == ETAG
    assert answer.header("Last-Modified") == MODIFIED


def test_a_signed_private_original_arrives_untouched(site, origin):
    body = pictures.noise(300, 200)
    path = origin.publish(body, private=True)
    assert site.get(ik(path)).body == body
    answer = site.get(signing.cloudflare(f"/cf{path}/full", expires=signing.soon()))
    assert answer.verdict == (200, "signed") and answer.body == body


def test_a_large_original_streams(site, origin):
    body = pictures.huge()
    path = origin.publish(body, private=True)
    assert site.get(ik(path)).body == body


@pytest.mark.parametrize("chunked", [False, True])
def test_an_original_without_known_length_arrives_whole(site, origin, chunked):
    body = pictures.noise(200, 200)
    path = origin.publish(body, private=True, chunked=chunked)
    assert site.get(ik(path)).body == body


@pytest.mark.parametrize("prefix", ["/ik/", "/kept/"])
def test_head_gets_the_same_answer_as_get(site, origin, prefix):
    for private in (False, True):
        path = origin.publish(pictures.plain(), private=private, etag=ETAG)
        target = ik(path, prefix)
        get, head = site.get(target), site.head(target)
        assert head.verdict == get.verdict and head.status == 200
        assert head.body == b""
        for name in ("Content-Type", "Content-Length", "ETag", "X-Content-Type-Options"):
            assert head.header(name) == get.header(name), name


def test_head_on_an_unsigned_private_original_is_refused(site, origin):
    path = origin.publish(pictures.huge(), private=True, etag=ETAG)
    answer = site.head("/ik" + path)
    assert answer.verdict == (401, "unsigned")
    assert not answer.header("ETag")
    assert origin.bytes_sent(path) < 2_000_000


# Ranges

@pytest.mark.parametrize("prefix", ["/ik/", "/kept/"])
@pytest.mark.parametrize("private", [False, True])
def test_a_range_is_answered_with_206(site, origin, prefix, private):
    body = pictures.noise(100, 100)
    path = origin.publish(body, private=private, ranges=True, etag=ETAG)
    target = ik(path, prefix) if private else prefix + path[1:]
    answer = site.get(target, {"Range": "bytes=10-29"})
    assert answer.verdict == (206, "signed" if private else "public")
    assert answer.body == body[10:30]
    assert answer.header("Content-Range") == f"bytes 10-29/{len(body)}"


@pytest.mark.parametrize("prefix", ["/ik/", "/kept/", "/always/"])
def test_a_range_of_an_unsigned_private_original_is_refused(site, origin, prefix):
    path = origin.publish(pictures.huge(), private=True, ranges=True, etag=ETAG)
    for ranges in ("bytes=0-99", "bytes=-5", "bytes=0-0,5-9", "bytes=99999999999-"):
        answer = site.get(prefix + path[1:], {"Range": ranges})
        assert answer.verdict == (401, "unsigned")
        assert not answer.header("Content-Range")
        assert not answer.header("Accept-Ranges")
    assert origin.bytes_sent(path) < 4 * 2_000_000


def test_an_unsatisfiable_range_is_416_only_for_permitted_clients(site, origin):
    path = origin.publish(pictures.plain(), private=True, ranges=True, etag=ETAG)
    assert site.get(ik(path, "/kept/")).status == 200
    wanted = {"Range": "bytes=999999-"}
    assert site.get("/kept" + path, wanted).verdict == (401, "unsigned")
    assert site.get(ik(path, "/kept/"), wanted).status == 416


@pytest.mark.parametrize("prefix", ["/ik/", "/kept/"])
def test_several_ranges_of_a_streamed_original_are_answered_with_the_whole(site, origin, prefix):
    body = pictures.noise(100, 100)
    path = origin.publish(body, private=False, chunk_size=5000, chunk_delay=0.02, etag=ETAG)
    answer = site.get(prefix + path[1:], {"Range": "bytes=0-9,6000-6009"})
    assert answer.verdict == (200, "public")
    assert answer.body == body


# Conditional requests

# Names without the time: processes that share the tests have to agree on them.
CONDITIONS = {
    "its ETag": {"If-None-Match": ETAG}, "any ETag": {"If-None-Match": "*"},
    "unmodified since": {"If-Modified-Since": MODIFIED},
    "modified before": {"If-Modified-Since": http_date(time.time())},
    "another ETag": {"If-Match": '"another"'},
    "unmodified for ever": {"If-Unmodified-Since": http_date(0)},
    "its ETag, a range": {"If-None-Match": ETAG, "Range": "bytes=0-9"},
    "a range of its ETag": {"If-Range": ETAG, "Range": "bytes=0-9"},
}


@pytest.mark.parametrize("prefix", ["/ik/", "/kept/", "/hidden/", "/kept-hidden/"])
@pytest.mark.parametrize("conditions", CONDITIONS.values(), ids=CONDITIONS)
def test_an_unsigned_condition_on_a_private_original_is_refused(site, origin, prefix, conditions):
    path = origin.publish(pictures.huge(), private=True, etag=ETAG, last_modified=MODIFIED,
                          ranges=True)
    for method in ("GET", "HEAD"):
        answer = site.get(prefix + path[1:], conditions, method=method)
        assert answer.verdict == (401, "unsigned")
        assert not answer.header("ETag") and not answer.header("Last-Modified")


@pytest.mark.parametrize("conditions", CONDITIONS.values(), ids=CONDITIONS)
def test_a_304_without_flag_never_makes_a_private_original_public(site, origin, conditions):
    path = origin.publish(pictures.plain(), private=True, etag=ETAG, last_modified=MODIFIED,
                          headers_on_304={})
    assert site.get("/ik" + path, conditions).verdict == (401, "unsigned")


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("conditions", [{"If-None-Match": ETAG}, {"If-Modified-Since": MODIFIED}],
                         ids=["ETag", "time"])
@pytest.mark.parametrize("prefix", ["/ik/", "/kept/"])
def test_a_condition_that_holds_is_answered_with_304(site, origin, private, conditions, prefix):
    path = origin.publish(pictures.plain(), private=private, etag=ETAG, last_modified=MODIFIED)
    target = ik(path, prefix) if private else prefix + path[1:]
    assert site.get(target).status == 200
    answer = site.get(target, conditions)
    assert answer.verdict == (304, "signed" if private else "public")
    assert answer.body == b"" and answer.header("ETag") == ETAG


def test_a_304_without_flag_and_without_a_stored_mark_is_sent_to_permitted_clients(site, origin):
    path = origin.publish(pictures.plain(), private=True, etag=ETAG, headers_on_304={})
    answer = site.get(ik(path), {"If-None-Match": ETAG})
    assert answer.reason == "signed" and answer.status in (200, 304)
    if answer.status == 200:
        assert answer.body == pictures.plain()


def test_a_condition_that_fails_is_answered_with_200(site, origin):
    path = origin.publish(pictures.plain(), private=True, etag=ETAG)
    answer = site.get(ik(path), {"If-None-Match": '"older"'})
    assert answer.verdict == (200, "signed") and answer.body == pictures.plain()


# Requests to the origin

CREDENTIALS = {"Cookie": "session=secret", "Authorization": "Basic c2VjcmV0", "X-Own": "kept?",
               "Accept-Encoding": "gzip, br", "Accept": "image/avif,*/*", "Referer": "http://x/",
               "User-Agent": "browser"}


@pytest.mark.parametrize("target", ["/ik{}?v=3", "/ik/tr:w-20{}?v=3", "/kept{}?v=3",
                                    "/ik{}?tr=w-20", "/cf{}/w=20?v=3", "/upstream{}?v=3"])
def test_the_origin_sees_nothing_of_the_client_but_ranges_and_conditions(site, origin, target):
    path = origin.publish(pictures.plain(), private=False)
    assert site.get(target.format(path), CREDENTIALS).status == 200
    request = origin.only_request(path)
    assert request.method == "GET"
    assert request.target == path
    for name in CREDENTIALS:
        assert request.header(name) is None, f"{name} reached the origin"
    assert request.body == b""


def test_the_origin_sees_no_body(site, origin):
    path = origin.publish(pictures.plain(), private=False)
    with site.connect() as connection:
        connection.socket.sendall(
            f"GET /ik{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            "Connection: close\r\n\r\nhello".encode())
        connection.method = "GET"
        assert connection.receive().status == 200
    request = origin.only_request(path)
    assert request.body == b"" and request.header("Content-Length") in (None, "0")


def test_derivatives_send_no_range_and_no_condition(site, origin):
    path = origin.publish(pictures.plain(), private=False, etag=ETAG, ranges=True)
    answer = site.get("/ik/tr:w-20" + path, {"Range": "bytes=0-3", "If-None-Match": ETAG,
                                             "If-Modified-Since": MODIFIED})
    assert answer.status in (200, 206)
    request = origin.only_request(path)
    assert request.header("Range") is None and request.header("If-None-Match") is None
    assert request.header("If-Modified-Since") is None


def test_headers_the_operator_sets_reach_the_origin(gate, origin):
    path = origin.publish(pictures.plain(), private=False)
    site = gate("""
        location ^~ /ik/ {
            private_image imagekit;
            proxy_set_header Authorization "Bearer origin-token";
            proxy_set_header X-Path $private_image_path;
            proxy_pass {{ origin }}/;
        }""")
    assert site.get("/ik" + path, CREDENTIALS).status == 200
    assert site.get("/ik/tr:w-20" + path, CREDENTIALS).status == 200
    for request in origin.requests(path):
        assert request.header("Authorization") == "Bearer origin-token"
        assert request.header("X-Path") == path


# Answers to the client

@pytest.mark.parametrize("content_type, body", [
    ("image/svg+xml", pictures.SVG),
    ("text/html", b"<script>alert(1)</script>"),
    ("application/pdf", b"%PDF-1.4"),
    ("application/octet-stream", b"\0\1\2"),
    ("video/mp4", b"not really"),
    (None, b"no type at all"),
])
def test_an_original_that_is_no_raster_image_is_sandboxed(site, origin, content_type, body):
    for private in (False, True):
        path = origin.publish(body, private=private, content_type=content_type)
        answer = site.get(ik(path))
        assert answer.status == 200 and answer.body == body
        assert answer.header("Content-Security-Policy") == "sandbox"
        assert answer.header("X-Content-Type-Options") == "nosniff"


def test_a_content_security_policy_of_the_origin_is_kept(site, origin):
    path = origin.publish(b"<p>", content_type="text/html",
                          headers={"Content-Security-Policy": "default-src 'self'"})
    assert site.get("/ik" + path).header("Content-Security-Policy") == "default-src 'self'"


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/webp", "image/avif",
                                          "image/gif"])
def test_a_raster_image_is_not_sandboxed(site, origin, content_type):
    path = origin.publish(pictures.plain(), private=False, content_type=content_type)
    answer = site.get("/ik" + path)
    assert answer.header("Content-Security-Policy") is None
    assert answer.header("X-Content-Type-Options") == "nosniff"


FLAGS = {"Is-Private-File": "false", "x-amz-meta-isprivatefile": "false",
         "x-amz-request-id": "1", "X-Amz-Meta-Owner": "owner", "x-goog-generation": "2",
         "x-goog-meta-isprivatefile": "0", "x-ms-blob-type": "3", "x-ms-meta-isprivatefile": "no"}


def names_that_leaked(answer):
    return [name for name in answer.headers
            if name.lower().startswith(("x-amz-", "x-goog-", "x-ms-", "is-private"))]


@pytest.mark.parametrize("prefix", ["/ik/", "/kept/", "/always/"])
def test_flags_and_storage_headers_never_reach_the_client(site, origin, prefix):
    path = origin.publish(pictures.plain(), headers=FLAGS, etag=ETAG, ranges=True)
    secret = origin.publish(pictures.plain(), headers={**FLAGS, "Is-Private-File": "true"},
                            etag=ETAG, ranges=True)
    missing = origin.publish(b"gone", status=404, headers=FLAGS)
    for target in (ik(path, prefix), ik(secret, prefix), prefix + secret[1:], ik(missing, prefix),
                   signing.imagekit(f"{prefix}tr:w-20{path}", prefix)):
        for headers in ({}, {"If-None-Match": ETAG}, {"Range": "bytes=0-3"}):
            for _ in range(2):
                answer = site.get(target, headers)
                assert not names_that_leaked(answer), (target, answer.status)
                assert answer.header("X-Content-Type-Options") == "nosniff", (target, answer)


# The origin's own cache

def test_a_hit_in_the_origin_s_cache_is_judged(site, origin):
    path = origin.publish(pictures.plain(), private=True, etag=ETAG)
    signed = ik(path, "/kept/")
    assert site.get(signed).header("X-Kept") == "MISS"
    hit = site.get(signed)
    assert hit.header("X-Kept") == "HIT" and hit.verdict == (200, "signed")
    for headers in ({}, {"If-None-Match": ETAG}, {"Range": "bytes=0-3"}):
        assert site.get("/kept" + path, headers).verdict == (401, "unsigned")
    assert site.get("/kept/tr:w-20" + path).verdict == (401, "unsigned")
    assert site.get(signed).header("X-Kept") == "HIT"
    origin.only_request(path)


def test_an_original_and_its_derivatives_share_the_origin_s_cache(site, origin):
    path = origin.publish(pictures.plain(), private=False)
    assert site.get("/kept" + path).status == 200
    assert site.get("/kept/tr:w-20" + path).status == 200
    assert site.get("/kept/tr:w-30" + path).status == 200
    origin.only_request(path)


@pytest.mark.parametrize("prefix", ["/hidden/", "/kept-hidden/"])
def test_a_flag_that_the_location_hides_is_read_all_the_same(site, origin, prefix):
    path = origin.publish(pictures.plain(), private=True, etag=ETAG)
    for _ in range(2):
        assert site.get(prefix + path[1:]).verdict == (401, "unsigned")
        assert site.get(f"{prefix}tr:w-20{path}").verdict == (401, "unsigned")
        assert site.get(ik(path, prefix)).verdict == (200, "signed")


STALE = """
    private_image_key img.key;
    location ^~ /ik/ {
        private_image imagekit;
        proxy_cache stale;
        proxy_cache_valid 200 1s;
        proxy_cache_use_stale error http_500 updating;
        proxy_cache_revalidate {{ revalidate }};
        proxy_cache_background_update {{ background }};
        proxy_pass {{ origin }}/;
        add_header X-Reason $private_image_reason always;
        add_header X-Kept $upstream_cache_status always;
    }
"""


@pytest.mark.parametrize("revalidate, background, state", [
    ("off", "off", "STALE"), ("on", "off", "REVALIDATED"), ("off", "on", "STALE"),
])
def test_a_stale_copy_in_the_origin_s_cache_is_judged(gate, origin, revalidate, background, state):
    site = gate(STALE, http="proxy_cache_path {{ folder }}/cache keys_zone=stale:1m;",
                revalidate=revalidate, background=background)
    path = origin.publish(pictures.plain(), private=True, etag=ETAG, headers_on_304={})
    assert site.get(ik(path)).header("X-Kept") == "MISS"
    if revalidate == "off":
        origin.publish(b"", path, status=500)
    time.sleep(2.1)
    for headers in ({}, {"If-None-Match": ETAG}, {"Range": "bytes=0-3"}):
        assert site.get("/ik" + path, headers).verdict == (401, "unsigned")
        assert site.get("/ik/tr:w-20" + path, headers).verdict == (401, "unsigned")
    answer = site.get(ik(path))
    assert answer.verdict == (200, "signed") and answer.body == pictures.plain()
    assert answer.header("X-Kept") in (state, "HIT", "UPDATING")


@pytest.fixture(scope="module")
def sliced(gate):
    return gate("""
        private_image_key img.key;
        location ^~ /ik/ {
            private_image imagekit;
            slice 8k;
            proxy_set_header Range $slice_range;
            proxy_cache slices;
            proxy_cache_key $uri$slice_range;
            proxy_cache_valid 200 206 1m;
            proxy_http_version 1.1;
            proxy_pass {{ origin }}/;
        }""", http="proxy_cache_path {{ folder }}/cache keys_zone=slices:1m;")


def test_a_sliced_original_is_judged(sliced, origin):
    body = pictures.noise(200, 200)
    secret = origin.publish(body, private=True, ranges=True, etag=ETAG)
    path = origin.publish(body, private=False, ranges=True, etag=ETAG)
    for _ in range(2):
        assert sliced.get(ik(secret)).body == body
        assert sliced.get(ik(secret), {"Range": "bytes=9000-9009"}).body == body[9000:9010]
        assert sliced.get("/ik" + secret).verdict == (401, "unsigned")
        assert sliced.get("/ik" + secret, {"Range": "bytes=9000-9009"}).status == 401
        assert sliced.get("/ik" + path).body == body


@pytest.mark.parametrize("first, last", [(0, 9), (9000, 9009), (8000, 9009), (8192, 16383)])
def test_a_range_of_a_sliced_public_original_arrives(sliced, origin, first, last):
    body = pictures.noise(200, 200)
    path = origin.publish(body, private=False, ranges=True, etag=ETAG)
    for _ in range(2):
        answer = sliced.get("/ik" + path, {"Range": f"bytes={first}-{last}"})
        assert answer.verdict == (206, "public") and answer.body == body[first:last + 1]


# Connections

def test_a_refusal_keeps_the_connection(site, origin):
    secret = origin.publish(pictures.huge(), private=True)
    small = origin.publish(pictures.plain(), private=True)
    path = origin.publish(pictures.plain(), private=False)
    with site.connect() as connection:
        for target, status in [("/ik" + secret, 401), ("/ik" + small, 401), ("/ik" + path, 200),
                               ("/ik/tr:w-20" + secret, 401), ("/kept" + secret, 401),
                               (f"/cf{small}/full", 403), ("/always" + path, 401),
                               ("/ik/nosuch.png", 404), ("/ik" + path, 200)]:
            answer = connection.request(target)
            assert answer.status == status, target
            assert not answer.closes, f"{target} closed the connection"


def test_a_refusal_of_a_small_answer_keeps_the_connection_to_the_origin(site, origin):
    path = origin.publish(pictures.plain(), private=True)
    for _ in range(3):
        assert site.get("/upstream" + path).status == 401
        assert site.get("/upstream/tr:w-20" + path).status == 401
        assert site.get(ik(path, "/upstream/")).status == 200


def test_refusals_read_headers_only(site, origin):
    for before, behind in (("/ik", ""), ("/ik/tr:w-20", ""), ("/hidden", ""), ("/kept", ""),
                           ("/upstream", ""), ("/cf", "/full")):
        path = origin.publish(pictures.huge(), private=True)
        target = before + path + behind
        assert site.get(target).status in (401, 403), target
        origin.wait_for(path)
        request = origin.requests(path)[-1]
        assert request.finished.wait(10)
        assert request.bytes_sent < 2_000_000, target


def test_attachments_get_their_disposition(site, origin):
    path = origin.publish(pictures.plain(), private=False)
    plain = site.get("/ik" + path)
    assert plain.header("Content-Disposition") is None
    answer = site.get(f"/ik{path}?ik-attachment=true")
    assert answer.header("Content-Disposition").startswith("attachment")
    named = site.get(f"/ik{path}?ik-attachment=true&ik-attachment-filename=cat.png")
    assert "cat.png" in named.header("Content-Disposition")
    evil = site.get(f"/ik{path}?ik-attachment=true&ik-attachment-filename=a%22%0d%0aX-Evil:1")
    assert evil.header("X-Evil") is None


@pytest.mark.parametrize("version", ["", " HTTP/1.0"])
def test_clients_of_old_http_versions_get_no_more(site, origin, version):
    body = pictures.plain()
    secret = origin.publish(body, private=True)
    path = origin.publish(body, private=False)

    def everything(target):
        with site.connect() as connection:
            connection.socket.sendall(f"GET {target}{version}\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.socket.recv(65536), b""))

    for step in ("", "/tr:w-20"):
        assert b"PNG" not in everything(f"/ik{step}{secret}")
        assert b"PNG" in everything(f"/ik{step}{path}")
    assert body in everything(ik(secret))
