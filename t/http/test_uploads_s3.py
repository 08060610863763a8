"""Uploads by ImageKit's API into a bucket of S3: what is stored with its mark and details, what the
gate then shows, and what becomes of an upload where the bucket refuses, is silent or breaks off."""

import base64
import hashlib
import json
import os
import threading
import time

import pytest

import client
import pictures
import s3_origin
import signing
import uploads
from http2 import Http2
from uploads import call, id_of, upload

SITE = """
    private_image_key img.key;
    location ^~ /img/ {
        private_image    imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass       http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /led/ {
        private_image        imagekit;
        private_image_origin /bucket$private_image_path;
    }
    location ^~ /bucket/ {
        internal;
        private_image_s3   pictures.s3.test region=eu-test-1 credentials=s3.credentials;
        proxy_pass         http://named$private_image_s3_path;
        proxy_read_timeout 1s;
    }
    location ^~ /read/ {
        private_image    imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=reader.credentials;
        proxy_pass       http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /writer/ {
        internal;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass       http://{{ s3 }}$private_image_s3_path;
    }
    location ^~ /hop/ {
        private_image    imagekit;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass       http://127.0.0.1:{{ port_of("hop") }}$private_image_s3_path;
    }
    location ^~ /blind/ {
        private_image      imagekit;
        private_image_flag X-Another;
        private_image_s3   {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass         http://{{ s3 }}$private_image_s3_path;
    }
"""
HTTP = """
    upstream named { server {{ named }}; keepalive 2; }
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        listen 127.0.0.1:{{ port_of("door2") }} http2;
        server_name door.example.com;
        client_body_temp_path temp/door;
        private_image_upload_key upload.key public=public_abc;
        private_image_upload_url https://localhost;
        location /       { private_image_upload imagekit /img/; }
        location /named/ { private_image_upload imagekit /led/; }
        location /split/ {
            private_image_upload imagekit /read/;
            private_image_store  /writer$private_image_path;
        }
        location /blind/ { private_image_upload imagekit /blind/; }
        location /hop/ {
            private_image_upload imagekit /hop/;
            private_image_store  /writer$private_image_path;
        }
    }
    server {
        listen 127.0.0.1:{{ port_of("hop") }};
        location / {
            proxy_pass        http://{{ s3 }};
            proxy_set_header  Host $http_host;
            proxy_hide_header x-amz-meta-isprivatefile;
            proxy_hide_header x-amz-meta-pi-0;
            proxy_hide_header x-amz-meta-pi-1;
            proxy_hide_header ETag;
        }
    }
"""
CALL = "api/v1/files/upload"
RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))
DOORS = {"": "/img/", "named/": "/led/", "split/": "/read/"}  # and the gate of each


@pytest.fixture(scope="module")
def buckets():
    """One bucket by path, and one by its own name, whose objects are others."""
    found = {"path": s3_origin.S3Origin(), "named": s3_origin.S3Origin(host="pictures.s3.test")}
    found["path"].keys["READER"] = ("only", None)
    yield found
    for bucket in found.values():
        bucket.close()


@pytest.fixture(scope="module")
def site(gate, buckets):
    files = {"conf/s3.credentials": s3_origin.credentials_file(),
             "conf/reader.credentials": s3_origin.credentials_file("READER", "only"),
             "conf/upload.key": uploads.KEY.encode()}
    site = gate(SITE, http=HTTP, files=files, workers=2, s3=buckets["path"].address,
                named=buckets["named"].address)
    site.expect_errors(r"mark_unseen|store_error|store_timeout|the store failed|upstream")
    return site


@pytest.fixture(params=DOORS)
def door(request, buckets):
    """A door, the prefix of its gate, and its bucket."""
    return request.param, DOORS[request.param], buckets[
        "named" if request.param == "named/" else "path"]


@pytest.fixture
def bucket(buckets):
    """The bucket by path, as other tests left it but for what a test sets."""
    bucket = buckets["path"]
    yield bucket
    bucket.has_conditions, bucket.drops_metadata = True, False
    bucket.refusal = bucket.on_write = bucket.on_written = None
    bucket.refusals, bucket.extra = [], {}


def put(site, name, picture=RED, door="", **fields):
    fields.setdefault("useUniqueFileName", "false")
    return upload(site, picture, name=name, target=f"/{door}{CALL}", **fields)


def signed(prefix, path):
    return signing.imagekit(prefix + path.removeprefix("/"), prefix)


def details_of(upload_id):
    """The metadata of an upload with that id."""
    text = json.dumps({"upload": upload_id}).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def writes(bucket, key):
    return [one for one in bucket.asked if bucket._key_of(one) == key
            and one.method in ("PUT", "DELETE")]


def nothing_left(site):
    assert [name for _, _, names in os.walk(site.folder.path / "temp/door") for name in names] == []


# What is stored

def test_a_private_upload_is_refused_unsigned_and_served_signed(site, door):
    name, prefix, bucket = door
    answer = put(site, "cat one.png", door=name, folder="/pets", isPrivateFile="true", tags="a, b")
    assert answer.status == 200, answer.body
    assert answer.json["filePath"] == "/pets/cat_one.png"
    stored = bucket.objects["pets/cat_one.png"]
    assert stored.body == RED and stored.headers["Content-Type"] == "image/png"
    assert stored.headers["x-amz-meta-isprivatefile"] == "true"
    assert site.get(prefix + "pets/cat_one.png").status == 401
    assert site.get(prefix + "tr:w-10/pets/cat_one.png").status == 401
    whole = site.get(signed(prefix, "pets/cat_one.png"))
    assert whole.status == 200 and whole.body == RED
    assert site.get(signed(prefix, "tr:w-10/pets/cat_one.png")).image().width == 10


def test_a_public_upload_says_so_too_and_is_served(site, door):
    name, prefix, bucket = door
    assert put(site, "public.png", door=name).status == 200
    assert bucket.objects["public.png"].headers["x-amz-meta-isprivatefile"] == "false"
    assert site.get(prefix + "public.png").body == RED


def test_the_body_is_signed_and_the_clients_headers_stay_here(site, bucket):
    body = uploads.form(uploads.part("file", RED, filename="h.png"),
                        uploads.part("fileName", "h.png"),
                        uploads.part("useUniqueFileName", "false"))
    answer = uploads.post(site.folder.port("door"), "/" + CALL, body, uploads.KEY,
                          {"Cookie": "secret=1", "x-amz-acl": "public-read", "Range": "bytes=0-1"})
    assert answer.status == 200
    (write,) = writes(bucket, "h.png")
    assert write.header("x-amz-content-sha256") == hashlib.sha256(RED).hexdigest()
    assert write.header("Content-Length") == str(len(RED))
    for name in ("Cookie", "x-amz-acl", "Range", "Expect", "User-Agent"):
        assert write.header(name) is None


@pytest.mark.parametrize("private", ("true", "false"))
def test_a_replacement_brings_its_own_mark(site, door, private):
    name, prefix, bucket = door
    other = "false" if private == "true" else "true"
    path = f"again-{private}.png"
    assert put(site, path, door=name, isPrivateFile=private).status == 200
    site.get(signed(prefix, f"tr:w-9/{path}"))
    assert put(site, path, GREEN, door=name, isPrivateFile=other).status == 200
    plain = site.get(prefix + path)
    assert plain.status == (401 if other == "true" else 200)
    assert site.get(signed(prefix, path)).body == GREEN
    assert site.get(signed(prefix, f"tr:w-9/{path}")).image().getpixel((2, 2))[1] > 100


def test_large_uploads_arrive_whole(site, door):
    name, prefix, bucket = door
    picture = pictures.noise(1500, 1100, kind="PNG")
    assert put(site, "large.png", picture, door=name).status == 200
    assert bucket.objects["large.png"].body == picture
    nothing_left(site)


def test_names_of_every_kind_are_stored_and_served(site, door):
    name, prefix, bucket = door
    for folder in ("a b", "plus+and&", "100%", "ümläut", "日本"):
        answer = put(site, "x.png", door=name, folder=folder, isPrivateFile="true")
        assert answer.status == 200, (folder, answer.body)
        path = answer.json["filePath"]
        assert bucket.objects[path.removeprefix("/")].body == RED
        url = answer.json["url"].removeprefix("https://localhost")
        assert site.get(url).status == 401


# Only new images

def test_no_upload_replaces_an_image_that_it_must_not(site, door):
    name, _, bucket = door
    assert put(site, "only.png", door=name).status == 200
    for conditions in (True, False, False):
        bucket.has_conditions = conditions
        try:
            answer = put(site, "only.png", GREEN, door=name, overwriteFile="false")
        finally:
            bucket.has_conditions = True
        assert answer.status == 400 and "already exists" in answer.json["message"]
        assert answer.header("x-should-retry") == "false"
        assert bucket.objects["only.png"].body == RED


def test_a_new_image_is_stored_without_conditional_requests(site, bucket):
    bucket.has_conditions = False
    assert put(site, "first.png", overwriteFile="false").status == 200
    assert bucket.objects["first.png"].body == RED


def test_of_uploads_that_race_for_a_name_one_wins(site, bucket):
    for conditions in (True, False):
        bucket.has_conditions = conditions
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            put(site, f"race-{conditions}.png", overwriteFile="false").status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200] + [400] * 7, answers


def test_a_put_that_nginx_sends_twice_is_no_conflict(site, bucket):
    """The store takes the image, and closes the connection without an answer."""
    times = iter((True, False, False))

    def close(asked):
        if asked.method == "PUT" and next(times):
            raise s3_origin.Gone

    bucket.on_written = close
    answer = put(site, "twice.png", isPrivateFile="true", overwriteFile="false")
    assert answer.status == 200, answer.body
    assert bucket.objects["twice.png"].body == RED
    assert site.get("/img/twice.png").status == 401


def test_a_conflict_is_tried_once_more(site, bucket):
    refusals = iter(((409, "ConditionalRequestConflict"), None, (409, "Conflict"), (409, "Conflict")))

    def refuse(asked):
        refusal = next(refusals)
        if refusal:
            raise s3_origin.Refused(*refusal)

    bucket.on_write = refuse
    assert put(site, "conflict.png", overwriteFile="false").status == 200
    assert put(site, "conflicts.png", overwriteFile="false").status == 502
    assert "conflicts.png" not in bucket.objects


# The mark is seen

def test_an_image_whose_mark_the_gate_would_not_see_is_removed(site, bucket):
    answer = put(site, "unseen.png", door="blind/", isPrivateFile="true")
    assert answer.status == 500 and "private" in answer.json["message"]
    assert answer.header("x-should-retry") == "false"
    assert "unseen.png" not in bucket.objects
    assert site.get("/blind/unseen.png").status == 404
    assert "check private_image_flag of the gate" in site.log()
    assert put(site, "unseen.png", door="blind/").status == 200  # public: nothing to be seen


def test_an_image_is_removed_where_the_store_drops_the_mark(site, bucket):
    bucket.drops_metadata = True
    assert put(site, "dropped.png", isPrivateFile="true").status == 500
    assert "dropped.png" not in bucket.objects


def test_the_object_of_another_upload_is_not_removed(site, bucket):
    """Another machine replaces the image before it is read back."""
    def replace(asked):
        if asked.method == "PUT":
            bucket.objects["other.png"] = s3_origin.Stored(GREEN, {
                "ETag": '"another"', "Content-Type": "image/png",
                "x-amz-meta-isprivatefile": "false", "x-amz-meta-pi-0": details_of("another")})

    bucket.on_written = replace
    assert put(site, "other.png", isPrivateFile="true").status == 200
    assert bucket.objects["other.png"].body == GREEN
    assert site.get("/img/other.png").status == 401  # it proves nothing


def test_an_image_that_was_not_seen_stays_private_until_another_upload_is(site, bucket):
    """Whatever is purged or read meanwhile."""
    def vanish(asked):
        if asked.method == "PUT":
            bucket.refusal = 503, "SlowDown"

    bucket.on_written = vanish
    answer = put(site, "pinned.png", door="blind/", isPrivateFile="true")
    assert answer.status == 502 and answer.header("x-should-retry") == "false"
    bucket.on_written = bucket.refusal = None
    assert bucket.objects["pinned.png"].body == RED  # nothing is known, so nothing is removed
    for _ in range(2):
        assert site.get("/blind/pinned.png").status == 401
        assert site.get(signed("/blind/", "pinned.png")).status == 200
        assert call(site, "POST", "/blind/v1/files/purge",
                    {"url": "https://localhost/blind/pinned.png"}).status == 201
        assert call(site, "PATCH", f"/blind/v1/files/{id_of('/pinned.png')}/details",
                    {"tags": ["x"]}).status == 200
    assert site.get("/blind/pinned.png").status == 401
    assert put(site, "pinned.png", GREEN, door="blind/").status == 200
    assert site.get("/blind/pinned.png").body == GREEN


def test_one_failure_to_read_back_is_tried_again(site, bucket):
    def stumble(asked):
        if asked.method == "PUT":
            bucket.refusals = [(503, "SlowDown")]

    bucket.on_written = stumble
    assert put(site, "stumble.png", isPrivateFile="true").status == 200
    assert site.get("/img/stumble.png").status == 401


def test_an_image_that_was_removed_meanwhile_is_gone(site, bucket):
    bucket.on_written = lambda asked: bucket.objects.pop("meanwhile.png", None)
    assert put(site, "meanwhile.png", isPrivateFile="true").status == 200
    bucket.on_written = None
    assert site.get("/img/meanwhile.png").status == 404


def test_a_hop_that_drops_all_metadata_and_the_tag_is_noticed(site, bucket):
    answer = put(site, "hop.png", door="hop/", isPrivateFile="true")
    assert answer.status == 500 and "hop.png" not in bucket.objects


def test_an_image_is_known_as_private_before_the_store_has_it(site, bucket):
    assert put(site, "known.png").status == 200
    assert site.get("/img/known.png").status == 200
    seen = []

    def look(asked):
        if asked.method == "PUT":
            seen.append(site.get("/img/known.png").status)

    bucket.on_write = look
    assert put(site, "known.png", GREEN, isPrivateFile="true").status == 200
    assert seen == [401]


# Faults of the store

@pytest.mark.parametrize("status, code", ((403, "AccessDenied"), (404, "NoSuchBucket"),
                                          (500, "InternalError"), (503, "SlowDown"),
                                          (507, "InsufficientStorage")))
def test_a_store_that_refuses_is_answered_with_502(site, bucket, status, code):
    def refuse(asked):
        raise s3_origin.Refused(status, code)

    bucket.on_write = refuse
    answer = put(site, "refused.png", isPrivateFile="true")
    assert answer.status == 502 and answer.header("x-should-retry") == "false"
    assert "refused.png" not in bucket.objects
    assert f"PUT: status {status}" in site.log()
    nothing_left(site)
    bucket.on_write = None
    assert site.get("/img/refused.png").status == 404


def test_a_store_that_is_silent_is_answered_with_504(site, buckets):
    bucket = buckets["named"]
    released = threading.Event()
    bucket.on_write = lambda asked: released.wait(client.TIMEOUT)
    try:
        answer = put(site, "silent.png", door="named/")
    finally:
        bucket.on_write = None
        released.set()
    assert answer.status == 504 and answer.header("x-should-retry") == "false"


def test_a_redirect_in_the_stores_answer_counts_as_no_answer(site, bucket):
    """What it leads to goes to no client, and the object shows what was stored."""
    bucket.extra = {"X-Accel-Redirect": "/img/elsewhere.png"}
    body = uploads.form(uploads.part("file", RED, filename="led.png"),
                        uploads.part("fileName", "led.png"))
    with client.Connection(site.folder.port("door")) as connection:
        for _ in range(2):  # the connection goes on
            connection.send("/" + CALL, method="POST", headers=uploads.headers(uploads.KEY, body))
            connection.socket.sendall(body)
            assert connection.receive().status == 200


def test_an_image_that_was_stored_without_an_answer_is_found(site, buckets):
    bucket = buckets["named"]
    released = threading.Event()
    bucket.on_written = lambda asked: released.wait(client.TIMEOUT)
    try:
        answer = put(site, "late.png", door="named/", isPrivateFile="true")
    finally:
        bucket.on_written = None
        released.set()
    assert answer.status == 200 and site.get("/led/late.png").status == 401


@pytest.mark.parametrize("private", ("true", "false"))
def test_a_client_that_leaves_changes_nothing(site, bucket, private):
    """What has begun at the store is brought to its end, over HTTP/1.1 and HTTP/2."""
    for version in (1, 2):
        name = f"left-{private}-{version}.png"
        begun, left = threading.Event(), threading.Event()
        bucket.on_write = lambda asked: (begun.set(), left.wait(client.TIMEOUT))
        body = uploads.form(uploads.part("file", RED, filename=name),
                            uploads.part("fileName", name),
                            uploads.part("useUniqueFileName", "false"),
                            uploads.part("isPrivateFile", private))
        if version == 1:
            connection = client.Connection(site.folder.port("door"))
            connection.send("/" + CALL, method="POST", headers=uploads.headers(uploads.KEY, body))
            connection.socket.sendall(body)
            assert begun.wait(client.TIMEOUT)
            connection.close()
        else:
            connection = Http2(site.folder.port("door2"))
            stream = connection.ask("/" + CALL, method="POST", body=body, **{
                name.lower(): value
                for name, value in uploads.headers(uploads.KEY, body).items()})
            assert begun.wait(client.TIMEOUT)
            connection.reset(stream)
        left.set()
        site.wait_for_log(f'upload stored: "/{name}"')
        bucket.on_write = None
        assert site.get(f"/img/{name}").status == (401 if private == "true" else 200)
        if version == 2:
            connection.close()


# Managing objects

def test_details_show_what_was_uploaded(site, door):
    name, _, _ = door
    path = put(site, "d.png", door=name, folder="/details", isPrivateFile="true", tags="a, b",
               description="a \"red\" image").json["filePath"]
    found = call(site, "GET", f"/{name}v1/files/{id_of(path)}/details")
    assert found.status == 200
    shown = {key: found.json[key] for key in ("filePath", "size", "width", "height", "mime",
                                              "isPrivateFile", "tags", "description")}
    assert shown == {"filePath": path, "size": len(RED), "width": 90, "height": 60,
                     "mime": "image/png", "isPrivateFile": True, "tags": ["a", "b"],
                     "description": "a \"red\" image"}


@pytest.mark.parametrize("private", ("true", "false"))
def test_an_edit_changes_what_it_names_and_keeps_bytes_type_and_mark(site, door, private):
    name, prefix, bucket = door
    path = put(site, f"edit {private}.png", door=name, isPrivateFile=private, tags="old",
               description="old").json["filePath"]
    answer = call(site, "PATCH", f"/{name}v1/files/{id_of(path)}/details", {"tags": ["new"]})
    assert answer.status == 200, answer.body
    assert answer.json["tags"] == ["new"] and answer.json["description"] == "old"
    stored = bucket.objects[path.removeprefix("/")]
    assert stored.body == RED and stored.headers["Content-Type"] == "image/png"
    assert stored.headers["x-amz-meta-isprivatefile"] == private
    assert site.get(prefix + path[1:]).status == (401 if private == "true" else 200)


def test_tags_are_kept_where_the_upload_says_so(site, bucket):
    put(site, "kept.png", tags="a,b")
    answer = put(site, "kept.png", GREEN, overwriteTags="false")
    assert answer.status == 200
    found = call(site, "GET", f"/v1/files/{id_of('/kept.png')}/details")
    assert found.json["tags"] == ["a", "b"]


def test_files_are_removed_one_and_several(site, door):
    name, prefix, bucket = door
    paths = [put(site, f"gone{number}.png", door=name).json["filePath"] for number in range(3)]
    assert site.get(prefix + "gone0.png").status == 200
    one = f"/{name}v1/files/{id_of(paths[0])}"
    assert call(site, "DELETE", one).status == 204
    assert call(site, "DELETE", one).status == 404
    assert site.get(prefix + "gone0.png").status == 404
    batch = f"/{name}v1/files/batch/deleteByFileIds"
    missing = call(site, "POST", batch, {"fileIds": [id_of(path) for path in paths]})
    assert missing.status == 404 and missing.json["missingFileIds"] == [id_of(paths[0])]
    assert "gone1.png" in bucket.objects
    assert call(site, "POST", batch, {"fileIds": [id_of(path) for path in paths[1:]]}).status == 200
    assert "gone1.png" not in bucket.objects and "gone2.png" not in bucket.objects


def test_a_batch_without_a_valid_id_is_answered(site):
    answer = call(site, "POST", "/v1/files/batch/deleteByFileIds", {"fileIds": ["!!!"]})
    assert answer.status == 404 and answer.json["missingFileIds"] == ["!!!"]


def test_an_edit_keeps_all_other_metadata(site, bucket):
    """Also a mark by a flag of the operator's own."""
    bucket.client().put_object(
        Bucket="pictures", Key="own.png", Body=RED, ContentType="image/png",
        CacheControl="max-age=7", Metadata={"another": "true", "isPrivateFile": "false"})
    answer = call(site, "PATCH", f"/blind/v1/files/{id_of('/own.png')}/details", {"tags": ["x"]})
    assert answer.status == 200, answer.body
    headers = bucket.objects["own.png"].headers
    assert headers["Cache-Control"] == "max-age=7"
    assert headers["x-amz-meta-another"] == "true"
    assert headers["x-amz-meta-isprivatefile"] == "false"


def test_a_copy_that_fails_with_status_200_is_noticed(site, bucket):
    path = put(site, "copy.png", tags="old").json["filePath"]

    def fail(asked):
        if asked.header("x-amz-copy-source"):
            raise s3_origin.Refused(200, "InternalError")

    bucket.on_write = fail
    target = f"/v1/files/{id_of(path)}/details"
    assert call(site, "PATCH", target, {"tags": ["new"]}).status == 502
    bucket.on_write = None
    assert call(site, "GET", target).json["tags"] == ["old"]


def test_a_copy_that_comes_late_meets_no_new_upload(site, buckets):
    """The store is silent, and copies when the door has given up: until its signature is invalid, no
    upload of that name is taken."""
    bucket = buckets["named"]
    put(site, "tardy.png", door="named/")
    released = threading.Event()
    bucket.on_write = lambda asked: asked.header("x-amz-copy-source") and released.wait(
        client.TIMEOUT)
    edited = call(site, "PATCH", f"/named/v1/files/{id_of('/tardy.png')}/details",
                  {"tags": ["u"]})
    assert edited.status == 504
    answers = []
    writer = threading.Thread(target=lambda: answers.append(
        put(site, "tardy.png", door="named/", isPrivateFile="true").status))
    writer.start()
    time.sleep(0.3)
    released.set()
    bucket.on_write = None
    assert site.get("/led/tardy.png").status == 200
    writer.join()
    assert answers == [503]


def test_doors_to_one_bucket_exclude_each_other(site, bucket):
    put(site, "doors.png")
    begun, released = threading.Event(), threading.Event()

    def hold(asked):
        if asked.header("x-amz-copy-source"):
            begun.set()
            released.wait(client.TIMEOUT)

    bucket.on_write = hold
    edit = threading.Thread(target=call, args=(
        site, "PATCH", f"/v1/files/{id_of('/doors.png')}/details", {"tags": ["u"]}))
    edit.start()
    assert begun.wait(client.TIMEOUT)
    writer = threading.Thread(target=put, args=(site, "doors.png", RED),
                              kwargs={"door": "split/", "isPrivateFile": "true"})
    writer.start()
    time.sleep(0.2)
    released.set()
    edit.join()
    writer.join()
    assert bucket.objects["doors.png"].headers["x-amz-meta-isprivatefile"] == "true"
    assert site.get("/img/doors.png").status == 401


def test_what_does_not_fit_into_the_metadata_is_refused(site, bucket):
    answer = put(site, "long.png", description="x" * 1400)
    assert answer.status == 400 and "1380" in answer.json["message"]
    assert "long.png" not in bucket.objects
    assert put(site, "long.png", description="x" * 1150).status == 200


def test_an_upload_beside_edits_never_gets_the_old_mark(site, bucket):
    """An edit writes the mark that it has read: an upload waits for it."""
    put(site, "both.png", tags="t")
    begun, released = threading.Event(), threading.Event()

    def hold(asked):
        if asked.header("x-amz-copy-source"):
            begun.set()
            released.wait(client.TIMEOUT)

    bucket.on_write = hold
    edit = threading.Thread(target=call, args=(
        site, "PATCH", f"/v1/files/{id_of('/both.png')}/details", {"tags": ["u"]}))
    edit.start()
    assert begun.wait(client.TIMEOUT)
    writer = threading.Thread(target=put, args=(site, "both.png", RED),
                              kwargs={"isPrivateFile": "true"})
    writer.start()
    time.sleep(0.2)  # the upload has arrived, and must not have been sent on
    released.set()
    edit.join()
    writer.join()
    assert bucket.objects["both.png"].headers["x-amz-meta-isprivatefile"] == "true"
    assert site.get("/img/both.png").status == 401


def test_no_client_changes_the_bucket_through_the_gate(site, bucket):
    """Requests of clients through the gate, with the method and headers of a door."""
    for method in ("PUT", "DELETE", "POST"):
        with client.Connection(site.port) as connection:
            answer = connection.request(signed("/img/", "client.png"), method=method, headers={
                "Content-Length": "0", "x-amz-meta-isprivatefile": "false"})
        assert answer.status == 405
    assert writes(bucket, "client.png") == []
