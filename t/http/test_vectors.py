"""Signing vectors of t/vectors.json, sent byte for byte to a running nginx: those without an
expiry. The unit tests, which can set the time, check all of them."""

import json
import pathlib
import urllib.parse

import pytest

import pictures

VECTORS = json.loads((pathlib.Path(__file__).parents[1] / "vectors.json").read_text())


def without_expiry(vector):
    url = vector["url"]
    return "exp=" not in url.lower() and "ik-t" not in url and "exp%" not in url


CHOSEN = [(dialect, vector) for dialect in ("cloudflare", "imagekit")
          for vector in VECTORS[dialect] if without_expiry(vector)]


def target_of(vector):
    """Everything after the host, as it stands."""
    rest = vector["url"].partition("://")[2]
    return rest[rest.index("/"):]


def prefix_of(dialect, vector):
    if dialect == "cloudflare":
        return f"/{target_of(vector).split('/')[1]}/"
    path = urllib.parse.urlsplit(vector["endpoint"]).path.rstrip("/")
    return f"{path}/"


def server_of(dialect, vector):
    prefix = prefix_of(dialect, vector)
    return f"""
        server {{
            listen 127.0.0.1:{{{{ port_of("{vector['id']}") }}}};
            location ^~ {prefix} {{
                private_image {dialect};
                private_image_key {vector['id']}.key;
                private_image_signature always;
                proxy_pass {{{{ origin }}}}/vectors/;
            }}
        }}"""


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish_folder("/vectors/", pictures.quarters())
    names = {}
    for dialect, vector in CHOSEN:
        last = target_of(vector).partition("?")[0].rpartition("/")[2]
        if dialect == "cloudflare" and "=" not in last:
            names[last] = f"private_image_variant {last} signed w=20;"
    names["meadow"] = "private_image_variant meadow signed w=20;"
    return gate(
        http="\n".join(names.values()) + "\n".join(server_of(*chosen) for chosen in CHOSEN),
        files={f"conf/{vector['id']}.key": vector["key"].encode() for _, vector in CHOSEN},
        workers=1)


def test_every_kind_of_vector_exists():
    kinds = {(dialect, vector["expected"]) for dialect, vector in CHOSEN}
    assert {("cloudflare", "valid"), ("cloudflare", "invalid"), ("imagekit", "valid"),
            ("imagekit", "invalid")} <= kinds


@pytest.mark.parametrize("dialect, vector", CHOSEN, ids=[v["id"] for _, v in CHOSEN])
def test_vector(site, dialect, vector):
    answer = site.get(target_of(vector), port=vector["id"])
    refused = 403 if dialect == "cloudflare" else 401
    if vector["expected"] == "valid":
        assert answer.header("X-Signature") == "valid"
        # Not all that may be signed is rendered; the signature over it still is one.
        unsupported = any(option in vector["url"] for option in ("l-text", "rt-90"))
        assert answer.status == 200 or (unsupported and answer.verdict == (400, "bad_options"))
    elif vector["expected"] == "invalid":
        assert answer.status == refused
        assert answer.reason in ("unsigned", "bad_signature")
        assert answer.header("X-Signature") in ("none", "bad")
    else:
        assert answer.status in (200, refused)
