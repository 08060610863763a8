"""Two things with one key: gates with the same origin, servers of the same name, other hosts, names
in other cases, variants of unusual names, Accept and client hints. An answer to one gate, host,
name or client is never sent to another."""

import itertools
import random

import pytest

import barrage
import caching
import decision_table
import pictures
import signing
from pictures import BLUE, GREEN, RED

SEED = random.randrange(10 ** 6)
HTTP = """
    private_image_cache_path {{ folder }}/cache keys_zone=derivatives:2m;
    add_header X-Reason $private_image_reason always;
    private_image_key img.key;
    private_image_cache derivatives;
    server {
        listen 127.0.0.1:{{ port_of('other') }};
        server_name localhost;
        location ^~ /same/ { private_image imagekit; private_image_mark_valid {{ valid }};
                             proxy_pass {{ origin }}/other/; }
    }
"""

# Gates over the same originals, which share every key of cache and memory.
GATES = {
    "ik": ("imagekit", "on", False, ""), "cf": ("cloudflare", "on", False, ""),
    "ik-public": ("imagekit", "public", False, ""), "cf-public": ("cloudflare", "public", False,
    ""),
    "ik-signed": ("imagekit", "signed", False, ""), "cf-off": ("cloudflare", "off", False, ""),
    "ik-always": ("imagekit", "on", True, ""), "cf-always": ("cloudflare", "on", True, ""),
    "ik-auto": ("imagekit", "on", False, "private_image_format auto;"),
    "ik-other": ("imagekit", "on", False, "private_image_key other.key;"),
    "ik-unmarked": ("imagekit", "on", False, "private_image_unmarked private;"),
    "ik-aged": ("imagekit", "on", False, "private_image_mark_valid 0;"),
    "ik-shared": ("imagekit", "on", False, "private_image_shared_cache on;"),
    "ik-shown": ("imagekit", "on", False, "private_image_variant closed public w=20;"),
}

# Odd names, of which neighbours differ in little; the width shows whose picture it is.
NAMES = ["open", "Open", "OPEN", "open.", ".open", "open-", "-open", "o.pen", "op-en", "o_pen", "_",
         "-", "w-20", "w", "tr", "n", "n-open", "original", "public", "signed", "off", "1", "01",
         "open2", "ope", "default", "null", "true", "x" * 99, "x" * 98, "closed", "CLOSED", "auto"]

SITE = """
    private_image_variant open public w=20;
    private_image_variant closed signed w=20;
    private_image_variant full signed original;
    location ^~ /source/ { internal; proxy_pass {{ origin }}/; }
    {% for name, (dialect, adhoc, always, more) in gates.items() %}
    location ^~ /{{ name }}/ {
        private_image {{ dialect }};
        private_image_adhoc {{ adhoc }};
        private_image_signature {{ "always" if always else "private" }};
        private_image_identity shared;
        private_image_origin /source$private_image_path;
        {{ more }}
    }
    {% endfor %}
    {% for dialect in ("imagekit", "cloudflare") %}
    location ^~ /named-{{ dialect }}/ {
        private_image {{ dialect }};
        {% for name in names %}
        {% set access = "signed" if loop.index0 % 2 else "public" %}
        private_image_variant {{ name }} {{ access }} w={{ loop.index0 + 10 }};
        {% endfor %}
        private_image_origin /source$private_image_path;
    }
    {% endfor %}
    location ^~ /same/ { private_image imagekit; private_image_mark_valid {{ valid }};
                         proxy_pass {{ origin }}/one/; }
    location ^~ /hosts/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /auto/  { private_image imagekit; private_image_format auto;
                          private_image_auto_formats webp; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module", params=["10m", "0"], ids=["remembered", "asked"])
def site(gate, request):
    return gate(SITE, http=HTTP, observed=False, gates=GATES, names=NAMES, valid=request.param)


# Gates over one origin

SHAPES = {
    "imagekit": {"original": "{}", "adhoc": "tr:w-20/{}", "public variant": "tr:n-open/{}",
                 "signed variant": "tr:n-closed/{}"},
    "cloudflare": {"original": "{}/full", "adhoc": "{}/w=20", "public variant": "{}/open",
                   "signed variant": "{}/closed"},
}


def targets_of(name, path):
    return {asked: f"/{name}/{shape.format(path[1:])}"
            for asked, shape in SHAPES[GATES[name][0]].items()}


def key_of(name):
    return signing.OTHER_KEY if "other.key" in GATES[name][3] else signing.KEY


@pytest.mark.parametrize("first", GATES)
def test_a_signature_for_one_gate_is_invalid_in_another(site, origin, first):
    for other in GATES:
        path = caching.published(origin, private=True)
        dialect = GATES[first][0]
        for target in targets_of(first, path).values():
            site.get(signing.sign(dialect, target, f"/{first}/", key_of(first)))
            site.get(target)
        judge(site, other, path)


def judge(site, name, path):
    dialect, adhoc, always, more = GATES[name]
    for asked, target in targets_of(name, path).items():
        for signature in ("none", "bad", "expired", "valid"):
            sent = target
            if signature != "none":
                key = "a key of no site" if signature == "bad" else key_of(name)
                sent = signing.sign(dialect, target, f"/{name}/", key,
                                    signing.soon(-9 if signature == "expired" else 900))
            shown = "public variant" if "closed public" in more and asked.startswith("signed") \
                else asked
            wanted = decision_table.verdict(dialect, shown, True, signature, adhoc, always)
            answer = site.get(sent)
            assert answer.verdict == wanted, (name, asked, signature, answer)


# Two servers of one name

@pytest.mark.parametrize("tags", [('"one"', '"other"'), ('"same"', '"same"'), (None, None)])
def test_two_servers_that_share_a_name_show_no_private_image(site, origin, tags):
    """Host and URI are the same, so that both are one original for the module. That is the
    operator's error; but an image that is private at one server is not shown because the other's is
    public."""
    chance = random.Random(SEED)
    ports = (site.port, site.folder.port("other"))
    for number in range(12):
        path = f"/{number}{len(tags[0] or '')}{site.port}.png"
        caching.published(origin, pictures.plain(colour=GREEN), f"/one{path}", etag=tags[0])
        caching.published(origin, pictures.plain(colour=RED), f"/other{path}", private=True,
                          etag=tags[1])
        for _ in range(10):
            port, is_signed = chance.choice(ports), chance.random() < 0.5
            target = "/same" + chance.choice(["", "/tr:w-20", "/tr:w-21"]) + path
            sent = signing.imagekit(target, "/same/") if is_signed else target
            answer, = barrage.ask_all(port, [barrage.head(sent)], connections=1)
            if answer.status == 200 and not is_signed:
                assert pictures.shows(opened(answer), GREEN), (SEED, port, target)


def opened(answer):
    return pictures.Image.open(pictures.io.BytesIO(answer.body))


# Hosts

HOSTS = ["LOCALHOST", "localhost.", "localhost:80", "other.test", "shared", "a b", "", "[::1]",
         "localhost /hosts", "%6cocalhost", "localhost%20", "x" * 3000, "127.0.0.1",
         "shared /source",
         "..", "localhost\t", "-", "*", "_"]


def test_no_host_gets_the_cached_image_of_another(site, origin):
    path = caching.published(origin, private=True)
    for target in (f"/hosts{path}", f"/hosts/tr:w-20{path}"):
        assert site.get(signing.imagekit(target, "/hosts/")).status == 200
        for host in HOSTS:
            assert site.get(signing.imagekit(target, "/hosts/"), host=host).status in (200, 400)
            assert site.get(target, host=host).status in (400, 401), host
    for host in HOSTS:
        for name in ("ik", "cf"):
            for target in targets_of(name, path).values():
                answer = site.get(target, host=host)
                assert answer.status in (400, 401, 403) or answer.reason == "variant", host


# What nginx takes for the host, and what the header says beside it
TENANTS = {"one": signing.KEY, "two": signing.OTHER_KEY}
TENANCY = """
    private_image_cache_path {{ folder }}/cache keys_zone=derivatives:1m;
    private_image_cache derivatives;
    {% for name, key in (("one", "img.key"), ("two", "other.key")) %}
    server {
        listen 127.0.0.1:{{ port_of('tenants') }};
        server_name {{ name }}.test;
        private_image_key {{ key }};
        {% for form in ("header", "taken", "inside") %}
        location ^~ /{{ form }}/ {
            private_image imagekit;
            proxy_set_header Host {{ "$host" if form == "taken" else "$http_host" }};
            {% if form == "inside" %}private_image_origin /origin$private_image_path;
            {% else %}proxy_pass http://127.0.0.1:{{ port_of('origin') }}/;{% endif %}
        }
        {% endfor %}
        location ^~ /origin/ { internal; proxy_set_header Host $http_host;
                               proxy_pass http://127.0.0.1:{{ port_of('origin') }}/; }
    }
    server { listen 127.0.0.1:{{ port_of('origin') }}; server_name {{ name }}.test;
             root files/{{ name }}; add_header Is-Private-File true; }
    {% endfor %}
"""
HOST_FORMS = ["{}.test", "{}.test:80", "{}.TEST", "{}.test.", "{}.test.:99", "{}.test:x"]


@pytest.fixture(scope="module")
def tenants(gate):
    return gate("", http=TENANCY, observed=False, files={
        "files/one/a.png": pictures.plain(90, 60, RED),
        "files/two/a.png": pictures.plain(90, 60, BLUE)})


@pytest.mark.parametrize("form", ["header", "taken", "inside"])
def test_the_host_of_the_target_overrides_the_host_header(tenants, form):
    """An origin that distinguishes its tenants by Host gets the host whose key signed the URL."""
    colours = {"one": RED, "two": BLUE}
    for (whose, key), step in itertools.product(TENANTS.items(), ("", "tr:w-20/", "tr:w-21/")):
        signed = signing.imagekit(f"/{form}/{step}a.png", f"/{form}/", key)
        heads = [barrage.head(f"{scheme}{target.format(name)}{signed}", host=host.format(other))
                 for scheme, name, other in itertools.product(("http://", "HTTP://"), TENANTS,
                                                              TENANTS)
                 for target, host in itertools.product(HOST_FORMS, HOST_FORMS)]
        heads += [barrage.head(signed, host=host.format(name))
                  for name, host in itertools.product(TENANTS, HOST_FORMS)]
        answers = barrage.ask_all(tenants.folder.port("tenants"), heads)
        assert {answer.status for answer in answers} >= {200, 401}
        for head, answer in zip(heads, answers):
            if answer.status == 200:
                assert pictures.shows(opened(answer), colours[whose]), (head, answer)


# Names

def test_names_are_case_sensitive(site, origin):
    folder = f"/case{site.port}"
    secret, shown = (caching.published(
        origin, pictures.plain(colour=colour), f"{folder}/{name}.png", private=private)
        for name, colour, private in (("a", RED, True), ("A", GREEN, False)))
    for name in ("ik", "cf", "ik-public", "cf-public"):
        dialect, prefix = GATES[name][0], f"/{name}/"
        for asked, target in targets_of(name, shown).items():
            assert pictures.shows(site.get(target).image(), GREEN), target
            own = targets_of(name, secret)[asked]
            answer = site.get(own)
            assert (answer.status == 200) == (asked == "public variant"), own
            answer = site.get(signing.sign(dialect, own, prefix))
            assert answer.status in (200, 400, 403)
            assert answer.status != 200 or pictures.shows(answer.image(), RED), own
            assert pictures.shows(site.get(target).image(), GREEN), target


@pytest.mark.parametrize("dialect", ["imagekit", "cloudflare"])
def test_variants_are_not_confused(site, origin, dialect):
    path = caching.published(origin, pictures.plain(200, 150), private=True)
    prefix = f"/named-{dialect}/"
    denied = decision_table.DENIED[dialect]

    def target_of(name):
        return f"{prefix}{path[1:]}/{name}" if dialect == "cloudflare" else (
            f"{prefix}tr:n-{name}{path}")

    for _ in range(2):
        for number, name in enumerate(NAMES):
            answer = site.get(target_of(name))
            if number % 2:
                assert answer.verdict == (denied, "unsigned"), name
                answer = site.get(signing.sign(dialect, target_of(name), prefix))
            assert answer.status == 200 and answer.image().width == number + 10, name
    known = set(NAMES)
    near = {change(name) for name in NAMES for change in (
        str.upper, str.lower, str.title, str.swapcase, lambda n: n + "%20", lambda n: n + "%00",
        lambda n: "%20" + n, lambda n: n + "-", lambda n: n + ".", lambda n: n + "_",
        lambda n: n * 2,
        lambda n: n + "%09", lambda n: f"%{ord(n[0]):02x}" + n[1:] + "%2e",
        lambda n: n + ":", lambda n: n + ";", lambda n: n + "\u00e9", lambda n: n[:-1])}
    for name in sorted(near - known - {""}):
        answer = site.get(target_of(name))
        assert answer.status in (400, 401, 403, 404), (name, answer)


# Clients

ACCEPTS = ["", "*/*", "image/webp", "image/avif", "image/webp;q=0", "image/*", "image/png",
           "IMAGE/WEBP", "image/webp;q=0.0001", "image/webp, image/webp;q=0", "text/html",
           "image/webp\tx", "image/webp;q=nan", ",,,", "image/" + "x" * 5000]
HINTS = [{}, {"DPR": "2"}, {"DPR": "1"}, {"Width": "30"}, {"Width": "40", "DPR": "2"},
         {"DPR": "1e9"}, {"Width": "0"}, {"Sec-CH-Width": "50"}, {"Viewport-Width": "60"},
         {"DPR": "2, 3"}, {"Width": "30 "}, {"Save-Data": "on"}]


def test_no_client_gets_another_s_picture(site, origin):
    """Many clients request two public images and a private one; colour, size and type show which
    one each got."""
    colours = {caching.published(origin, pictures.plain(200, 150, colour)): colour
               for colour in (GREEN, BLUE)}
    secret = caching.published(origin, pictures.plain(200, 150, RED), private=True)
    chance, cases = random.Random(SEED), []
    for accept, hints in itertools.product(ACCEPTS, HINTS):
        for path in (*colours, secret):
            headers = {"Accept": accept, **hints}
            for chain in ("w-auto", "w-30", "w-30,dpr-auto"):
                target = f"/auto/tr:{chain}{path}"
                is_signed = path == secret and chance.random() < 0.5
                sent = signing.imagekit(target, "/auto/") if is_signed else target
                cases.append((path, is_signed, accept, barrage.head(sent, headers=headers)))
    chance.shuffle(cases)
    for (path, is_signed, accept, head), answer in zip(
            cases, barrage.ask_all(site.port, [case[-1] for case in cases])):
        if path == secret and not is_signed:
            assert answer.status == 401 and b"PNG" not in answer.body, (SEED, head)
            continue
        assert answer.status == 200, (SEED, head, answer)
        assert pictures.shows(opened(answer), colours.get(path, RED), tolerance=20), (SEED, head)
        if answer.header("Content-Type") == "image/webp":
            assert "webp" in accept.lower() or "*" in accept, (SEED, head)
        assert "Accept" in answer.header("Vary")
        if is_signed:
            assert "private" in answer.header("Cache-Control")
