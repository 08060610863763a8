"""The calls of ImageKit's API that manage stored files."""

import base64
import json
import os
import re

import pytest

import caching
import client
import pictures
import signing
import uploads
from figures import Growth
from preloaded import preloaded
from uploads import call, id_of, upload

SITE = """
    location ^~ /img/ {
        private_image       imagekit;
        private_image_key   img.key;
        private_image_cache derivatives;
        alias               {{ folder }}/store/;
    }
    location = /metrics { private_image_status prometheus; }
"""
HTTP = caching.HTTP + """
    log_format call '$request_method $status $private_image_upload $private_image_upload_path'
                    ' $private_image_upload_bytes';
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        server_name door.example.com;
        access_log logs/calls.log call;
        private_image_upload_key imagekit.key;
        private_image_upload_url https://localhost;
        location / {
            private_image_upload imagekit /img/;
            error_page 400 401 403 404 413 501 502 /error.html;
        }
        location /api-of-images/ {
            private_image_upload imagekit /img/;
        }
    }
"""
RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))
MISSING = "The requested file does not exist."
BATCH, PURGE = "/v1/files/batch/deleteByFileIds", "/v1/files/purge"


@pytest.fixture(scope="module")
def site(gate, tmp_path_factory):
    with preloaded(tmp_path_factory.mktemp("faults")):
        site = gate(SITE, http=HTTP,
                    files={"store/README": b"", "conf/imagekit.key": uploads.KEY.encode()})
    site.expect_errors(r"the store failed|store_error", r'open\(\) "\S+/(gone|batch0)\.png" failed')
    return site


def stored(site, path):
    return site.folder.path / "store" / path.removeprefix("/")


def signed(target):
    return signing.imagekit(target, "/img/")


def details(site, path):
    return call(site, "GET", f"/v1/files/{id_of(path)}/details")


def put(site, name, picture=RED, **fields):
    """Uploads an image by a fixed name; returns its path."""
    answer = upload(site, picture, name=name, useUniqueFileName="false", **fields)
    assert answer.status == 200, answer.body
    return answer.json["filePath"]


def refused(answer, status):
    assert answer.status == status, answer.body
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.header("x-ik-requestId") == answer.header("x-request-id") != ""
    assert answer.json["message"] and answer.json["help"]
    return answer.json["message"]


# Details

def test_details_show_what_was_uploaded(site):
    path = put(site, "d.png", folder="/details", isPrivateFile="true", tags="a, b",
               customCoordinates="1,2,3,4", description="a \"red\" image")
    answer = details(site, path)
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/json")
    file = answer.json
    for member in ("createdAt", "updatedAt"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", file.pop(member))
    assert file == {
        "type": "file", "fileId": id_of(path), "name": "d.png", "filePath": "/details/d.png",
        "url": "https://localhost/img/details/d.png",
        "thumbnail": "https://localhost/img/tr:n-ik_ml_thumbnail/details/d.png",
        "fileType": "image", "mime": "image/png", "size": len(RED), "width": 90, "height": 60,
        "hasAlpha": False, "isPrivateFile": True, "isPublished": True, "tags": ["a", "b"],
        "AITags": None, "customCoordinates": "1,2,3,4", "description": "a \"red\" image",
        "versionInfo": {"id": id_of(path), "name": "Version 1"}}


def test_the_id_of_an_upload_is_that_of_its_details(site):
    answer = upload(site, RED, name="ü b.png")
    found = call(site, "GET", f"/v1/files/{answer.json['fileId']}/details")
    assert found.status == 200 and found.json["filePath"] == answer.json["filePath"]
    assert found.json["isPrivateFile"] is False and found.json["tags"] is None


def test_a_file_that_no_upload_has_stored_has_few_details(site):
    stored(site, "/bare.png").write_bytes(RED)
    os.utime(stored(site, "/bare.png"), (1_796_039_752.5, 1_796_039_752.5))
    file = details(site, "/bare.png").json
    assert file["size"] == len(RED) and file["createdAt"] == "2026-11-30T11:55:52.500Z"
    assert file["isPrivateFile"] is True  # as the gate judges it
    assert site.get("/img/bare.png").status == 401


# Edits

def test_an_edit_changes_what_it_names_and_keeps_the_mark(site):
    for private in ("true", "false"):
        path = put(site, f"edit-{private}.png", isPrivateFile=private, tags="old",
                   description="old")
        before = details(site, path).json
        answer = call(site, "PATCH", f"/v1/files/{before['fileId']}/details",
                      {"tags": ["new", "more"], "customCoordinates": "0,0,9,9"})
        assert answer.status == 200
        assert answer.json["tags"] == ["new", "more"]
        assert answer.json["customCoordinates"] == "0,0,9,9"
        assert answer.json["description"] == "old"
        assert answer.json["isPrivateFile"] is (private == "true")
        assert answer.json["updatedAt"] >= before["updatedAt"]
        assert answer.json["createdAt"] == before["createdAt"]
        assert details(site, path).json == answer.json
        assert os.getxattr(stored(site, path), "user.isprivatefile") == private.encode()
        assert site.get("/img" + path).status == (401 if private == "true" else 200)
        assert site.get(signed("/img" + path)).body == RED
        again = call(site, "PATCH", f"/v1/files/{before['fileId']}/details", {"tags": None})
        assert again.json["tags"] is None


@pytest.mark.parametrize("body, status", [
    ({"isPrivateFile": False}, 400), ({"tags": "a"}, 400), ({"x": 1}, 400), (b"{", 400),
    (b"", 400), (b'{"tags":["a"],"tags":["b"]}', 400), ({"description": "x" * 3000}, 400),
    ({"customMetadata": {}}, 501), ({"removeAITags": "all"}, 501),
    ({"publish": {"isPublished": False}}, 501), ({"description": "x" * 70_000}, 413)])
def test_an_edit_that_is_refused_changes_nothing(site, body, status):
    path = put(site, "refused.png", isPrivateFile="true", tags="kept")
    before = details(site, path).json
    answer = call(site, "PATCH", f"/v1/files/{id_of(path)}/details", body)
    refused(answer, status)
    assert answer.header("x-should-retry") == ("false" if status == 501 else None)
    assert details(site, path).json == before


def test_a_long_body_without_a_length_is_refused(site):
    with client.Connection(site.folder.port("door")) as connection:
        connection.send(BATCH, method="POST", headers={
            "Authorization": uploads.basic(uploads.KEY), "Transfer-Encoding": "chunked"})
        for _ in range(17):
            connection.socket.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
        assert connection.receive().status == 413


# Removal

def test_a_removed_image_is_not_found_at_once_nor_are_its_derivatives(site):
    for private in ("true", "false"):
        path = put(site, "gone.png", folder="/pets", isPrivateFile=private)
        targets = [signed("/img" + path), signed("/img/tr:w-20" + path)]
        assert [site.get(target).status for target in targets] == [200, 200]
        answer = call(site, "DELETE", f"/v1/files/{id_of(path)}", more={"Accept": "*/*"})
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("x-ik-requestId") and answer.header("Content-Type") is None
        assert not stored(site, path).exists()
        assert [site.get(target).status for target in targets] == [404, 404]
        refused(call(site, "DELETE", f"/v1/files/{id_of(path)}"), 404)


def test_a_removed_private_image_does_not_make_its_successor_private(site):
    path = put(site, "again.png", isPrivateFile="true")
    assert call(site, "DELETE", f"/v1/files/{id_of(path)}").status == 204
    assert put(site, "again.png", picture=GREEN) == path
    assert site.get("/img" + path).body == GREEN


def test_a_batch_is_removed(site):
    paths = [put(site, f"batch{number}.png", isPrivateFile="true") for number in range(3)]
    ids = [id_of(path) for path in paths]
    assert site.get(signed("/img/tr:w-20" + paths[0])).status == 200
    answer = call(site, "POST", BATCH, {"fileIds": ids + ids[:1]})
    assert (answer.status, answer.json) == (200, {"successfullyDeletedFileIds": ids})
    assert not [path for path in paths if stored(site, path).exists()]
    assert site.get(signed("/img/tr:w-20" + paths[0])).status == 404


@pytest.mark.parametrize("missing", [id_of("/not-there.png"), "65f1c0ffee", id_of("/../x.png")])
def test_a_batch_with_a_missing_file_removes_nothing(site, missing):
    path = put(site, "survivor.png")
    answer = call(site, "POST", BATCH, {"fileIds": [id_of(path), missing]})
    refused(answer, 404)
    assert answer.json["missingFileIds"] == [missing]
    assert stored(site, path).read_bytes() == RED


def test_a_batch_names_all_ids_that_are_missing(site):
    ids = ["65f1c0ffee", id_of("/not-there.png")]
    assert call(site, "POST", BATCH, {"fileIds": ids}).json["missingFileIds"] == ids


@pytest.mark.parametrize("body", [{}, {"fileIds": []}, {"fileIds": "a"}, {"fileIds": ["a"] * 101},
                                  {"fileIds": ["a"], "x": 1}, [], b"fileIds=a"])
def test_an_invalid_batch_is_refused(site, body):
    refused(call(site, "POST", BATCH, body), 400)


def test_a_file_that_cannot_be_removed_is_named(site):
    free, kept = put(site, "free.png"), put(site, "unremovable.png")
    answer = call(site, "POST", BATCH, {"fileIds": [id_of(kept), id_of(free)]})
    assert answer.status == 207
    assert answer.json["successfullyDeletedFileIds"] == [id_of(free)]
    assert [error["fileId"] for error in answer.json["errors"]] == [id_of(kept)]
    refused(call(site, "DELETE", f"/v1/files/{id_of(kept)}"), 502)
    assert stored(site, kept).read_bytes() == RED and not stored(site, free).exists()


# Purges

def test_a_purge_makes_a_changed_file_seen(site):
    path = put(site, "purged.png")
    target = "/img/tr:w-20" + path
    assert pictures.shows(site.get(target).image(), (200, 0, 0))
    stat = stored(site, path).stat()
    with open(stored(site, path), "r+b") as file:
        file.truncate(0)
        file.write(GREEN)
    os.utime(stored(site, path), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    answer = call(site, "POST", PURGE, {"url": f"https://localhost{target}"})
    assert answer.status == 201
    assert pictures.shows(site.get(target).image(), (0, 160, 0))
    status = call(site, "GET", f"{PURGE}/{answer.json['requestId']}")
    assert (status.status, status.json) == (200, {"status": "Completed"})


def test_a_purge_of_a_private_image_leaves_it_private(site):
    path = put(site, "purged-private.png", isPrivateFile="true")
    assert call(site, "POST", PURGE, {"url": f"https://localhost/img{path}"}).status == 201
    assert site.get("/img" + path).status == 401
    assert site.get(signed("/img" + path)).body == RED


@pytest.mark.parametrize("body, status", [
    ({"url": "https://localhost/img/*"}, 501), ({"url": "https://other/img/a.png"}, 400),
    ({"url": "https://localhost/img/../a.png"}, 400), ({"url": 1}, 400), ({}, 400), (b"", 400)])
def test_an_invalid_purge_is_refused(site, body, status):
    refused(call(site, "POST", PURGE, body), status)


# What is missing, forbidden or not served

CALLS = [("GET", "/v1/files/{}/details", None), ("DELETE", "/v1/files/{}", None),
         ("PATCH", "/v1/files/{}/details", {"tags": ["a"]})]
NO_IMAGES = ["/not-there.png", "/folder", "/folder/not-there.png", "/link.png", "/README/x.png",
             "/../outside.png", "/.hidden.png", "/a/../folder/inside.png", "relative.png", ""]


@pytest.mark.parametrize("method, target, body", CALLS)
@pytest.mark.parametrize("path", NO_IMAGES)
def test_a_missing_file_is_not_found(site, method, target, body, path):
    put(site, "inside.png", folder="/folder")
    for outside in (site.folder.path / "outside.png", stored(site, "/.hidden.png")):
        outside.write_bytes(RED)
    if not stored(site, "/link.png").is_symlink():
        stored(site, "/link.png").symlink_to("folder/inside.png")
    answer = call(site, method, target.format(id_of(path) or "x"), body)
    assert refused(answer, 404) == MISSING
    for kept in (stored(site, "/folder/inside.png"), site.folder.path / "outside.png",
                 stored(site, "/.hidden.png"), stored(site, "/link.png")):
        assert kept.read_bytes() == RED


@pytest.mark.parametrize("method, target, body", CALLS)
@pytest.mark.parametrize("identifier", [
    "65f1c0ffee65f1c0ffee65f1", "%2e%2e", "L2EucG5n=", "L2EucG5o%3D", "*",
    id_of("/inside.png")[:-1] + "%67"])
def test_an_invalid_id_is_not_found(site, method, target, body, identifier):
    assert refused(call(site, method, target.format(identifier), body), 404) == MISSING


@pytest.mark.parametrize("key, status, message", [
    ("", 401, "Your request does not contain private API key."),
    ("another private key", 403, "Your account cannot be authenticated.")])
@pytest.mark.parametrize("method, target, body", [
    *CALLS, ("POST", BATCH, {"fileIds": [id_of("/locked.png")]}),
    ("POST", PURGE, {"url": "https://localhost/img/locked.png"}), ("GET", PURGE + "/1", None),
    ("GET", "/v1/files", None), ("GET", "/other", None)])
def test_every_call_needs_the_key(site, method, target, body, key, status, message):
    path = put(site, "locked.png", tags="kept")
    answer = call(site, method, target.format(id_of(path)), body, key=key)
    assert refused(answer, status) == message
    assert details(site, path).json["tags"] == ["kept"]


def test_the_key_is_checked_before_the_body_is_read(site):
    with client.Connection(site.folder.port("door")) as connection:
        connection.send(BATCH, method="POST", headers={
            "Authorization": uploads.basic("another"), "Content-Length": "1000",
            "Expect": "100-continue"})
        assert connection.receive().status == 403


@pytest.mark.parametrize("method, target", [
    ("GET", "/v1/files"), ("GET", "/v1/files/"), ("GET", "/v1/files?skip=0&limit=10"),
    ("POST", "/v1/files/copy"), ("POST", "/v1/files/move"), ("PUT", "/v1/files/rename"),
    ("POST", "/v1/folder"), ("DELETE", "/v1/folder"), ("POST", "/v1/bulkJobs/copyFolder"),
    ("GET", "/v1/bulkJobs/1"), ("POST", "/v1/files/addTags"), ("POST", "/v1/files/removeTags"),
    ("GET", "/v1/files/x/versions"), ("GET", "/v1/files/x/metadata"),
    ("GET", "/v1/customMetadataFields"), ("HEAD", "/v1/files/x/details")])
def test_other_calls_are_not_served(site, method, target):
    answer = call(site, method, target, {} if method in ("POST", "PUT") else None)
    assert answer.status == 501 and answer.header("x-should-retry") == "false"
    if method != "HEAD":
        refused(answer, 501)


@pytest.mark.parametrize("target", ["/other", "/", "/v1", "//v1/files/x/details",
                                    "/other/../v1/files/{}/details", "/%761/files/{}/details",
                                    "/%61pi-of-images/v1/files/{}/details",
                                    "/x/../api-of-images/v1/files/{}/details"])
def test_a_target_is_taken_as_the_client_sent_it(site, target):
    path = put(site, "literal.png")
    refused(call(site, "GET", target.format(id_of(path))), 404)
    for prefix in ("", "/api-of-images"):
        assert call(site, "GET", f"{prefix}/v1/files/{id_of(path)}/details?x=1").status == 200


# Uploads over stored files

def test_tags_are_kept_where_an_upload_asks_for_it(site):
    path = put(site, "tagged.png", tags="a,b")
    for fields, tags in (({"overwriteTags": "false"}, ["a", "b"]),
                         ({"overwriteTags": "false", "tags": "c"}, ["c"]),
                         ({"overwriteTags": "false", "isPrivateFile": "true"}, ["c"]),
                         ({}, None)):
        answer = upload(site, GREEN, name="tagged.png", useUniqueFileName="false",
                        responseFields="tags", **fields)
        assert answer.json["tags"] == tags
        assert details(site, path).json["tags"] == tags
    assert put(site, "first.png", overwriteTags="false") == "/first.png"


# Logs and figures

def test_variables_and_counters_name_the_outcome_of_a_call(site):
    grown = Growth(site)
    path = put(site, "counted.png")
    assert details(site, path).status == 200
    site.wait_for_access_line(f"GET 200 done {path} {len(RED)}", name="calls.log")
    assert call(site, "DELETE", f"/v1/files/{id_of(path)}").status == 204
    site.wait_for_access_line(f"DELETE 204 done {path} 0", name="calls.log")
    grown.is_soon(2, "uploads_total", dialect="imagekit", outcome="done")
    refused(details(site, path), 404)
    site.wait_for_access_line(f"GET 404 not_found {path} 0", name="calls.log")
    grown.is_soon(1, "uploads_total", dialect="imagekit", outcome="not_found")
    site.wait_for_log(f'file removed: "{path}"')
