"""An S3 bucket as origin: requests are signed as botocore signs them, whatever the name of the
object; the metadata determine the mark; credentials may change at run time; errors are recognised
by their code."""

import hashlib
import os
import re
import time
import urllib.parse

import pytest

import client
import pictures
import s3_origin
import signing
from clock import fair_time
from s3_origin import credentials_file

PICTURE = pictures.plain(60, 40)
ODD_KEYS = ["plain.png", "in/folders/deep.png", "a blank.png", "plus+and&and=.png", "100%.png",
            "50%25.png", "~tilde'quote.png", "(paren)!*$,;:@.png", "ümläut.png", "日本.png",
            "emoji🌍.png", 'double"quote.png', "[brackets]{}|^`.png", "semi;colon.png",
            "q?uestion.png", "ha#sh.png", "long/" + "x" * 900 + ".png"]

LOCATIONS = """
    private_image_key img.key;
    location ^~ /path/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /host/ {
        private_image imagekit;
        private_image_s3 pictures.s3.test region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://bucket$private_image_s3_path;
    }
    location ^~ /lines/ {
        private_image imagekit;
        private_image_s3 pictures.s3.test region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://bucket$private_image_s3_path;
        proxy_set_header Host pictures.s3.test;
        proxy_set_header Authorization $private_image_s3_authorization;
        proxy_set_header x-amz-date $private_image_s3_date;
        proxy_set_header x-amz-content-sha256 $private_image_s3_content_sha256;
        proxy_set_header x-amz-security-token $private_image_s3_token;
    }
    location ^~ /elsewhere/ {
        private_image imagekit;
        private_image_origin /s3$private_image_path;
    }
    location ^~ /s3/ {
        internal;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /at-name/ {
        private_image imagekit;
        private_image_origin @s3;
    }
    location @s3 {
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ~ ^/regex/(.*) {
        private_image imagekit;
        private_image_prefix /regex/;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /static/ {
        private_image imagekit;
        private_image_s3 pictures.s3.test region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://bucket/;
    }
    location ^~ /cached/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
        proxy_cache kept;
        proxy_cache_valid any 1h;
        proxy_force_ranges on;
    }
    location ^~ /unbuffered/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
        proxy_buffering off;
    }
"""
HTTP = """
    upstream bucket { server {{ s3 }}; }
    proxy_cache_path proxied keys_zone=kept:1m;
    proxy_set_header X-Above yes;
    proxy_set_header Host invalid.example;
"""
# Without the named location, in which the gate's prefix is part of the object's name.
FORMS = ["path", "host", "lines", "elsewhere", "regex", "cached", "unbuffered"]


@pytest.fixture(scope="module")
def s3():
    origin = s3_origin.S3Origin(host="pictures.s3.test")
    for key in ODD_KEYS:
        origin.put(key, PICTURE)
    origin.put("private.png", PICTURE, private=True)
    origin.put("public.png", PICTURE, private=False)
    yield origin
    origin.close()


@pytest.fixture(autouse=True)
def as_it_was(s3):
    yield
    s3.may_list, s3.clock_skew, s3.refusal = True, 0, None
    s3.expired.clear()


def files(**options):
    return {"conf/s3.credentials": credentials_file(**options)}


@pytest.fixture(scope="module")
def site(gate, s3):
    running = gate(LOCATIONS, http=HTTP, main="error_log logs/debug.log debug;", s3=s3.address,
                   files=files())
    running.expect_errors("origin_error: ", "prematurely closed")
    return running


def quoted(key):
    return urllib.parse.quote(key)


def signed(target):
    return signing.imagekit(target, "/" + target.split("/")[1] + "/")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: key[:20])
def test_every_name_is_found(site, s3, form, key):
    before = len(s3.requests(key))
    original = site.get(f"/{form}/{quoted(key)}")
    assert (original.status, original.body) == (200, PICTURE)
    if form != "cached":
        (asked,) = s3.requests(key)[before:]
        assert asked.target.endswith(urllib.parse.quote(key, safe="/~")), "escaped as it is signed"
        assert "?" not in asked.target and asked.header("Cookie") is None
    assert site.get(f"/{form}/tr:w-30/{quoted(key)}").image().size == (30, 20)


def test_a_named_location_has_no_prefix(site, s3):
    s3.put("at-name/ü.png", PICTURE, private=True)
    assert site.get("/at-name/%C3%BC.png").verdict == (401, "unsigned")
    assert site.get(signed("/at-name/%C3%BC.png")).body == PICTURE
    assert site.get(signed("/at-name/tr:w-30/%C3%BC.png")).status == 200


def test_a_path_in_proxy_pass_is_enough_for_plain_names(site):
    assert site.get("/static/in/folders/deep.png").body == PICTURE
    assert site.get("/static/tr:w-30/plain.png").image().size == (30, 20)


def test_signed_headers_replace_lines_of_the_same_name_only(site, s3):
    assert site.get("/path/plain.png", {"Authorization": "Basic eDp5", "x-amz-acl": "x",
                                        "x-amz-date": "never"}).status == 200
    asked = s3.requests("plain.png")[-1]
    names = [name.lower() for name, _ in asked.headers]
    assert len(names) == len(set(names))
    assert asked.header("Host") == s3.address and asked.header("X-Above") == "yes"
    assert "x-amz-acl" not in names and "x-amz-security-token" not in names


def test_the_metadata_determine_the_mark(site):
    for form in ("path", "host", "elsewhere", "cached"):
        for target in (f"/{form}/private.png", f"/{form}/tr:w-30/private.png"):
            assert site.get(target).verdict == (401, "unsigned"), target
            answer = site.get(signed(target))
            assert answer.verdict == (200, "signed")
            assert not [name for name in answer.headers if name.lower().startswith("x-amz-")]
            assert site.get(target).verdict == (401, "unsigned"), "remembered"
        assert site.get(f"/{form}/public.png").verdict == (200, "public")


@pytest.mark.parametrize("form", FORMS)
def test_ranges_conditions_and_head_are_answered(site, s3, form):
    whole = site.get(f"/{form}/public.png")
    part = site.get(signed(f"/{form}/public.png"), {"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, PICTURE[10:20])
    unsigned = site.get(f"/{form}/public.png", {"Range": "bytes=10-19"})
    assert (unsigned.status, unsigned.body) == (206, PICTURE[10:20])
    etag = {"If-None-Match": whole.header("ETag")}
    assert site.get(signed(f"/{form}/public.png"), etag).status == 304
    head = site.head(f"/{form}/public.png")
    assert (head.status, head.body) == (200, b"")
    assert head.header("Content-Length") == str(len(PICTURE))
    if form != "cached":
        assert s3.requests("public.png")[-1].method == "HEAD"
    assert all(one.status in (200, 206, 304) for one in s3.requests("public.png"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("header, value, status", [
    ("If-Match", '"another"', 412), ("Range", "bytes=99999-", 416)])
def test_a_failed_condition_is_answered_without_text_of_s3(site, form, method, header, value,
                                                           status):
    for name, allowed in (("private", False), ("public", True)):
        answer = site.get(signed(f"/{form}/{name}.png"), {header: value}, method=method)
        assert answer.status == status
        assert answer.header("Content-Type") == "text/html"
        assert b"Code" not in answer.body and (b"nginx" in answer.body or method == "HEAD")
        assert not [one for one in answer.headers if one.lower().startswith("x-amz-")]
        assert answer.header("Cache-Control") == "no-store"
        unsigned = site.get(f"/{form}/{name}.png", {header: value}, method=method)
        assert unsigned.status == (status if allowed else 401)


def test_the_operators_page_for_a_failed_condition_is_sent(gate, s3):
    running = gate("""
        private_image_key img.key;
        location ^~ /img/ {
            private_image imagekit;
            error_page 412 416 /pages/failed.txt;
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
        }
        location /pages/ { root files; }
        """, s3=s3.address, files={**files(), "files/pages/failed.txt": b"not that one"})
    for header in ({"If-Match": '"another"'}, {"Range": "bytes=99999-"}):
        answer = running.get(signed("/img/private.png"), header)
        assert answer.status in (412, 416) and answer.body == b"not that one"
        assert running.get("/img/private.png", header).status == 401


def test_proxy_cache_asks_once_and_head_by_get(site, s3):
    s3.put("once.png", PICTURE)
    assert site.head("/cached/once.png").status == 200
    time.sleep(0.3)  # the answer to HEAD is out before the entry is stored
    for _ in range(3):
        assert site.get("/cached/once.png").body == PICTURE
    assert [one.method for one in s3.requests("once.png")] == ["GET"]


def test_only_get_and_head_are_signed(gate, s3):
    bare = gate("""
        location ^~ /bare/ {
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
        }
        """, s3=s3.address, files=files())
    assert bare.get("/bare/plain.png?list-type=2").status == 200
    for method in ("DELETE", "PUT", "POST"):
        assert bare.get("/bare/plain.png", method=method, headers={"Content-Length": "0"}
                        ).status >= 400
    assert "plain.png" in s3.objects


def test_the_origin_of_these_tests_accepts_signed_requests_only(site, s3):
    assert site.get("/path/plain.png").status == 200
    asked = s3.requests("plain.png")[-1]
    sent = {name: value for name, value in asked.headers if name != "Host"}

    def ask_again(target=asked.target, method="GET", **changed):
        headers = {**sent, **{name.replace("_", "-"): value for name, value in changed.items()}}
        headers = {name: value for name, value in headers.items() if value is not None}
        return client.request(s3.port, target, method=method, headers=headers, host=s3.address)

    def refused(code, **changes):
        answer = ask_again(**changes)
        return answer.status >= 400 and f"<Code>{code}<" in answer.body.decode()

    assert ask_again().body == PICTURE
    assert refused("SignatureDoesNotMatch", target=asked.target.replace("plain", "100%25"))
    assert refused("SignatureDoesNotMatch", target=asked.target + "?acl")
    assert refused("SignatureDoesNotMatch", method="POST")
    assert refused("SignatureDoesNotMatch", x_amz_content_sha256="0" * 64)
    assert refused("UnsignedHeaders", x_amz_acl="public-read")
    assert refused("UnsignedHeaders", x_amz_content_sha256=None)
    assert refused("AccessDenied", Authorization=None)
    s3.clock_skew = 16 * 60
    assert refused("RequestTimeTooSkewed")


# Errors

@pytest.mark.parametrize("form", ["path", "elsewhere", "unbuffered"])
@pytest.mark.parametrize("may_list", [True, False])
@pytest.mark.parametrize("options", ["", "tr:w-30/"])
def test_a_missing_key_is_not_found(site, s3, form, may_list, options):
    s3.may_list = may_list
    key = f"missing-{form}-{may_list}-{len(options)}.png"
    answer = site.get(f"/{form}/{options}{key}")
    assert answer.verdict == (404, "not_found")
    assert b"secret words" not in answer.body and b"<Code>" not in answer.body
    assert answer.header("x-amz-request-id") is None
    assert answer.header("ik-error").startswith("ENOENT")
    assert len(s3.requests(key)) == 1
    assert site.get(f"/{form}/{options}{key}").verdict == (404, "not_found")
    assert len(s3.requests(key)) == 1, "remembered as missing"


REFUSALS = [(403, "SignatureDoesNotMatch", "secret key"), (403, "InvalidAccessKeyId", "access key"),
            (400, "ExpiredToken", "expired"), (403, "RequestTimeTooSkewed", "clocks"),
            (400, "AuthorizationHeaderMalformed", "region"), (404, "NoSuchBucket", "no such bucket"),
            (301, "PermanentRedirect", "another region"), (500, "InternalError", "InternalError"),
            (403, "SomethingNew", "SomethingNew")]


@pytest.mark.parametrize("form", ["path", "unbuffered", "cached"])
@pytest.mark.parametrize("options", ["", "tr:w-30/"])
@pytest.mark.parametrize("status, code, words", REFUSALS)
def test_errors_that_the_operator_must_correct_are_origin_errors(site, s3, form, options, status,
                                                                 code, words):
    s3.refusal = status, code
    since = len(site.log())
    answer = site.get(f"/{form}/{options}{form}-{code}-{len(options)}.png")
    assert answer.verdict == (502, "origin_error")
    assert b"secret words" not in answer.body
    line = site.wait_for_log("origin_error: ", since)
    assert f"answered {status} {code}" in line and words in line and "[error]" in line
    if form == "cached":
        again = site.get(f"/{form}/{options}{form}-{code}-{len(options)}.png")
        assert again.verdict == (502, "origin_error") and b"secret words" not in again.body
    assert s3_origin.SECRET not in line


@pytest.mark.parametrize("options", ["", "tr:w-30/"])
def test_slow_down_stays_503(site, s3, options):
    s3.refusal = 503, "SlowDown"
    assert site.get(f"/path/{options}plain.png").verdict == (503, "origin_error")


@pytest.mark.parametrize("form", ["path", "unbuffered"])
@pytest.mark.parametrize("options", ["", "tr:w-30/"])
@pytest.mark.parametrize("body, verdict", [
    ("<html>no such thing</html>", (404, "origin_refused")), ("<Error><Code>x", None),
    ("<Error>" + " " * 5000 + "<Code>NoSuchKey</Code>", None),
    ("<Error><Code>NoSuchKey</Code>" + " " * 9000, (404, "not_found")),
    ("<Error><Code>NoSuchKey</Code>" + " " * 3000000, (404, "not_found")),
    ("<Error><Code>ExpiredToken</Code>" + " " * 3000000, (502, "origin_error"))],
    ids=["html", "cut", "late", "long", "endless", "endless invalid"])
def test_an_error_of_any_length_is_recognised_by_its_beginning(site, s3, form, options, body, verdict):
    s3.refusal = 403, body
    name = f"{form}-{len(options)}-{len(body)}-{hashlib.md5(body.encode()).hexdigest()}.png"
    answer = site.get(f"/{form}/{options}{name}")
    assert answer.verdict == (verdict or (404, "origin_refused"))
    assert b"Code" not in answer.body and not answer.body.endswith(b" " * 10)


@pytest.mark.parametrize("reading", ["sendfile on;", "aio threads; sendfile off;",
                                     "directio 1; output_buffers 1 64;"])
def test_a_cached_error_is_recognised_by_its_code(gate, s3, reading):
    running = gate(f"""
        {reading}
        location ^~ /img/ {{
            private_image imagekit;
            private_image_missing_valid 0;
            private_image_s3 {{{{ s3 }}}}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{{{ s3 }}}}$private_image_s3_path;
            proxy_cache kept;
            proxy_cache_valid any 1h;
        }}
        """, http="proxy_cache_path proxied keys_zone=kept:1m;", s3=s3.address, files=files())
    running.expect_errors("origin_error: ")
    for kind, refusal, verdict in (("gone", (403, "AccessDenied"), (404, "not_found")),
                                   ("old", (400, "ExpiredToken"), (502, "origin_error"))):
        name = kind + reading[:6]
        s3.refusal = refusal
        for _ in range(3):
            for target in (f"/img/{quoted(name)}.png", f"/img/tr:w-30/{quoted(name)}.png"):
                answer = running.get(target)
                assert answer.verdict == verdict and b"secret words" not in answer.body
            assert running.head(f"/img/{quoted(name)}.png").verdict == verdict
        assert len(s3.requests(f"{name}.png")) == 1


def test_an_error_without_its_body_ends_at_the_timeout(gate, origin):
    started = gate("""
        location ^~ /img/ {
            private_image imagekit;
            private_image_timeout 1s;
            private_image_s3 {{ host }} region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ host }}$private_image_s3_path;
        }
        """, host=origin.url.removeprefix("http://"), files=files())
    path = origin.publish(b"<Error><Code>Expi" + b" " * 500, status=403, chunk_size=20,
                          chunk_delay=0.5)
    for target in (f"/img{path}", f"/img/tr:w-30{path}"):
        before = fair_time()
        assert started.get(target).verdict == (504, "timeout")
        assert fair_time() - before < 2.5


def test_head_of_a_refusal_has_no_code_and_is_a_refusal(site, s3):
    s3.may_list = False
    assert site.head("/path/head-refused.png").verdict == (404, "origin_refused")
    assert site.head("/cached/head-refused.png").verdict == (404, "not_found"), "asked by GET"
    s3.may_list = True
    assert site.head("/path/head-missing.png").verdict == (404, "not_found")


def test_an_error_leaves_the_clients_connection_open(site, s3):
    s3.may_list = False
    with site.connect() as connection:
        for target in ("/path/gone-1.png", "/path/tr:w-30/gone-2.png", "/path/gone-3.png"):
            assert connection.request(target).status == 404
        assert connection.request("/path/plain.png").body == PICTURE


def test_the_operators_error_page_follows_an_error_of_s3(gate, s3):
    running = gate("""
        location ^~ /img/ {
            private_image imagekit;
            error_page 404 /pages/missing.txt;
            error_page 502 @broken;
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
        }
        location /pages/ { root files; }
        location @broken { return 502 "repaired soon"; }
        """, s3=s3.address, files={**files(), "files/pages/missing.txt": b"not here"})
    running.expect_errors("origin_error: ")
    s3.may_list = False
    for target in ("/img/nothing.png", "/img/tr:w-30/nothing.png"):
        answer = running.get(target)
        assert (answer.status, answer.body) == (404, b"not here")
        assert answer.header("Cache-Control") == "no-store"
    s3.refusal = 400, "ExpiredToken"
    for target in ("/img/old.png", "/img/tr:w-30/old.png"):
        answer = running.get(target)
        assert (answer.status, answer.body) == (502, b"repaired soon")


@pytest.mark.parametrize("intercepts", ["on", "off"])
def test_an_error_page_missing_in_s3_shows_no_text_of_s3(gate, s3, intercepts):
    running = gate("""
        private_image_key img.key;
        location ^~ /img/ {
            private_image imagekit;
            error_page 401 404 412 502 /pages/{{ intercepts }}.html;
            proxy_intercept_errors {{ intercepts }};
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
        }
        location /pages/ {
            internal;
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
        }
        """, s3=s3.address, files=files(), intercepts=intercepts)
    running.expect_errors("origin_error: ")

    def page(target, status, **headers):
        answer = running.get(target, headers)
        assert answer.status == status and b"Code" not in answer.body
        assert not [name for name in answer.headers if name.lower().startswith("x-amz-")]
        return answer.body

    for options in ("", "tr:w-30/"):
        assert b"nginx" in page(f"/img/{options}nothing.png", 404)
        assert b"nginx" in page(f"/img/{options}private.png", 401)
    assert b"nginx" in page(signed("/img/private.png"), 412, **{"If-Match": '"another"'})
    s3.refusal = 403, "SignatureDoesNotMatch"
    assert b"nginx" in page("/img/tr:w-31/public.png", 502)
    s3.refusal = None
    s3.put(f"{intercepts}.html", b"not here")
    assert page("/img/tr:w-32/nothing.png", 404) == page("/img/nothing.png", 404) == b"not here"


def test_an_incomplete_error_is_an_error(gate, origin):
    started = gate("""
        location ^~ /img/ {
            private_image imagekit;
            private_image_s3 {{ host }} region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ host }}$private_image_s3_path;
        }
        """, host=origin.url.removeprefix("http://"), files=files())
    started.expect_errors("prematurely closed", "origin_error: ")
    path = origin.publish(b"<Error><Code>Expi" + b" " * 500, status=403, truncate_after=100)
    assert started.get(f"/img{path}").status in (404, 502)
    assert started.get(f"/img/tr:w-30{path}").status in (404, 502)


# Credentials

def ask(site, key="plain.png", form="path"):
    return site.get(f"/{form}/{key}").status


def until(check, seconds=6):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(0.1)


def one_location(**more):
    options = " ".join(f"{name}={value}" for name, value in more.items())
    return f"""
        location ^~ /path/ {{
            private_image imagekit;
            private_image_s3 {{{{ s3 }}}}/pictures region=eu-test-1 credentials=s3.credentials
                             {options};
            proxy_pass http://{{{{ s3 }}}}$private_image_s3_path;
        }}
        """


def test_a_session_token_is_sent_and_signed(gate, s3):
    s3.keys["ASIATOKEN"] = ("another/secret", "tok/en+with==")
    written = credentials_file() + credentials_file("ASIATOKEN", "another/secret", "tok/en+with==",
                                                    profile="images")
    running = gate(one_location(profile="images"), s3=s3.address,
                   files={"conf/s3.credentials": written})
    running.expect_errors("ExpiredToken")
    assert ask(running) == 200
    assert running.get("/path/tr:w-30/plain.png").status == 200
    assert s3.requests("plain.png")[-1].header("x-amz-security-token") == "tok/en+with=="
    s3.expired.add("ASIATOKEN")
    assert running.get("/path/plain.png").verdict == (502, "origin_error")
    assert "tok/en" not in running.log() and "another/secret" not in running.log()


def test_a_changed_file_is_read_again_and_a_broken_one_is_not(gate, s3):
    running = gate(one_location(), s3=s3.address, files=files(), workers=1)
    running.expect_errors("credentials file", "origin_error")
    target = running.folder.path / "conf/s3.credentials"
    assert ask(running) == 200

    s3.keys["AKIDNEXT"] = ("next/secret", None)
    target.write_bytes(credentials_file("AKIDNEXT", "next/secret"))
    until(lambda: ask(running) == 200 and "AKIDNEXT" in s3.asked[-1].header("Authorization"))
    running.wait_for_log("read again")

    target.write_bytes(b"[default]\nthis is half a f")
    until(lambda: ask(running) == 200 and "stay in use" in running.log())
    time.sleep(2.2)
    assert ask(running) == 200 and "AKIDNEXT" in s3.asked[-1].header("Authorization")
    target.unlink()
    until(lambda: ask(running) == 200 and "No such file" in running.log())
    assert running.log().count("stay in use") == 2, "once for each"
    assert "line 2" in running.log() and "half a f" not in running.log()

    replacement = running.folder.path / "conf/new"
    replacement.write_bytes(credentials_file())
    replacement.rename(target)
    until(lambda: ask(running) == 200 and s3_origin.KEY_ID in s3.asked[-1].header("Authorization"))
    assert "next/secret" not in running.all_output()


def memory_of(process):
    """The writable memory of a process."""
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            first, last = (int(number, 16) for number in place.split("-"))
            if rights.startswith("rw") and last - first < 1 << 30:  # more is a sanitizer's shadow
                memory.seek(first)
                try:
                    yield memory.read(last - first)
                except OSError:
                    pass


def test_a_replaced_secret_is_wiped_from_memory(gate, s3):
    old, new = "0ld/secret/that/must/go/AAAA1111", "new/secret/that/must/stay/BBBB2222"
    s3.keys.update({"AKIDOLD": (old, None), "AKIDNEW": (new, None)})
    running = gate(one_location(), s3=s3.address, workers=1,
                   files=files(key_id="AKIDOLD", secret=old))
    assert ask(running) == 200
    (running.folder.path / "conf/s3.credentials").write_bytes(credentials_file("AKIDNEW", new))
    until(lambda: ask(running) == 200 and "AKIDNEW" in s3.asked[-1].header("Authorization"))
    (worker,) = running.workers()
    try:
        pieces = list(memory_of(worker))
    except PermissionError:
        pytest.skip("memory of other processes cannot be read here")
    assert any(new.encode() in piece for piece in pieces)
    assert not any(old.encode() in piece for piece in pieces)


def test_the_log_names_a_skewed_clock(gate, s3):
    running = gate(one_location(), s3=s3.address, files=files())
    running.expect_errors("RequestTimeTooSkewed")
    s3.clock_skew = 3600
    assert running.get("/path/plain.png").verdict == (502, "origin_error")
    assert running.get("/path/tr:w-30/plain.png").verdict == (502, "origin_error")


def test_no_secret_is_logged_not_even_for_debugging(site):
    assert ask(site) == 200
    for name in ("debug.log", "error.log", "access.log", "stderr.log"):
        text = (site.folder.path / "logs" / name).read_text("utf-8", "replace")
        assert s3_origin.SECRET not in text, name
        assert name != "debug.log" or "x-amz-date" in text


# TLS

TLS = """
    upstream pictures.s3.test {
        server {{ s3 }};
        keepalive 4;
    }
    server {
        listen 127.0.0.1:{{ port_of("tls") }};
        location ^~ /img/ {
            private_image imagekit;
            private_image_s3 {{ name }} region=eu-test-1 credentials=s3.credentials;
            proxy_pass https://pictures.s3.test$private_image_s3_path;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {{ certificate }};
        }
    }
"""


@pytest.fixture(scope="module")
def make_tls(gate, tmp_path_factory):
    def make(name):
        certificate = s3_origin.certificate(tmp_path_factory.mktemp("tls"), name)
        origin = s3_origin.S3Origin(host="pictures.s3.test", certificate=certificate)
        origin.put("a.png", PICTURE)
        origin.put("b.png", PICTURE, private=True)
        return origin, gate("", http=TLS, s3=origin.address, name="pictures.s3.test", workers=1,
                            certificate=certificate.with_suffix(".crt"), files=files())
    return make


def test_connections_over_tls_are_verified_and_kept(make_tls):
    s3, running = make_tls("pictures.s3.test")
    for _ in range(3):
        assert running.get("/img/a.png", port="tls").body == PICTURE
        assert running.get("/img/tr:w-30/b.png", port="tls").status == 401
        assert running.get("/img/tr:w-30/a.png", port="tls").status == 200
        assert running.get("/img/gone.png", port="tls").status == 404
    plain = {one.connection for one in s3.requests("a.png")}
    assert len(plain) <= 2, "the private image's body was not read to its end"


def test_an_invalid_certificate_is_refused(make_tls):
    s3, running = make_tls("other.s3.test")
    running.expect_errors("certificate", "origin_error")
    assert running.get("/img/a.png", port="tls").status == 502
    assert not s3.requests("a.png")


# Levels

def test_settings_above_locations_sign_nothing_by_themselves(gate, s3, origin):
    running = gate("""
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        location ^~ /other/ { proxy_pass {{ origin }}/; }
        location ^~ /img/ {
            private_image imagekit;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
            proxy_set_header Host {{ s3 }};
            proxy_set_header Authorization $private_image_s3_authorization;
            proxy_set_header x-amz-date $private_image_s3_date;
            proxy_set_header x-amz-content-sha256 $private_image_s3_content_sha256;
        }
        location ^~ /nest/ {
            private_image imagekit;
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
            location ^~ /nest/in/ { proxy_pass http://{{ s3 }}$private_image_s3_path; }
            location ^~ /nest/off/ { private_image_s3 off; proxy_pass {{ origin }}/; }
            if ($arg_x) { set $y 1; }
        }
        """, s3=s3.address, files=files())
    path = origin.publish(PICTURE)
    for target in (f"/other{path}", f"/nest/off{path}"):
        assert running.get(target).status == 200
        asked = origin.requests(path)[-1]
        assert asked.header("Authorization") is None and asked.header("x-amz-date") is None
        assert asked.header("Host") != s3.address
    assert running.get("/img/plain.png").status == 200
    assert running.get("/nest/plain.png").status == 200
    s3.put("in/other.png", PICTURE)
    assert running.get("/nest/in/other.png").status in (200, 404)


def test_background_updates_are_signed(gate, s3):
    s3.put("stale.png", PICTURE, CacheControl="max-age=1")
    running = gate("""
        location ^~ /img/ {
            private_image imagekit;
            private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
            proxy_pass http://{{ s3 }}$private_image_s3_path;
            proxy_cache kept;
            proxy_cache_use_stale updating;
            proxy_cache_background_update on;
        }
        """, http="proxy_cache_path proxied keys_zone=kept:1m;", s3=s3.address, files=files())
    assert running.get("/img/stale.png").status == 200
    time.sleep(2.1)
    assert running.get("/img/stale.png").status == 200
    until(lambda: len(s3.requests("stale.png")) == 2)
    assert [one.status for one in s3.requests("stale.png")] == [200, 200]


# The configuration

@pytest.mark.parametrize("line, words", [
    ("private_image_s3 h region=r;", 'credentials='),
    ("private_image_s3 h credentials=s3.credentials;", 'region='),
    ("private_image_s3 https://h region=r credentials=s3.credentials;", '"https://h"'),
    ("private_image_s3 h?x region=r credentials=s3.credentials;", '"h\\?x"'),
    ("private_image_s3 $host region=r credentials=s3.credentials;", '"\\$host"'),
    ("private_image_s3 h region=a/b credentials=s3.credentials;", '"a/b"'),
    ("private_image_s3 h region= credentials=s3.credentials;", '"region="'),
    ("private_image_s3 h region=r credentials=s3.credentials secret=x;", '"secret=x"'),
    ("private_image_s3 h region=r region=r credentials=s3.credentials;", '"region=r"'),
    ("private_image_s3 h region=r credentials=nowhere;", "nowhere.*No such file"),
    ("private_image_s3 h region=r credentials=folder;", "folder.*regular"),
    ("private_image_s3 h region=r credentials=long;", "65536"),
    ("private_image_s3 h region=r credentials=broken;", "broken.*line 2 .*write"),
    ("private_image_s3 h region=r credentials=s3.credentials profile=x;", r"\[x\].*profile=NAME"),
    ("private_image_s3 off; private_image_s3 off;", "duplicate"),
])
def test_an_invalid_line_is_named(folder, line, words):
    place = folder({**files(), "conf/folder/x": b"", "conf/long": b"#" * 70000,
                    "conf/broken": b"[default]\nmy secret words\n"})
    place.configure(f"location ^~ /img/ {{ private_image imagekit; proxy_pass http://h/;\n{line} }}")
    reported = place.check()
    assert reported.returncode != 0
    (emergency,) = [one for one in reported.stdout.splitlines() if "[emerg]" in one]
    assert re.search(words, emergency) and "nginx.conf:" in emergency, emergency
    assert "my secret" not in reported.stdout


def test_a_useless_configuration_causes_a_warning(folder, s3):
    place = folder()
    place.write("conf/s3.credentials", credentials_file(), mode=0o644)
    place.configure("""
        location ^~ /open/ {
            private_image_s3 h region=r credentials=s3.credentials;
            proxy_pass http://127.0.0.1:1$private_image_s3_path;
            proxy_set_header X-Amz-Request-Payer requester;
        }
        """)
    reported = place.check()
    assert reported.returncode == 0
    assert "X-Amz-Request-Payer" in reported.stdout and "not signed" in reported.stdout
    assert "can be read by others, write chmod o-r" in reported.stdout
    assert 'location "/open/"' in reported.stdout and "internal" in reported.stdout
    assert s3_origin.SECRET not in reported.stdout


def test_a_file_that_the_workers_cannot_read_causes_a_warning(folder):
    if os.geteuid() != 0:
        pytest.skip("the workers are the same user")
    place = folder()
    place.write("conf/s3.credentials", credentials_file(), mode=0o600)
    text = place.configure("""
        location ^~ /img/ {
            private_image imagekit;
            private_image_s3 h region=r credentials=s3.credentials;
            proxy_pass http://127.0.0.1:1$private_image_s3_path;
        }
        """)
    assert "[warn]" not in place.check().stdout
    place.write("conf/nginx.conf", text.replace("user root;", "user www-data;").encode())
    reported = place.check()
    assert reported.returncode == 0 and "cannot be read by the workers" in reported.stdout
