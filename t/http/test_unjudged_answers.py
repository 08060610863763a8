"""Every answer of a gate's location is judged, whichever phase or module of NGINX makes it:
refusals by limits, access rules and `return`, their error pages, slices, includes, and answers or
flags of other modules."""

import base64
import os

import pytest

import nginx
import pictures
import signing

PICTURE, SECRET = pictures.noise(60, 40), pictures.noise(50, 30)

# What ends a request in a phase before the gate's own, by the location's lines.
REFUSALS = {
    "limit_req": ("limit_req zone=often;", 503),
    "deny": ("deny all;", 403),
    "auth_basic": ("auth_basic closed; auth_basic_user_file users;", 401),
    "auth_request": ("auth_request /denied;", 403),
    "return": ("return 403;", 403),
    "if": ("if ($arg_x = '') { return 410; }", 410),
    "limit_except": ("limit_except POST { deny all; }", 403),
    "body": ("client_max_body_size 10;", 413),
    "internal": ("internal;", 404),
}

# How the operator's page answers instead. A flag, private_image_mark and the page's name each show
# that it is a private image.
PAGES = {
    "named": "= @backup",
    "uri": "/backup/",
    "status": "=200 @backup",
    "marked": "@marked",
    "file": "@file",
}

HTTP = """\
limit_req_zone $server_name zone=often:1m rate=1r/m;
map $private_image_path $secret { default 0; ~private 1; }
"""

SERVER = """\
location = /denied { internal; return 403; }
location @backup { proxy_pass {{ origin }}; }
location @marked { private_image_mark private; rewrite ^ /unflagged.png break;
                   proxy_pass {{ origin }}; }
location @file   { root {{ folder }}/files; }
location /backup/ { internal; proxy_pass {{ origin }}/private.png; }
{% for refusal, lines in refusals.items() %}{% for page, target in pages.items() %}
location ^~ /{{ refusal }}-{{ page }}/ {
    private_image imagekit;
    private_image_mark $secret;
    {{ lines }}
    error_page 401 403 404 410 413 429 503 {{ target }};
    proxy_pass {{ origin }}/;
}
{% endfor %}{% endfor %}
"""


@pytest.fixture(scope="module")
def gate(gate):
    """The usual fixture, with a key."""
    def start(*arguments, http="", **options):
        return gate(*arguments, http="private_image_key img.key;\n" + http, **options)
    return start


@pytest.fixture(scope="module")
def site(gate, origin):
    lines = {name: line for name, (line, _) in REFUSALS.items()}
    files = {}
    for refusal in REFUSALS:
        for page in PAGES:
            for name, content, private in (("private.png", SECRET, True),
                                           ("public.png", PICTURE, False)):
                path = f"/{refusal}-{page}/{name}"
                origin.publish(content, path, private=private)
                files[f"files{path}"] = content
    origin.publish(SECRET, "/private.png", private=True)
    origin.publish(SECRET, "/unflagged.png")
    site = gate(SERVER, http=HTTP, refusals=lines, pages=PAGES,
                files={**files, "conf/users": b""})
    site.expect_errors("client intended to send too large body", "limiting requests",
                       "access forbidden by rule", "user .* was not found", "no user/password")
    return site


def ask(site, refusal, page, name):
    target = f"/{refusal}-{page}/{name}"
    if refusal == "body":
        with site.connect() as connection:
            connection.send(target, headers={"Content-Length": "11"})
            connection.socket.sendall(bytes(11))
            return connection.receive()
    headers = {}
    if refusal == "auth_basic":
        headers = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}
    if refusal == "limit_req":
        for _ in range(3):
            answer = site.get(target, headers)
        return answer
    return site.get(target, headers)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_error_page_of_another_phase_shows_no_private_image(site, refusal, page):
    answer = ask(site, refusal, page, "private.png")
    assert SECRET not in answer.body and answer.header("Is-Private-File") is None
    assert answer.status >= 400 and b"<html>" in answer.body


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_an_error_page_under_the_images_name_shows_no_unmarked_image(gate, origin, step):
    """Without flag and map, only the name shows that the page is the image."""
    site = gate("""
        location ^~ /closed/ { private_image imagekit; private_image_unmarked private; return 503;
                               error_page 503 =200 @backup; proxy_pass {{ origin }}/; }
        location @backup { proxy_pass {{ origin }}; }
    """)
    origin.publish(SECRET, f"/closed/{step}a.png")
    answer = site.get(f"/closed/{step}a.png")
    assert SECRET not in answer.body and answer.status >= 400


@pytest.mark.parametrize("page", ["named", "status", "file"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_error_page_of_another_phase_shows_what_is_public(site, refusal, page):
    assert ask(site, refusal, page, "public.png").body == PICTURE


@pytest.mark.parametrize("refusal", REFUSALS)
def test_without_an_error_page_nginx_answers_as_usual(gate, origin, refusal):
    lines, status = REFUSALS[refusal]
    site = gate("location = /denied { internal; return 403; }\n"
                "location ^~ /%s-bare/ { private_image imagekit; %s\n"
                "                        proxy_pass {{ origin }}/; }"
                % (refusal, lines), http=HTTP, files={"conf/users": b""})
    site.expect_errors("client intended", "limiting requests", "forbidden by rule", "not found",
                       "no user/password")
    answer = ask(site, refusal, "bare", "public.png")
    assert answer.status == status and b"<html>" in answer.body
    assert answer.header("Cache-Control") == "no-store"


def test_a_rewrite_out_of_the_gate_shows_no_private_image(gate, origin):
    site = gate("""
        location ^~ /img/ { private_image imagekit; rewrite ^/img/(.*) /beside/$1 last;
                            proxy_pass {{ origin }}/; }
        location ^~ /beside/ { proxy_pass {{ origin }}/; }
    """)
    path = origin.publish(SECRET, private=True)
    answer = site.get(f"/img{path}")
    assert answer.verdict == (401, "unsigned") and SECRET not in answer.body
    path = origin.publish(PICTURE, headers={"Cache-Control": "max-age=5"})
    answer = site.get(f"/img{path}")
    assert answer.status == 200 and answer.body == PICTURE
    assert answer.header("Cache-Control") == "max-age=5"


def test_the_text_of_return_is_the_operators_own(gate):
    site = gate("""
        location ^~ /plain/ { private_image imagekit; return 200 "hello"; root /none; }
        location ^~ /flagged/ { private_image imagekit; add_header Is-Private-File true;
                                return 200 "hello"; root /none; }
    """)
    site.expect_errors("internal")
    assert site.get("/plain/a.png").body == b"hello"
    assert b"hello" not in site.get("/flagged/a.png").body


# Slices

SLICES = """\
location ^~ /kept/ {
    private_image imagekit;
    slice 4k;
    proxy_set_header Range $slice_range;
    proxy_cache k;
    proxy_cache_key $uri$slice_range;
    proxy_cache_valid 200 206 1h;
    proxy_pass {{ origin }}/;
}
location ^~ /plain/ {
    private_image imagekit;
    slice 4k;
    proxy_set_header Range $slice_range;
    proxy_pass {{ origin }}/;
}
location ^~ /nginx/ {
    slice 4k;
    proxy_set_header Range $slice_range;
    proxy_cache k;
    proxy_cache_key $uri$slice_range;
    proxy_cache_valid 200 206 1h;
    proxy_pass {{ origin }}/;
}
"""


@pytest.fixture(scope="module")
def slices(gate, origin):
    if "slice" not in nginx_features():
        pytest.fail("this nginx has no slice module")
    return gate(SLICES, http="proxy_cache_path cache keys_zone=k:1m; etag on;")


def nginx_features():
    import subprocess
    return subprocess.run([nginx.BINARY, "-V"], stderr=subprocess.PIPE, text=True,
                          check=True).stderr


LARGE, LARGE_SECRET = os.urandom(40_000), os.urandom(40_000)


def test_a_slice_of_a_private_image_ends_the_answer(slices, origin):
    path = origin.publish(LARGE, private=False, ranges=True, etag='"one"')
    slices.get(f"/kept{path}", {"Range": "bytes=0-100"})
    origin.publish(LARGE_SECRET, path, private=True, ranges=True, etag='"one"')
    slices.expect_errors("unsigned")
    received = read_raw(slices, f"/kept{path}")
    assert LARGE_SECRET[4096:4196] not in received and LARGE_SECRET[-100:] not in received
    assert slices.get(f"/kept{path}").status in (200, 401)


def test_a_mark_that_changes_during_a_download_ends_it(slices, origin):
    path = origin.publish(LARGE, private=False, ranges=True, etag='"one"')

    def exchange(answer):
        first = int(answer.request.header("Range").partition("=")[2].partition("-")[0])
        body = (LARGE if first < 8192 else LARGE_SECRET)[first:first + 4096]
        answer.send_head(206, {"Content-Range": f"bytes {first}-{first + len(body) - 1}/40000",
                               "Content-Length": str(len(body)), "ETag": '"one"',
                               "Is-Private-File": "false" if first < 8192 else "true"})
        answer.connection.sendall(body)
        return False

    origin.publish(LARGE, path, exchange=exchange)
    received = read_raw(slices, f"/plain{path}")
    assert LARGE[:8192] in received
    assert all(LARGE_SECRET[at:at + 64] not in received for at in range(8192, 40_000, 512))


def read_raw(site, target):
    """All bytes that come before the connection ends, complete or not."""
    with site.connect() as connection:
        connection.send(target, headers={"Connection": "close"})
        received = b""
        try:
            while data := connection.socket.recv(65536):
                received += data
        except ConnectionResetError:
            pass
        return received


@pytest.mark.parametrize("how", ["kept", "plain"])
def test_a_signed_request_gets_all_slices(slices, origin, how):
    path = origin.publish(LARGE, private=True, ranges=True, etag='"one"')
    answer = slices.get(signing.imagekit(f"/{how}{path}", f"/{how}/"))
    assert answer.verdict == (200, "signed") and answer.body == LARGE


CONDITIONS = [{"If-None-Match": "*"}, {"If-None-Match": '"x", "one"'}, {"If-None-Match": '"x"'},
              {"If-Match": '"x"'}, {"If-Match": '"one"'},
              {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
              {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"},
              {"Range": "bytes=5000-5010"}, {"Range": "bytes=5000-5010", "If-Range": '"one"'},
              {"Range": "bytes=5000-5010", "If-Range": '"x"'}, {"Range": "bytes=90000-"}]


@pytest.mark.parametrize("conditions", CONDITIONS, ids=str)
def test_conditions_on_slices_are_answered_as_nginx_alone_does(slices, origin, conditions):
    path = origin.publish(LARGE, private=False, ranges=True, etag='"one"',
                          last_modified="Sun, 01 Jan 2023 00:00:00 GMT")
    slices.get(f"/nginx{path}")
    for _ in range(2):  # unknown, then known
        ours = slices.get(f"/kept{path}", conditions)
        alone = slices.get(f"/nginx{path}", conditions)
        assert ours.status == alone.status
        assert ours.body == alone.body or ours.status >= 400
        assert ours.header("Content-Range") == alone.header("Content-Range")


# Includes

INCLUDES = """\
location ^~ /img/ {
    private_image imagekit; private_image_origin /store$private_image_path;
    private_image_mark $secret;
    error_page 401 /page.html;
}
location ^~ /flagged/ { private_image imagekit; proxy_pass {{ origin }}/;
                        error_page 401 404 /flagged.html; }
location ^~ /after/ { private_image imagekit; proxy_pass {{ origin }}/;
                      error_page 401 404 /after.html; }
location = /page.html { root {{ folder }}/files; ssi on; }
location = /flagged.html { root {{ folder }}/files; ssi on; }
location = /after.html { root {{ folder }}/files; add_after_body /inner/private.png; }
location ^~ /store/ { internal; alias {{ folder }}/files/store/; }
location ^~ /inner/ { internal; proxy_pass {{ origin }}/; }
location ^~ /reported/  { internal; return 200 "(reported)"; }
"""


@pytest.mark.parametrize("target", ["/img/private.png", "/img/private-other.png",
                                    "/flagged/private.png", "/flagged/none.png",
                                    "/after/private.png", "/after/none.png"])
def test_an_error_page_includes_no_private_image(gate, origin, target):
    origin.publish(SECRET, "/private.png", private=True)
    files = {"files/store/private.png": SECRET, "files/store/private-other.png": SECRET,
             "files/page.html": b'[<!--#include virtual="/store/private.png"-->'
                                b'<!--#include virtual="/reported/x"-->]',
             "files/flagged.html": b'[<!--#include virtual="/inner/private.png"-->'
                                   b'<!--#include virtual="/reported/x"-->]',
             "files/after.html": b"[(reported)]"}
    site = gate(INCLUDES, http=HTTP, files=files)
    answer = site.get(target)
    assert SECRET not in answer.body and answer.body == b"[(reported)]"


@pytest.mark.parametrize("refusal", ["", "return 403;", "limit_req zone=often;"])
def test_a_subrequest_into_a_gate_shows_no_error_page(gate, origin, refusal):
    site = gate("""
        location ^~ /img/ { private_image imagekit; %s error_page 401 403 503 = @backup;
                            proxy_pass {{ origin }}/; }
        location @backup  { proxy_pass {{ origin }}; }
        location = /page.html { ssi on; root {{ folder }}/files; }
    """ % refusal, http=HTTP,
                files={"files/page.html": b'[<!--#include virtual="/img/private.png"-->'
                                          b'<!--#include virtual="/img/private.png"-->]'})
    for path in ("/private.png", "/img/private.png"):
        origin.publish(SECRET, path, private=True)
    site.expect_errors("limiting requests")
    answer = site.get("/page.html")
    assert answer.status == 200 and SECRET not in answer.body and answer.body.startswith(b"[")


def test_the_page_of_a_missing_slash_shows_no_private_image(gate, origin):
    """NGINX redirects the location's name without its slash before any module knows the
    location."""
    site = gate("""
        location /backup/ { internal; proxy_pass {{ origin }}/slash.png; }
        location /img/ { private_image imagekit; error_page 301 = /backup/;
                         proxy_pass {{ origin }}/; }
        location /bare/ { private_image imagekit; proxy_pass {{ origin }}/; }
    """)
    site.expect_errors("No such file")
    origin.publish(SECRET, "/slash.png", private=True)
    assert SECRET not in site.get("/img").body
    assert site.get("/bare").status == 301


# Other modules

@pytest.fixture(scope="module")
def peers(gate):
    def start(modules, *arguments, late=False, **options):
        lines = "".join(f"load_module {nginx.PEERS}/{name}.so;\n" for name in modules)
        return gate(*arguments, main="" if late else lines, before=lines if late else "",
                    **options)
    return start


@pytest.mark.debian_nginx
def test_a_flag_of_headers_more_refuses_what_was_judged_public(peers, origin):
    site = peers(["ngx_http_headers_more_filter_module"], """
        location ^~ /img/ { private_image imagekit; more_set_headers "Is-Private-File: true";
                            proxy_pass {{ origin }}/; }
    """)
    site.expect_errors("internal")
    path = origin.publish(PICTURE)
    for step in ("", "tr:w-20/"):
        answer = site.get(f"/img/{step}{path[1:]}")
        assert answer.verdict == (500, "internal") and PICTURE not in answer.body
        assert answer.header("Is-Private-File") is None
    assert site.get(signing.imagekit(f"/img{path}", "/img/")).status == 500


@pytest.mark.debian_nginx
@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_image_filter_leaves_refusals_as_they_are(peers, origin, step):
    site = peers(["ngx_http_image_filter_module"], """
        location ^~ /img/ { private_image imagekit; image_filter size; proxy_pass {{ origin }}/; }
    """)
    path = origin.publish(SECRET, private=True)
    answer = site.get(f"/img/{step}{path[1:]}")
    assert answer.verdict == (401, "unsigned") and b"401" in answer.body
    assert site.get(f"/img/{step}none.png").verdict == (404, "not_found")


@pytest.mark.debian_nginx
@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_srcache_neither_stores_nor_shows_what_needs_a_signature(peers, origin, step):
    site = peers(["ngx_http_srcache_filter_module"], """
        location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/;
                            srcache_store_private off;
                            srcache_fetch GET /store$uri; srcache_store PUT /store$uri; }
        location /store/ { internal; root {{ folder }}/files; dav_methods PUT;
                           create_full_put_path on; client_body_temp_path {{ folder }}/temp/put; }
    """, files={"files/store/x": b""})
    (site.folder.path / "files/store").chmod(0o777)
    site.expect_errors("internal", "No such file", "srcache", "failed")
    path = origin.publish(SECRET, private=True)
    target = f"/img/{step}{path[1:]}"
    signed = site.get(signing.imagekit(target, "/img/"))
    assert signed.verdict == (200, "signed")
    for _ in range(3):
        answer = site.get(target)
        assert answer.verdict == (401, "unsigned") and SECRET not in answer.body


@pytest.mark.debian_nginx
def test_what_another_module_answers_in_the_access_phase_is_refused(peers, origin):
    """Other locations filled the store, so that the marks of its content are unknown."""
    site = peers(["ngx_http_srcache_filter_module"], """
        location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/;
                            srcache_fetch GET /store$uri; }
        location /store/ { internal; return 200
                           "HTTP/1.1 200 OK\\r\\nContent-Type: image/png\\r\\n\\r\\nsecret"; }
    """)
    site.expect_errors("internal")
    answer = site.get("/img/a.png")
    assert answer.verdict == (500, "internal") and b"secret" not in answer.body


def test_an_error_with_an_image_type_counts_as_an_image(gate, origin):
    site = gate("""
        location ^~ /img/ { private_image imagekit; private_image_unmarked private;
                            error_page 401 404 @backup; proxy_pass {{ origin }}/; }
        location @backup { proxy_pass {{ origin }}; }
    """)
    for kind, shown in (("image/png", False), ("IMAGE/JPEG", False), ("text/plain", True)):
        path = origin.publish(SECRET)
        origin.publish(SECRET, "/img" + path, status=404, content_type=kind)
        assert (SECRET in site.get("/img" + path).body) == shown


# Answers before a redirect into the gate

@pytest.mark.parametrize("declared", ["false", "true"])
@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_the_mark_of_an_error_outside_the_gate_is_not_the_image_s(gate, origin, step, declared):
    site = gate("""
        location ^~ /closed/ { private_image imagekit; private_image_unmarked private;
                               alias {{ folder }}/files/; }
        location ^~ /open/ { private_image imagekit; alias {{ folder }}/files/; }
        location /app/closed { proxy_pass {{ origin }}; proxy_intercept_errors on;
                               error_page 404 /closed/{{ step }}a.png; }
        location /app/open { proxy_pass {{ origin }}; proxy_intercept_errors on;
                             error_page 404 /open/{{ step }}a.png; }
    """, files={"files/a.png": PICTURE}, step=step)
    for app in ("/app/closed", "/app/open"):
        origin.publish(b"no", app, status=404, headers={"Is-Private-File": declared})
    assert site.get("/app/closed").reason == "unsigned"
    assert site.get("/app/open").verdict == (404, "public")
