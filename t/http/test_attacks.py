"""Attacks that were tried once: bodies with GET, error pages in other locations, captures of a path
before it is normalised, deadlines while another request is rendered. Nothing private is sent, and
the worker answers the next request. Other files test the intended use of each feature."""

import base64
import concurrent.futures
import threading
import time

import pytest

import pictures
import signing
from clock import fair_time

PICTURE = pictures.quarters(60, 40)
SECRET = pictures.noise(60, 40, "PNG")
TAG = '"tag-of-the-secret"'
CHANGED = "Mon, 01 Jan 2024 00:00:00 GMT"

# More than a second of work on noise, most of it in an encoder that cannot be stopped.
SLOW = "w-240,f-avif,q-50"
SLOW_EFFORT = "private_image_effort avif=7;"


def hide(origin, path=None):
    """Publishes a private image whose bytes and headers can be recognised."""
    return origin.publish(SECRET, path, private=True, etag=TAG, last_modified=CHANGED, ranges=True)


def discloses_nothing(answer):
    """True unless the answer contains a picture, or anything of the private one."""
    reported = str(answer.headers) + answer.body.decode("latin-1")
    signs = (TAG.strip('"'), CHANGED, "Content-Range", "Is-Private", "image/", "PNG", "JFIF",
             f"Content-Length: {len(SECRET)}\n")
    return not any(sign in reported for sign in signs)


@pytest.fixture(scope="module")
def sites():
    """The running sites, and how much of each one's error log has been checked."""
    return {}


@pytest.fixture(scope="module")
def attacked(gate, sites):
    """Starts nginx with one worker, so that the next request shows whether it is alive."""

    def start(locations, **configuration):
        locations = "location = /alive { return 204; }\nprivate_image_key img.key;\n" + locations
        site = gate(locations, workers=1, **configuration)
        sites[site] = 0
        return site

    return start


@pytest.fixture(autouse=True)
def every_worker_lives(sites):
    yield
    for site, seen in sites.items():
        assert site.get("/alive").status == 204
        log = site.log()
        sites[site] = len(log)
        assert "exited on signal" not in log[seen:]


# Bodies

BODIES = """
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /inner/ { private_image imagekit;
                          private_image_origin /inside$private_image_path; }
    location ^~ /inside/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /always/ { private_image imagekit; private_image_signature always;
                           proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def bodies(attacked):
    site = attacked(BODIES)
    site.expect_errors("client sent invalid chunked body")
    return site


def get_with_body(site, origin, target, path, length, held):
    """Sends two bytes of body with the head, and the rest after the request to the origin. The body
    looks like a second request."""
    smuggled = origin.publish(PICTURE)
    body = (f"GET /img{smuggled} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            + bytes(length))[:length]
    with site.connect() as connection:
        connection.send(target, headers={"Content-Length": str(length + 2)})
        connection.socket.sendall(b"\r\n")
        origin.wait_for(path)
        connection.socket.sendall(body)
        time.sleep(0.05)  # it arrives before the origin answers
        held.set()
        answer = connection.receive()
    assert site.get("/alive").status == 204
    assert not origin.requests(smuggled)
    return answer


@pytest.mark.parametrize("length", [1, 100, 5000, 300_000])
@pytest.mark.parametrize("prefix", ["/img/", "/inner/"])
@pytest.mark.parametrize("step", ["", "tr:w-20/", "tr:w-20,l-image,i-layer.png,w-5,l-end/"])
def test_a_body_that_arrives_during_the_fetch_reaches_no_origin(bodies, origin, prefix, step, length):
    origin.publish(PICTURE, "/layer.png", private=False)
    held = threading.Event()
    path = origin.publish(PICTURE, private=False, held=held)
    answer = get_with_body(bodies, origin, f"{prefix}{step}{path[1:]}", path, length, held)
    assert answer.verdict == (200, "public")
    assert answer.image().size == ((20, 13) if step else (60, 40))
    asked = origin.only_request(path)
    assert asked.body == b"" and asked.header("Content-Length") is None
    assert asked.header("Transfer-Encoding") is None


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_a_request_with_a_body_gets_no_private_image(bodies, origin, step):
    held = threading.Event()
    path = origin.publish(SECRET, private=True, etag=TAG, held=held)
    answer = get_with_body(bodies, origin, f"/img/{step}{path[1:]}", path, 5000, held)
    assert answer.verdict == (401, "unsigned") and discloses_nothing(answer)


@pytest.mark.parametrize("target", ["/img/tr:w-20{}", "/img{}", "/always{}", "/img/tr:zz-1{}"])
@pytest.mark.parametrize("body", [b"2\r\nab\r\n0\r\n\r\n", b"zz\r\n", b"fffffffffffffffff\r\n"])
def test_a_chunked_body_reaches_no_origin(bodies, origin, target, body):
    path = origin.publish(PICTURE, private=False)
    with bodies.connect() as connection:
        connection.send(target.format(path), headers={"Transfer-Encoding": "chunked"})
        connection.socket.sendall(body)
        answer = connection.receive()
    assert answer.status in (200, 400, 401)
    for asked in origin.requests(path):
        assert asked.body == b"" and asked.header("Transfer-Encoding") is None


def test_the_gate_does_not_wait_for_a_request_body(bodies, origin):
    path = origin.publish(PICTURE, private=False)
    for step in ("", "/tr:w-20"):
        with bodies.connect(timeout=5) as connection:
            answer = connection.request(f"/img{step}{path}", headers={"Content-Length": "999"})
            assert answer.verdict == (200, "public") and answer.closes


# Deadlines

BUSY_POOL = """
    private_image_renders 1;
    %s
    location ^~ /slow/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /kept/ {
        private_image imagekit;
        private_image_timeout 300ms;
        proxy_cache pool;
        proxy_cache_valid any 1m;
        aio threads;
        aio_write on;
        proxy_buffers 2 4k;
        proxy_busy_buffers_size 4k;
        proxy_buffer_size 4k;
        proxy_pass {{ origin }}/;
    }
    location ^~ /unkept/ {
        private_image imagekit;
        private_image_timeout 300ms;
        aio threads;
        aio_write on;
        proxy_buffers 2 4k;
        proxy_busy_buffers_size 4k;
        proxy_buffer_size 4k;
        proxy_pass {{ origin }}/;
    }
    location ^~ /files/ { private_image imagekit; private_image_timeout 300ms; aio threads;
                          directio 512; root {{ folder }}; }
    location ^~ /late/ { private_image imagekit; private_image_timeout 300ms;
                         proxy_pass {{ origin }}/; }
""" % SLOW_EFFORT


@pytest.fixture(scope="module")
def hurried(attacked):
    return attacked(BUSY_POOL, main="thread_pool default threads=1;",
                    http="proxy_cache_path {{ folder }}/cache keys_zone=pool:1m;",
                    files={"files/large.jpg": pictures.noise(600, 500)})


def test_a_deadline_passes_while_the_only_thread_is_busy(hurried, origin):
    noise = origin.publish(pictures.noise(400, 400), private=False)
    large, warm = (origin.publish(pictures.noise(600, 500), private=False) for _ in range(2))
    assert hurried.get("/kept" + warm).status == 200
    targets = [f"/kept/tr:w-20{large}", f"/kept/tr:w-20{warm}", f"/unkept/tr:w-20{large}",
               "/files/tr:w-20/large.jpg"]
    connections = [hurried.connect() for _ in targets]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hurried.get, f"/slow/tr:{SLOW}{noise}")
        origin.wait_for(noise)
        time.sleep(0.1)
        for connection, target in zip(connections, targets):
            connection.send(target)
        for connection in connections:
            assert connection.receive().verdict == (504, "timeout")
        assert hurried.get("/alive").status == 204
        assert not slow.done()
        # Each waits for the thread that still works for its last request.
        for connection in connections:
            assert connection.request("/alive").status == 204
        assert slow.result().status == 200
    for connection, target in zip(connections, targets):
        assert connection.request(target).verdict == (200, "public")
        connection.close()


@pytest.mark.parametrize("step", ["", "/tr:w-20"])
def test_a_deadline_ends_the_connection_to_a_slow_origin(hurried, origin, step):
    held = threading.Event()
    path = origin.publish(pictures.huge(), private=False, held=held)
    started = fair_time()
    with hurried.connect() as connection:
        assert connection.request(f"/late{step}{path}").verdict == (504, "timeout")
        assert fair_time() - started < 1.5
        assert connection.request("/alive").status == 204
        held.set()
        assert origin.bytes_sent(path) < 4_000_000
        assert connection.request("/alive").status == 204


def test_an_original_that_has_begun_has_no_deadline(hurried, origin):
    path = origin.publish(pictures.noise(80, 80), private=False, chunk_size=3000, chunk_delay=0.3)
    answer = hurried.get("/late" + path)
    assert answer.verdict == (200, "public") and answer.body == pictures.noise(80, 80)


ONE_RENDER = """
    private_image_renders 1 queue=%d;
    %s
    private_image_render_timeout 300ms;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""


def test_an_encoder_that_cannot_be_stopped_keeps_its_place_until_it_ends(attacked, origin):
    site = attacked(ONE_RENDER % (0, SLOW_EFFORT))
    noise = origin.publish(pictures.noise(400, 400), private=False)
    path = origin.publish(PICTURE, private=False)
    started = fair_time()
    assert site.get(f"/img/tr:{SLOW}{noise}").verdict == (504, "timeout")
    assert fair_time() - started < 1.2
    answer = site.get("/img/tr:w-20" + path)
    assert answer.verdict == (503, "busy") and int(answer.header("Retry-After")) > 0
    assert not origin.requests(path)
    while (answer := site.get("/img/tr:w-20" + path)).status in (503, 504):  # 504: a busy machine
        assert fair_time() - started < 15, "the place is never given back"
        time.sleep(0.05)
    assert answer.verdict == (200, "public")


@pytest.mark.parametrize("is_rendering", [False, True])
def test_unsigned_adhoc_requests_leave_half_the_queue(attacked, origin, is_rendering):
    site = attacked(ONE_RENDER % (4, SLOW_EFFORT))
    if is_rendering:
        noise = origin.publish(pictures.noise(400, 400), private=False)
        slow = signing.imagekit(f"/img/tr:{SLOW}{noise}", "/img/")
        assert site.get(slow).verdict == (504, "timeout")  # and runs on
    held = threading.Event()
    path = origin.publish(PICTURE, private=False, held=held)
    unsigned = f"/img/tr:w-20{path}"
    signed = signing.imagekit(unsigned, "/img/")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = []

        def admit(target):
            waiting.append(pool.submit(site.get, target))
            origin.wait_for(path, len(waiting))

        try:
            # Half of the four that may wait, and one more where the renderer is idle.
            for _ in range(2 if is_rendering else 3):
                admit(unsigned)
            assert site.get(unsigned).verdict == (503, "busy")
            admit(signed)
            admit(signed)
            assert site.get(signed).verdict == (503, "busy")
        finally:
            held.set()
        assert {future.result().verdict for future in waiting} == {(200, "public")}
    assert site.get(unsigned).verdict == (200, "public")


# Error pages in other locations

# Instead of a missing image. `how` an error_page is written decides on the status of the answer.
FALLBACKS = """
    proxy_intercept_errors on;
    {% for name, how in (("bare", "404"), ("equals", "404 ="), ("as-200", "404 =200")) %}
    location ^~ /{{ name }}/ {
        private_image imagekit;
        error_page {{ how }} @fallback;
        proxy_pass {{ origin }}/;
    }
    location ^~ /inner-{{ name }}/ {
        private_image imagekit;
        private_image_origin /{{ name }}-inside$private_image_path;
    }
    location ^~ /{{ name }}-inside/ {
        internal;
        error_page {{ how }} @inner-{{ name }};
        proxy_pass {{ origin }}/;
    }
    location @inner-{{ name }} { proxy_pass {{ origin }}/second$private_image_uri; }
    location ^~ /uri-{{ name }}/ {
        private_image imagekit;
        error_page {{ how }} /second$private_image_uri;
        proxy_pass {{ origin }}/;
    }
    {% endfor %}
    location @fallback { proxy_pass {{ origin }}/second$private_image_uri; }
    location ^~ /second/ { internal; proxy_pass {{ origin }}; }
"""

HOW = ("bare", "equals", "as-200")


@pytest.fixture(scope="module")
def fallbacks(attacked):
    return attacked(FALLBACKS)


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
@pytest.mark.parametrize("where", ["", "inner-", "uri-"])
@pytest.mark.parametrize("how", HOW)
def test_a_fallback_delivers_no_private_image(fallbacks, origin, how, where, step):
    missing = origin.publish(b"gone", status=404)
    hide(origin, "/second" + missing)
    for method in ("GET", "HEAD"):
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": TAG}, {"If-Match": '"x"'}):
            answer = fallbacks.get(f"/{where}{how}/{step}{missing[1:]}", headers, method=method)
            assert answer.status in (401, 404), (method, headers)
            assert discloses_nothing(answer), (method, headers)


@pytest.mark.parametrize("where", ["", "inner-", "uri-"])
@pytest.mark.parametrize("how", HOW)
def test_a_fallback_delivers_a_public_image(fallbacks, origin, how, where):
    missing = origin.publish(b"gone", status=404)
    origin.publish(PICTURE, "/second" + missing, private=False)
    answer = fallbacks.get(f"/{where}{how}{missing}")
    assert answer.status == (404 if how == "bare" else 200) and answer.body == PICTURE
    if how == "bare":
        assert answer.reason == "not_found" and answer.header("Cache-Control") == "no-store"


# Instead of a refusal. The pages are images as well, so that a gate may deliver them.
REFUSALS = """
    {% for name, how in (("bare", ""), ("as-200", "=200"), ("equals", "=")) %}
    {% for kind in ("hidden", "shown") %}
    {% for place in ("/gate", "/inside", "@named", "/through") %}
    {% set page = ("@named-" + kind) if place == "@named" else place + "/" + kind + "-page.png" %}
    location ^~ /{{ name }}/{{ kind }}{{ place | replace("@", "/") }}/ {
        private_image imagekit;
        error_page 400 401 404 {{ how }} {{ page }};
        proxy_pass {{ origin }}/;
    }
    {% endfor %}{% endfor %}{% endfor %}
    location ^~ /gate/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /inside/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /through/ { private_image imagekit;
                            private_image_origin /inside$private_image_path; }
    {% for kind in ("hidden", "shown") %}
    location @named-{{ kind }} {
        rewrite ^ /{{ kind }}-page.png break;
        proxy_pass {{ origin }};
    }
    {% endfor %}
"""

PLACES = ("gate", "inside", "named", "through")


@pytest.fixture(scope="module")
def refusals(attacked, origin):
    hide(origin, "/hidden-page.png")
    origin.publish(PICTURE, "/shown-page.png", private=False, last_modified=CHANGED,
                   headers={"Cache-Control": "max-age=60"})
    hide(origin, "/refused.png")
    return attacked(REFUSALS)


REFUSED = {"refused.png": 401, "tr:w-20/refused.png": 401, "tr:w-20/nowhere.png": 404,
           "tr:zz-1/refused.png": 400, "tr:w-20/..%2Frefused.png": 400}


@pytest.mark.parametrize("image", REFUSED)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", HOW)
def test_an_error_page_is_no_private_image(refusals, how, place, image):
    for method in ("GET", "HEAD"):
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": TAG}):
            answer = refusals.get(f"/{how}/hidden/{place}/{image}", headers, method=method)
            assert discloses_nothing(answer), (method, headers)
            assert answer.status in (REFUSED[image], 401), (method, headers)
            assert answer.cache_directives().get("no-store") is True, (method, headers)


@pytest.mark.parametrize("image", REFUSED)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", HOW)
def test_an_error_page_may_be_a_public_image(refusals, how, place, image):
    for method in ("GET", "HEAD"):
        answer = refusals.get(f"/{how}/shown/{place}/{image}", method=method)
        assert answer.status == (REFUSED[image] if how == "bare" else 200), method
        assert answer.body == (PICTURE if method == "GET" else b""), method
        assert answer.header("Content-Length") == str(len(PICTURE)), method
        assert answer.header("Cache-Control") == "no-store", method
        assert TAG not in str(answer.headers), method


# Captures

CAPTURES = """
    location ~ ^/named-here/(?<bucket>[^/]+)/ {
        private_image imagekit;
        private_image_prefix /named-here/;
        private_image_mark $bucket_is_private;
        proxy_pass {{ origin }}$private_image_uri;
    }
    location ~ ^/numbered-here/([^/]+)/ {
        private_image imagekit;
        private_image_prefix /numbered-here/;
        private_image_mark $first_is_private;
        proxy_pass {{ origin }}$private_image_uri;
    }
    location ~ ^/named-inner/(?<bucket>[^/]+)/ {
        private_image imagekit;
        private_image_prefix /named-inner/;
        private_image_mark $bucket_is_private;
        private_image_origin /inside$private_image_path;
    }
    location ~ ^/numbered-inner/([^/]+)/ {
        private_image imagekit;
        private_image_prefix /numbered-inner/;
        private_image_mark $first_is_private;
        private_image_origin /inside$private_image_path;
    }
    location ^~ /inside/ { internal; proxy_pass {{ origin }}/; }
"""

BUCKETS = """
    map $bucket $bucket_is_private { default no; hush yes; }
    map $1 $first_is_private { default no; hush yes; }
"""

SHAPES = ("{0}/a.png", "tr:w-20/{0}/a.png", "{0}/a.png?tr=w-20", "tr:w-20:h-10/{0}/a.png",
          "tr:w-30,l-image,i-{0}@@a.png,w-10,l-end/open/a.png",
          "open/a.png?tr=w-30,l-image,i-{0}@@a.png,w-10,l-end",
          "tr:w-30,di-{0}@@a.png/open/missing.png")


@pytest.fixture(scope="module")
def captures(attacked, origin):
    for bucket in ("hush", "open"):
        origin.publish(SECRET if bucket == "hush" else PICTURE, f"/{bucket}/a.png")
    return attacked(CAPTURES, http=BUCKETS)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["named-here", "numbered-here", "named-inner", "numbered-inner"])
def test_a_mark_by_capture_is_judged_by_the_clean_path(captures, kind, shape):
    prefix = f"/{kind}/"
    assert captures.get(prefix + shape.format("open")).verdict == (200, "public")
    target = prefix + shape.format("hush")
    answer = captures.get(target)
    assert answer.verdict == (401, "unsigned") and discloses_nothing(answer)
    assert captures.get(signing.imagekit(target, prefix)).verdict == (200, "signed")


# Paths

PATHS = """
    location ^~ /img/ { private_image imagekit; private_image_mark $path_is_private;
                        root files; }
    location ^~ /short/photos/ { private_image imagekit; private_image_prefix /short/;
                                 alias files/img/; }
    location ^~ /url/photos/ { private_image imagekit; private_image_prefix /url/;
                               proxy_pass {{ origin }}/; }
    location ^~ /nested/ {
        private_image imagekit;
        root files;
        location ^~ /nested/photos/ { proxy_pass {{ origin }}/; }
    }
"""


@pytest.fixture(scope="module")
def paths(attacked):
    site = attacked(PATHS, files={"files/img/open.png": PICTURE, "files/img/a.png": PICTURE,
                                  "files/img/members/hush.png": SECRET},
                    http="map $private_image_path $path_is_private { ~^/members/ yes; }")
    site.expect_errors("open.. .* failed .2: No such file or directory")
    return site


def encoded(path):
    return base64.urlsafe_b64encode(path.encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", ["@@@@members@@hush.png", "members@@@@hush.png",
                                  "@@@@@@members@@hush.png", ".@@members@@hush.png",
                                  "open.png@@..@@members@@hush.png"])
def test_a_layer_path_in_a_spelling_without_its_mark_is_refused(paths, path):
    spelled = encoded(path.replace("@@", "/"))
    for step in (f"l-image,i-{path},w-50,l-end", f"l-image,ie-{spelled},w-50,l-end"):
        for target in (f"/img/tr:w-60,{step}/open.png", f"/img/open.png?tr=w-60,{step}"):
            answer = paths.get(target)
            assert answer.verdict == (400, "bad_options") and discloses_nothing(answer), target
    answer = paths.get(f"/img/tr:w-60,di-{path}/missing.png")
    assert answer.verdict == (400, "bad_options") and discloses_nothing(answer)


@pytest.mark.parametrize("path", ["members@@hush.png", "@@members@@hush.png"])
def test_a_layer_path_in_clean_form_has_its_mark(paths, path):
    spelled = encoded(path.replace("@@", "/"))
    for target in (f"/img/tr:w-60,l-image,i-{path},w-50,l-end/open.png",
                   f"/img/tr:w-60,l-image,ie-{spelled},w-50,l-end/open.png",
                   f"/img/tr:w-60,di-{path}/missing.png"):
        answer = paths.get(target)
        assert answer.verdict == (401, "unsigned") and discloses_nothing(answer), target


@pytest.mark.parametrize("prefix", ["/short/", "/url/", "/nested/"])
def test_a_path_outside_the_location_is_refused(paths, origin, prefix):
    origin.publish(PICTURE, "/a.png", private=False)
    for target in ("photos/a.png", "photos/tr:w-20/a.png"):
        assert paths.get(prefix + target).status in (200, 400), target
    for target in ("photos/a.png?tr=w-20,l-image,i-x,l-end", "photos/none.png?tr=w-20,di-x",
                   "photos/tr:w-20,l-image,i-x@@y,l-end/a.png", "photos/tr:w-20,di-x/none.png",
                   "photos/tr:w-20,l-image,i-photos,l-end/a.png"):
        answer = paths.get(prefix + target)
        assert answer.status == 400, target
        assert answer.reason in ("bad_url", "bad_options"), target


# Request headers that the origin must not get

CONDITIONS = """
    location ^~ /sliced/ {
        private_image imagekit;
        slice 8k;
        proxy_http_version 1.1;
        proxy_set_header Range $slice_range;
        proxy_pass {{ origin }}/;
    }
    location ^~ /sliced-kept/ {
        private_image imagekit;
        slice 8k;
        proxy_cache kept;
        proxy_cache_key $uri$slice_range;
        proxy_cache_valid 200 206 1h;
        proxy_http_version 1.1;
        proxy_set_header Range $slice_range;
        proxy_pass {{ origin }}/;
    }
    {% for name in ("logged", "logged-there") %}
    location ^~ /{{ name }}/ {
        private_image imagekit;
        mirror /{{ name }}-mirror;
        {% if name == "logged" %}log_subrequest on;{% endif %}
        proxy_cache kept;
        proxy_cache_lock on;
        proxy_cache_lock_timeout 200ms;
        proxy_cache_lock_age 20s;
        proxy_cache_valid 200 1s;
        proxy_pass {{ origin }}/;
    }
    location = /{{ name }}-mirror {
        internal;
        {% if name == "logged-there" %}log_subrequest on;{% endif %}
        proxy_pass {{ origin }}/mirrored.png;
    }
    {% endfor %}
    location ^~ /refreshed/ {
        private_image imagekit;
        proxy_cache kept;
        proxy_cache_valid 200 1s;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        proxy_pass {{ origin }}/;
    }
    location ^~ /chosen/ { private_image imagekit; private_image_origin @chosen; }
    location @chosen {
        if ($request_method = GET) {
            rewrite ^ $private_image_uri break;
            proxy_pass {{ origin }};
        }
        return 500;
    }
"""

NOISE = pictures.noise(160, 120, "PNG")
CLIENT_S_OWN = {"Cookie": "a=b", "Authorization": "Basic YTpi"}


@pytest.fixture(scope="module")
def conditions(attacked):
    return attacked(CONDITIONS, http="proxy_cache_path {{ folder }}/cache keys_zone=kept:1m;")


@pytest.mark.parametrize("prefix", ["/sliced/", "/sliced-kept/"])
@pytest.mark.parametrize("headers", [
    {}, {"Range": "bytes=100-199"}, {"Range": "bytes=20000-39999"}, {"Range": "bytes=9000-"},
    {"If-None-Match": '"sliced"'}, {"If-None-Match": '"other"'}, {"If-Match": '"sliced"'},
    {"If-Modified-Since": CHANGED}, {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}],
    ids=str)
def test_a_sliced_original_is_complete(conditions, origin, prefix, headers):
    path = origin.publish(NOISE, private=False, etag='"sliced"', ranges=True,
                          last_modified=CHANGED)
    for _ in range(2):
        answer = conditions.get(prefix + path[1:], headers, timeout=5)
        assert answer.reason == "public" and answer.status in (200, 206, 304)
        if answer.status == 304:
            assert headers in ({"If-None-Match": '"sliced"'}, {"If-Modified-Since": CHANGED})
            continue
        first = 0
        if answer.status == 206:
            first = int(headers["Range"].partition("=")[2].partition("-")[0])
            last = int(headers["Range"].rpartition("-")[2] or len(NOISE) - 1)
            assert answer.header("Content-Range") == f"bytes {first}-{last}/{len(NOISE)}"
        assert answer.header("Content-Length") == str(len(answer.body))
        expected = len(NOISE) if answer.status == 200 else last - first + 1
        assert len(answer.body) == expected
        assert answer.body == NOISE[first:first + len(answer.body)]


@pytest.mark.parametrize("prefix", ["/sliced/", "/sliced-kept/"])
def test_slice_requests_send_no_client_data_to_the_origin(conditions, origin, prefix):
    path = origin.publish(NOISE, private=False, etag='"sliced"', ranges=True)
    headers = {"If-None-Match": '"other"', "If-Range": '"other"', **CLIENT_S_OWN}
    assert conditions.get(prefix + path[1:], headers).body == NOISE
    assert len(origin.requests(path)) == (len(NOISE) + 8191) // 8192
    for asked in origin.requests(path):
        assert not any(asked.header(header) for header in headers), asked.headers


def test_background_updates_send_no_client_data_to_the_origin(conditions, origin):
    path = origin.publish(PICTURE, private=False, etag='"refreshed"', ranges=True)
    headers = {"If-None-Match": '"other"', "Range": "bytes=0-9", **CLIENT_S_OWN}
    conditions.get("/refreshed" + path)
    until = time.monotonic() + 5
    while len(origin.requests(path)) < 2 and time.monotonic() < until:
        assert conditions.get("/refreshed" + path, headers).status == 206
        time.sleep(0.1)
    origin.wait_for(path, 2)
    for asked in origin.requests(path):
        assert not any(asked.header(header) for header in headers), asked.headers


@pytest.mark.parametrize("name", ["logged", "logged-there"])
def test_log_subrequest_does_not_restore_conditional_headers(conditions, origin, name):
    origin.publish(b"", "/mirrored.png")
    path = origin.publish(PICTURE, private=False, etag='"logged"', headers_on_304={}, delay=0.6)
    headers = {"If-None-Match": '"logged"', **CLIENT_S_OWN}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(conditions.get, f"/{name}{path}", headers)
        origin.wait_for(path)
        # Waits for the first without success, while its own mirror ends.
        second = pool.submit(conditions.get, f"/{name}{path}", headers)
        for answer in (first.result(), second.result()):
            assert answer.status in (200, 304) and answer.reason == "public"
    for asked in origin.requests(path):
        assert not any(asked.header(header) for header in headers)
    assert len(origin.requests(path)) == 2


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_an_if_in_a_named_origin_counts_as_the_named_location(conditions, origin, step):
    secret = hide(origin)
    target = f"/chosen/{step}{secret[1:]}"
    answer = conditions.get(target)
    assert answer.verdict == (401, "unsigned") and discloses_nothing(answer)
    signed = conditions.get(signing.imagekit(target, "/chosen/"))
    assert signed.verdict == (200, "signed")
    assert signed.image().size == ((20, 13) if step else (60, 40))


# Chains of gates and error pages

CHAINS = """
location ^~ /led/ {
    private_image imagekit;
    proxy_pass {{ origin }}/;
    error_page 401 /inside/leads.png;
}
location ^~ /allowed/ {
    private_image imagekit;
    proxy_pass {{ origin }}/;
    error_page 412 416 = /inside/secret-page.png;
}
location ^~ /kept/ {
    private_image imagekit;
    private_image_mark_valid 0;
    proxy_pass {{ origin }}/;
    proxy_cache chains;
    proxy_cache_valid any 1m;
    proxy_intercept_errors on;
    error_page 404 =200 /inside/unmarked.png;
}
location ^~ /first/ {
    private_image imagekit;
    private_image_timeout 400ms;
    proxy_pass {{ origin }}/;
    proxy_intercept_errors on;
    error_page 404 = /second/slow-default.png;
}
location ^~ /second/ {
    private_image imagekit;
    proxy_pass {{ origin }}/;
}
location ^~ /reported/ {
    private_image imagekit;
    proxy_pass {{ origin }}/;
    error_page 401 /inside/reported.html;
}
location ^~ /inside/ {
    internal;
    proxy_pass {{ origin }}/;
}
"""


@pytest.fixture(scope="module")
def chains(attacked, origin):
    origin.publish(SECRET, "/unmarked.png", etag=TAG, last_modified=CHANGED)
    hide(origin, "/secret-page.png")
    origin.publish(b"", "/leads.png", private=True,
                   headers={"X-Accel-Redirect": "/second/unmarked.png"})
    origin.publish(PICTURE, "/slow-default.png", private=False, delay=1.0)
    origin.publish(b"no", "/reported.html")
    return attacked(CHAINS, http="proxy_cache_path cache keys_zone=chains:1m;")


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_an_error_page_inside_a_gate_keeps_the_mark_of_the_error(chains, origin, step):
    answer = chains.get(f"/led/{step}{hide(origin)[1:]}")
    assert answer.verdict == (401, "unsigned") and discloses_nothing(answer)


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_a_failed_range_of_a_public_image_shows_no_private_page(chains, origin, step):
    path = origin.publish(PICTURE, private=False, etag='"whole"', ranges=True)
    answer = chains.get(f"/allowed/{step}{path[1:]}", {"Range": "bytes=999999-"})
    assert answer.status in (403, 416)
    assert TAG not in str(answer.headers) and SECRET not in answer.body


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_a_cached_error_without_headers_is_refused(chains, origin, step):
    path = origin.publish(b"gone", status=404, private=True)
    first = chains.get(f"/kept/{step}{path[1:]}")
    assert first.verdict == (401, "unsigned") and discloses_nothing(first)
    chains.expect_errors("kept an error without its headers")
    time.sleep(0.01)  # what was read in the same millisecond counts as new
    again = chains.get(f"/kept/{step}{path[1:]}")
    assert again.verdict == (502, "origin_error") and discloses_nothing(again)
    assert len(origin.requests(path)) == 1


def test_an_error_page_in_another_gate_is_answered_by_that_gate(chains, origin):
    path = origin.publish(b"gone", status=404)
    answer = chains.get("/first" + path)
    assert answer.verdict == (200, "public") and answer.body == PICTURE


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_an_error_page_s_origin_receives_no_body(chains, origin, step):
    before = len(origin.requests("/reported.html"))
    with chains.connect() as connection:
        connection.send(f"/reported/{step}{hide(origin)[1:]}", headers={"Content-Length": "26"})
        connection.socket.sendall(b"x" * 26)
        answer = connection.receive()
    assert answer.verdict == (401, "unsigned") and answer.body == b"no"
    for asked in origin.requests("/reported.html")[before:]:
        assert asked.header("Content-Length") in (None, "0")
