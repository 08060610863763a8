"""With private_image_denied_status 404 a client cannot distinguish a private image from a missing
one: in every state the answers are identical byte for byte and take equally long."""

import itertools
import random
import statistics
import time

import pytest

import barrage
import gate_matrix
import pictures
import signing
from clock import fair_time
from pictures import GREEN

HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:4m;
    proxy_cache_path {{ folder }}/originals keys_zone=originals:4m;
    map $request_uri $flag { ~/secret/ true; default false; }
    map $private_image_path $is_secret { ~^/secret/ yes; default no; }
    upstream web { server 127.0.0.1:{{ port_of('origin') }}; keepalive 8; }
    server {
        listen 127.0.0.1:{{ port_of('origin') }};
        location / {
            if ($request_uri !~ /(secret|open)/) { return 404; }
            rewrite /secret/ /picture.png break;
            rewrite /open/ /tree/open/a.png break;
            add_header Is-Private-File $flag;
            add_header Set-Cookie seen=$flag;
            root files;
        }
    }
"""

SITE = """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_denied_status 404;
    private_image_variant open public w=20;
    private_image_variant closed signed w=20;
    private_image_variant full signed original;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    {% for dialect in ("cloudflare", "imagekit") %}
    {% for adhoc in ("on", "public", "signed", "off") %}
    {% for form in ("proxy", "folder", "inner", "kept", "aged", "auto") %}
    {% set place = "/" + dialect + "/" + form + "/" + adhoc + "/" %}
    location ^~ {{ place }} {
        private_image {{ dialect }};
        private_image_adhoc {{ adhoc }};
        {% if form == "folder" %}
        private_image_mark $is_secret;
        alias files/tree/;
        {% elif form == "inner" %}
        private_image_origin /inside{{ place[:-1] }}$private_image_path;
        {% else %}
        {% if form == "kept" %}proxy_cache originals; proxy_cache_valid any 1m;{% endif %}
        {% if form == "aged" %}private_image_mark_valid 0; private_image_missing_valid 0;{% endif %}
        {% if form == "auto" %}private_image_format auto;{% endif %}
        proxy_pass http://web;
        {% endif %}
    }
    {% endfor %}{% endfor %}{% endfor %}
    location ^~ /inside/ { internal; proxy_pass http://web; }
"""

FORMS = ("proxy", "folder", "inner", "kept", "aged", "auto")

# What may be asked of an image that is private or missing. `{}` is its path.
ASKED = {
    "cloudflare": ("{}/full", "{}/closed", "{}/w=20", "{}/w=20,onerror=redirect", "{}/nosuch",
                   "{}/w=20?x=1"),
    "imagekit": ("{}", "{}?ik-attachment=true", "tr:w-20/{}", "{}?tr=w-20", "tr:n-closed/{}",
                 "tr:n-open,w-9/{}", "tr:n-nosuch/{}", "{}/ik-thumbnail.jpg", "tr:orig-true/{}",
                 "tr:w-20,l-image,i-{@},w-9,l-end/open/a.png", "tr:w-20,di-{@}/none/a.png",
                 "tr:w-20,di-open@@a.png/{}", "tr:w-20,di-none@@b.png/{}", "tr:w-20,f-auto/{}",
                 "tr:di-secret@@warm.png/{}"),
}

SIGNATURES = ("none", "bad", "expired")


@pytest.fixture(scope="module")
def site(gate):
    picture = pictures.plain(64, 48)
    tree = {f"files/tree/secret/{name}.png": picture for name in ("cold", "warm")}
    site = gate(SITE, http=HTTP, observed=False, files={
        "files/picture.png": picture, "files/tree/open/a.png": pictures.plain(64, 48, GREEN),
        **tree})
    site.expect_errors(r"open\(\) .* failed \((2|20):")
    return site


def target(prefix, shape, path, signature, dialect):
    spelled = shape.replace("{@}", path.replace("/", "@@")).replace("{}", path)
    return signing.signed_as(signature, dialect, prefix + spelled, prefix)


def probes(dialect, form, adhoc):
    """Every kind of request, without the path."""
    prefix = f"/{dialect}/{form}/{adhoc}/"
    kinds = gate_matrix.kinds('"x"')
    for shape, signature, (method, headers) in itertools.product(
            ASKED[dialect], SIGNATURES, kinds.values()):
        yield lambda path, shape=shape, signature=signature, method=method, headers=headers: (
            barrage.head(target(prefix, shape, path, signature, dialect), method, headers))


@pytest.mark.parametrize("warmed", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("adhoc", ["on", "public", "signed", "off"])
@pytest.mark.parametrize("dialect", gate_matrix.DIALECTS)
def test_a_private_image_looks_like_a_missing_one(site, dialect, adhoc, warmed):
    name = "warm" if warmed else "cold"
    if warmed:
        warm(site, dialect, adhoc)
    for form in FORMS:
        asked = list(probes(dialect, form, adhoc))
        began = time.monotonic()
        private, missing = (barrage.ask_all(site.port, [ask(path) for ask in asked])
                            for path in (f"secret/{name}.png", f"none/{name}.png"))
        elapsed = time.monotonic() - began
        different = [(ask("PATH"), reported) for ask, one, other in zip(asked, private, missing)
                     if (reported := differences_of(one, other, elapsed))]
        assert not different, f"{form}, {len(different)}\n" + "\n".join(map(repr, different[:9]))


def differences_of(one, other, elapsed=0):
    """The differences of two answers except their age: both are of one default image, which ages by
    the `elapsed` seconds between the requests."""
    ages = [int(answer.header("Age") or 0) for answer in (one, other)]
    for answer in (one, other):
        answer.headers = [pair for pair in answer.headers if pair[0] != "Age"]
    if one.appearance() == other.appearance() and abs(ages[0] - ages[1]) <= 3 + elapsed:
        return one.header("Connection") != other.header("Connection")
    first, second = (set(answer.appearance()[1]) for answer in (one, other))
    return one.status, other.status, sorted(first ^ second), one.body == other.body, ages


def warm(site, dialect, adhoc):
    """Requests each form's private image with valid signatures: its original and its
    derivatives."""
    valid = [barrage.head(target(f"/{dialect}/{form}/{adhoc}/", shape, "secret/warm.png", "valid",
                                 dialect))
             for form in FORMS for shape in ASKED[dialect]]
    assert 200 in {answer.status for answer in barrage.ask_all(site.port, valid)}


# Default images: the same for a missing and a private image

@pytest.mark.parametrize("form", FORMS)
def test_a_default_image_replaces_a_hidden_private_image(site, form):
    prefix = f"/imagekit/{form}/on/"
    for path in ("secret/cold.png", "none/cold.png") * 2:
        answer = site.get(f"{prefix}tr:w-24,di-open@@a.png/{path}")
        assert answer.status == 200 and pictures.shows(answer.image(), GREEN), (path, answer)
    signed = signing.imagekit(f"{prefix}tr:w-24,di-open@@a.png/secret/cold.png", prefix)
    assert pictures.shows(site.get(signed).image(), pictures.RED)


# Time

@pytest.mark.measures
def test_the_time_of_a_refusal_reveals_nothing_by_whole_milliseconds(site):
    """Requests both in turn: first with a fetch from the origin each time, then with stored
    states."""
    for form in ("proxy", "aged", "kept"):
        prefix, spent = f"/imagekit/{form}/on/", {"secret": [], "none": []}
        with site.connect() as connection:
            for _ in range(150):
                for folder in random.sample(sorted(spent), 2):
                    started = fair_time()
                    answer = connection.request(f"{prefix}tr:w-20/{folder}/cold.png")
                    spent[folder].append(fair_time() - started)
                    assert answer.status == 404
        private, missing = (statistics.median(spent[folder]) for folder in ("secret", "none"))
        assert abs(private - missing) < 0.001, (form, private, missing)
