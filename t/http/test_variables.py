"""What the variables contain in an access log, a map and a header, for every kind of answer."""

import json
import re

import pytest

import pictures
import signing

NAMES = ("path", "uri", "redacted_uri", "reason", "mark", "signature", "key", "variant", "options",
         "expires", "origin_status", "origin_time", "queue_time", "render_time", "source_type",
         "source_bytes", "source_size", "output_type", "output_bytes", "output_size")

HTTP = ("log_format everything escape=json '{"
        + ", ".join(f'"{name}": "$private_image_{name}"' for name in NAMES)
        + ", \"request_uri\": \"$request_uri\", \"own_uri\": \"$uri\", \"arguments\": \"$args\","
          " \"range\": \"$http_range\", \"cookie\": \"$http_cookie\"}';\n"
        "map $private_image_reason $refused_or_not { default no; unsigned yes; }\n"
        "map $private_image_mark:$private_image_signature $both { default $private_image_mark; "
        "private:valid special; }")

SITE = """
    private_image_key img.key;
    private_image_key other.key;
    access_log logs/everything.log everything;
    location ^~ /ik/ { private_image imagekit; private_image_variant small public w=20;
                       proxy_pass {{ origin }}/; add_header X-Refused $refused_or_not always;
                       add_header X-Both $both always; }
    location ^~ /cf/ { private_image cloudflare; private_image_variant small signed w=20;
                       proxy_pass {{ origin }}/; }
    location ^~ /files/ { private_image imagekit; root files; }
    location / { return 204; }
"""

NUMBER = r"\d+(\.\d+)?"


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP, observed=False)


def logged(site, target, **options):
    answer = site.get(target, **options)
    path = target.replace("\\", "\\\\")
    line = site.wait_for_access_line(f'"request_uri": "{path}"', "everything.log")
    return answer, json.loads(line)


def test_a_signed_derivative_sets_every_variable(site, origin):
    path = origin.publish(pictures.quarters(64, 48), private=True, suffix=" ü.png")
    escaped = path.replace(" ", "%20").replace("ü", "%C3%BC")
    origin.publish(pictures.quarters(64, 48), escaped, private=True)
    expires = signing.soon()
    target = signing.imagekit(f"/ik/tr:w-20,f-jpg{escaped}?v=3", "/ik/", signing.OTHER_KEY, expires)
    answer, line = logged(site, target)
    assert answer.status == 200
    assert line["path"] == path and line["uri"] == escaped
    assert line["redacted_uri"].startswith(f"/ik/tr:w-20,f-jpg{escaped}?v=3")
    assert "ik-s" not in line["redacted_uri"]
    assert (line["reason"], line["mark"], line["signature"]) == ("signed", "private", "valid")
    assert line["key"] == "other.key" and line["expires"] == str(expires)
    assert line["variant"] == "" and "20" in line["options"] and "jpeg" in line["options"]
    assert line["origin_status"] == "200"
    for name in ("origin_time", "queue_time", "render_time"):
        assert re.fullmatch(NUMBER, line[name]), name
    assert line["source_type"] == "png" and line["source_size"] == "64x48"
    assert line["source_bytes"] == str(len(pictures.quarters(64, 48)))
    assert line["output_type"] == "jpeg" and line["output_size"] == "20x15"
    assert line["output_bytes"] == str(len(answer.body))
    assert answer.header("X-Both") == "special" and answer.header("X-Refused") == "no"


def test_the_variables_name_the_variant(site, origin):
    path = origin.publish(pictures.quarters(), private=True)
    _, line = logged(site, f"/ik/tr:n-small{path}")
    assert (line["variant"], line["reason"], line["mark"]) == ("small", "variant", "private")
    assert line["signature"] == "none" and line["key"] == "" and line["expires"] == ""
    _, line = logged(site, signing.cloudflare(f"/cf{path}/small"))
    assert (line["variant"], line["reason"], line["key"]) == ("small", "signed", "img.key")


def test_the_variables_describe_a_refusal(site, origin):
    secret = origin.publish(pictures.quarters(), private=True)
    answer, line = logged(site, f"/ik/tr:w-20{secret}")
    assert answer.header("X-Refused") == "yes"
    assert (line["reason"], line["mark"], line["signature"]) == ("unsigned", "private", "none")
    assert line["path"] == secret and line["output_bytes"] in ("", "0")
    assert line["render_time"] == "" and line["output_type"] == ""
    _, line = logged(site, signing.imagekit(f"/ik{secret}", "/ik/", "invalid key, invalid key"))
    assert (line["reason"], line["signature"], line["key"]) == ("bad_signature", "bad", "")
    assert line["redacted_uri"] == f"/ik{secret}"
    _, line = logged(site, signing.imagekit(f"/ik{secret}", "/ik/", expires=signing.soon(-9)))
    assert (line["reason"], line["signature"]) == ("expired", "expired")


@pytest.mark.parametrize("kind", ["ik", "files"])
def test_an_original_keeps_the_client_s_request_in_the_log(gate, site, origin, kind):
    path = origin.publish(pictures.quarters(), private=False, ranges=True)
    site.folder.write(f"files/files{path}", pictures.quarters())
    target = f"/{kind}{path}?v=3"
    headers = {"Range": "bytes=0-9", "Cookie": "a=b"}
    answer, line = logged(site, target, headers=headers)
    assert answer.status == 206
    assert line["request_uri"] == target and line["own_uri"] == f"/{kind}{path}"
    assert line["arguments"] == "v=3"
    assert (line["range"], line["cookie"]) == ("bytes=0-9", "a=b")
    assert (line["reason"], line["path"], line["options"]) == ("public", path, "")


def test_a_derivative_keeps_the_client_s_request_in_the_log(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    target = f"/ik/tr:w-20{path}?v=3"
    _, line = logged(site, target, headers={"Cookie": "a=b"})
    assert line["request_uri"] == target and line["own_uri"] == f"/ik/tr:w-20{path}"
    assert (line["arguments"], line["cookie"]) == ("v=3", "a=b")


@pytest.mark.parametrize("query, left", [
    ("exp=9999999998&sig=" + "a" * 64, ""),
    ("v=1&exp=9999999998&sig=" + "a" * 64, "?v=1&exp=9999999998"),
    ("sig=" + "b" * 64 + "&v=1", "?v=1"),
    ("sig=short", ""), ("sig=one&sig=two", ""),
])
def test_no_signature_is_in_the_redacted_uri(site, origin, query, left):
    path = origin.publish(pictures.quarters(), private=False)
    _, line = logged(site, f"/cf{path}/w=20?{query}")
    assert "sig" not in line["redacted_uri"]
    assert line["redacted_uri"].startswith(f"/cf{path}/w=20")
    if left.startswith("?v"):
        assert "v=1" in line["redacted_uri"]


def test_outside_a_gate_the_variables_are_empty(site):
    _, line = logged(site, "/elsewhere")
    assert {name: line[name] for name in NAMES if line[name]} == {} or (
        set(name for name in NAMES if line[name]) <= {"redacted_uri"})


def test_a_bad_url_has_a_reason_and_no_path(site):
    _, line = logged(site, "/ik/a%5cb.png")
    assert line["reason"] == "bad_url" and line["mark"] == ""


def test_equal_transformations_have_equal_options(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    _, one = logged(site, f"/ik/tr:w-20,h-10{path}")
    _, two = logged(site, f"/ik{path}?tr=h-10%2Cw-20")
    _, three = logged(site, f"/ik/tr:w-20,h-11{path}")
    assert one["options"] == two["options"] != three["options"]
    assert re.fullmatch(r"[!#-~]+", one["options"])
