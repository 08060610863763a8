"""The access matrix of t/vectors.json: the status that a client must get for each image and kind of
request. Where the file has several statuses, each of them is accepted."""

import json
import pathlib

import pytest

import pictures
import signing

CASES = json.loads((pathlib.Path(__file__).parents[1] / "vectors.json").read_text())["access_cases"]

# Cases in which the documentation is more exact than the file.
EXACTLY = {"ac-35": {400}, "ac-46": {401, 404}}
OPEN = {"cloudflare": {200, 403}, "imagekit": {200, 401}}


def location_of(case):
    settings, prefix = case["settings"], f"/{case['id']}/"
    lines = [f"private_image {case['system']};"]
    if case["system"] == "cloudflare":
        lines.append(f"private_image_adhoc {'public' if settings['flexible_variants'] else 'off'};")
        for number, (name, variant) in enumerate(settings["variants"].items(), 1):
            access = "public" if variant["neverRequireSignedURLs"] else "signed"
            lines.append(f"private_image_variant {name} {access} w={number * 10};")
    else:
        for name, chain in settings["named"].items():
            lines.append(f"private_image_variant {name} public {chain};")
        if settings["restrict_unsigned"]:
            lines.append("private_image_signature always;")
        if settings["restrict_unnamed"]:
            lines.append("private_image_adhoc off;")
    return f"location ^~ {prefix} {{ {' '.join(lines)} proxy_pass {{{{ origin }}}}{prefix}; }}"


@pytest.fixture(scope="module")
def site(gate):
    return gate("private_image_key img.key;\n" + "\n".join(map(location_of, CASES)))


def publish(origin, case):
    """Publishes the case's image (and the file of its layer) where its location looks for them."""
    image, folder = case["image"], f"/{case['id']}"
    exists = image.get("exists", True) and not image.get("draft", False)
    private = image.get("requireSignedURLs", image.get("isPrivateFile", False))
    if case["system"] == "cloudflare":
        name = "/2628bc0e-3f2a-475b-8311-67eb2abd7d99"
    else:
        name = "/tundra/meadow-740" if "/ik-seo/" in case["request"] else "/tundra/meadow-740.avif"
        name += ".avif" if "/ik-seo/" in case["request"] else ""
    if exists:
        origin.publish(pictures.quarters(), folder + name, private=private)
    for other in ("overlay_file", "default_file"):
        if other in image:
            origin.publish(pictures.plain(20, 20), folder + image[other]["path"],
                           private=image[other]["isPrivateFile"])
    return name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_access_case(site, origin, case):
    name = publish(origin, case)
    prefix = f"/{case['id']}/"
    if case["system"] == "cloudflare":
        target = f"{prefix}{name[1:]}/{case['last_segment']}"
    else:
        target = prefix + case["request"][1:]
    answer = site.get(signing.signed_as(case["signature"], case["system"], target, prefix))
    wanted = OPEN[case["system"]] if case["status"] is None else {case["status"]}
    assert answer.status in EXACTLY.get(case["id"], wanted), answer
    if answer.status == 200:
        assert answer.image()
