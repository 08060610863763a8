"""Layers and default images: each is judged like a requested image, and if one is refused or
missing, so is the result."""

import pytest

import pictures
import signing
from pictures import BLUE, GREEN, RED

SITE = """
    private_image_key img.key;
    private_image_adhoc {{ adhoc }};
    private_image_variant badge public tr:w-100,l-image,i-layers@@secret.png,l-end;
    private_image_variant plain public tr:w-100,l-image,i-layers@@open.png,l-end;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /small/ { private_image imagekit; private_image_max_source_size 100k;
                          private_image_max_source_pixels 100k; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish(pictures.plain(40, 30, RED), "/layers/open.png", private=False)
    origin.publish(pictures.plain(40, 30, GREEN), "/layers/secret.png", private=True)
    origin.publish(b"words", "/layers/words.png", private=False)
    origin.publish(pictures.noise(60, 60)[:2000], "/layers/torn.jpg", private=False)
    origin.publish(pictures.huge(), "/layers/huge.jpg", private=False)
    origin.publish(pictures.plain(2000, 2000), "/layers/wide.png", private=False)
    site = gate(SITE, adhoc="on")
    site.expect_errors("private_image: (unsupported_type|damaged)")
    return site


@pytest.fixture(scope="module")
def picture(origin):
    return origin.publish(pictures.plain(100, 60, BLUE), private=False)


def with_layers(image, *layers, prefix="/ik/"):
    steps = ",".join(f"l-image,i-layers@@{layer},l-end" for layer in layers)
    return f"{prefix}tr:w-100,{steps}{image}"


def test_a_private_layer_needs_a_signature(site, origin, picture):
    target = with_layers(picture, "secret.png")
    answer = site.get(target)
    assert answer.verdict == (401, "unsigned") and b"PNG" not in answer.body
    assert site.get(signing.imagekit(target, "/ik/", signing.OTHER_KEY)).status == 401
    signed = site.get(signing.imagekit(target, "/ik/"))
    assert signed.verdict == (200, "signed") and pictures.shows(signed.image(), GREEN)


@pytest.mark.parametrize("layers", [("open.png", "secret.png"), ("secret.png", "open.png"),
                                    ("open.png", "open.png", "secret.png")])
def test_any_private_layer_makes_the_image_private(site, picture, layers):
    assert site.get(with_layers(picture, *layers)).verdict == (401, "unsigned")


def test_an_answer_with_a_private_layer_is_kept_privately(site, picture):
    target = signing.imagekit(with_layers(picture, "secret.png"), "/ik/", expires=signing.soon(60))
    directives = site.get(target).cache_directives()
    assert directives.get("private") is True and directives.get("max-age", 0) <= 60


def test_a_public_variant_does_not_publish_a_private_layer(site, picture):
    assert site.get(f"/ik/tr:n-badge{picture}").verdict == (401, "unsigned")
    assert site.get(f"/ik/tr:n-plain{picture}").verdict == (200, "public")


def test_a_public_variant_with_a_public_layer_shows_a_private_image(site, origin):
    secret = origin.publish(pictures.plain(100, 60, BLUE), private=True)
    answer = site.get(f"/ik/tr:n-plain{secret}")
    assert answer.verdict == (200, "variant") and pictures.shows(answer.image(), RED)


def test_a_private_layer_s_body_is_not_fetched(site, origin, picture):
    origin.publish(pictures.huge(), "/layers/large-secret.png", private=True)
    assert site.get(with_layers(picture, "large-secret.png")).verdict == (401, "unsigned")
    assert origin.bytes_sent("/layers/large-secret.png") < 2_000_000


@pytest.mark.parametrize("layer, verdict", [
    ("nowhere.png", (404, "not_found")), ("words.png", (415, "unsupported_type")),
    ("torn.jpg", (422, "damaged")),
])
def test_a_failed_layer_fails_the_image(site, picture, layer, verdict):
    assert site.get(with_layers(picture, layer)).verdict == verdict


@pytest.mark.parametrize("layer", ["huge.jpg", "wide.png"])
def test_a_layer_has_the_limits_of_a_source(site, picture, layer):
    assert site.get(with_layers(picture, layer, prefix="/small/")).verdict == (413, "too_large")


def test_the_number_of_layers_is_limited(site, origin, picture):
    assert site.get(with_layers(picture, *["open.png"] * 3)).status == 200
    asked = len(origin.requests("/layers/open.png"))
    assert site.get(with_layers(picture, *["open.png"] * 100)).verdict == (400, "bad_options")
    assert len(origin.requests("/layers/open.png")) == asked


def test_a_layer_over_a_missing_image_is_not_found(site):
    assert site.get(with_layers("/nowhere.png", "open.png")).verdict == (404, "not_found")


# Default images

def with_default(image, default):
    return f"/ik/tr:w-100,di-layers@@{default}{image}"


def test_a_default_image_takes_the_place_of_a_missing_one(site):
    answer = site.get(with_default("/nowhere.png", "open.png"))
    assert answer.status == 200 and pictures.shows(answer.image(), RED)


def test_a_private_default_image_needs_a_signature(site):
    answer = site.get(with_default("/nowhere.png", "secret.png"))
    assert answer.status in (401, 404) and b"PNG" not in answer.body
    signed = site.get(signing.imagekit(with_default("/nowhere.png", "secret.png"), "/ik/"))
    assert signed.verdict == (200, "signed") and pictures.shows(signed.image(), GREEN)


def test_a_refusal_is_not_replaced_by_a_default_image(site, origin):
    secret = origin.publish(pictures.plain(100, 60, BLUE), private=True)
    asked = len(origin.requests("/layers/open.png"))
    assert site.get(with_default(secret, "open.png")).verdict == (401, "unsigned")
    broken = origin.publish(b"", status=500)
    site.expect_errors("private_image: origin_error")
    assert site.get(with_default(broken, "open.png")).verdict == (502, "origin_error")
    assert len(origin.requests("/layers/open.png")) == asked


def test_a_missing_default_image_is_not_found(site):
    assert site.get(with_default("/nowhere.png", "none.png")).verdict == (404, "not_found")


def test_a_private_layer_is_refused_where_adhoc_is_for_public_images(gate, picture):
    site = gate(SITE, adhoc="public")
    assert site.get(with_layers(picture, "secret.png")).status in (400, 401)
    assert site.get(with_layers(picture, "open.png")).verdict == (200, "public")
