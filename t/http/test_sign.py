"""The signing endpoint: its URLs are identical to those of the services' clients, it signs only for
the clients and lifetimes of the configuration, its answers are never stored, and every refusal has
a sentence."""

import http.client
import json
import random
import re
import shutil
import socket
import time

import pytest

import pictures
import signing
import test_sdks

SITE = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/;
                       private_image_variant card signed w=20; }
    location /sign/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                      client_body_buffer_size 1k; client_max_body_size 8m; }
    location /sign-cf/ { private_image_sign cloudflare 1h; private_image_prefix /cf/; }
    location /far/ { private_image_sign imagekit 1h window=3650d; private_image_prefix /img/; }
    location /far-cf/ { private_image_sign cloudflare 1h window=3650d;
                        private_image_prefix /cf; }
    location /hourly/ { private_image_sign imagekit 10m window=1h; private_image_prefix /img/; }
    location = /exact { private_image_sign imagekit 1h; private_image_prefix /img/; }
    location /bare { private_image_sign imagekit 1h; private_image_prefix /img/; }
    location /last/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                      private_image_key img.key; private_image_key other.key; }
    location /first/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                       private_image_key img.key primary; private_image_key other.key; }
    location /elsewhere/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                           set_real_ip_from 127.0.0.1; }
    location /from-any/ { private_image_sign imagekit 1h from=any; private_image_prefix /img/;
                         set_real_ip_from 127.0.0.1; }
    location /kept/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                      expires 1d; add_header Cache-Control public always;
                      proxy_pass {{ origin }}/; }
    location /closed/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                        expires 1d; deny all; }
    location /conditional/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                             if ($arg_v) { add_header X-If yes; } }
    location ^~ /img/sign/ { private_image_sign imagekit 1h; private_image_prefix /img/; }
    location /ssi/ { ssi on; ssi_types text/html; root files; }
"""
ELSEWHERE = {"X-Real-IP": "192.0.2.7"}
HOST = "https://images.example.com"
WINDOW = 3650 * 86400


OVER_A_SOCKET = """
    server {
        listen unix:{{ folder }}/sign.sock;
        listen 127.0.0.1:{{ port_of("proxied") }} proxy_protocol;
        location /sign/ { private_image_sign imagekit 1h; private_image_prefix /img/;
                          private_image_key img.key; }
    }
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=OVER_A_SOCKET, files={
        "files/ssi/a.html": b'<!--# include virtual="/sign/https://h/img/a.jpg" -->'})


def post(site, target, body, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("POST", target, body=body, headers=headers or {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def text_of(answer):
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain"
    return answer.body.decode()


def expiry_of(url):
    return int(re.search(r"[?&](?:ik-t|exp)=(\d+)", url)[1])


def target_of(url):
    rest = url.partition("://")[2]
    return rest[rest.index("/"):]


def far():
    """The expiry of everything signed in a window of ten years."""
    return -(-(int(time.time()) + 3600) // WINDOW) * WINDOW


# URLs that are signed

@pytest.mark.parametrize("dialect, location, prefix", [
    ("imagekit", "/sign/", "/img/"), ("cloudflare", "/sign-cf/", "/cf/")])
def test_a_signed_url_opens_a_private_image(site, origin, dialect, location, prefix):
    path = origin.publish(pictures.plain(60, 40), private=True)
    target = f"{prefix}tr:w-30{path}" if dialect == "imagekit" else f"/cf{path}/card"
    refused = 401 if dialect == "imagekit" else 403
    assert site.get(target).verdict == (refused, "unsigned")
    before = int(time.time())
    url = text_of(site.get(f"{location}http://127.0.0.1:{site.port}{target}"))
    assert url == f"http://127.0.0.1:{site.port}" + signing.sign(
        dialect, target, prefix, expires=expiry_of(url))
    assert before + 3600 <= expiry_of(url) <= time.time() + 3600
    assert site.get(target_of(url)).verdict == (200, "signed")
    assert site.get(target_of(url) + "0").verdict == (refused, "bad_signature")


@pytest.mark.parametrize("target", [
    "a.jpg", "//a.jpg", "folder//a%20b.jpg", "%C3%BC%e9.jpg", "a+b.jpg?v=2", "a.jpg?x=1&&y",
    "tr:w-30,h-20:rt-90/a.jpg", "a.jpg?tr=w-300%2Ch-200&v=1", "proxy/https%3A%2F%2Fh%2Fa.jpg",
    "proxy/https://h//a.jpg?b=c", "a(1)!*'~,;:@&=$.jpg", "a|b[1].jpg", "a%2Fb%3Fc%23d.jpg"])
def test_the_target_is_signed_as_it_was_sent(site, target):
    url = text_of(site.get(f"/far/{HOST}/img/{target}"))
    assert url == HOST + signing.imagekit(f"/img/{target}", "/img/", expires=far())


@pytest.fixture(scope="module")
def clients_urls():
    return test_sdks.installed()


FIXED_CLOCK = """
const Real = Date, now = %d;
global.Date = class extends Real {
    constructor(...all) { super(...(all.length ? all : [now])); }
    static now() { return now; }
};
"""


def test_imagekit_s_clients_sign_the_same_bytes(site, clients_urls):
    jobs = [test_sdks.options_for(sdk, job, True) for sdk in (6, 7) for job in test_sdks.JOBS]
    script = FIXED_CLOCK % ((far() - 3600) * 1000) + test_sdks.IMAGEKIT_SCRIPT
    urls = test_sdks.node(script, {"key": signing.KEY, "endpoint": f"{HOST}/img", "jobs": jobs},
                          clients_urls)
    assert len(urls) == 2 * len(test_sdks.JOBS)
    bare = [re.sub(r"[?&]ik-t=\d+&ik-s=\w+$", "", url) for url in urls]
    for url, unsigned in zip(urls, bare):
        assert expiry_of(url) == far()
        assert text_of(site.get(f"/far/{unsigned}")) == url
    response, text = post(site, "/far/", "\n".join(bare))
    assert response.status == 200 and text.splitlines() == urls


def test_cloudflare_s_recipe_signs_the_same_bytes(site):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    sources = [HOST + "/cf/" + rest for rest in (
        "2628bc0e-3f2a-475b-8311-67eb2abd7d99/card", "a b/ü/card", "a/card?v=1", "a/w=30",
        "a/card?name=x%20y&~&flag&b=%2B&&c='(é)", "a%2520b/card", "東京/x//y/card?", "a/card?q=%zz",
        "a(1)!*'~,;:@&=$|[]{}\"<>`/card?a=~(x)*'!&b=1/2:3@4,5;6^|\\`")]
    sources += ["HTTPS://Images.Example.COM:443/cf/A/card", "http://h:8080/cf/a/card"]
    signed = test_sdks.node(test_sdks.CLOUDFLARE_SCRIPT,
                            {"key": signing.KEY, "urls": sources, "expires": far()})
    response, text = post(site, "/far-cf/", "\n".join(sources).encode())
    assert response.status == 200, text
    assert text.splitlines() == signed
    for source, url in zip(sources, signed):
        if source.isascii() and not re.search(r'[ "<>`]', source):
            assert text_of(site.get(f"/far-cf/{source}")) == url


# Whatever names are made of; what no URL of an image can hold stands elsewhere.
PIECES = [*"mZ-+ &=~()*'!,;:@$|[]`{}\"<>%éß東😀", "//", "%20", "%2F", "%C3%a9", "&&", "%zz", "=="]


def test_random_urls_are_signed_as_cloudflare_s_recipe_does(site):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    chance = random.Random(20261122)
    in_paths = [piece for piece in PIECES if piece not in ("%", "%zz")]

    def some(pieces):
        return "".join(chance.choices(pieces, k=chance.randint(1, 12)))

    sources = [f"https://h.example/cf/m{some(in_paths)}m?{some(PIECES)}?m" for _ in range(1000)]
    signed = test_sdks.node(test_sdks.CLOUDFLARE_SCRIPT,
                            {"key": signing.KEY, "urls": sources, "expires": far()})
    response, text = post(site, "/far-cf/", "\n".join(sources).encode())
    assert response.status == 200, text
    assert text.splitlines() == signed


def test_other_locations_find_their_url(site):
    for target in (f"/bare/{HOST}/img/a.jpg", f"/bare{HOST}/img/a.jpg", "/bare//img/a.jpg",
                   "/exact?url=/img/a.jpg", "/img/sign/" + HOST + "/img/a.jpg", "/sign//img/a.jpg",
                   f"/conditional/{HOST}/img/a.jpg?v=1"):
        url = text_of(site.get(target))
        assert "/img/a.jpg" in url and re.search(r"ik-t=\d{10}&ik-s=[0-9a-f]{40}$", url), target


# Forms of the request

def test_a_url_in_the_arguments_is_decoded_once(site):
    for asked, path in [("/img/a.jpg", "/img/a.jpg"), ("%2Fimg%2Fa.jpg%3Fv%3D1", "/img/a.jpg?v=1"),
                        ("/img/a%20b+c.jpg", "/img/a%20b%20c.jpg"),
                        ("/img/a%2520b.jpg", "/img/a%20b.jpg"), ("/img/%C3%BC", "/img/%C3%BC")]:
        url = text_of(site.get(f"/far/?url={asked}"))
        assert url == signing.imagekit(path, "/img/", expires=far()), asked


def test_a_ttl_may_shorten_only(site):
    for ttl in (1, 60, 3600):
        before = int(time.time())
        for url in (text_of(site.get(f"/sign/?url=/img/a.jpg&ttl={ttl}")),
                    text_of(site.get(f"/sign/?ttl={ttl}&url=/img/a.jpg")),
                    post(site, f"/sign/?ttl={ttl}", "/img/a.jpg\n")[1]):
            assert before + ttl <= expiry_of(url) <= time.time() + ttl


@pytest.mark.parametrize("ttl", ["0", "3601", "-1", "+5", "1h", "", "1.5", "0x10", "1e3", "%31",
                                 "99999999999999999999999", "60&ttl=60", "60;"])
def test_another_ttl_is_refused(site, ttl):
    answer = site.get(f"/sign/?url=/img/a.jpg&ttl={ttl}")
    assert answer.status == 400 and (b"ttl" in answer.body)
    assert post(site, f"/sign/?ttl={ttl}", "/img/a.jpg")[0].status == 400


def test_a_url_behind_the_location_keeps_its_own_ttl(site):
    url = text_of(site.get(f"/far/{HOST}/img/a.jpg?ttl=5"))
    assert url == HOST + signing.imagekit("/img/a.jpg?ttl=5", "/img/", expires=far())


def test_a_signed_url_is_refused_after_its_expiry(site, origin):
    path = origin.publish(pictures.plain(60, 40), private=True)
    target = text_of(site.get(f"/sign/?url=/img{path}&ttl=1"))
    assert site.get(target).status == 200
    time.sleep(max(0, expiry_of(target) + 1.2 - time.time()))
    assert site.get(target).verdict == (401, "expired")


def test_urls_repeat_within_a_window(site):
    urls = {text_of(site.get("/hourly//img/a.jpg")) for _ in range(5)}
    now = int(time.time())
    for url in urls:
        assert expiry_of(url) % 3600 == 0
        assert now + 590 <= expiry_of(url) <= now + 4200
    assert len(urls) == 1 or now % 3600 > 2990


@pytest.mark.parametrize("location, key", [("last", signing.OTHER_KEY), ("first", signing.KEY)])
def test_the_primary_key_signs_else_the_last(site, location, key):
    url = text_of(site.get(f"/{location}//img/a.jpg"))
    assert url == signing.imagekit("/img/a.jpg", "/img/", key=key, expires=expiry_of(url))


ROTATING = """
    {{ keys }}
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location /sign/ { private_image_sign imagekit 1h; private_image_prefix /img/; }
    location = /status { private_image_status prometheus; }
"""


def test_a_rotation_breaks_no_url(gate, origin):
    path = origin.publish(pictures.plain(60, 40), private=True)
    site = gate(ROTATING, keys="private_image_key other.key;")

    def counted():
        text = site.get("/status").body.decode()
        found = re.search(r'key_requests_total\{key="other.key"\} (\d+)', text)
        return int(found[1])

    urls = []
    for keys in ("private_image_key other.key primary; private_image_key img.key;",
                 "private_image_key other.key; private_image_key img.key primary;"):
        urls.append(text_of(site.get(f"/sign//img{path}")))
        site.reconfigure(ROTATING, keys=keys)
        urls.append(text_of(site.get(f"/sign//img{path}")))
        assert [site.get(url).status for url in urls] == [200] * len(urls)
    old, new = urls[0], urls[-1]
    assert new == signing.imagekit(f"/img{path}", "/img/", expires=expiry_of(new))
    assert old == signing.imagekit(f"/img{path}", "/img/", signing.OTHER_KEY, expiry_of(old))
    def wait_until_counted(requests):
        """A request is counted after its answer was sent."""
        until = time.monotonic() + 5
        while counted() < requests and time.monotonic() < until:
            time.sleep(0.02)
        assert counted() == requests

    wait_until_counted(5)  # two in the first round, three in the second
    site.get(new)
    site.get(old)
    wait_until_counted(6)
    site.reconfigure(ROTATING, keys="private_image_key img.key;")
    assert (site.get(old).verdict, site.get(new).status) == ((401, "bad_signature"), 200)


# Lists

def test_a_list_is_answered_in_order(site):
    paths = [f"/img/{number}.jpg" for number in range(1000)]
    signed = [signing.imagekit(path, "/img/", expires=far()) for path in paths]
    for body in ("\n".join(paths), "\n".join(paths) + "\n", "\r\n".join(paths) + "\r\n"):
        response, text = post(site, "/far/", body)
        assert response.status == 200 and text.splitlines() == signed
        assert text.endswith("\n")


@pytest.mark.parametrize("location", ["/sign/", "/far/"])
def test_a_list_may_be_long_and_chunked(site, location):
    """The first location writes long bodies to a file."""
    lines = [f"/img/{'long' * 200}/{number}.jpg\n".encode() for number in range(900)]
    for body in (b"".join(lines), iter(lines)):
        response, text = post(site, location, body)
        assert response.status == 200
        assert [line.partition("?")[0] + "\n" for line in text.splitlines()] == [
            line.decode() for line in lines]


@pytest.mark.parametrize("body, line", [
    ("/img/a.jpg\n/x/b.jpg\n/img/c.jpg", 2), ("/img/a.jpg\n\n/img/b.jpg", 2), ("\n", 1),
    ("/img/a.jpg\n/img/b.jpg?ik-s=1", 2), ("/img/a\tb.jpg", 1), ("/img/a.jpg \n", 1),
    ("/img/a.jpg\n" * 999 + "nonsense", 1000)])
def test_a_bad_line_is_named_and_nothing_signed(site, body, line):
    response, text = post(site, "/sign/", body)
    assert response.status == 400
    assert text.startswith(f"line {line}: ") and "ik-s=" not in text.replace('"ik-s"', "")


def test_a_list_that_is_too_long_is_refused(site):
    assert post(site, "/sign/", "")[0].status == 400
    assert post(site, "/sign/", "/img/a.jpg\n" * 1001)[0].status == 413
    long = b"/img/" + b"a" * 2000 + b"\n"
    for body in (long * 600, iter([long] * 600)):
        response, text = post(site, "/sign/", body)
        assert response.status == 413 and "longer than 1048576 bytes" in text
        assert response.getheader("Cache-Control") == "no-store"


def test_a_list_has_its_urls_in_the_body_only(site):
    for target in ("/sign/https://h/img/a.jpg", "/sign/?url=/img/a.jpg", "/sign/?x=1"):
        assert post(site, target, "/img/a.jpg")[0].status == 400, target


# Forms of the answer

@pytest.mark.parametrize("accept, is_json", [
    ("application/json", True), ("Application/JSON; charset=utf-8", True),
    ("application/json, text/plain, */*", True), ("text/plain;q=0.5, application/json", True),
    ("text/plain, application/json;q=0.9", False), ("application/json;q=0", False),
    ("text/plain", False), ("*/*", False), ("application/jsonx", False), ("", False)])
def test_json_by_accept(site, accept, is_json):
    answer = site.get("/far//img/a.jpg", {"Accept": accept})
    assert answer.status == 200
    wanted = signing.imagekit("/img/a.jpg", "/img/", expires=far())
    if is_json:
        assert answer.header("Content-Type") == "application/json"
        assert json.loads(answer.body) == {"url": wanted, "expires": far()}
    else:
        assert text_of(answer) == wanted


def test_json_for_lists_and_refusals(site):
    accept = {"Accept": "application/json"}
    _, text = post(site, "/far/", "/img/a.jpg\n/img/b.jpg?q=\\\"'", accept)
    assert json.loads(text) == [
        {"url": signing.imagekit(target, "/img/", expires=far()), "expires": far()}
        for target in ("/img/a.jpg", "/img/b.jpg?q=\\%22%27")]
    answer = site.get('/sign/https://"h\\"/img/a', accept)
    assert answer.status == 400 and "host" in json.loads(answer.body)["error"]


def test_head_is_get_without_a_body(site):
    got, reported = site.get("/far//img/a.jpg"), site.head("/far//img/a.jpg")
    assert reported.status == 200 and not reported.body
    assert reported.header("Content-Length") == got.header("Content-Length") == str(len(got.body))
    assert site.head("/sign/x").status == 400


# What is refused

@pytest.mark.parametrize("rest", [
    "", "?", "?url=", "?ttl=5", "?x=1", "?url=/img/a&url=/img/b", "?url=/img/a&x=1", "?url=%zz",
    "?url=/img/%2", "?uRl=/img/a", "nonsense", "https://", "https:/h/img/a", "ftp://h/img/a",
    "//h/img/a", "https://h", "https://h/", "https://h/img", "https://h/img/", "https://h/other/a",
    "https://user@h/img/a", "https://h:x/img/a", "https://h/img/a/", "https://h/img/a%5Cb",
    "https://h/img/%2e%2e/a", "https://h/img/x/../a", "https://h/img/%252e%252e/a",
    "https://h/img/a%0ab", "?url=/img/100%25/a", "?url=/img/a%25zz.jpg",
    "https://h/img/a#b", "?url=https://h/img/a%23b", "?url=/img/a%0a",
    "https://h/img/a?ik-s=1", "https://h/img/a?x&IK-T=1", "https://h/img/a?%69k-t=1",
    "https://h/img/\xff", "https://h/%69mg/a", "/IMG/a"])
def test_a_url_that_cannot_be_signed_is_a_400_with_a_sentence(site, rest):
    answer = site.get(f"/sign/{rest}")
    assert answer.status == 400
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Content-Type") == "text/plain"
    assert len(answer.body) > 15 and b"ik-s=" not in answer.body


def test_a_url_that_is_too_long_is_a_400_with_a_sentence(site):
    for length in (8150, 8190, 9000):
        response, text = post(site, "/sign/", "https://h/img/".ljust(length, "a"))
        assert response.status == 400 and "longer than 8192 bytes" in text


def test_names_of_cloudflare_s_parameters_are_refused_for_cloudflare(site):
    for query in ("exp=1", "sig=1", "EXP=1", "s%69g=1"):
        assert site.get(f"/sign-cf/{HOST}/cf/a/card?{query}").status == 400
        assert site.get(f"/sign/{HOST}/img/a?{query}").status == 200
    assert site.get(f"/sign-cf/{HOST}/cf/a/card?ik-t=1").status == 200
    assert site.get(f"/sign-cf/{HOST}/cf/a/card?v=%ff").status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"])
def test_other_methods_are_405(site, method):
    answer = site.get("/sign//img/a.jpg", method=method)
    assert answer.status == 405 and answer.header("Allow") == "GET, HEAD, POST"
    assert answer.header("Cache-Control") == "no-store"


def test_only_local_clients_may_sign(site):
    for target in ("/elsewhere//img/a.jpg", "/elsewhere/?url=/img/a.jpg", "/elsewhere/nonsense"):
        answer = site.get(target, ELSEWHERE)
        assert answer.status == 403 and b"ik-s" not in answer.body, target
        assert answer.header("Cache-Control") == "no-store"
    assert post(site, "/elsewhere/", "/img/a.jpg", ELSEWHERE)[0].status == 403
    assert site.get("/elsewhere//img/a.jpg", ELSEWHERE, method="PUT").status == 403
    assert site.get("/elsewhere//img/a.jpg").status == 200
    assert site.get("/elsewhere//img/a.jpg", {"X-Real-IP": "127.0.0.9"}).status == 403
    assert site.get("/from-any//img/a.jpg", ELSEWHERE).status == 200


@pytest.mark.parametrize("name, value", [
    ("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", ""), ("Forwarded", "for=192.0.2.7"),
    ("Via", "1.1 varnish"), ("Origin", "https://example.com"), ("Origin", "null")])
def test_requests_of_a_proxy_or_another_page_are_not_local(site, name, value):
    for target in ("/sign//img/a.jpg", "/sign/?url=/img/a.jpg", "/sign/nonsense"):
        answer = site.get(target, {name: value})
        assert answer.status == 403 and b"ik-s" not in answer.body, target
    assert post(site, "/sign/", "/img/a.jpg", {name: value})[0].status == 403
    assert site.get("/from-any//img/a.jpg", {name: value}).status == 200


def test_a_page_of_the_same_origin_is_local(site):
    for origin in ("http://localhost", "http://LOCALHOST:8080"):
        assert site.get("/sign//img/a.jpg", {"Origin": origin}).status == 200


def test_a_connection_with_a_proxy_protocol_header_is_not_local(site):
    with socket.create_connection(("127.0.0.1", site.folder.port("proxied"))) as connection:
        connection.sendall(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
                           b"GET /sign//img/a.jpg HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"403"


def test_a_unix_socket_is_local(site):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(site.folder.path / "sign.sock"))
        connection.sendall(b"GET /sign//img/a.jpg HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"200"


def test_no_subrequest_signs(site):
    answer = site.get("/ssi/a.html")
    assert answer.status == 200 and b"ik-s" not in answer.body


# Storing and keys

def test_no_answer_may_be_stored(site):
    site.expect_errors("access forbidden by rule")
    for target, status in (("/kept//img/a.jpg", 200), ("/kept/nonsense", 400),
                           ("/closed//img/a.jpg", 403), ("/sign//img/a.jpg", 200)):
        answer = site.get(target)
        assert answer.status == status
        assert answer.header("Cache-Control") == "no-store"
        assert answer.header("Expires") is None
        assert answer.header("X-Content-Type-Options") == "nosniff"


def test_keys_are_never_shown(site):
    answers = [site.get(f"/{location}/{HOST}/img/shown.jpg") for location in ("sign", "last")]
    answers.append(site.get("/sign/nonsense"))
    shown = [site.log(), *site.access_log(), *(repr(vars(answer)) for answer in answers)]
    for text in shown:
        assert signing.KEY not in text and signing.OTHER_KEY not in text
    digest = re.search(r"ik-s=\w+", text_of(answers[0]))[0]
    assert all(digest not in text for text in (site.log(), *site.access_log()))


# Configuration

GOOD = "private_image_prefix /img/; private_image_key img.key;"


@pytest.mark.parametrize("location, words", [
    ("/s/ { private_image_sign imagekit 1h; private_image_key img.key; }", "private_image_prefix"),
    ("/s/ { private_image_sign imagekit 1h; private_image_prefix /img/; }", "private_image_key"),
    ("~ ^/s/ { private_image_sign imagekit 1h; %s }" % GOOD, "named by a path"),
    ("@s { private_image_sign imagekit 1h; %s }" % GOOD, "named by a path"),
    ("/s/ { private_image_sign imagekit 1h; private_image imagekit; root files; %s }" % GOOD,
     "share a location with private_image,"),
    ("/s/ { private_image_sign imagekit 1h; private_image_purge; %s }" % GOOD,
     "share a location with private_image_purge"),
    ("/s/ { private_image_status; private_image_sign imagekit 1h; %s }" % GOOD,
     "share a location with private_image_status"),
    ("/s/ { private_image_sign imagekit 1h; private_image_sign imagekit 1h; %s }" % GOOD,
     "duplicate"),
    ("/s/ { private_image_sign cloudinary 1h; %s }" % GOOD, "cloudflare or imagekit"),
    ("/s/ { private_image_sign imagekit soon; %s }" % GOOD, "soon.*from 1s to 3650d"),
    ("/s/ { private_image_sign imagekit 0; %s }" % GOOD, "from 1s to 3650d"),
    ("/s/ { private_image_sign imagekit 3651d; %s }" % GOOD, "from 1s to 3650d"),
    ("/s/ { private_image_sign imagekit 1h window=0; %s }" % GOOD, "window=TIME"),
    ("/s/ { private_image_sign imagekit 1h window=; %s }" % GOOD, "window=TIME"),
    ("/s/ { private_image_sign imagekit 1h window=1h window=1h; %s }" % GOOD, "once"),
    ("/s/ { private_image_sign imagekit 1h from=all; %s }" % GOOD, "from=any"),
    ("/s/ { private_image_sign imagekit 1h from=any from=any; %s }" % GOOD, "from=any"),
    ("/s/ { private_image_sign imagekit; %s }" % GOOD, "number of arguments")])
def test_an_invalid_line_is_named_with_its_line(folder, location, words):
    place = folder()
    place.configure(f"location {location}")
    reported = place.check().stdout
    assert "[emerg]" in reported and re.search(words, reported), reported
    assert re.search(r"nginx\.conf:\d+", reported)


def test_the_directive_is_allowed_in_locations_only(folder):
    place = folder()
    place.configure("private_image_sign imagekit 1h;")
    assert "not allowed here" in place.check().stdout
