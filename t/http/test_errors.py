"""Answers to refused or failed requests: statuses, codes and headers of both dialects, the
operator's error pages, and one log line at the level of the party at fault."""

import re
import time

import pytest

import pictures
import signing

SITE = """
    private_image_key img.key;
    {% for dialect in ("cloudflare", "imagekit") %}
    location ^~ /{{ dialect }}/ { private_image {{ dialect }}; private_image_max_source_size 100k;
        private_image_max_output_pixels 100k; private_image_variant full signed original;
        proxy_pass {{ origin }}/; }
    location ^~ /closed/{{ dialect }}/ { private_image {{ dialect }}; private_image_adhoc off;
        private_image_max_expiry 1h; private_image_variant open signed w=20;
        proxy_pass {{ origin }}/; }
    location ^~ /down/{{ dialect }}/ { private_image {{ dialect }};
        proxy_pass http://127.0.0.1:1/; }
    location ^~ /slow/{{ dialect }}/ { private_image {{ dialect }}; proxy_read_timeout 500ms;
        proxy_pass {{ origin }}/; }
    location ^~ /late/{{ dialect }}/ { private_image {{ dialect }}; private_image_timeout 500ms;
        proxy_pass {{ origin }}/; }
    location ^~ /exposed/{{ dialect }}/ { private_image {{ dialect }};
        private_image_origin /anyone$private_image_path; }
    {% endfor %}
    location ^~ /anyone/ { proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE)
    site.expect_errors("private_image: (origin_|internal|unsupported_type|damaged)",
                       "upstream prematurely closed", "upstream timed out",
                       "connect.. failed .111")
    return site


def shaped(dialect, base, path, step):
    """The target of a derivative in either dialect; `step` is (cloudflare's, imagekit's)."""
    if dialect == "cloudflare":
        return f"{base}/cloudflare{path}/{step[0]}"
    return f"{base}/imagekit/tr:{step[1]}{path}"


WIDTH = ("w=20", "w-20")
ORIGINAL = ("full", "n-full")

# name: (statuses, cf code, ik-error, level)
TABLE = {
    "unsigned": ((403, 401), 9425, None, "info"),
    "bad_signature": ((403, 401), 9425, None, "info"),
    "expired": ((403, 401), 9425, None, "info"),
    "expiry_too_far": ((403, 401), 9425, None, "info"),
    "adhoc_off": ((403, 400), 9429, None, "info"),
    "unknown_variant": ((403, 400), 9425, None, "info"),
    "bad_url": ((403, 400), 9426, None, "info"),
    "bad_options": ((400, 400), 9401, None, "info"),
    "method": ((405, 405), None, None, "info"),
    "not_found": ((404, 404), 9431, "ENOENT", None),
    "origin_refused": ((404, 404), 9402, "EACCES", None),
    "origin_error": ((502, 502), 9402, "ECONNREFUSED|UNIDENTIFIED", "error"),
    "origin_timeout": ((504, 504), 9402, "UNIDENTIFIED", "error"),
    "too_large": ((413, 413), 9402, "ELIMIT", "warn"),
    "unsupported_type": ((415, 415), 9412, "UNIDENTIFIED", None),
    "damaged": ((422, 422), 9516, "UNIDENTIFIED", None),
    "output_too_large": ((403, 400), 9413, None, "warn"),
    "timeout": ((504, 504), 9522, None, "warn"),
    "internal": ((500, 500), None, None, "error"),
}


def provoke(site, origin, dialect, reason):
    """An answer with the reason, and where its log line is."""
    secret = origin.publish(pictures.plain(), private=True)
    path = origin.publish(pictures.plain(), private=False)
    prefix, closed = f"/{dialect}/", f"/closed/{dialect}/"
    private = shaped(dialect, "", secret, WIDTH)
    named = shaped(dialect, "/closed", secret, ("open", "n-open"))
    since = len(site.log())

    def sign(target, prefix=prefix, **options):
        return signing.sign(dialect, target, prefix, **options)

    def script(body=b"", base="", step=WIDTH, **options):
        one = origin.publish(body, private=options.pop("private", False), **options)
        return shaped(dialect, base, one, step)

    targets = {
        "unsigned": lambda: private,
        "bad_signature": lambda: sign(private, key=signing.OTHER_KEY),
        "expired": lambda: sign(private, expires=signing.soon(-5)),
        "expiry_too_far": lambda: sign(named, closed),
        "adhoc_off": lambda: shaped(dialect, "/closed", path, WIDTH),
        "unknown_variant": lambda: shaped(dialect, "", path, ("nosuch", "n-nosuch")),
        "bad_url": lambda: f"/{dialect}/" if dialect == "imagekit" else f"/{dialect}/only-one",
        "bad_options": lambda: shaped(dialect, "", path, ("w=abc", "w-abc")),
        "method": lambda: shaped(dialect, "", path, WIDTH),
        "not_found": lambda: shaped(dialect, "", "/nowhere.png", WIDTH),
        "origin_refused": lambda: script(status=403),
        "origin_error": lambda: shaped(dialect, "/down", path, WIDTH),
        "origin_timeout": lambda: script(base="/slow", delay=1.2),
        "too_large": lambda: script(pictures.huge()),
        "unsupported_type": lambda: script(b"words"),
        "damaged": lambda: script(pictures.noise(60, 60)[:2000]),
        "output_too_large": lambda: shaped(dialect, "", path, (
            "w=5000,h=5000,fit=squeeze", "w-5000,h-5000,c-force")),
        "timeout": lambda: script(base="/late", delay=1.2),
        "internal": lambda: sign(shaped(dialect, "/exposed", secret, WIDTH),
                                 f"/exposed/{dialect}/"),
    }
    method = "POST" if reason == "method" else "GET"
    return site.get(targets[reason](), method=method), since


@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
@pytest.mark.parametrize("reason", TABLE)
def test_every_reason_has_its_answer(site, origin, dialect, reason):
    statuses, code, ik_error, level = TABLE[reason]
    answer, since = provoke(site, origin, dialect, reason)
    assert answer.verdict == (statuses[dialect == "imagekit"], reason)
    assert answer.cache_directives().get("no-store") is True
    assert "max-age" not in answer.cache_directives()
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("ETag") is None and answer.header("Last-Modified") is None
    if dialect == "cloudflare":
        assert answer.header("Cf-Resized") == (f"err={code}" if code else None)
        assert answer.header("ik-error") is None
    else:
        assert answer.header("Cf-Resized") is None
        if ik_error:
            assert re.fullmatch(rf"({ik_error}) - \S.*", answer.header("ik-error") or "")
        else:
            assert answer.header("ik-error") is None
    site.wait_for_log(rf"\[{level or '(info|warn|error)'}\] .*: \*\d+ private_image: {reason}\b",
                      since)
    assert len(re.findall("private_image:", site.log_since(since))) == 1


ORIGIN_STATUSES = [(404, 404, "not_found"), (410, 404, "not_found"),
                   (401, 404, "origin_refused"), (403, 404, "origin_refused"),
                   (400, 502, "origin_error"), (429, 502, "origin_error"),
                   (302, 502, "origin_error"), (301, 502, "origin_error"),
                   (500, 502, "origin_error"), (502, 502, "origin_error"),
                   (503, 503, "origin_error"), (504, 502, "origin_error")]


@pytest.mark.parametrize("step", [ORIGINAL, WIDTH], ids=["original", "derivative"])
@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
@pytest.mark.parametrize("status, answered, reason", ORIGIN_STATUSES)
def test_the_origin_s_status_is_mapped_to_the_answer_s(site, origin, dialect, step, status,
                                                       answered, reason):
    path = origin.publish(b"the origin's own words", status=status, private=False,
                          content_type="text/html", headers={"Location": "http://elsewhere/",
                                                             "Set-Cookie": "a=b"})
    answer = site.get(shaped(dialect, "", path, step))
    assert answer.verdict == (answered, reason)
    assert b"the origin's own words" not in answer.body
    assert answer.header("Location") is None and answer.header("Set-Cookie") is None
    assert answer.cache_directives().get("no-store") is True


@pytest.mark.parametrize("status", [404, 410, 403, 500, 302])
def test_an_unflagged_failure_of_the_origin_is_answered_by_its_status(site, origin, status):
    path = origin.publish(b"", status=status)
    wanted = next(entry[1:] for entry in ORIGIN_STATUSES if entry[0] == status)
    assert site.get("/imagekit" + path).verdict == wanted
    assert site.get("/imagekit/tr:w-20" + path).verdict == wanted


def test_head_on_an_error_gets_its_headers(site, origin):
    path = origin.publish(pictures.plain(), private=True)
    for target in (f"/cloudflare{path}/w=20", f"/imagekit{path}", "/imagekit/tr:w-20/nowhere.png"):
        get, head = site.get(target), site.head(target)
        assert head.verdict == get.verdict and head.body == b""
        for name in ("Cf-Resized", "ik-error", "Cache-Control"):
            assert head.header(name) == get.header(name)


# The operator's own error pages

PAGES = """
    private_image_key img.key;
    location ^~ /paged/ {
        private_image cloudflare;
        private_image_mark_valid 0;
        private_image_variant full signed original;
        error_page 403 404 /pages/sorry.html;
        error_page 413 =200 @large;
        proxy_pass {{ origin }}/;
        private_image_max_source_size 100k;
    }
    location ^~ /pages/ { internal; root files; expires 1h; }
    location @large { return 200 "large"; }
    {% for last in ("full", "w=20") %}
    location ^~ /to-gate/{{ last }}/ {
        private_image imagekit;
        error_page 401 /paged/error.png/{{ last }};
        proxy_pass {{ origin }}/;
    }
    {% endfor %}
"""


@pytest.fixture(scope="module")
def paged(gate):
    return gate(PAGES, files={"files/pages/sorry.html": b"<h1>Sorry</h1>"})


def test_errors_go_through_error_page(paged, origin):
    secret = origin.publish(pictures.plain(), private=True)
    for target, status, code in ((f"/paged{secret}/w=20", 403, 9425),
                                 (f"/paged{secret}/full", 403, 9425),
                                 ("/paged/nowhere.png/w=20", 404, 9431)):
        answer = paged.get(target)
        assert answer.status == status and answer.body == b"<h1>Sorry</h1>"
        assert answer.header("Content-Type") == "text/html"
        assert answer.header("Cf-Resized") == f"err={code}"
        assert answer.header("Cache-Control") == "no-store"
        assert answer.header("Expires") is None


def test_no_store_survives_a_page_with_another_status(paged, origin):
    path = origin.publish(pictures.huge(), private=False)
    answer = paged.get(f"/paged{path}/w=20")
    assert answer.status == 200 and answer.body == b"large"
    assert answer.cache_directives().get("no-store") is True


@pytest.mark.parametrize("last", ["full", "w=20"])
def test_an_error_page_inside_a_gate_is_judged_again(paged, origin, last):
    secret = origin.publish(pictures.plain(), private=True)
    origin.publish(pictures.plain(), "/error.png", private=True)
    digest = signing.cloudflare(f"/paged/error.png/{last}").partition("?")[2]
    answer = paged.get(f"/to-gate/{last}{secret}?{digest}")
    assert answer.status in (401, 403) and b"PNG" not in answer.body
    origin.publish(pictures.plain(), "/error.png", private=False)
    time.sleep(0.01)  # what was read in the same millisecond counts as new
    answer = paged.get(f"/to-gate/{last}{secret}")
    assert answer.status == 401 and answer.image()
    assert answer.header("Cache-Control") == "no-store"


# private_image_denied_status

DENIED = """
    private_image_key img.key;
    {% for dialect in ("cloudflare", "imagekit") %}{% for status in (401, 403, 404) %}
    location ^~ /{{ dialect }}/{{ status }}/ {
        private_image {{ dialect }};
        private_image_denied_status {{ status }};
        private_image_adhoc signed;
        private_image_max_expiry 1d;
        private_image_variant closed signed w=20;
        proxy_pass {{ origin }}/;
    }
    location ^~ /off/{{ dialect }}/{{ status }}/ {
        private_image {{ dialect }};
        private_image_denied_status {{ status }};
        private_image_adhoc off;
        proxy_pass {{ origin }}/;
    }
    {% endfor %}{% endfor %}
"""


@pytest.fixture(scope="module")
def denied(gate):
    return gate(DENIED, observed=False)


def denials(origin, dialect, status):
    """A target for each refusal whose status the directive replaces."""
    secret = origin.publish(pictures.plain(), private=True, etag='"r"')
    prefix = f"/{dialect}/{status}/"
    if dialect == "cloudflare":
        named, adhoc, unknown = (f"{prefix}{secret[1:]}/{last}" for last in
                                 ("closed", "w=20", "nosuch"))
    else:
        named, adhoc, unknown = (f"{prefix}tr:{chain}{secret}" for chain in
                                 ("n-closed", "w-20", "n-nosuch"))
    return {
        "unsigned": named, "unsigned adhoc": adhoc, "unknown_variant": unknown,
        "bad_signature": signing.sign(dialect, named, prefix, key=signing.OTHER_KEY),
        "expired": signing.sign(dialect, named, prefix, expires=signing.soon(-9)),
        "expiry_too_far": signing.sign(dialect, named, prefix),
        "adhoc_off": "/off" + adhoc,
    }


@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
@pytest.mark.parametrize("status", [401, 403, 404])
def test_denials_get_the_operator_s_status(denied, origin, dialect, status):
    for name, target in denials(origin, dialect, status).items():
        assert denied.get(target).status == status, name


def appearance(answer):
    headers = [(name, value) for name, value in answer.headers.items() if name != "Date"]
    return answer.status, headers, answer.body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
def test_a_denial_as_404_looks_like_a_missing_image(denied, origin, dialect, method):
    prefix = f"/{dialect}/404/"
    step = "missing.png/closed" if dialect == "cloudflare" else "tr:n-closed/missing.png"
    missing = signing.sign(dialect, prefix + step, prefix, expires=signing.soon())
    wanted = appearance(denied.get(missing, method=method))
    assert wanted[0] == 404
    for name, target in denials(origin, dialect, 404).items():
        assert appearance(denied.get(target, method=method)) == wanted, name


# The log

def test_no_secret_reaches_the_log_or_an_answer(site, origin):
    secret = origin.publish(pictures.plain(), private=True)
    since = len(site.log())
    answer = site.get(signing.imagekit(f"/imagekit{secret}?ik-attachment=true", "/imagekit/",
                                       key=signing.OTHER_KEY))
    assert answer.status == 401
    right = signing.imagekit(f"/imagekit{secret}?ik-attachment=true", "/imagekit/")
    digest = right.rpartition("=")[2]
    site.wait_for_log("private_image: bad_signature", since)
    assert digest not in site.log() and signing.KEY not in site.log()
    assert digest.encode() not in answer.body


def test_hostile_bytes_are_not_written_to_the_log_as_they_are(site, origin):
    path = origin.publish(pictures.plain(), private=False)
    since = len(site.log())
    site.get(f"/imagekit/tr:w-20,zz%0Aforged%1B[31m{path}")
    site.get(f"/imagekit/tr:n-%0Aforged{path}")
    lines = [line for line in site.log_since(since).splitlines() if line]
    assert all(re.match(r"\d{4}/\d\d/\d\d ", line) for line in lines)
    assert "\x1b" not in site.log_since(since)
