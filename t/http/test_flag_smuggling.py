"""Attempts to change the mark between origin and module: flags sent by the client, twice, folded,
in other cases, in trailers, in 1xx and 304, or broken; and header injection through the name of a
download. Every value that can mean private does, and only the origin's flags count."""

import itertools
import random
import urllib.parse

import pytest

import barrage
import client
import pictures
import signing

SITE = """
    private_image_key img.key;
    private_image_variant full signed original;
    {% for place, more in (("plain", ""), ("http1", "proxy_http_version 1.1;"),
                           ("unbuffered", "proxy_buffering off;"),
                           ("kept", "proxy_cache originals; proxy_cache_valid any 1h;"),
                           ("hidden", "proxy_hide_header Is-Private-File;")) %}
    location ^~ /ik/{{ place }}/ { private_image imagekit; proxy_pass {{ origin }}/; {{ more }} }
    location ^~ /cf/{{ place }}/ { private_image cloudflare; proxy_pass {{ origin }}/; {{ more }} }
    {% endfor %}
"""
PLACES = ("plain", "http1", "unbuffered", "kept", "hidden")
NONCE = b"nonce-of-the-flags"
SECRET = pictures.plain(30, 20) + NONCE
FLAGS = ("Is-Private-File", "x-amz-meta-isprivatefile", "x-goog-meta-isprivatefile",
         "x-ms-meta-isprivatefile")


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http="proxy_cache_path {{ folder }}/originals keys_zone=originals:1m;")
    site.expect_errors("upstream sent", "private_image: origin_error", "upstream prematurely",
                       "readv.. failed|recv.. failed", "private_image: damaged")
    return site


def answer_with(lines, body=SECRET, status="200 OK", before=b"", after=b"", length=True):
    head = [f"HTTP/1.1 {status}", "Content-Type: image/png", "Connection: close"]
    head += [f"Content-Length: {len(body)}"] if length else []
    return (before + ("\r\n".join(head) + "\r\n").encode() + lines + b"\r\n" + body + after)


def targets_of(path, place):
    return [f"/ik/{place}{path}", f"/ik/{place}/tr:w-9{path}", f"/cf/{place}{path}/full",
            f"/cf/{place}{path}/w=9"]


def assert_closed(site, origin, raw, why):
    """No form of URL discloses the image, whether it is fetched or cached."""
    for place in PLACES:
        path = origin.publish(raw=raw)
        for target, method in itertools.product(targets_of(path, place) * 2, ("GET", "HEAD")):
            answer = site.get(target, method=method)
            assert answer.status in (401, 403, 502), (why, target, answer)
            assert NONCE not in answer.body and b"PNG" not in answer.body, (why, target)
            for name in FLAGS:
                assert answer.header(name) is None


# Flags of the origin

DECLARED = [line.replace(b"F:", b"Is-Private-File:").replace(b"A:", b"x-amz-meta-isprivatefile:")
        for line in (
    b"F: true\r\n", b"F:true\r\n", b"F:  \t true \t \r\n", b"F: TRUE\r\n", b"F: true\n",
    b"F: false\r\nF: true\r\n", b"F: true\r\nF: false\r\n", b"F: false\nF: true\r\n",
    b"F: false\r\nF: false\r\nF: x\r\n", b"F: false, true\r\n", b"F: true, false\r\n",
    b"F: false,\r\n", b"F: false, false\r\n", b"F: ,\r\n", b"F: false; q=0\r\n",
    b"F: \"false\"\r\n", b"F: 'false'\r\n", b"F: false \x0b\r\n", b"F: fals\xe9\r\n",
    b"F: \xef\xbb\xbffalse\r\n", b"F: false\xc2\xa0\r\n", b"F: f\xd0\xb0lse\r\n",
    b"F: %66alse\r\n", b"F: 00\r\n", b"F: 0.0\r\n", b"F: -0\r\n", b"F: +0\r\n", b"F: n\r\n",
    b"F: nope\r\n", b"F: offf\r\n", b"F: null\r\n", b"F: nil\r\n", b"F: none\r\n",
    b"F: falsetrue\r\n", b"F: not true\r\n", b"is-private-file: yes\r\n",
    b"IS-PRIVATE-FILE: 1\r\n", b"iS-pRiVaTe-FiLe: on\r\n", b"A: true\r\nF: false\r\n",
    b"F: false\r\nA: 1\r\n", b"X-AMZ-Meta-IsPrivateFile: yes\r\n", b"F:\r\nF: true\r\n",
    b"x-goog-meta-isprivatefile: yes\r\nF: no\r\n",
    b"x-ms-meta-isprivatefile: yes\r\nF: no\r\n",
    b"F: " + b"false" * 500 + b"\r\n", b"F: " + b" " * 900 + b"true\r\n",
    b"X-B: b\r\n" * 60 + b"F: true\r\n", b"F: true\r\n" + b"X-B: b\r\n" * 60,
    b"F: false\r\n" * 60 + b"F: true\r\n")]

# What no parser should read one way and another the other way: refused as broken, or closed.
BROKEN = [
    b"Is-Private-File:\r\n true\r\n", b"Is-Private-File: false\r\n true\r\n",
    b"Is-Private-File:\r\n\ttrue\r\n", b"Is-Private-File : true\r\n",
    b"Is-Private-File\t: true\r\n", b" Is-Private-File: true\r\n",
    b"Is-Private-File: false\rtrue\r\n", b"Is-Private-File: fal\0se\r\n",
    b"Is-Private-File: false\0\r\n", b"Is-Private-File: true\0\r\n",
    b"\r Is-Private-File: true\r\n",
    b"X: y\rIs-Private-File: true\r\nIs-Private-File: true\r\n",
    b"Is-Private-File: false\r\nIs-Private-File: true\0\r\n",
]


@pytest.mark.parametrize("lines", DECLARED, ids=lambda lines: repr(lines)[2:60])
def test_every_value_that_can_mean_private_is_private(site, origin, lines):
    assert_closed(site, origin, answer_with(lines), lines[:80])


@pytest.mark.parametrize("lines", BROKEN, ids=repr)
def test_an_invalid_flag_makes_no_image_public(site, origin, lines):
    assert_closed(site, origin, answer_with(lines), lines)


def test_any_mixture_of_flags_with_a_private_one_is_private(site, origin):
    """Random headers, compared with a second implementation of one line."""
    chance = random.Random(seed := random.randrange(10 ** 6))
    values = [b"true", b"1", b"x", b"false", b"0", b"no", b"off", b"", b"False", b" OFF "]
    for _ in range(60):
        declared = [(chance.choice(FLAGS).encode(), chance.choice(values)) for _ in range(3)]
        private = any(value.strip().lower() not in (b"false", b"0", b"no", b"off", b"")
                      for _, value in declared)
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in declared)
        path = origin.publish(raw=answer_with(lines))
        for target in targets_of(path, chance.choice(PLACES)):
            answer = site.get(target)
            if private:
                assert answer.status in (401, 403) and NONCE not in answer.body, (seed, lines)
            elif "/full" not in target:
                assert answer.status == 200, (seed, lines, target)


# Flags added by the location's own directives

ADDED = """
    private_image_key img.key;
    private_image_variant full signed original;
    {% for dialect in ("imagekit", "cloudflare") %}
    {% for name, line in (("fixed", "true"), ("always", "yes always"), ("mapped", "$is_secret"),
                          ("open", "false")) %}
    {% set place = dialect + "-" + name %}{% set flag = "add_header Is-Private-File " + line %}
    location ^~ /folder-{{ place }}/ { private_image {{ dialect }}; {{ flag }};
                                       private_image_unmarked {{ unmarked[name] }}; alias files/; }
    location ^~ /proxy-{{ place }}/  { private_image {{ dialect }}; {{ flag }};
                                       private_image_unmarked {{ unmarked[name] }};
                                       proxy_pass http://bare/; }
    location ^~ /inner-{{ place }}/  { private_image {{ dialect }};
                                       private_image_unmarked {{ unmarked[name] }};
                                       private_image_origin /at-{{ place }}$private_image_path; }
    location ^~ /at-{{ place }}/     { internal; {{ flag }}; alias files/; }
    location ^~ /named-{{ place }}/  { private_image {{ dialect }};
                                       private_image_unmarked {{ unmarked[name] }};
                                       private_image_origin @at-{{ place }}; }
    location @at-{{ place }} { {{ flag }}; rewrite ^/[^/]+(/.*)$ $1 break; root files; }
    {% endfor %}{% endfor %}
"""
ADDED_HTTP = """
    map $private_image_path $is_secret { ~secret yes; default no; }
    upstream bare { server 127.0.0.1:{{ port_of('bare') }}; }
    server { listen 127.0.0.1:{{ port_of('bare') }}; root files; }
"""


@pytest.mark.parametrize("kind", ["derivative first", "original first"])
def test_add_header_marks_what_its_location_answers(gate, kind):
    """NGINX adds the line after the decision, and never to a subrequest for a derivative."""
    names = {"fixed": "public", "always": "public", "mapped": "public", "open": "private"}
    site = gate(ADDED, http=ADDED_HTTP, unmarked=names, files={"files/secret.png": SECRET})
    for form, dialect, name in itertools.product(("folder", "proxy", "inner", "named"),
                                                 ("imagekit", "cloudflare"), names):
        prefix = f"/{form}-{dialect}-{name}/"
        shapes = (["tr:w-9/secret.png", "secret.png"] if dialect == "imagekit" else
                  ["secret.png/w=9", "secret.png/full"])
        for shape in shapes if kind == "derivative first" else shapes[::-1]:
            answer = site.get(prefix + shape)
            if name == "open":
                assert answer.status == 200, (prefix, shape)
                continue
            assert answer.status == {"imagekit": 401, "cloudflare": 403}[dialect], (prefix, shape)
            assert NONCE not in answer.body
            assert site.get(signing.sign(dialect, prefix + shape, prefix)).status == 200, prefix


# Bytes before and after the answer

@pytest.mark.parametrize("early", [
    b"HTTP/1.1 100 Continue\r\nIs-Private-File: false\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\nIs-Private-File: no\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nIs-Private-File: false\r\nLink: </a>\r\n\r\n" * 2,
    b"HTTP/1.1 199 X\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"Is-Private-File: false\r\n\r\n", b"\r\n", b"HTTP/0.9 200\r\n\r\n",
])
def test_bytes_before_the_answer_make_no_image_public(site, origin, early):
    assert_closed(site, origin, answer_with(b"Is-Private-File: true\r\n", before=early), early)


@pytest.mark.parametrize("trailer", [b"Is-Private-File: false\r\n", b"is-private-file: no\r\n",
                                     b"X: y\r\nIs-Private-File:\r\n"])
def test_a_trailer_makes_no_image_public(site, origin, trailer):
    chunks = b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(SECRET), SECRET, trailer)
    for first in (b"Is-Private-File: true\r\n", b"Is-Private-File: true\r\nTrailer: "
                                                b"Is-Private-File\r\n"):
        raw = answer_with(first + b"Transfer-Encoding: chunked\r\n", chunks, length=False)
        assert_closed(site, origin, raw, trailer)


@pytest.mark.parametrize("behind", [b"Is-Private-File: false\r\n\r\n",
                                    b"HTTP/1.1 200 OK\r\nIs-Private-File: false\r\n\r\n"])
def test_bytes_after_the_answer_make_no_image_public(site, origin, behind):
    assert_closed(site, origin, answer_with(b"Is-Private-File: true\r\n", after=behind), behind)


@pytest.mark.parametrize("status", ["200 OK", "203 Other", "206 Partial Content", "299 X",
                                    "304 Not Modified", "404 No", "500 No", "302 Found", "999 X"])
def test_no_status_makes_a_marked_image_public(site, origin, status):
    more = b"Content-Range: bytes 0-9/10\r\nLocation: /x\r\n"
    raw = answer_with(b"Is-Private-File: true\r\n" + more, status=status)
    for place in PLACES:
        path = origin.publish(raw=raw)
        for target in targets_of(path, place) * 2:
            answer = site.get(target, {"If-None-Match": '"x"', "Range": "bytes=0-9"})
            assert answer.status in (401, 403, 404, 502) and NONCE not in answer.body, target


@pytest.mark.parametrize("place", ["plain", "http1", "unbuffered", "hidden"])
@pytest.mark.parametrize("declared", ["false", "", "no"])
def test_a_304_does_not_remove_a_private_mark(site, origin, place, declared):
    path = origin.publish(SECRET, private=True, etag='"one"',
                          headers_on_304={"Is-Private-File": declared})
    conditions = {"If-None-Match": '"one"'}
    for target in targets_of(path, place):
        answer = site.get(signed(target, place), conditions)
        assert answer.status in (200, 304)
        for headers in ({}, conditions, {"If-None-Match": "*"}):
            assert site.get(target, headers).status in (401, 403)


@pytest.mark.parametrize("place", ["plain", "http1", "unbuffered", "hidden"])
def test_a_304_can_set_a_private_mark(site, origin, place):
    path = origin.publish(SECRET, private=False, etag='"one"',
                          headers_on_304={"Is-Private-File": "true"})
    original, derivative, *_ = targets_of(path, place)
    assert site.get(original).status == site.get(derivative).status == 200
    assert site.get(original, {"If-None-Match": '"one"'}).status == 401
    assert site.get(original).status == site.get(derivative).status == 401


def signed(target, place):
    dialect = "cloudflare" if target.startswith("/cf/") else "imagekit"
    return signing.sign(dialect, target, f"{target[:4]}{place}/")


# Flags sent by the client

SMUGGLED = [{name: value} for name in (
    *FLAGS, "IS-PRIVATE-FILE", "Is_Private_File", "X-Is-Private-File", "X-Accel-Redirect",
    "X-Accel-Buffering", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Signature",
    "Is-Private-File ") for value in ("false", "0", "/", "")] + [
    {"Host": "localhost\r\nIs-Private-File: false"}, {"Connection": "Is-Private-File, close"},
    {"TE": "trailers", "Trailer": "Is-Private-File"}, {"Expect": "100-continue"},
    {"Cookie": "Is-Private-File=false"}, {"X-A": "b\r\n Is-Private-File: false"},
    {"Content-Length": "0", "Is-Private-File": "false"},
    {"Upgrade": "h2c", "Connection": "Upgrade"}]


@pytest.mark.parametrize("headers", SMUGGLED, ids=repr)
def test_no_request_header_makes_a_private_image_public(site, origin, headers):
    path = origin.publish(SECRET, private=True, etag='"one"')
    for target in targets_of(path, "http1"):
        try:
            answer = site.get(target, headers)
        except client.http.client.HTTPException:
            continue
        assert answer.status in (400, 401, 403) and NONCE not in answer.body, (target, answer)
    for asked in origin.requests(path):
        assert not {name for name, _ in asked.headers} & set(FLAGS)


# Early hints and trailers, which newer versions of nginx forward

@pytest.mark.since(1, 29)
def test_nothing_is_sent_before_the_judgement_and_no_storage_headers_after_it(gate, origin):
    site = gate("""
        private_image_key img.key;
        location ^~ /ik/   { private_image imagekit; early_hints $yes; proxy_pass_trailers on;
                             proxy_http_version 1.1; proxy_pass {{ origin }}/; }
        location ^~ /bare/ { early_hints $yes; proxy_pass_trailers on;
                             proxy_http_version 1.1; proxy_pass {{ origin }}/; }
    """, http="map $host $yes { default 1; }")
    hints = (b"HTTP/1.1 103 Early Hints\r\nIs-Private-File: %b\r\nx-amz-meta-a: b\r\n"
             b"Link: </sent-ahead>\r\n\r\n")
    chunks = (b"%x\r\n%b\r\n0\r\nX-Amz-Sent: after\r\nX-Other: sent\r\n\r\n"
              % (len(SECRET), SECRET))
    for declared in (b"true", b"false"):
        lines = b"Is-Private-File: %b\r\nTransfer-Encoding: chunked\r\n" % declared
        path = origin.publish(raw=answer_with(lines, chunks, length=False, before=hints % declared))
        for prefix, step in itertools.product(("/ik", "/bare"), ("", "/tr:w-9")):
            if step and prefix == "/bare":
                continue
            answer = whole_answer(site, f"{prefix}{step}{path}")
            if prefix == "/bare":  # else this would prove nothing
                assert b"sent-ahead" in answer and b"X-Amz-Sent" in answer
                continue
            is_shown = declared == b"false"
            assert answer.startswith(b"HTTP/1.1 200" if is_shown else b"HTTP/1.1 401")
            assert b"sent-ahead" not in answer and b"x-amz" not in answer.lower()
            assert (b"X-Other: sent" in answer) == (is_shown and not step)


def whole_answer(site, target):
    """All bytes received, including those before the answer and after its body."""
    with site.connect() as connection:
        connection.send(target, headers={"Connection": "close", "TE": "trailers"})
        return b"".join(iter(lambda: connection.socket.recv(65536), b""))


# The name of a download

NAMES = ["a.png", "a\r\nX-Injected: 1", "a\nX-Injected: 1", "a\rX-Injected: 1", "a\0b",
         'a"; filename="b.exe', "a\\", 'a\\"; x="', "a;b=c", "../../etc/passwd", "..\\b", "/",
         "\u00e4\u2028\u2029b", "\u202egpj.exe", "a%0d%0aX-Injected: 1", "a%250d%250ab", "\x7f",
         "\t", " ", "x" * 255, "x" * 256, "\u00ff" * 128, "'", "a'b''c", "UTF-8''b", "\x80\x81",
         "\u0d0a", "\u560d\u560a", "a\x0bb", "a\x1bb", "%", "%%", "%zz", "a+b", "a&b", "a=b", "#"]


@pytest.mark.parametrize("step", ["", "tr:w-9/"])
def test_no_file_name_splits_the_response_header(site, origin, step):
    path = origin.publish(pictures.plain(), private=False)
    heads, names = [], []
    for name, escape in itertools.product(NAMES, (urllib.parse.quote, urllib.parse.quote_plus,
                                                  lambda text: text)):
        value = escape(name)
        if any(ord(c) <= 32 or ord(c) > 255 or c in "#" for c in value):
            continue
        for query in (f"ik-attachment=true&ik-attachment-filename={value}",
                      f"ik-attachment={value}", f"ik-attachment-filename={value}"):
            heads.append(barrage.head(f"/ik/plain/{step}{path[1:]}?{query}"))
            names.append(name)
    for name, head, answer in zip(names, heads, barrage.ask_all(site.port, heads)):
        assert answer.header("X-Injected") is None
        assert answer.status in (200, 400), (head, answer)
        for key, value in answer.headers:
            assert not set(value) & set("\r\n\0"), (head, key, value)
        declared = [value for key, value in answer.headers if key == "Content-Disposition"]
        assert len(declared) <= 1
        if declared and "filename" in declared[0]:
            plain, _, encoded = declared[0].partition("; filename*=UTF-8''")
            quoted = plain.removeprefix('attachment; filename="').removesuffix('"')
            assert not set(quoted) & set('"\\/%') and quoted.isascii() and quoted.isprintable()
            assert all(c.isalnum() or c in "%-._~!$&+'(),:;=@*" for c in encoded), declared
