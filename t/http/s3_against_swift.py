"""The S3 origin with a real server, Swift with s3api. Run by `./build.sh test-s3`, not by
`./build.sh test`, in which test_s3.py tests the same with an origin in Python."""

import hashlib
import os
import pathlib
import tempfile
import time
import urllib.parse

import botocore.exceptions
import pytest

import cloudflare_door
import pictures
import s3_origin
import s3_swift
import signing
import uploads
from cloudflare_door import is_guarded, refused, result
from uploads import call, id_of, upload

PICTURE = pictures.plain(60, 40)
ODD_KEYS = ["plain.png", "in/folders/deep.png", "a blank.png", "plus+and&and=.png", "100%.png",
            "50%25.png", "~tilde'quote.png", "(paren)!*$,;:@.png", "ümläut.png", "日本.png",
            "emoji🌍.png", 'double"quote.png', "[brackets]{}|^`.png", "q?uestion.png",
            "ha#sh.png", "long/" + "x" * 900 + ".png"]
SITE = """
    private_image_key img.key;
    private_image_variant preview public w=30;
    location ^~ /img/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /plain/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=s3.credentials;
        proxy_pass http://swift/pictures/;
    }
    location ^~ /kept/ {
        private_image imagekit;
        private_image_s3 swift/pictures region=us-east-1 credentials=s3.credentials;
        proxy_pass http://swift$private_image_s3_path;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_cache kept;
        proxy_cache_valid 200 1h;
    }
    location ^~ /reader/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=reader.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /invalid/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=invalid.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /stranger/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=stranger.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /bucket/{{ hash }}/ {
        private_image         cloudflare;
        private_image_variant public signed w=50;
        private_image_variant thumb public w=20;
        private_image_s3 {{ s3 }}/pictures region=us-east-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /nowhere/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/nowhere region=us-east-1 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /region/ {
        private_image imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-west-9 credentials=s3.credentials;
        proxy_pass http://{{ s3 }}$private_image_s3_path;
    }
"""
HTTP = """
    upstream swift { server {{ s3 }}; keepalive 4; }
    proxy_cache_path proxied keys_zone=kept:1m;
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        server_name door.example.com;
        private_image_upload_key upload.key public=public_abc;
        private_image_upload_url https://localhost;
        location / { private_image_upload imagekit /img/; }
        location /bucket/v4/ {
            private_image_upload     cloudflare /bucket/{{ hash }}/;
            private_image_upload_key api.token account={{ account }};
        }
    }
"""


@pytest.fixture(scope="module")
def swift():
    # Swift needs extended attributes, which what is mounted at /tmp may not have.
    with tempfile.TemporaryDirectory(prefix="swift-",
                                     dir=os.environ.get("PRIVATE_IMAGE_TEST_DIR")) as folder:
        server = s3_swift.Swift(pathlib.Path(folder))
        try:
            fill(server.client())
            yield server
        finally:
            server.stop()


def fill(client):
    client.create_bucket(Bucket="pictures")
    for key in ODD_KEYS:
        client.put_object(Bucket="pictures", Key=key, Body=PICTURE, ContentType="image/png")
    for name, private in (("private.png", "true"), ("public.png", "false")):
        client.put_object(Bucket="pictures", Key=name, Body=PICTURE, ContentType="image/png",
                          Metadata={"isPrivateFile": private})


@pytest.fixture(scope="module")
def site(gate, swift):
    files = {"conf/upload.key": uploads.KEY.encode(),
             "conf/api.token": cloudflare_door.TOKEN.encode(),
             "conf/s3.credentials": s3_swift.credentials_file(),
             "conf/reader.credentials": s3_swift.credentials_file(s3_swift.READER_ID,
                                                                  s3_swift.READER_SECRET),
             "conf/invalid.credentials": s3_swift.credentials_file(secret="another"),
             "conf/stranger.credentials": s3_swift.credentials_file("no:body", "another")}
    running = gate(SITE, http=HTTP, s3=swift.address, files=files, hash=cloudflare_door.HASH,
                   account=cloudflare_door.ACCOUNT)
    running.expect_errors("origin_error: ")
    return running


def signed(target):
    return signing.imagekit(target, "/" + target.split("/")[1] + "/")


@pytest.mark.parametrize("form", ["img", "kept", "plain"])
@pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: key[:20])
def test_every_name_is_found(site, form, key):
    name = urllib.parse.quote(key)
    assert site.get(f"/{form}/{name}").body == PICTURE
    assert site.get(f"/{form}/tr:w-30/{name}").image().size == (30, 20)


@pytest.mark.parametrize("form", ["img", "kept"])
def test_the_metadata_determine_the_mark(site, form):
    for target in (f"/{form}/private.png", f"/{form}/tr:w-20/private.png"):
        assert site.get(target).verdict == (401, "unsigned")
        answer = site.get(signed(target))
        assert answer.verdict == (200, "signed")
        assert not [name for name in answer.headers if name.lower().startswith("x-amz-")]
    assert site.get(f"/{form}/tr:n-preview/private.png").verdict == (200, "variant")
    assert site.get(f"/{form}/public.png").verdict == (200, "public")


def test_ranges_conditions_and_head_are_answered(site):
    target = signed("/img/private.png")
    whole = site.get(target)
    assert whole.header("ETag") == f'"{hashlib.md5(PICTURE).hexdigest()}"'
    part = site.get(target, {"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, PICTURE[10:20])
    assert site.get(target, {"If-None-Match": whole.header("ETag")}).status == 304
    assert site.get(target, {"If-Modified-Since": whole.header("Last-Modified")}).status == 304
    head = site.head(target)
    assert (head.status, head.header("Content-Length")) == (200, str(len(PICTURE)))
    assert site.head("/kept/public.png").status == 200


@pytest.mark.parametrize("options", ["", "tr:w-30/"])
@pytest.mark.parametrize("form, verdict, code", [
    ("img", (404, "not_found"), "404 NoSuchKey"),
    ("reader", (404, "not_found"), "403 AccessDenied"),
    ("invalid", (502, "origin_error"), "403 SignatureDoesNotMatch"),
    ("stranger", (502, "origin_error"), "403 "),
    ("nowhere", (502, "origin_error"), "404 NoSuchBucket"),
    ("region", (502, "origin_error"), "400 AuthorizationHeaderMalformed")])
def test_errors_are_recognised_by_their_code(site, form, verdict, code, options):
    since = len(site.log())
    answer = site.get(f"/{form}/{options}missing-{form}-{len(options)}.png")
    assert answer.verdict == verdict
    assert b"<Code>" not in answer.body
    line = site.wait_for_log(f"{verdict[1]}: ", since)
    assert f"answered {code}" in line, line


def test_a_new_mark_is_obeyed(site, swift):
    client = swift.client()
    client.put_object(Bucket="pictures", Key="turns.png", Body=PICTURE, ContentType="image/png")
    assert site.get("/img/turns.png").verdict == (200, "public")
    client.copy_object(Bucket="pictures", Key="turns.png", MetadataDirective="REPLACE",
                       CopySource={"Bucket": "pictures", "Key": "turns.png"},
                       ContentType="image/png", Metadata={"isPrivateFile": "true"})
    assert site.get("/img/turns.png").verdict == (401, "unsigned")


def test_credentials_can_be_changed_while_nginx_runs(site, swift):
    target = site.folder.path / "conf/invalid.credentials"
    assert site.get("/invalid/plain.png").status == 502
    target.write_bytes(s3_swift.credentials_file())
    until = time.monotonic() + 6
    while site.get("/invalid/plain.png").status != 200:
        assert time.monotonic() < until
        time.sleep(0.2)
    with pytest.raises(botocore.exceptions.ClientError):
        swift.client(secret="another").get_object(Bucket="pictures", Key="plain.png")
    assert s3_swift.SECRET not in site.log() and s3_origin.SECRET not in site.log()


# Uploads

def put(site, name, picture=PICTURE, **fields):
    return upload(site, picture, name=name, useUniqueFileName="false", **fields)


def signed_image(path):
    return signing.imagekit("/img" + urllib.parse.quote(path), "/img/")


def test_a_private_upload_is_refused_unsigned_and_served_signed(site, swift):
    answer = put(site, "up.png", folder="/a b/ü", isPrivateFile="true", tags="x, y")
    assert answer.status == 200, answer.body
    path = answer.json["filePath"]
    assert site.get("/img" + urllib.parse.quote(path)).verdict == (401, "unsigned")
    assert site.get(signed_image(path)).body == PICTURE
    found = swift.client().head_object(Bucket="pictures", Key=path[1:])
    assert found["Metadata"]["isprivatefile"] == "true"
    assert found["ContentType"] == "image/png"


def test_a_replacement_brings_its_own_mark(site):
    other = pictures.plain(60, 40, (0, 120, 0))
    for private in ("false", "true", "false"):
        picture = other if private == "true" else PICTURE
        assert put(site, "marks.png", picture, isPrivateFile=private).status == 200
        assert site.get("/img/marks.png").status == (401 if private == "true" else 200)
        assert site.get(signed_image("/marks.png")).body == picture


def test_a_large_upload_arrives_whole(site):
    picture = pictures.noise(1500, 1100, kind="PNG")
    assert put(site, "huge.png", picture).status == 200
    assert site.get("/img/huge.png").body == picture


def test_only_new_images_where_the_store_has_no_conditions(site):
    assert put(site, "new.png", overwriteFile="false").status == 200
    answer = put(site, "new.png", overwriteFile="false")
    assert answer.status == 400 and "already exists" in answer.json["message"]


@pytest.mark.parametrize("private", ("true", "false"))
def test_details_are_read_and_edited_and_the_mark_stays(site, private):
    path = put(site, f"edit-{private}.png", isPrivateFile=private, tags="old",
               description="d" * 900).json["filePath"]
    target = f"/v1/files/{id_of(path)}/details"
    edited = call(site, "PATCH", target, {"tags": ["new"]})
    assert edited.status == 200, edited.body
    found = call(site, "GET", target).json
    assert found["tags"] == ["new"] and found["description"] == "d" * 900
    assert found["isPrivateFile"] is (private == "true") and found["size"] == len(PICTURE)
    assert site.get("/img" + path).status == (401 if private == "true" else 200)
    assert site.get(signed_image(path)).body == PICTURE


def test_a_removed_file_is_gone(site):
    path = put(site, "gone.png").json["filePath"]
    assert call(site, "DELETE", f"/v1/files/{id_of(path)}").status == 204
    assert site.get("/img/gone.png").status == 404
    assert call(site, "DELETE", f"/v1/files/{id_of(path)}").status == 404


# Uploads by Cloudflare's API

@pytest.fixture
def door(site, swift):
    return cloudflare_door.Door(site, "bucket", swift)


def test_an_image_changes_its_mark_with_its_id(door):
    image = result(door.upload(PICTURE, requireSignedURLs="true", metadata='{"a":1}', name="ü.png"))
    assert is_guarded(door, image["id"])
    for private in (False, True):
        edited = result(door.patch(image["id"], requireSignedURLs=private))
        assert edited["id"] != image["id"] and edited["meta"] == {"a": 1}
        assert edited["filename"] == "ü.png"
        assert is_guarded(door, edited["id"]) == private
        refused(door.one(image["id"]), 404, 5404)
        image = edited
    assert door.one(image["id"], suffix="/blob").body == PICTURE
    assert result(door.one(image["id"], "DELETE")) == {}
    refused(door.one(image["id"], suffix="/blob"), 404, 5404)


def test_a_one_time_url_stores_one_image(door):
    issued = door.direct(requireSignedURLs="true")
    assert result(door.one(issued["id"]))["draft"] is True
    assert result(door.use(issued["uploadURL"], PICTURE))["id"] == issued["id"]
    assert is_guarded(door, issued["id"])
    refused(door.use(issued["uploadURL"], PICTURE), 409, 5409)


def test_a_custom_id_is_created_once(door):
    assert door.upload(PICTURE, id="shop/größe 1/100%.png").status == 200
    refused(door.upload(PICTURE, id="shop/größe 1/100%.png"), 409, 5409)
    assert door.show("shop/größe 1/100%.png").status == 200
