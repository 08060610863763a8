"""The signature, the decision and the fetch use the same image, however its path is written: with
dots, slashes, escapes, semicolons, other hosts or other forms of the target. The origin answers
with the raw URI that it received."""

import itertools
import random
import re
import urllib.parse

import pytest

import barrage
import pictures
import signing

HTTP = """
    large_client_header_buffers 4 16k;
    keepalive_requests 100000;
    map $request_uri $flag { "~*hush" true; default false; }
    map $private_image_path $path_is_private { "~*/hush/" yes; default no; }
    map $uri $uri_is_private { "~*/hush/" yes; default no; }
    upstream web { server 127.0.0.1:{{ port_of('origin') }}; keepalive 8; }
    server {
        listen 127.0.0.1:{{ port_of('origin') }};
        merge_slashes off;
        location / { add_header Is-Private-File $flag; default_type text/plain;
                     return 200 "fetched <$request_uri>"; }
    }
    server {
        listen 127.0.0.1:{{ port_of('hosts') }} default_server;
        server_name one.test;
        private_image_key img.key;
        location ^~ /ik/ { private_image imagekit; proxy_pass http://web/one/hush/; }
    }
    server {
        listen 127.0.0.1:{{ port_of('hosts') }};
        server_name two.test;
        private_image_key other.key;
        location ^~ /ik/ { private_image imagekit; proxy_pass http://web/two/hush/; }
    }
"""

SITE = """
    private_image_key img.key;
    private_image_variant full signed original;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / { return 404; }
    location ^~ /ik/below/   { private_image imagekit; proxy_pass http://web/base/; }
    location ^~ /cf/below/   { private_image cloudflare; proxy_pass http://web/base/; }
    location ^~ /ik/whole/   { private_image imagekit; proxy_pass http://web; }
    location ^~ /cf/whole/   { private_image cloudflare; proxy_pass http://web; }
    location ^~ /ik/inner/   { private_image imagekit; private_image_mark $path_is_private;
                               private_image_origin /inside$private_image_path; }
    location ^~ /cf/inner/   { private_image cloudflare; private_image_mark $uri_is_private;
                               private_image_origin /inside$private_image_path; }
    location ^~ /ik/named/   { private_image imagekit; private_image_origin @named; }
    location ^~ /cf/named/   { private_image cloudflare; private_image_origin @named; }
    location ^~ /inside/     { internal; proxy_pass http://web/base/; }
    location @named          { proxy_pass http://web/base$private_image_uri; }
    location ^~ /ik/files/   { private_image imagekit; private_image_mark $path_is_private;
                               alias files/tree/; }
    location ^~ /cf/files/   { private_image cloudflare; private_image_mark $path_is_private;
                               alias files/tree/; }
"""
PLACES = ("below", "whole", "inner", "named")
DIALECTS = ("imagekit", "cloudflare")
SHORT = {"imagekit": "ik", "cloudflare": "cf"}
SEED = random.randrange(10 ** 6)

SECRET, SHOWN = b"nonce-of-hush" + pictures.plain(), b"shown" + pictures.plain()

# Parts of paths that parsers understand differently. The bytes are sent as written here.
TOKENS = [b"..", b".", b"%2e", b"%2E", b".%2e", b"%2e%2e", b"%2e.", b"%252e%252e", b"%25%32%65",
          b"/", b"//", b"%2f", b"%2F", b"%252f", b"\\", b"%5c", b"%5C", b"%255c", b";", b"..;",
          b"..;x=1", b"%3b", b"..%3b", b"..%2f", b"%2f..", b"..%5c", b"\\..", b"%00", b"%0a",
          b"%0d%0a", b"%0d", b"%09", b"%20", b"+", b"%7f", b"%01", b"%c0%ae", b"%c0%ae%c0%ae",
          b"%c0%af", b"%e0%80%ae", b"%f0%80%80%ae", b"%c1%9c", b"%u002e", b"%u2215", b"%ef%bc%8f",
          b"%ef%bc%8e", b"\xc0\xae", b"\xe2\x88\x95", b"%e2%80%8b", b"%23", b"%3f", b"#", b"?",
          b"%26", b"&", b"=", b":", b"@", b"@@", b"*", b"|", b"~", b"%", b"%2", b"%zz", b"%%32e",
          b"hush", b"HUSH", b"%68ush", b"tr:w-9", b"tr:", b"tr%3Aw-9", b"ik-seo", b"...", b". ",
          b"a.", b"a%2e", b"a%20", b"::$DATA", b"NUL", b"%ff", b"%80", b"\x80"]


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, files={"files/tree/hush/a": SECRET, "files/tree/open/a": SHOWN,
                                        "files/outside": b"outside" + SECRET, "files/a": SECRET,
                                        "files/tree/a": SHOWN})
    site.expect_errors(r"open\(\) .* failed \((2|13|20|21|36):", "private_image: origin_error",
                       "is forbidden",
                       r"stat\(\) .* failed", "private_image: unsupported_type",
                       "index.html. is not found")
    return site


def paths():
    """Paths with every token before, between and after the names, and random paths of tokens."""
    for token in TOKENS:
        for shape in (b"%b/hush/a", b"hush/%b/a", b"hush%ba", b"open/%b/hush/a", b"open%bhush/a",
                      b"hush/a%b", b"hush/a/%b", b"%bhush/a", b"open/%b", b"open/a%b",
                      b"open/%b/%b/a", b"h%bush/a", b"hush/%ba", b"open/..%bhush/a",
                      b"open/%b../hush/a", b"hush/%b%b/a", b"open/a%b/../../hush/a"):
            yield shape.replace(b"%b", token)
    chance = random.Random(SEED)
    for _ in range(1500):
        yield b"".join(chance.choice([*TOKENS, b"/", b"hush/", b"open/", b"a"])
                       for _ in range(chance.randrange(2, 7))) + b"a"


def targets(dialect, place):
    prefix = f"/{SHORT[dialect]}/{place}/".encode()
    last = b"/full" if dialect == "cloudflare" else b""
    return prefix, [prefix + path + last for path in dict.fromkeys(paths())
                    if not re.search(rb"[ \n\r\t\0]", path)]


def signed(dialect, target, prefix):
    """The signed target, as bytes, since not all targets are text."""
    text = target.decode("latin-1")
    return signing.sign(dialect, text, prefix.decode(), expires=1999999999).encode("latin-1")


def decoded(raw):
    """The decoded path of a request target, with slashes merged as nginx does it."""
    return re.sub(rb"/+", b"/", urllib.parse.unquote_to_bytes(raw.partition(b"?")[0]))


def fetched_by(answer):
    found = re.fullmatch(rb"fetched <(.*)>", answer.body, re.DOTALL)
    return found and found[1]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_spelling_makes_a_private_image_public(site, dialect, place):
    _, some = targets(dialect, place)
    answers = barrage.ask_all(site.port, [barrage.head(target) for target in some])
    for target, answer in zip(some, answers):
        raw = fetched_by(answer)
        if answer.status == 200 and raw is not None:
            assert b"hush" not in decoded(decoded(raw)).lower(), (SEED, target, raw)
        elif answer.status == 415:  # public, but the text of this origin cannot be transformed
            assert b"hush" not in decoded(decoded(target)).lower(), (SEED, target)
        else:
            assert answer.status in (400, 401, 403, 404), (SEED, target, answer)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_the_signed_image_is_fetched(site, dialect, place):
    prefix, some = targets(dialect, place)
    base = prefix if place == "whole" else b"/base/"
    heads = [barrage.head(signed(dialect, target, prefix)) for target in some]
    opened = 0
    for target, answer in zip(some, barrage.ask_all(site.port, heads)):
        raw = fetched_by(answer)
        if answer.status != 200 or raw is None:
            assert answer.status in (400, 401, 403, 404, 415), (SEED, target, answer)
            continue
        opened += 1
        name = decoded(target)[len(prefix):]
        name = name.removesuffix(b"/full") if dialect == "cloudflare" else without_steps(name)
        assert raw.startswith(base) and b"?" not in raw and b"#" not in raw, (SEED, target, raw)
        assert decoded(raw) == decoded(base) + name, (SEED, target, raw)
        assert_no_traversal(raw)
    assert opened > 100


def without_steps(name):
    """The path of the original in an ImageKit path: a transformation may be anywhere in it, and the
    last part of a path with `ik-seo` is an alias, of which only the suffix counts."""
    parts = [part for part in name.split(b"/") if not part.startswith(b"tr:")]
    if parts[0] == b"ik-seo":
        *parts, alias = parts[1:]
        parts[-1] += b"".join(alias.rpartition(b".")[1:]) if b"." in alias else b""
    return b"/".join(parts)


def assert_no_traversal(raw):
    """Neither the raw nor the decoded path has dot segments, backslashes or control characters."""
    for path in (raw, urllib.parse.unquote_to_bytes(raw)):
        for segment in path.split(b"/"):
            assert segment.partition(b";")[0] not in (b".", b".."), (SEED, raw)
        assert not re.search(rb"[\x00-\x1f\x7f\\]", path), (SEED, raw)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_spelling_of_a_private_file_makes_it_public(site, dialect):
    prefix, some = targets(dialect, "files")
    for head in (lambda target: barrage.head(target),
                 lambda target: barrage.head(signed(dialect, target, prefix))):
        answers = barrage.ask_all(site.port, [head(target) for target in some])
        for target, answer in zip(some, answers):
            assert answer.status in (200, 400, 401, 403, 404, 415, 502), (SEED, target, answer)
            assert b"outside" not in answer.body
            if b"nonce-of-hush" in answer.body:
                assert b"sig=" in head(target) or b"ik-s=" in head(target), (SEED, target)
                assert b"hush" in decoded(target).lower(), (SEED, target)


# A signature for one spelling does not open another

@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_signature_is_valid_for_one_spelling_only(site, dialect):
    """Sends the signature of each spelling of a path with all other spellings."""
    spelled = [b"hush/a", b"%68ush/a", b"hush//a", b"/hush/a", b"hush%2Fa", b"hush%2fa",
               b"./hush/a",
               b"x/../hush/a", b"hush/a;", b"hush/a%20", b"hush/a.", b"HUSH/a", b"hush/./a",
               b"hush/%61", b"%2Fhush/a", b"hush/a%00", b"hush\\a", b"hush/a%3f", b"hush/a%23"]
    prefix = f"/{SHORT[dialect]}/below/".encode()
    last = b"/full" if dialect == "cloudflare" else b""
    heads = []
    for one, other in itertools.permutations(spelled, 2):
        signature = signed(dialect, prefix + one + last, prefix).partition(b"?")[2]
        heads.append(barrage.head(prefix + other + last + b"?" + signature))
    for head, answer in zip(heads, barrage.ask_all(site.port, heads)):
        assert answer.status in (400, 401, 403, 404), (head, answer)
    own = [barrage.head(signed(dialect, prefix + one + last, prefix)) for one in spelled]
    assert {200} <= {answer.status for answer in barrage.ask_all(site.port, own)}


# Forms of the target, and hosts

HOSTS = ("one.test", "two.test", "ONE.test", "two.test.", "two.test:80", "one.test, two.test",
         "two.test/ik/", "one.test@two.test", "[::1]", "", "evil.test", "two.test\\", "two.test#",
         "two.test?", "..", "two..test", "%74wo.test", "two.test:99999", "127.0.0.1")


def test_no_host_header_shows_the_image_of_another_server(site):
    """Each server has its own key; the answer shows which server's image was fetched."""
    port = site.folder.port("hosts")
    plain = "/ik/a.png"
    keys = {"one": signing.KEY, "two": signing.OTHER_KEY}
    cases = []
    for whose, key in keys.items():
        good = signing.imagekit(plain, "/ik/", key)
        for host, form in itertools.product(HOSTS, (None, *HOSTS)):
            target = good if form is None else f"http://{form}{good}"
            cases.append((whose, barrage.head(target, host=host)))
    answers = barrage.ask_all(port, [head for _, head in cases])
    opened = {"one": 0, "two": 0}
    for (whose, head), answer in zip(cases, answers):
        raw = fetched_by(answer)
        assert (raw is not None) == (answer.status == 200), (head, answer)
        if raw is not None:
            opened[whose] += 1
            assert raw == f"/{whose}/hush/a.png".encode(), head
    assert min(opened.values()) > 5


@pytest.mark.parametrize("form", ["http://localhost{}", "HTTP://LOCALHOST{}",
                                  "http://localhost:1{}",
                                  "http://evil.test{}", "http://localhost{}#x",
                                  "https://localhost{}",
                                  "//localhost{}", "http:{}", "http://{}", "localhost{}", "*",
                                  "{}#x",
                                  "http://localhost?{}", "http://a:b@localhost{}", "?{}", "\\{}",
                                  "http://localhost/..{}", "/.{}", "//{}", "{}/..", "/%2e{}"])
def test_no_form_of_the_target_makes_a_private_image_public(site, form):
    for target in ("/ik/below/hush/a", "/cf/below/hush/a/full", "/ik/below/tr:w-9/hush/a"):
        answer, = barrage.ask_all(site.port, [barrage.head(form.format(target))], connections=1)
        assert fetched_by(answer) is None and answer.status >= 300, (form, answer)
