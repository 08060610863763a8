"""With private_image_denied_status 404 a private image looks like a missing one in every state:
nothing known, purged, known before a restart, or with a mark evicted by a flood; also with a bucket
as origin, with or without permission to list it. Each request is the first for its image in that
state."""

import itertools
import os
import random
import time

import pytest

import barrage
import gate_matrix
import pictures
import s3_origin
from figures import figures, key
from gate_matrix import DIALECTS
from test_oracles import ASKED, FORMS, HTTP, SIGNATURES, SITE, target, differences_of

SEED = int(os.environ.get("PRIVATE_IMAGE_SEED") or random.randrange(10 ** 6))
SAMPLE = 300
KINDS = {name: kind for name, kind in gate_matrix.kinds('"x"').items()
         if name in ("get", "head", "range", "beyond", "known", "any known", "since", "match",
                     "unmodified", "authorized")}

PURGES = """
    location = /metrics { private_image_status prometheus; }
    {% for dialect in ("cloudflare", "imagekit") %}{% for form in forms %}
    {% set place = "/" + dialect + "/" + form + "/on/" %}
    location ^~ /purge{{ place }} {
        private_image_purge;
        private_image_prefix {{ place }};
        {% if form == "inner" %}
        private_image_origin /inside{{ place[:-1] }}$private_image_path;
        {% endif %}
    }
    {% endfor %}{% endfor %}
"""

# A bucket: the gate's own origin, one of its own, and one behind a cache.
BUCKETS = """
    {% for dialect in ("cloudflare", "imagekit") %}{% for form in buckets %}
    location ^~ /{{ dialect }}/{{ form }}/on/ {
        private_image {{ dialect }};
        {% if form == "bucket-inner" %}
        private_image_origin /in-the-bucket$private_image_path;
        {% else %}
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
        {% if form == "bucket-kept" %}proxy_cache originals; proxy_cache_valid any 1m;{% endif %}
        {% endif %}
    }
    {% endfor %}{% endfor %}
    location ^~ /in-the-bucket/ {
        internal;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
"""
REFUSING = """
    {% for dialect in ("cloudflare", "imagekit") %}
    location ^~ /{{ dialect }}/refusing/on/ { private_image {{ dialect }};
                                              proxy_pass http://refusing; }
    {% endfor %}
"""
REFUSING_ORIGIN = """
    upstream refusing { server 127.0.0.1:{{ port_of('refusing') }}; }
    server {
        listen 127.0.0.1:{{ port_of('refusing') }};
        location / {
            if ($request_uri !~ /(secret|open)/) { return 403; }
            proxy_pass http://web;
        }
    }
"""
BUCKET_FORMS = ("bucket", "bucket-inner", "bucket-kept")

names = (f"image{number}.png" for number in itertools.count())


@pytest.fixture(scope="module")
def s3():
    origin = s3_origin.S3Origin()
    origin.put("open/a.png", pictures.plain(64, 48, pictures.GREEN), private=False)
    origin.put("secret/warm.png", pictures.plain(64, 48), private=True)
    yield origin
    origin.close()


@pytest.fixture(scope="module")
def site(gate, s3):
    picture = pictures.plain(64, 48)
    files = {"files/picture.png": picture, "files/tree/secret/warm.png": picture,
             "files/tree/open/a.png": pictures.plain(64, 48, pictures.GREEN),
             "conf/s3.credentials": s3_origin.credentials_file()}
    site = gate(SITE + PURGES + BUCKETS + REFUSING,
                http=HTTP + REFUSING_ORIGIN + "private_image_zone marks:128k;",
                observed=False, files=files, forms=FORMS, buckets=BUCKET_FORMS, s3=s3.address)
    site.expect_errors(r"open\(\) .* failed \((2|20):")
    return site


class Question:
    """One request for an image that no other test requests."""

    def __init__(self, dialect, form, shape, signature, kind):
        self.prefix = f"/{dialect}/{form}/on/"
        self.dialect, self.shape, self.signature = dialect, shape, signature
        self.kind, (self.method, self.headers) = kind, KINDS[kind]
        self.name = next(names)

    def head(self, folder, signature=None):
        return barrage.head(self.target(folder, signature), self.method, self.headers)

    def target(self, folder, signature=None):
        return target(self.prefix, self.shape, f"{folder}/{self.name}",
                      signature or self.signature, self.dialect)

    def __repr__(self):
        return f"{self.method} {self.prefix}{self.shape} {self.kind} {self.signature}"


def questions(forms, count=SAMPLE):
    every = [(dialect, form, shape, signature, kind)
             for dialect in DIALECTS for form in forms for shape in ASKED[dialect]
             for signature in SIGNATURES for kind in KINDS]
    return [Question(*one) for one in random.Random(SEED).sample(every, count)]


def assert_alike(site, some, began=None):
    """`began`: since when the answers may differ in their age; by default since now."""
    began = began or time.monotonic()
    private, missing = (barrage.ask_all(site.port, [one.head(folder) for one in some])
                        for folder in ("secret", "none"))
    elapsed = time.monotonic() - began
    different = [(one, reported) for one, first, second in zip(some, private, missing)
                 if (reported := differences_of(first, second, elapsed))]
    assert not different, f"{len(different)}, seed {SEED}\n" + "\n".join(map(repr, different[:9]))
    assert {answer.status for answer in private} >= {404}


def warm(site, some):
    """Requests with a valid signature, so that original, derivative or default image are known."""
    link(site, some)
    heads = [barrage.head(one.target("secret", "valid")) for one in some]
    assert 200 in {answer.status for answer in barrage.ask_all(site.port, heads)}


def link(site, some):
    """A symbolic link for the gate of a folder."""
    files = site.folder.path / "files"
    for one in some:
        os.link(files / "picture.png", files / "tree/secret" / one.name)


def test_images_that_were_not_requested_before(site):
    some = questions(FORMS)
    link(site, some)
    assert_alike(site, some)


def test_images_that_were_purged(site):
    some = questions(FORMS)
    warm(site, some)
    purges = [barrage.head(f"/purge{one.prefix}secret/{one.name}", "PURGE") for one in some]
    assert {answer.status for answer in barrage.ask_all(site.port, purges)} == {204}
    assert_alike(site, some)


def test_images_known_from_the_cache_only(site):
    some = questions(FORMS)
    warm(site, some)
    site.restart()
    assert_alike(site, some)


def test_images_whose_mark_a_flood_evicted(site):
    some, began = questions(FORMS), time.monotonic()
    warm(site, some)
    for first in range(0, SAMPLE, 100):
        evicted = evictions(site)
        flood = [barrage.head(f"/imagekit/proxy/on/secret/flood{number}-{first}.png")
                 for number in range(1200)]
        assert {answer.status for answer in barrage.ask_all(site.port, flood)} == {404}
        assert evictions(site) - evicted > 300  # all that there was room for
        assert_alike(site, some[first:first + 100], began)  # it evicts default images, too


def evictions(site):
    return figures(site)[key("originals_evicted_total", state="known")]


@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("may_list", [True, False], ids=["lists", "lists not"])
def test_images_in_a_bucket(site, s3, may_list, is_warm):
    """Without permission to list a bucket, S3 refuses requests for missing objects; its answer to
    HEAD has no code."""
    s3.may_list = may_list
    some = questions(BUCKET_FORMS, 120)
    for one in some:
        s3.objects[f"secret/{one.name}"] = s3.objects["secret/warm.png"]
    if is_warm:
        warm(site, some)
    assert_alike(site, some)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_images_of_an_origin_that_answers_403_for_missing_ones(site, dialect):
    """As many origins do."""
    prefix = f"/{dialect}/refusing/on/"
    for number, (shape, signature) in enumerate(itertools.product(ASKED[dialect], SIGNATURES)):
        asked = [barrage.head(target(prefix, shape, f"{folder}/{number}.png", signature, dialect),
                              method)
                 for folder in ("secret", "none") for method in ("GET", "HEAD")]
        first, first_head, second, second_head = barrage.ask_all(site.port, asked, connections=1)
        assert not differences_of(first, second), (shape, signature)
        assert not differences_of(first_head, second_head), (shape, signature)
