"""Origins: every usual kind of location serves originals and derivatives alike, keeps the mark of
its image, and cannot be used to bypass the gate."""

import pytest

import pictures
import signing
from origin import FastCgi

KINDS = """
    private_image_key img.key;
    location ^~ /with/ { private_image imagekit; proxy_pass {{ origin }}/store/; }
    location ^~ /without/ { private_image imagekit; proxy_pass {{ origin }}; }
    location ^~ /variable/ {
        private_image imagekit;
        proxy_pass {{ origin }}/store$private_image_uri;
    }
    location ^~ /uri/ { private_image imagekit; proxy_pass {{ origin }}$uri; }
    location ^~ /rooted/ { private_image imagekit; root files; }
    location ^~ /aliased/ { private_image imagekit; alias files/pictures/; }
    location ~ ^/matched/(.+)$ {
        private_image imagekit;
        private_image_prefix /matched/;
        proxy_pass {{ origin }}/store/$1;
    }
    location ~ ^/named/(?<rest>.+)$ {
        private_image imagekit;
        private_image_prefix /named;
        proxy_pass {{ origin }}/store/$rest;
    }
    location ~ ^/cut/(.+)$ {
        private_image imagekit;
        private_image_prefix /cut/;
        alias files/pictures/$1;
    }
    location ^~ /tried/ {
        private_image imagekit;
        root files;
        try_files $uri @fallback;
    }
    location @fallback { proxy_pass {{ origin }}/store$private_image_uri; }
    location ^~ /at-name/ { private_image imagekit; private_image_origin @store; }
    location @store { proxy_pass {{ origin }}/store$private_image_uri; }
    location ^~ /inner/ {
        private_image imagekit;
        private_image_origin /internal-store$private_image_path;
    }
    location ^~ /internal-store/ { internal; proxy_pass {{ origin }}/store/; }
    location ^~ /inner-files/ {
        private_image imagekit;
        private_image_origin /internal-files$private_image_path;
    }
    location ^~ /internal-files/ { internal; alias files/pictures/; }
    location ^~ /cloud/hash/ {
        private_image cloudflare;
        private_image_variant full signed original;
        proxy_pass {{ origin }}/store/;
    }
    location ^~ /nested/ {
        location ^~ /nested/deep/ { private_image imagekit; proxy_pass {{ origin }}/store/; }
    }
    location / { return 404 "elsewhere"; }
"""

PROXIED = ("with", "without", "variable", "uri", "matched", "named", "tried", "at-name", "inner",
           "nested/deep")
FROM_FILES = ("rooted", "aliased", "cut", "inner-files")

PICTURE = pictures.quarters(60, 40)
NAMES = ("plain.png", "folder/below.png", "with blank.png", "ünïcode.png", "a+b.png", "100%.png",
         "what?.png", "sharp#.png", "semi;colon.png", "a&b=c.png", "at@@.png")
PLAIN_NAMES = NAMES[:2]
UNESCAPED = ("uri", "matched", "named")  # NGINX writes $uri and $1 into proxy_pass as they are


def escaped(name, keep="/"):
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 or chr(byte) in keep + "._-"
                   else f"%{byte:02X}" for byte in name.encode())


@pytest.fixture(scope="module")
def site(gate, origin):
    files = {}
    for folder in ("files/rooted", "files/pictures", "files/tried"):
        files.update({f"{folder}/{name}": PICTURE for name in NAMES})
    return gate(KINDS, files=files)


@pytest.fixture(scope="module")
def originals(origin):
    """Publishes every name in every folder that the locations use."""
    for kind in ("store", "without", "uri"):
        origin.publish_folder(f"/{kind}/", PICTURE)


@pytest.mark.parametrize("kind", PROXIED + FROM_FILES)
def test_originals_and_derivatives_come_from_the_same_place(site, originals, kind):
    for name in PLAIN_NAMES if kind in UNESCAPED else NAMES:
        path = escaped(name)
        original = site.get(f"/{kind}/{path}")
        assert original.verdict == (200, "public"), (kind, name)
        assert original.body == PICTURE
        for target in (f"/{kind}/tr:w-30/{path}", f"/{kind}/{path}?tr=w-30"):
            answer = site.get(target)
            assert answer.verdict == (200, "public"), target
            assert answer.image().size == (30, 20)


@pytest.mark.parametrize("kind", PROXIED)
def test_private_images_need_a_signature_from_any_place(site, origin, kind):
    origin.publish_folder("/store/", PICTURE)
    for folder in ("/store/hush/", "/without/hush/", "/uri/hush/", "/tried/hush/"):
        origin.publish(PICTURE, folder + "a.png", private=True)
    prefix = f"/{kind}/"
    for target in (f"{prefix}hush/a.png", f"{prefix}tr:w-30/hush/a.png",
                   f"{prefix}hush/a.png?tr=w-30"):
        assert site.get(target).verdict == (401, "unsigned"), target
        assert site.get(signing.imagekit(target, prefix)).verdict == (200, "signed"), target


@pytest.mark.parametrize("kind", PROXIED)
def test_the_origin_sees_the_clean_path(site, origin, kind):
    base = {"without": "/without", "uri": "/uri"}.get(kind, "/store")
    name = f"clean-{kind.replace('/', '-')}.png"
    origin.publish(PICTURE, f"{base}/{name}", private=False)
    site.get(f"/{kind}/{name}?v=3")
    site.get(f"/{kind}/tr:w-30/{name}?v=3")
    site.get(f"/{kind}/{name}?tr=w-30&v=3")
    targets = [request.target for request in origin.all_requests() if name in request.target]
    assert targets == [f"{base}/{name}"] * 3


@pytest.mark.parametrize("kind", ["with", "variable", "without", "inner", "at-name"])
def test_escaped_question_marks_stay_part_of_the_name(site, origin, kind):
    base = "/without" if kind == "without" else "/store"
    for name in ("q%3Fa%23b.png", "blank%20here.png", "%C3%BC.png", "50%25.png"):
        origin.publish(PICTURE, f"{base}/{kind}{name}", private=False)
        for target in (f"/{kind}/{kind}{name}", f"/{kind}/tr:w-30/{kind}{name}"):
            before = len(origin.all_requests())
            assert site.get(target).status == 200, target
            assert [r.target for r in origin.all_requests()[before:]] == [f"{base}/{kind}{name}"]


def test_a_missing_file_is_not_found(site):
    for kind in FROM_FILES:
        assert site.get(f"/{kind}/nowhere.png").verdict == (404, "not_found"), kind
        assert site.get(f"/{kind}/tr:w-30/nowhere.png").verdict == (404, "not_found"), kind
    site.expect_errors(r"open\(\) .* failed \(2: No such file or directory\)")


def test_the_host_and_the_scheme_reach_a_proxy_as_usual(gate, origin):
    path = origin.publish(PICTURE, private=False)
    site = gate("""location ^~ /ik/ { private_image imagekit; proxy_set_header Host $host;
                                      proxy_pass {{ origin }}/; }""")
    site.get("/ik" + path, host="pictures.example")
    site.get("/ik/tr:w-30" + path, host="pictures.example")
    assert [r.header("Host") for r in origin.requests(path)] == ["pictures.example"] * 2


def test_a_folder_counts_as_missing_and_is_not_redirected(site):
    since = len(site.log())
    for kind in ("rooted", "aliased", "inner-files"):
        for target in (f"/{kind}/folder", f"/{kind}/tr:w-30/folder"):
            answer = site.get(target)
            assert answer.verdict == (404, "not_found"), target
            assert answer.header("Location") is None
    assert "[error]" not in site.log_since(since)


@pytest.mark.parametrize("settings", [
    "sendfile off;", "sendfile on; aio threads;", "directio 1; output_buffers 1 512;",
    "aio threads; directio 1; sendfile off;", "sendfile off; output_buffers 1 128;",
])
def test_files_are_read_with_any_method_of_nginx(gate, settings):
    large = pictures.noise(300, 200)
    site = gate("""
        private_image_key img.key;
        location ^~ /rooted/ { {{ settings }} private_image imagekit; root files; }
        location ^~ /marked/ { {{ settings }} private_image imagekit; private_image_mark yes;
                               root files; }
        """, settings=settings, files={"files/rooted/a.jpg": large, "files/marked/a.jpg": large})
    assert site.get("/rooted/a.jpg").body == large
    assert site.get("/rooted/a.jpg", {"Range": "bytes=5000-5099"}).body == large[5000:5100]
    assert site.get("/rooted/tr:w-30/a.jpg").image().size == (30, 20)
    assert site.get("/marked/a.jpg").verdict == (401, "unsigned")
    assert site.get("/marked/tr:w-30/a.jpg").verdict == (401, "unsigned")
    assert site.get(signing.imagekit("/marked/a.jpg", "/marked/")).body == large


@pytest.mark.parametrize("buffering", ["on", "off"])
def test_a_fastcgi_application_is_an_origin(gate, buffering):
    application = FastCgi()
    for name, flag in (("open", "false"), ("secret", "true")):
        application.answers[f"/fcgi/{name}.png"] = (
            f"Content-Type: image/png\r\nIs-Private-File: {flag}\r\n", PICTURE)
    site = gate("""
        private_image_key img.key;
        location ^~ /fcgi/ {
            private_image imagekit;
            fastcgi_buffering {{ buffering }};
            fastcgi_param SCRIPT_NAME $fastcgi_script_name;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_pass {{ application }};
        }""", application=application.address, buffering=buffering)
    for step in ("", "tr:w-30/"):
        assert site.get(f"/fcgi/{step}open.png").verdict == (200, "public")
        assert site.get(f"/fcgi/{step}secret.png").verdict == (401, "unsigned")
        signed = signing.imagekit(f"/fcgi/{step}secret.png", "/fcgi/")
        assert site.get(signed).verdict == (200, "signed")
        assert site.get(f"/fcgi/{step}nowhere.png").verdict == (404, "not_found")
    application.close()


@pytest.mark.parametrize("settings", ["proxy_buffering off;", "proxy_buffer_size 1k;",
                                      "proxy_buffers 4 1k; proxy_buffer_size 1k;"
                                      "proxy_busy_buffers_size 2k; proxy_max_temp_file_size 0;",
                                      "proxy_http_version 1.1;", "proxy_force_ranges on;"])
def test_a_proxy_may_be_tuned(gate, origin, settings):
    body = pictures.noise(300, 200)
    site = gate("""
        private_image_key img.key;
        location ^~ /ik/ { {{ settings }} private_image imagekit; proxy_pass {{ origin }}/; }""",
                settings=settings)
    path = origin.publish(body, private=False, chunked=True)
    secret = origin.publish(body, private=True)
    huge = origin.publish(pictures.huge(), private=True)
    assert site.get("/ik" + path).body == body
    assert site.get("/ik/tr:w-30" + path).image().size == (30, 20)
    for one in (secret, huge):
        assert site.get("/ik" + one).verdict == (401, "unsigned")
        assert site.get("/ik/tr:w-30" + one).verdict == (401, "unsigned")
        assert site.get("/ik" + one, {"Range": "bytes=0-9"}).verdict == (401, "unsigned")
    assert origin.bytes_sent(huge) < 3 * 2_000_000
    assert site.get(signing.imagekit("/ik" + secret, "/ik/")).body == body


# private_image_mark

MARKED = """
    private_image_key img.key;
    location ^~ /by-uri/ { private_image imagekit; private_image_mark $uri_is_private; root files; }
    location ^~ /by-path/ { private_image imagekit; private_image_mark $path_is_private;
                            root files; }
    location ^~ /by-request/ { private_image imagekit; private_image_mark $request_is_private;
                               root files; }
    location ^~ /proxied/ { private_image imagekit; private_image_mark $path_is_private;
                            proxy_pass {{ origin }}/; }
    location ^~ /inner/ { private_image imagekit;
                          private_image_origin /marked-store$private_image_path; }
    location ^~ /marked-store/ { internal; private_image_mark $uri_is_private;
                                 proxy_pass {{ origin }}/; }
    location ^~ /constant/ { private_image imagekit; private_image_mark yes; root files; }
    location ^~ /no/ { private_image imagekit; private_image_mark no; proxy_pass {{ origin }}/; }
"""

MAPS = """
    map $uri $uri_is_private { default no; "~/secret/" yes; }
    map $private_image_path $path_is_private { default ""; "~^/secret/" private; }
    map $request_uri $request_is_private { default off; "~/secret/" on; }
"""


@pytest.fixture(scope="module")
def marked(gate):
    files = {f"files/{kind}/{folder}/a.png": PICTURE
             for kind in ("by-uri", "by-path", "by-request", "constant")
             for folder in ("open", "secret")}
    return gate(MARKED, http=MAPS, files=files)


@pytest.mark.parametrize("kind", ["by-uri", "by-path", "by-request"])
def test_a_mark_by_path_guards_files(marked, kind):
    prefix = f"/{kind}/"
    for shape in ("{}", "tr:w-30/{}", "{}?tr=w-30"):
        secret = prefix + shape.format("secret/a.png")
        assert marked.get(secret).verdict == (401, "unsigned"), secret
        signed = marked.get(signing.imagekit(secret, prefix))
        assert signed.verdict == (200, "signed") and signed.header("X-Mark") == "private"
        assert marked.get(prefix + shape.format("open/a.png")).verdict == (200, "public"), shape


@pytest.mark.parametrize("spelling", ["%73ecret/a.png", "open/../secret/a.png", "secret//a.png",
                                      "./secret/a.png", "tr:w-30/%73ecret/a.png",
                                      "secret/tr:w-30/a.png", "open%2F..%2Fsecret/a.png"])
@pytest.mark.parametrize("kind", ["by-uri", "by-path", "by-request"])
def test_no_spelling_evades_a_mark_by_path(marked, kind, spelling):
    assert marked.get(f"/{kind}/{spelling}").status in (400, 401)


@pytest.mark.parametrize("kind", ["by-uri", "by-path", "by-request"])
def test_a_layer_has_the_mark_of_its_own_path(marked, kind):
    prefix = f"/{kind}/"

    def target(image, layer):
        return f"{prefix}tr:w-30,l-image,i-{layer}@@a.png,w-10,l-end/{image}/a.png"

    assert marked.get(target("open", "open")).verdict == (200, "public")
    assert marked.get(target("open", "secret")).verdict == (401, "unsigned")
    assert marked.get(target("secret", "open")).verdict == (401, "unsigned")
    assert marked.get(signing.imagekit(target("open", "secret"), prefix)).status == 200


def test_a_constant_mark_is_a_mark(marked, origin):
    assert marked.get("/constant/open/a.png").verdict == (401, "unsigned")
    path = origin.publish(PICTURE, private=True)
    assert marked.get("/no" + path).verdict == (401, "unsigned")
    unmarked = origin.publish(PICTURE)
    assert marked.get("/no" + unmarked).verdict == (200, "public")


def test_a_private_mark_by_path_spares_the_origin(marked, origin):
    origin.publish(PICTURE, "/secret/spared.png")
    assert marked.get("/proxied/secret/spared.png").verdict == (401, "unsigned")
    assert marked.get("/proxied/tr:w-30/secret/spared.png").verdict == (401, "unsigned")
    assert not origin.requests("/secret/spared.png")
    assert marked.get(signing.imagekit("/proxied/secret/spared.png", "/proxied/")).status == 200


def test_a_mark_in_the_origin_s_location_is_obeyed(marked, origin):
    origin.publish(PICTURE, "/secret/inner.png")
    origin.publish(PICTURE, "/open/inner.png")
    for shape in ("secret/inner.png", "tr:w-30/secret/inner.png"):
        assert marked.get("/inner/" + shape).verdict == (401, "unsigned")
        assert marked.get(signing.imagekit("/inner/" + shape, "/inner/")).verdict == (200, "signed")
    for shape in ("open/inner.png", "tr:w-30/open/inner.png"):
        assert marked.get("/inner/" + shape).verdict == (200, "public")


# Attempts to bypass the gate

WAYS = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /exposed/ { private_image imagekit;
                            private_image_origin /anyone$private_image_path; }
    location ^~ /anyone/ { proxy_pass {{ origin }}/; }
    location ^~ /pages/ { ssi on; root files; }
    location ^~ /guarded-page/ { auth_request /img/public-guard.png; root files; }
    location ^~ /mirrored/ { mirror /img/public-mirror.png; proxy_pass {{ origin }}/; }
    location ^~ /pretty/ { rewrite ^/pretty/(.*)$ /img/$1 last; }
    location ^~ /failing/ { error_page 418 = /img/public-way.png; return 418; }
    location ^~ /failing-secret/ { error_page 418 = /img/secret-way.png; return 418; }
    location ^~ /trying/ { root files; try_files $uri /img/secret-way.png; }
"""


@pytest.fixture(scope="module")
def ways(gate, origin):
    for name in ("public-guard", "public-mirror", "public-way"):
        origin.publish(PICTURE, f"/{name}.png", private=False)
    origin.publish(PICTURE, "/secret-way.png", private=True)
    page = '<p>before <!--# include virtual="/img/{}.png" --> after'
    ways = gate(WAYS, files={
        "files/pages/public.html": page.format("public-way").encode(),
        "files/pages/secret.html": page.format("secret-way").encode(),
        "files/guarded-page/a.html": b"inside"})
    ways.expect_errors("auth request unexpected status", r"private_image: internal.*/anyone/")
    return ways


@pytest.mark.parametrize("step", ["", "/tr:w-30"])
def test_a_private_image_from_an_exposed_location_is_an_internal_error(ways, origin, step):
    path = origin.publish(PICTURE, private=True)
    since = len(ways.log())
    assert ways.get(f"/exposed{step}{path}").status in (401, 500)
    answer = ways.get(signing.imagekit(f"/exposed{step}{path}", "/exposed/"))
    assert answer.verdict == (500, "internal")
    assert "/anyone/" in ways.wait_for_log(r"\[error\].*private_image: internal", since)


@pytest.mark.parametrize("step", ["", "/tr:w-30"])
def test_a_public_image_from_an_exposed_location_is_no_error(ways, origin, step):
    path = origin.publish(PICTURE, private=False)
    assert ways.get(f"/exposed{step}{path}").verdict == (200, "public")


@pytest.mark.parametrize("page", ["public", "secret"])
def test_an_ssi_include_from_a_gate_is_refused(ways, origin, page):
    asked = len(origin.requests(f"/{page}-way.png"))
    since = len(ways.log())
    answer = ways.get(f"/pages/{page}.html")
    assert answer.status == 200 and b"before" in answer.body and b"after" in answer.body
    assert b"PNG" not in answer.body
    ways.wait_for_log(r"\[info\].*private_image: unsigned", since)
    assert len(origin.requests(f"/{page}-way.png")) == asked


def test_an_auth_request_into_a_gate_is_refused(ways, origin):
    answer = ways.get("/guarded-page/a.html")
    assert answer.status == 401 and b"inside" not in answer.body
    assert not origin.requests("/public-guard.png")


def test_a_mirror_into_a_gate_is_refused(ways, origin):
    path = origin.publish(PICTURE, private=False)
    since = len(ways.log())
    assert ways.get("/mirrored" + path).body == PICTURE
    ways.wait_for_log(r"private_image: unsigned", since)
    assert not origin.requests("/public-mirror.png")


def test_a_signature_is_ignored_after_a_rewrite(ways, origin):
    path = origin.publish(PICTURE, private=True)
    public = origin.publish(PICTURE, private=False)
    digest = signing.imagekit("/img" + path, "/img/").partition("?")[2]
    assert ways.get(f"/img{path}?{digest}").verdict == (200, "signed")
    assert ways.get(f"/pretty{path}?{digest}").status == 401
    assert ways.get(signing.imagekit("/pretty" + path, "/pretty/")).status == 401
    assert ways.get("/pretty" + public).verdict == (200, "public")


def test_a_signature_is_ignored_after_an_internal_redirect(ways):
    digest = signing.imagekit("/img/secret-way.png", "/img/").partition("?")[2]
    assert ways.get(f"/failing-secret/x?{digest}").status == 401
    assert ways.get(f"/trying/x?{digest}").status == 401
    assert ways.get("/failing/x").body == PICTURE


# Marks of redirects inside nginx

DETOURS = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /caught/ {
        private_image imagekit;
        proxy_intercept_errors on;
        error_page 404 = @second;
        proxy_pass {{ origin }}/;
    }
    location @second { proxy_pass {{ origin }}/second$private_image_uri; }
    location ^~ /delivered/ { internal; alias files/delivered/; }
    location ^~ /delivered-store/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /kept/ {
        private_image imagekit;
        proxy_cache detours;
        proxy_cache_valid 200 1m;
        proxy_pass {{ origin }}/;
    }
    location ^~ /inner/ { private_image imagekit; private_image_origin /inside$private_image_path; }
    location ^~ /inside/ { internal; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def detours(gate):
    return gate(DETOURS, http="proxy_cache_path {{ folder }}/cache keys_zone=detours:1m;",
                files={"files/delivered/a.png": PICTURE})


@pytest.mark.parametrize("prefix", ["/img/", "/kept/", "/inner/"])
@pytest.mark.parametrize("step", ["", "tr:w-30/"])
@pytest.mark.parametrize("private, way", [(True, 0), (True, 1), (False, 0), (False, 1)])
def test_an_x_accel_redirect_keeps_the_mark(detours, origin, prefix, step, private, way):
    headers = {"X-Accel-Redirect": "/delivered/a.png"}
    if way == 1:
        final = origin.publish(PICTURE)
        headers = {"X-Accel-Redirect": "/delivered-store" + final}
    path = origin.publish(b"", private=private, headers=headers)
    target = f"{prefix}{step}{path[1:]}"
    if private:
        assert detours.get(target).verdict == (401, "unsigned")
        target = signing.imagekit(target, prefix)
    answer = detours.get(target)
    assert answer.verdict == (200, "signed" if private else "public")
    assert answer.body == PICTURE if not step else answer.image().size == (30, 20)


@pytest.mark.parametrize("step", ["", "tr:w-30/"])
def test_a_mark_at_the_target_of_an_x_accel_redirect_is_obeyed(detours, origin, step):
    final = origin.publish(PICTURE, private=True)
    path = origin.publish(b"", private=False,
                          headers={"X-Accel-Redirect": "/delivered-store" + final})
    assert detours.get(f"/img/{step}{path[1:]}").verdict == (401, "unsigned")


@pytest.mark.parametrize("step", ["", "tr:w-30/"])
@pytest.mark.parametrize("first, second, private", [(None, None, False), (None, True, True),
                                                    (True, None, True), (True, False, True)])
def test_an_error_page_of_the_origin_keeps_the_mark(detours, origin, step, first, second, private):
    path = origin.publish(b"gone", private=first, status=404)
    origin.publish(PICTURE, "/second" + path, private=second)
    target = f"/caught/{step}{path[1:]}"
    if private:
        assert detours.get(target).verdict == (401, "unsigned")
        target = signing.imagekit(target, "/caught/")
    answer = detours.get(target)
    assert answer.verdict == (200, "signed" if private else "public")
    assert answer.body == PICTURE if not step else answer.image().size == (30, 20)


# The location's own access rules

RULES = """
    private_image_key img.key;
    location ^~ /denied/ { private_image imagekit; deny all; proxy_pass {{ origin }}/; }
    location ^~ /password/ {
        private_image imagekit;
        auth_basic "pictures";
        auth_basic_user_file users;
        proxy_pass {{ origin }}/;
    }
    location ^~ /either/ {
        private_image imagekit;
        satisfy any;
        allow 127.0.0.1;
        deny all;
        auth_basic "pictures";
        auth_basic_user_file users;
        proxy_pass {{ origin }}/;
    }
    location ^~ /asked/ {
        private_image imagekit;
        auth_request /ask;
        auth_request_set $who $upstream_http_x_who;
        proxy_set_header X-Who $who;
        proxy_pass {{ origin }}/;
    }
    location = /ask { internal; proxy_pass {{ origin }}/ask-once; }
    location ^~ /limited/ { private_image imagekit; limit_req zone=one burst=1 nodelay;
                            proxy_pass {{ origin }}/; }
    location ^~ /reading/ { private_image imagekit; limit_except GET { deny all; }
                            proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def ruled(gate):
    ruled = gate(RULES, http="limit_req_zone $server_name zone=one:1m rate=1r/m;",
                 files={"conf/users": b"ann:{PLAIN}sesame\n"})
    ruled.expect_errors("access forbidden by rule", "no user/password", "limiting requests",
                        'user "ann": password mismatch')
    return ruled


@pytest.mark.parametrize("step", ["", "/tr:w-30"])
def test_access_rules_run_on_the_client_s_request(ruled, origin, step):
    path = origin.publish(PICTURE, private=False)
    password = {"Authorization": "Basic YW5uOnNlc2FtZQ=="}
    assert ruled.get(f"/denied{step}{path}").status == 403
    assert ruled.get(f"/password{step}{path}").status == 401
    assert not origin.requests(path)
    assert ruled.get(f"/password{step}{path}", password).verdict == (200, "public")
    assert ruled.get(f"/either{step}{path}").verdict == (200, "public")
    assert ruled.get(f"/reading{step}{path}").verdict == (200, "public")


@pytest.mark.parametrize("step", ["", "/tr:w-30"])
def test_an_auth_request_runs_once_and_its_variables_reach_the_origin(ruled, origin, step):
    path = origin.publish(PICTURE, private=False)
    origin.publish(b"", "/ask-once", headers={"X-Who": "ann"})
    asked = len(origin.requests("/ask-once"))
    assert ruled.get(f"/asked{step}{path}").verdict == (200, "public")
    assert len(origin.requests("/ask-once")) == asked + 1
    assert origin.requests(path)[0].header("X-Who") == "ann"


def test_a_derivative_counts_once_for_limit_req(ruled, origin):
    path = origin.publish(PICTURE, private=False)
    verdicts = [ruled.get("/limited/tr:w-30" + path).status for _ in range(3)]
    assert verdicts == [200, 200, 503]
