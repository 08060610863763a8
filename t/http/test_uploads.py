"""Uploads by ImageKit's API into the folder of a gate."""

import os

import pytest

import pictures
import signing
import uploads
from uploads import upload

SITE = """
    location ^~ /img/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store/;
    }
"""
DOOR = """
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        server_name door.example.com;
        location / {
            private_image_upload          imagekit /img/;
            private_image_upload_key      upload.key public=public_abc;
            private_image_upload_url      https://localhost;
            private_image_upload_max_size 1m;
        }
    }
"""
RED = pictures.plain(90, 60)


@pytest.fixture(scope="module")
def site(gate, folder):
    site = gate(SITE, http=DOOR, files={"store/README": b"", "conf/upload.key": uploads.KEY.encode()})
    return site


def stored(site, path):
    return site.folder.path / "store" / path.removeprefix("/")


def signed(target):
    return signing.imagekit(target, "/img/")


def test_an_image_that_was_uploaded_private_is_refused_unsigned_and_served_signed(site):
    answer = upload(site, RED, name="cat.png", folder="/pets", isPrivateFile="true",
                    useUniqueFileName="false", responseFields="isPrivateFile")
    assert answer.status == 200, answer.body
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.json["filePath"] == "/pets/cat.png" and answer.json["isPrivateFile"] is True
    assert (answer.json["width"], answer.json["height"]) == (90, 60)
    assert answer.json["size"] == len(RED)
    assert answer.json["url"] == "https://localhost/img/pets/cat.png"
    path = stored(site, "/pets/cat.png")
    assert path.read_bytes() == RED
    assert os.getxattr(path, "user.isprivatefile") == b"true"
    assert site.get("/img/pets/cat.png").status == 401
    assert site.get(signed("/img/pets/cat.png")).body == RED
    assert site.get("/img/tr:w-20/pets/cat.png").status == 401
    assert site.get(signed("/img/tr:w-20/pets/cat.png")).image().width == 20


def test_an_image_that_was_uploaded_without_a_mark_is_public(site):
    answer = upload(site, RED, name="dog.png", useUniqueFileName="false")
    assert answer.status == 200
    assert os.getxattr(stored(site, "/dog.png"), "user.isprivatefile") == b"false"
    assert site.get("/img/dog.png").body == RED


def test_a_name_is_made_unique_by_default(site):
    first, second = (upload(site, RED, name="a b.png").json for _ in range(2))
    assert first["filePath"] != second["filePath"]
    assert first["name"].startswith("a_b_") and first["name"].endswith(".png")


@pytest.mark.parametrize("key, status", [(None, 401), ("wrong key of uploads", 403)])
def test_an_upload_without_the_key_is_refused(site, key, status):
    body = uploads.form(uploads.part("file", RED, filename="x.png"),
                        uploads.part("fileName", "x.png"))
    answer = uploads.post(site.folder.port("door"), "/api/v1/files/upload", body, key)
    assert answer.status == status and answer.json["message"]


def test_a_file_of_another_type_is_refused_before_its_end(site):
    answer = upload(site, b"<html>" * 100_000, name="x.png")
    assert answer.status == 415 and answer.json["message"]


def test_a_file_above_the_limit_is_refused(site):
    answer = upload(site, pictures.noise(800, 800, kind="PNG"), name="x.png")
    assert answer.status == 413 and answer.json["message"]
