"""Uploads by Cloudflare's API into a folder and into a bucket: images that are private from their
first moment, one-time URLs, and the calls that read, change and remove an image."""

import concurrent.futures
import datetime
import json
import time
import urllib.parse
import uuid

import pytest

import pictures
import uploads
from cloudflare_door import (ACCOUNT, GREEN, HASH, OTHER_TOKEN, RED, TOKEN, Door, everything,
                             is_guarded, make_site, refused, result)
from figures import Growth
from uploads import part

@pytest.fixture(scope="module")
def site(gate, bucket):
    site = make_site(gate, bucket)
    site.expect_errors(r"the store failed|upstream|store_error|mark_unseen|open\(\) .* failed \(2")
    return site


@pytest.fixture(params=("folder", "bucket"))
def door(request, site, bucket):
    yield Door(site, request.param, bucket)
    bucket.refusal = bucket.on_write = bucket.on_written = None
    bucket.has_conditions, bucket.refusals = True, []


# Uploads

def test_an_image_that_was_uploaded_private_is_refused_unsigned_and_served_signed(door):
    image = result(door.upload(requireSignedURLs="true", metadata='{"a":1}', creator="me",
                               name="cat.png"))
    assert uuid.UUID(image["id"]).version == 4 and image["id"] == image["id"].lower()
    assert image["filename"] == "cat.png" and image["requireSignedURLs"] is True
    assert image["meta"] == image["metadata"] == {"a": 1} and image["creator"] == "me"
    datetime.datetime.strptime(image["uploaded"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert sorted(image["variants"]) == [
        f"https://localhost{door.gate}{image['id']}/{name}" for name in ("public", "thumb")]
    assert door.stored(image["id"]) == ("true", RED)
    assert is_guarded(door, image["id"])


def test_a_public_upload_says_so_and_is_shown(door):
    image = result(door.upload(requireSignedURLs="false"))
    assert image["requireSignedURLs"] is False and image["creator"] is None
    assert image["meta"] == {}
    assert door.stored(image["id"]) == ("false", RED)
    assert door.show(image["id"]).image().width == 50


def test_an_upload_without_a_mark_is_public(door):
    assert result(door.upload())["requireSignedURLs"] is False


@pytest.mark.parametrize("name", ("shop/größe 1/100%.png", "plain", "a/b/c.JPG", "Ünï.png"))
def test_a_custom_id_is_the_path_of_the_image(door, name):
    door.one(name, "DELETE")
    image = result(door.upload(id=name))
    assert image["id"] == name
    quoted = urllib.parse.quote(name)
    assert f"https://localhost{door.gate}{quoted}/public" in image["variants"]
    assert door.show(name).status == 200
    assert result(door.one(name))["id"] == name


def test_an_image_is_never_overwritten(door):
    name = f"kept-{uuid.uuid4().hex}"
    assert door.upload(id=name).status == 200
    answer = door.upload(GREEN, id=name)
    assert "already exists" in refused(answer, 409, 5409)
    assert answer.header("x-should-retry") == "false"
    assert door.stored(name)[1] == RED


@pytest.mark.parametrize("fields, status, code, words", (
    ({"id": "7f6b2a2e-0d4b-4a58-9d1a-0d3b0f1c2d3e"}, 400, 5411, "UUID"),
    ({"id": "a.txt"}, 400, 5411, "extension"),
    ({"id": "/a"}, 400, 5411, "id"),
    ({"id": "a/"}, 400, 5411, "id"),
    ({"id": "a/../b"}, 400, 5411, "id"),
    ({"id": ".hidden"}, 400, 5411, "id"),
    ({"id": "x" * 1025}, 400, 5411, "id"),
    ({"id": "mine", "requireSignedURLs": "true"}, 400, 5411, "private"),
    ({"requireSignedURLs": "yes"}, 400, 5400, "requireSignedURLs"),
    ({"requireSignedURLs": ""}, 400, 5400, "requireSignedURLs"),
    ({"requireSignedURLs": "True"}, 400, 5400, "requireSignedURLs"),
    ({"requireSignedUrls": "true"}, 400, 5400, "requireSignedUrls"),
    ({"metadata": "[1]"}, 400, 5400, "metadata"),
    ({"metadata": '{"a":1,"a":2}'}, 400, 5400, "metadata"),
    ({"metadata": json.dumps({"a": "x" * 1025})}, 400, 5400, "metadata"),
    ({"expiry": "2030-01-01T00:00:00Z"}, 400, 5400, "expiry"),
))
def test_an_invalid_field_is_named_and_nothing_is_stored(door, fields, status, code, words):
    before = everything(door)
    assert words in refused(door.upload(**fields), status, code)
    assert everything(door) == before


def test_a_repeated_field_is_refused(door):
    answer = door.send_form(door.images + "v1", part("file", RED, filename="a.png"),
                            part("requireSignedURLs", "true"), part("requireSignedURLs", "false"))
    assert "requireSignedURLs" in refused(answer, 400, 5400)


def test_metadata_of_the_npm_client_is_one_object(door):
    answer = door.send_form(
        door.images + "v1", part("file", RED, filename="a.png"), part("metadata[k]", "v"),
        part("metadata[deep][n]", "2"), part("metadata[list][]", "x"), part("metadata[list][]", "y"))
    assert result(answer)["meta"] == {"k": "v", "deep": {"n": "2"}, "list": ["x", "y"]}


@pytest.mark.parametrize("content, status, code", (
    (b"no picture" * 20, 415, 5455), (RED[:30], 422, 9422),
    (pictures.noise(500, 500, kind="PNG"), 413, 7011)), ids=("text", "cut", "large"))
def test_what_is_no_image_is_refused(door, content, status, code):
    before = everything(door)
    refused(door.upload(content), status, code)
    assert everything(door) == before


def test_an_upload_needs_a_file_and_fetches_none(door):
    assert "file" in refused(door.send_form(door.images + "v1"), 400, 5400)
    answer = door.send_form(door.images + "v1", part("url", "https://remote.example/a.png"))
    assert "url" in refused(answer, 501, 5400) and answer.header("x-should-retry") == "false"


# Credentials

@pytest.mark.parametrize("method, path", (
    ("POST", "v1"), ("GET", "v1/x"), ("PATCH", "v1/x"), ("DELETE", "v1/x"), ("GET", "v1/x/blob"),
    ("POST", "v1/direct_upload"), ("POST", "v2/direct_upload"), ("GET", "v1/stats")))
def test_every_call_needs_the_token_of_the_account(door, method, path):
    target = door.images + path
    more = {"Content_Type": f"multipart/form-data; boundary={uploads.BOUNDARY}"}
    refused(door.ask(method, target, token="", **more), 401, 10000)
    refused(door.ask(method, target, token="invalid_token", **more), 401, 10000)
    refused(door.ask(method, target, token=OTHER_TOKEN, **more), 403, 5403)
    other = target.replace(ACCOUNT, "another_account")
    refused(door.ask(method, other, **more), 403, 5403)


def test_the_token_may_come_as_an_auth_key(door):
    answer = door.send_form(door.images + "v1", part("file", RED, filename="a.png"), token="",
                            X_Auth_Email="me@example.com", X_Auth_Key=TOKEN)
    assert answer.status == 200


def test_what_is_not_served_says_so(door):
    for method, path in (("GET", "v1"), ("GET", "v2"), ("GET", "v1/stats"), ("GET", "v1/keys"),
                         ("GET", "v1/variants"), ("POST", "v1/variants"), ("GET", "v1/batch_token")):
        answer = door.ask(method, door.images + path)
        refused(answer, 501, 5400)
        assert answer.header("x-should-retry") == "false"
    refused(door.ask("GET", door.images + "v7/x"), 404, 7003)
    refused(door.ask("GET", door.location + "zones"), 404, 7003)


# One-time URLs

def test_a_one_time_url_stores_one_image_as_it_was_issued(door):
    issued = door.direct(requireSignedURLs="true", metadata='{"k":"v"}', creator="them")
    draft = result(door.one(issued["id"]))
    assert draft["draft"] is True and draft["requireSignedURLs"] is True
    assert draft["meta"] == {"k": "v"} and draft["creator"] == "them"
    assert door.show(issued["id"], signed=True).status == 404
    answer = door.use(issued["uploadURL"], RED, part("requireSignedURLs", "false"),
                      part("id", "mine"), part("metadata", "{}"), part("anything", "else"))
    image = result(answer)
    assert image["id"] == issued["id"] and image["requireSignedURLs"] is True
    assert image["meta"] == {"k": "v"} and image["filename"] == "mine.png"
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert is_guarded(door, issued["id"])
    assert "draft" not in result(door.one(issued["id"]))
    again = door.use(issued["uploadURL"], GREEN)
    refused(again, 409, 5409)
    assert again.header("Access-Control-Allow-Origin") == "*"
    assert door.stored(issued["id"]) == ("true", RED)


@pytest.mark.parametrize("label, body", (
    ("application/json", b'{"requireSignedURLs":"true"}'),
    ("application/json", b'{"requireSignedURLs":true}'),
    ("application/x-www-form-urlencoded", b'{"requireSignedURLs":true}'),
    ("application/x-www-form-urlencoded", b'requireSignedURLs=true'),
    (None, b'{"requireSignedURLs":true}'),
))
@pytest.mark.parametrize("version", ("v1", "v2"))
def test_a_one_time_url_may_be_asked_for_in_many_forms(door, version, label, body):
    more = {"Content_Type": label} if label else {}
    issued = result(door.ask("POST", f"{door.images}{version}/direct_upload", body, **more))
    assert result(door.use(issued["uploadURL"]))["requireSignedURLs"] is True
    assert is_guarded(door, issued["id"])


def test_a_one_time_url_needs_no_field(door):
    for issued in (door.direct(), result(door.ask("POST", door.images + "v2/direct_upload"))):
        assert result(door.use(issued["uploadURL"]))["requireSignedURLs"] is False


@pytest.mark.parametrize("seconds, is_valid", ((60, False), (130, True), (21590, True),
                                               (21700, False), (-5, False)))
def test_an_expiry_is_two_minutes_to_six_hours_ahead(door, seconds, is_valid):
    moment = datetime.datetime.fromtimestamp(time.time() + seconds, datetime.timezone.utc)
    for text in (moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%Y-%m-%dT%H:%M:%S.5Z")):
        answer = door.send_form(door.images + "v2/direct_upload", part("expiry", text))
        assert answer.status == (200 if is_valid else 400)
        if not is_valid:
            assert "expiry" in refused(answer, 400, 5400)


@pytest.mark.parametrize("change", (
    lambda url: url.replace("/upload/" + HASH, "/upload/" + "x" * 22),
    lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
    lambda url: url[:-64] + url[-64:].upper(),
    lambda url: url.replace("exp=1", "exp=2"),
    lambda url: url.replace("?exp", "/../x?exp"),
    lambda url: url + "&x=1",
    lambda url: url.replace("&sig=", "&SIG="),
    lambda url: url[:url.index("?")],
))
def test_a_changed_one_time_url_is_refused(door, change):
    issued = door.direct(requireSignedURLs="true")
    before = everything(door)
    answer = door.use(change(issued["uploadURL"]))
    assert answer.status in (403, 404) and answer.json["success"] is False
    assert everything(door) == before


def test_a_one_time_url_of_one_door_is_invalid_at_another(door):
    issued = door.direct()
    target = issued["uploadURL"].removeprefix("http://door.example.com")
    other = "/ids" + target
    answer = door.send_form(other, part("file", RED, filename="a.png"), token="")
    refused(answer, 403, 5403)


def test_a_refused_upload_leaves_the_one_time_url_as_it_was(door):
    issued = door.direct()
    refused(door.use(issued["uploadURL"], b"no picture" * 20), 415, 5455)
    refused(door.send_form(issued["uploadURL"].removeprefix("http://door.example.com"), token=""),
            400, 5400)
    assert door.use(issued["uploadURL"]).status == 200


def test_a_one_time_url_of_a_removed_image_stays_used(door):
    issued = door.direct()
    assert door.use(issued["uploadURL"]).status == 200
    assert result(door.one(issued["id"], "DELETE")) == {}
    refused(door.one(issued["id"]), 404, 5404)
    refused(door.use(issued["uploadURL"]), 409, 5409)
    assert door.stored(issued["id"]) is None


def test_of_uploads_that_race_for_a_one_time_url_one_wins(door):
    issued = door.direct(requireSignedURLs="true")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: door.use(issued["uploadURL"]).status, range(8)))
    assert sorted(answers) == [200] + [409] * 7


def test_a_page_may_ask_before_it_uploads(door):
    target = door.direct()["uploadURL"].removeprefix("http://door.example.com")
    answer = door.ask("OPTIONS", target, token="", Origin="https://page.example",
                      Access_Control_Request_Method="POST")
    assert answer.status == 204 and answer.header("Access-Control-Allow-Origin") == "*"
    assert "POST" in answer.header("Access-Control-Allow-Methods")
    assert answer.header("Access-Control-Allow-Headers") == "*"
    assert answer.header("Access-Control-Allow-Credentials") is None
    assert door.upload().header("Access-Control-Allow-Origin") is None


# One image

def test_the_details_of_an_image(door):
    stored = result(door.upload(requireSignedURLs="true", metadata='{"a":[1]}'))
    assert result(door.one(stored["id"])) == stored
    refused(door.one(str(uuid.uuid4())), 404, 5404)


def test_an_edit_of_metadata_keeps_the_id_and_the_mark(door):
    stored = result(door.upload(requireSignedURLs="true", metadata='{"a":1}', creator="me"))
    edited = result(door.patch(stored["id"], metadata={"b": [True]}, creator="you"))
    assert edited == {**stored, "meta": {"b": [True]}, "metadata": {"b": [True]}, "creator": "you"}
    assert result(door.one(stored["id"])) == edited and is_guarded(door, stored["id"])
    same = result(door.patch(stored["id"], requireSignedURLs=True))
    assert same["id"] == stored["id"]


@pytest.mark.parametrize("value", (True, "true"))
def test_an_image_that_becomes_private_has_a_new_id_and_no_public_trace(door, value):
    stored = result(door.upload(requireSignedURLs="false", metadata='{"a":1}'))
    assert door.show(stored["id"]).status == door.show(stored["id"], "w=10").status == 200
    edited = result(door.patch(stored["id"], requireSignedURLs=value))
    assert edited["id"] != stored["id"] and uuid.UUID(edited["id"]).version == 4
    assert edited["requireSignedURLs"] is True and edited["meta"] == {"a": 1}
    assert door.stored(stored["id"]) is None and door.stored(edited["id"]) == ("true", RED)
    assert is_guarded(door, edited["id"])
    for variant in ("public", "w=10", "thumb"):
        assert door.show(stored["id"], variant).status in (401, 403, 404)
        assert door.show(stored["id"], variant, signed=True).status == 404
    refused(door.one(stored["id"]), 404, 5404)


def test_an_image_that_becomes_public_has_a_new_id(door):
    stored = result(door.upload(requireSignedURLs="true"))
    edited = result(door.patch(stored["id"], requireSignedURLs=False))
    assert edited["id"] != stored["id"] and edited["requireSignedURLs"] is False
    assert door.show(edited["id"]).status == 200
    assert door.stored(stored["id"]) is None and door.stored(edited["id"]) == ("false", RED)


def test_the_mark_of_a_custom_id_stays(door):
    name = f"custom-{uuid.uuid4().hex}"
    result(door.upload(id=name))
    refused(door.patch(name, requireSignedURLs=True), 400, 5411)
    assert door.stored(name) == ("false", RED)


def test_private_ids_allow_a_private_image_with_a_path_of_its_own(door):
    door, name = door.with_private_ids(), f"album/{uuid.uuid4().hex}.png"
    image = result(door.upload(id=name, requireSignedURLs="true"))
    assert image["id"] == name and is_guarded(door, name)
    public = result(door.patch(name, requireSignedURLs=False))
    assert public["id"] == name and door.show(name).status == 200
    assert door.show(name, "w=10").status == 200
    private = result(door.patch(name, requireSignedURLs=True, metadata={"x": 1}))
    assert private["id"] == name and private["meta"] == {"x": 1} and is_guarded(door, name)


@pytest.mark.parametrize("body, word", (
    (b'{"requireSignedURLs":"yes"}', "requireSignedURLs"), (b'{"id":"x"}', "id"),
    (b'{"requireSignedURLs":true,"requireSignedURLs":false}', "twice"), (b"[]", ""), (b"{", "")))
def test_an_invalid_edit_is_refused(door, body, word):
    stored = result(door.upload())
    message = refused(door.one(stored["id"], "PATCH", body, Content_Type="application/json"),
                      400, 5400)
    assert word in message or "requireSignedURLs" in message
    assert result(door.one(stored["id"])) == stored


def test_a_removed_image_is_gone_from_the_store_and_from_the_cache(door):
    stored = result(door.upload())
    assert door.show(stored["id"]).status == 200
    assert result(door.one(stored["id"], "DELETE")) == {}
    assert door.show(stored["id"]).status in (401, 403, 404)
    assert door.show(stored["id"], signed=True).status == 404
    refused(door.one(stored["id"], "DELETE"), 404, 5404)


@pytest.mark.parametrize("private", ("true", "false"))
def test_the_original_bytes_are_for_the_token(door, private):
    large = pictures.noise(200, 200, kind="PNG")
    stored = result(door.upload(large, requireSignedURLs=private))
    answer = door.one(stored["id"], suffix="/blob", Range="bytes=0-9", Accept="image/*")
    assert answer.status == 200 and answer.body == large
    assert answer.header("Content-Type") == "image/png"
    assert answer.header("Cache-Control") == "no-store"
    refused(door.one(str(uuid.uuid4()), suffix="/blob"), 404, 5404)


def test_the_outcomes_are_counted(door):
    grown = Growth(door.site)
    result(door.upload())
    grown.is_soon(1, "uploads_total", dialect="cloudflare", outcome="stored")


def test_the_log_names_the_credential(door):
    image = result(door.upload(requireSignedURLs="true"))
    door.site.wait_for_log(f'upload stored: "/{image["id"]}", \\d+ bytes, image/png, private, '
                           'by api.token')
    issued = door.direct()
    door.use(issued["uploadURL"])
    door.site.wait_for_log(f'upload stored: "/{issued["id"]}", .* public, '
                           'by a one-time URL of api.token')


def test_a_one_time_url_is_not_issued_for_more_than_the_store_can_keep(door):
    limit = 1380 if door.bucket else 2000
    for length, status in ((limit - 300, 200), (limit, 400)):
        answer = door.send_form(door.images + "v2/direct_upload", part("creator", "c" * length))
        assert answer.status == status
    assert str(limit) in refused(answer, 400, 5400)
    issued = door.direct(creator="c" * (limit - 300))
    assert result(door.use(issued["uploadURL"]))["creator"] == "c" * (limit - 300)
