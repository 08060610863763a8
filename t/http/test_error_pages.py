"""Error pages answered under the name of the refused image: fallbacks to a named location, to the
application, or outside of the gate. An unmarked answer is private if the gate's own rules make it
so; the operator's own pages are sent."""

import itertools

import pytest

import barrage
import pictures
from gate_matrix import DIALECTS
from pictures import GREEN

NONCE = b"nonce-behind-the-page"
SECRET = pictures.plain(40, 30) + NONCE
SHOWN = pictures.plain(40, 30, GREEN)

# Sources of the image's mark; none of them is the location of the page.
PRIVATE = {"mark": "private_image_mark $is_secret; root files;",
           "unmarked": "private_image_unmarked private; root files;",
           "flag": "proxy_pass http://flagging;"}
PAGES = {"named": "@files", "app": "@app", "whole": "@whole", "cut": "@cut", "beside": "/raw$uri",
         "path": "/raw/x$private_image_path", "gate": "@gate-DIALECT",
         "preview": "@preview-DIALECT"}
HOW = {"bare": "", "equals": "=", "as-200": "=200"}
GATES = {f"{page}-{who}-{how}": f"{PRIVATE[who]} error_page $codes {HOW[how]} {PAGES[page]};"
         for page, who, how in itertools.product(PAGES, PRIVATE, HOW)}

# The operator's own answers instead, and the expected results.
WORDS = {"login": ("@login", 302, b""), "words": ("@words", 200, b"not for you\n"),
         "placeholder": ("@placeholder", 200, SHOWN), "own": ("/own.png", 200, SHOWN),
         "no-app": ("@none", 404, b"404 Not Found")}
GATES |= {name: f"{PRIVATE['mark']} error_page $codes = {page};"
          for name, (page, *_) in WORDS.items()}
CODES = "400 401 403 404 405 412 416"

HTTP = """
    map $private_image_path $is_secret { ~^/secret/ yes; default ""; }
    upstream bare     { server 127.0.0.1:{{ port_of('bare') }}; }
    upstream flagging { server 127.0.0.1:{{ port_of('flagging') }}; }
    server { listen 127.0.0.1:{{ port_of('bare') }}; root files; }
    server { listen 127.0.0.1:{{ port_of('flagging') }}; root files;
             location ~ /secret/ { root files; add_header Is-Private-File true; } }
"""

SITE = """
    private_image_key img.key;
    private_image_variant open public w=20;
    {% for dialect in dialects %}{% for name, lines in gates.items() %}
    location ^~ /{{ dialect }}/{{ name }}/ { private_image {{ dialect }};
                                             {{ lines | replace("$codes", codes)
                                                      | replace("DIALECT", dialect) }} }
    {% endfor %}
    # Gates of their own, which know of no policy; the second shows a variant instead.
    location @gate-{{ dialect }}    { private_image {{ dialect }};
                                      private_image_prefix /{{ dialect }}/; root files;
                                      private_image_variant full signed original; }
    location @preview-{{ dialect }} { private_image {{ dialect }};
                                      private_image_prefix /{{ dialect }}/; root files;
                                      rewrite ^(/[^/]+/)(.*/a.png) {{ preview[dialect] }}? break; }
    {% endfor %}
    location @files { root files; }
    location @app   { proxy_pass http://bare; }
    location @whole { proxy_pass http://bare$request_uri; }
    location @cut   { rewrite ^/[^/]+/[^/]+(/.*)$ $1 break; root files; }
    location ^~ /raw/ { internal; alias files/; }
    location @login { return 302 /login; }
    location @words { default_type text/plain; return 200 "not for you\n"; }
    location @placeholder { root files; try_files /own.png =404; }
    location = /own.png   { root files; }
    location @none  { proxy_pass http://bare/none$request_uri; }
"""

# What is refused: plain, changed, missing, and targets that are not URLs of the module. `{}` is the
# image.
REFUSED = {
    "cloudflare": ["{}", "{}/full", "{}/w=20", "{}/nosuch", "{}?w=20", "{}/w=20?sig=0&exp=1"],
    "imagekit": ["{}", "{}?tr=w-20", "tr:w-20/{}", "{}?tr=zz-1", "{}?tr=n-nosuch", "x/../{}",
                 "{}?ik-s=00&ik-t=1", "{}?tr=l-image,i-secret@@a.png,l-end", "/{}", "./{}",
                 "{}?tr=w-1&tr=w-2", "{}?ik-attachment=true", "{}?tr=di-secret@@a.png,w-9"],
}
# For these the origin is asked, whose word is remembered for the page.
JUDGED = {"cloudflare": ["{}/w=20", "{}/w=20?sig=0&exp=1"],
          "imagekit": ["{}", "{}?tr=w-20", "tr:w-20/{}", "{}?ik-s=00&ik-t=1", "/{}",
                       "{}?tr=l-image,i-secret@@a.png,l-end", "{}?ik-attachment=true"]}
PREVIEW = {"cloudflare": "$1$2/open", "imagekit": "$1tr:n-open/$2"}
VARIANT = {"cloudflare": "{}/open", "imagekit": "{}?tr=n-open"}
MALFORMED = {"cloudflare": "{}", "imagekit": "{}?tr=zz-1"}


@pytest.fixture(scope="module")
def site(gate):
    places = ["", "x/", *(f"{dialect}/{name}/" for dialect in DIALECTS for name in GATES)]
    files = {f"files/{place}{path}": body for place in places
             for path, body in (("secret/a.png", SECRET), ("open/a.png", SHOWN))}
    files["files/own.png"] = SHOWN
    site = gate(SITE, http=HTTP, observed=False, files=files, dialects=DIALECTS, gates=GATES,
                codes=CODES, preview=PREVIEW)
    site.expect_errors(r"open\(\) .* failed \((2|20):")
    return site


def heads_for(dialect, name, shapes, methods):
    target = f"/{dialect}/{name}/{{}}".format
    for shape, method in itertools.product(shapes, methods):
        yield barrage.head(target(shape.format("secret/a.png")), method)
    for shape in shapes:
        yield barrage.head(target(shape.format("secret/a.png")), headers={"Range": "bytes=0-9999"})
        yield barrage.head(target(shape.format("secret/a.png")), version="1.0")
    yield barrage.head(target(VARIANT[dialect].format("secret/a.png")),
                       headers={"Range": "bytes=9999-"})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_error_page_never_shows_the_refused_private_image(site, dialect):
    heads = []
    for name in GATES:
        is_flagged = "-flag-" in name
        heads += heads_for(dialect, name, (JUDGED if is_flagged else REFUSED)[dialect],
                           ("GET", "HEAD") if is_flagged else ("GET", "HEAD", "POST", "DELETE"))
    for head, answer in zip(heads, barrage.ask_all(site.port, heads)):
        assert NONCE not in answer.body, head
        assert answer.header("Content-Length") != str(len(SECRET)), head
        assert answer.header("Cache-Control") == "no-store", (head, answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_public_image_may_be_its_own_page(site, dialect):
    """Proves that pages under an image's name are sent, without which the test above would prove
    nothing."""
    for page, who, how in itertools.product(PAGES, ("mark", "flag"), HOW):
        if page in ("path", "gate", "preview"):  # the URL is malformed for them as well
            continue
        target = f"/{dialect}/{page}-{who}-{how}/{MALFORMED[dialect].format('open/a.png')}"
        answer = site.get(target)
        assert answer.body == SHOWN, (target, answer)
        status = {"cloudflare": 403, "imagekit": 400}[dialect]
        assert answer.status == (status if how == "bare" else 200), target


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_operator_s_error_page_is_sent(site, dialect, word):
    _, status, body = WORDS[word]
    for shape in REFUSED[dialect]:
        answer = site.get(f"/{dialect}/{word}/{shape.format('secret/a.png')}")
        assert answer.status == status and body in answer.body, (shape, answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_gate_may_show_a_variant_instead(site, dialect):
    """A public variant of the private image itself."""
    asked = {"cloudflare": "{}/w=40", "imagekit": "{}"}[dialect].format("secret/a.png")
    for who, how in itertools.product(PRIVATE, HOW):
        answer = site.get(f"/{dialect}/preview-{who}-{how}/{asked}")
        assert answer.image().size == (20, 15), (who, how)
        status = {"cloudflare": 403, "imagekit": 401}[dialect]
        assert answer.status == (status if how == "bare" else 200), (who, how)
