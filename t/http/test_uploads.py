"""Uploads by ImageKit's API into the folder of a gate: what is stored, and what is refused."""

import base64
import hashlib
import hmac
import os
import socket
import time
import uuid

import pytest

import client
import pictures
import signing
import uploads
from figures import Growth
from http2 import Http2
from uploads import form, part, post, upload

SITE = """
    location ^~ /img/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store/;
    }
    location ^~ /also/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store/;
    }
    location ^~ /around/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/;
    }
    location ^~ /store/inner/ {
        private_image     imagekit;
        private_image_key img.key;
        root              {{ folder }};
    }
    location ^~ /inner/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store/inner/;
    }
    location ^~ /rooted/ {
        private_image     imagekit;
        private_image_key img.key;
        root              {{ folder }}/store;
    }
    location ^~ /bare {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store;
    }
    location ^~ /led/ {
        private_image        imagekit;
        private_image_key    img.key;
        private_image_origin /store$private_image_path;
    }
    location ^~ /store/ { internal; root {{ folder }}; }
    location = /metrics { private_image_status prometheus; }
"""
HTTP = """
    log_format upload '$status $private_image_upload $private_image_upload_path'
                      ' $private_image_upload_bytes';
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        listen 127.0.0.1:{{ port_of("door2") }} http2;
        server_name door.example.com;
        access_log logs/uploads.log upload;
        private_image_upload_key      upload.key public=public_abc;
        private_image_upload_url      https://localhost;
        private_image_upload_max_size 200k;
        location / {
            private_image_upload imagekit /img/;
            error_page 400 401 403 413 415 501 /error.html;
        }
        location /to-rooted/ { private_image_upload imagekit /rooted/; }
        location /to-bare/   { private_image_upload imagekit /bare/; }
        location /to-led/    { private_image_upload imagekit /led/; }
        location /if/ {
            private_image_upload imagekit /img/;
            if ($arg_x) { set $y 1; }
        }
        location /page/ {
            private_image_upload         imagekit /img/;
            private_image_upload_timeout 500ms;
            error_page 400 408 = /error.html;
        }
        location = /error.html { proxy_pass {{ origin }}/slow; }
        location /browser/ {
            private_image_upload        imagekit /img/;
            private_image_upload_client on;
        }
        location /strict/ {
            private_image_upload        imagekit /img/;
            private_image_upload_client on private no_overwrite folder=/users/$arg_user/;
        }
        location /short/ {
            private_image_upload         imagekit /img/;
            private_image_upload_timeout 500ms;
        }
        location /verified/ { private_image_upload imagekit /img/ verify; }
        location /half/ {
            private_image_upload        imagekit /img/;
            private_image_upload_client on;
            private_image_uploads       2;
        }
        location /one/ {
            private_image_upload  imagekit /img/;
            private_image_uploads 1;
        }
    }
"""
CALL = "api/v1/files/upload"
RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))
LARGE = pictures.noise(200, 200, kind="PNG")


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, files={"store/README": b"",
                                        "conf/upload.key": uploads.KEY.encode()})
    site.expect_errors(r"mark_unseen|the store failed|client sent invalid chunked body")
    return site


def stored(site, path):
    return site.folder.path / "store" / path.removeprefix("/")


def files(site):
    return {str(path) for path in stored(site, "").rglob("*")}


def signed(target):
    return signing.imagekit(target, "/img/")


def refused(answer, status):
    assert answer.status == status and answer.header("Content-Type").startswith("application/json")
    assert answer.json["message"] and answer.json["help"]
    return answer.json["message"]


def plain_form(picture=RED, name="x.png", **fields):
    return form(part("file", picture, filename=name), part("fileName", name),
                *(part(field, text) for field, text in fields.items()))


# What is stored

def test_an_image_that_was_uploaded_private_is_refused_unsigned_and_served_signed(site):
    answer = upload(site, RED, name="cat.png", folder="/pets", isPrivateFile="true",
                    useUniqueFileName="false", responseFields="isPrivateFile,tags", tags="a, b")
    assert answer.status == 200, answer.body
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert answer.header("x-ik-requestId") == answer.header("x-request-id") != ""
    assert answer.json["filePath"] == "/pets/cat.png" and answer.json["isPrivateFile"] is True
    assert (answer.json["width"], answer.json["height"], answer.json["size"]) == (90, 60, len(RED))
    assert answer.json["url"] == "https://localhost/img/pets/cat.png"
    assert answer.json["tags"] == ["a", "b"] and answer.json["name"] == "cat.png"
    assert stored(site, "/pets/cat.png").read_bytes() == RED
    assert os.getxattr(stored(site, "/pets/cat.png"), "user.isprivatefile") == b"true"
    for target in ("/img/pets/cat.png", "/img/tr:w-20/pets/cat.png"):
        assert site.get(target).status == 401
    assert site.get(signed("/img/pets/cat.png")).body == RED
    assert site.get(signed("/img/tr:w-20/pets/cat.png")).image().width == 20


def test_nginx_makes_no_file_of_its_own_for_the_body(site):
    folder = site.folder.path / "temp/body"
    before = folder.stat().st_mtime_ns
    assert upload(site, LARGE).status == 200
    assert folder.stat().st_mtime_ns == before


def test_an_image_that_was_uploaded_without_a_mark_is_public(site):
    answer = upload(site, RED, name="dog.png", useUniqueFileName="false")
    assert answer.status == 200 and "isPrivateFile" not in answer.json
    assert os.getxattr(stored(site, "/dog.png"), "user.isprivatefile") == b"false"
    assert site.get("/img/dog.png").body == RED
    assert site.get("/img/tr:w-20/dog.png").image().width == 20


def test_a_name_is_made_unique_by_default(site):
    first, second = (upload(site, RED, name="a b.png").json for _ in range(2))
    assert first["filePath"] != second["filePath"]
    assert first["name"].startswith("a_b_") and first["name"].endswith(".png")


def test_an_image_is_replaced_with_its_mark(site):
    for private, picture in (("false", RED), ("true", GREEN), ("false", RED), ("true", RED)):
        answer = upload(site, picture, name="r.png", useUniqueFileName="false",
                        isPrivateFile=private)
        assert answer.status == 200
        unsigned, allowed = site.get("/img/r.png"), site.get(signed("/img/r.png"))
        assert unsigned.status == (401 if private == "true" else 200)
        assert allowed.body == picture
        small = site.get(signed("/img/tr:w-20/r.png")).image()
        assert pictures.shows(small, (200, 0, 0) if picture is RED else (0, 160, 0))
        assert site.get("/img/tr:w-21/r.png").status == unsigned.status


def test_an_image_is_not_replaced_where_the_client_forbids_it(site):
    assert upload(site, RED, name="once.png", useUniqueFileName="false").status == 200
    again = upload(site, GREEN, name="once.png", useUniqueFileName="false", overwriteFile="false")
    refused(again, 400)
    assert again.header("x-should-retry") == "false"
    assert stored(site, "/once.png").read_bytes() == RED


@pytest.mark.parametrize("text", [lambda picture: base64.b64encode(picture).decode(),
                                  lambda picture: base64.b64encode(picture).decode().rstrip("="),
                                  lambda picture: "data:image/png;base64,"
                                                  + base64.b64encode(picture).decode()])
def test_a_file_may_be_text(site, text):
    body = form(part("fileName", "t.png"), part("file", text(RED)))
    answer = post(site.folder.port("door"), "/" + CALL, body, uploads.KEY)
    assert answer.status == 200 and stored(site, answer.json["filePath"]).read_bytes() == RED


@pytest.mark.parametrize("pieces", [[1] * 400, [50, 1, 1, 1, 60, 7], [len(RED)]])
def test_the_pieces_of_a_body_do_not_count(site, pieces):
    answer = post(site.folder.port("door"), "/" + CALL, plain_form(), uploads.KEY, pieces=pieces)
    assert answer.status == 200 and stored(site, answer.json["filePath"]).read_bytes() == RED


def test_a_body_without_a_length_is_taken(site):
    body = plain_form()
    with client.Connection(site.folder.port("door")) as connection:
        headers = uploads.headers(uploads.KEY, body, **{"Transfer-Encoding": "chunked"})
        del headers["Content-Length"]
        connection.send("/" + CALL, method="POST", headers=headers)
        for start in range(0, len(body), 100):
            chunk = body[start:start + 100]
            connection.socket.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        connection.socket.sendall(b"0\r\n\r\n")
        assert connection.receive().status == 200


def test_http2_uploads_like_http1(site):
    with_key = {"content-type": f"multipart/form-data; boundary={uploads.BOUNDARY}",
                "authorization": uploads.basic(uploads.KEY)}
    connection = Http2(site.folder.port("door2"))
    good = connection.ask("/" + CALL, method="POST", body=plain_form(), **with_key)
    bad = connection.ask("/" + CALL, method="POST", body=plain_form(b"<html>" * 100), **with_key)
    connection.receive_until(lambda: {good, bad} <= connection.ended)
    assert connection.answers[good][0] == 200 and connection.answers[bad][0] == 415
    connection.close()


def test_the_answer_to_expect_comes_before_the_body_only_if_it_is_wanted(site):
    body = plain_form()
    for key, first in ((uploads.KEY, 100), ("another private key", 403)):
        with client.Connection(site.folder.port("door")) as connection:
            connection.send("/" + CALL, method="POST",
                            headers=uploads.headers(key, body, Expect="100-continue"))
            line = connection.socket.recv(12)
            assert line.split()[1] == str(first).encode()


@pytest.mark.parametrize("door, place", [("to-rooted", "rooted"), ("to-bare", "bare"),
                                         ("to-led", "led")])
def test_every_folder_of_a_gate_can_be_filled(site, door, place):
    body = form(part("file", RED, filename="x.png"), part("fileName", "x.png"),
                part("folder", "/a/b"), part("isPrivateFile", "true"))
    answer = post(site.folder.port("door"), f"/{door}/{CALL}", body, uploads.KEY)
    assert answer.status == 200, answer.body
    target = f"/{place}{answer.json['filePath']}"
    assert answer.json["url"] == "https://localhost" + target
    assert site.get(target).status == 401
    assert site.get(signing.imagekit(target, f"/{place}/")).body == RED


@pytest.mark.parametrize("place, targets", (
    ("/inner", ("/around/tr:w-20/store/inner/n.png", "/inner/tr:w-20/n.png", "/img/tr:w-20/inner/n.png",
                "/store/inner/tr:w-20/n.png")),
    ("/outer", ("/around/tr:w-20/store/outer/n.png", "/img/tr:w-20/outer/n.png"))))
def test_gates_over_folders_inside_each_other_forget_a_replaced_image(site, place, targets):
    fields = {"name": "n.png", "useUniqueFileName": "false", "folder": place}
    assert upload(site, RED, **fields).status == 200
    assert {site.get(target).status for target in targets} == {200}
    assert upload(site, GREEN, isPrivateFile="true", **fields).status == 200
    assert {site.get(target).status for target in targets} == {401}


def test_what_other_gates_and_hosts_know_of_a_replaced_image_is_void(site):
    assert upload(site, RED, name="names.png", useUniqueFileName="false").status == 200
    ways = [("/also/tr:w-20/names.png", "localhost"), ("/img/tr:w-20/names.png", "localhost"),
            ("/img/tr:w-20/names.png", "door.example.com"), ("/also/names.png", "localhost")]
    for target, host in ways:
        assert client.request(site.port, target, host=host).status == 200
    assert upload(site, GREEN, name="names.png", useUniqueFileName="false",
                  isPrivateFile="true").status == 200
    for target, host in ways:
        assert client.request(site.port, target, host=host).status == 401


# What is refused

@pytest.mark.parametrize("key, status", [(None, 401), ("another private key", 403), ("", 403)])
def test_an_upload_without_the_key_is_refused(site, key, status):
    answer = post(site.folder.port("door"), "/" + CALL, plain_form(), key)
    refused(answer, status)


FIELDS = {
    "isPrivateFile": ["", "True", "1", "yes"], "useUniqueFileName": ["no"], "overwriteFile": ["0"],
    "folder": ["/a/../b", "/.hidden", "/a/.b/c"], "fileName": ["", ".htaccess", "a" * 256],
    "tags": ["50%"], "customCoordinates": ["1,2,3"], "isprivatefile": ["true"], "other": ["x"],
}


@pytest.mark.parametrize("field, text", [(field, text) for field, texts in FIELDS.items()
                                         for text in texts])
def test_an_invalid_field_is_named_and_nothing_is_stored(site, field, text):
    before = files(site)
    fields = {"fileName": "x.png", field: text}
    body = form(part("file", RED, filename="x.png"),
                *(part(name, value) for name, value in fields.items()))
    message = refused(post(site.folder.port("door"), "/" + CALL, body, uploads.KEY), 400)
    assert field in message
    assert files(site) == before


@pytest.mark.parametrize("field", ["isPrivateFile", "fileName", "file"])
def test_a_field_twice_is_refused(site, field):
    twice = part("file", RED, filename="b.png") if field == "file" else part(field, "true")
    body = form(part("file", RED, filename="x.png"), part("fileName", "x.png"),
                part("isPrivateFile", "true"), twice)
    assert field in refused(post(site.folder.port("door"), "/" + CALL, body, uploads.KEY), 400)


@pytest.mark.parametrize("field, text", [("isPublished", "false"), ("checks", "x"),
                                         ("transformation", '{"pre":"w-10"}'),
                                         ("extensions", "[]"), ("webhookUrl", "https://x"),
                                         ("customMetadata", "{}")])
def test_what_is_not_served_is_not_ignored(site, field, text):
    answer = upload(site, RED, **{field: text})
    assert field in refused(answer, 501) and answer.header("x-should-retry") == "false"


def test_a_url_in_place_of_a_file_is_not_fetched(site, origin):
    body = form(part("file", f"{origin.url}/x.png"), part("fileName", "x.png"))
    refused(post(site.folder.port("door"), "/" + CALL, body, uploads.KEY), 501)


@pytest.mark.parametrize("target, status", [
    ("/v1/files", 501), ("/api/v1/files", 501), ("/api/v1/files/upload/x", 501), ("/", 404),
    ("/api/v1/files/../files/upload", 501), ("/%61pi/v1/files/upload", 404),
    ("/browser/../" + CALL, 404)])
def test_another_call_is_not_served(site, target, status):
    refused(post(site.folder.port("door"), target, plain_form(), uploads.KEY), status)


@pytest.mark.parametrize("picture, status", [(b"<html>" * 30_000, 415), (b"GIF", 415),
                                             (RED[:-40], 200), (RED[:20], 422), (b"", 400)])
def test_a_file_is_judged_by_its_bytes(site, picture, status):
    answer = upload(site, picture)
    assert answer.status == status, answer.body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_file_is_refused_where_it_is_verified(site, kind):
    whole = pictures.noise(64, 64, kind=kind)
    for picture, status in ((whole, 200), (whole[:len(whole) // 2], 422)):
        body = plain_form(picture, name=f"x.{kind.lower()}")
        answer = post(site.folder.port("door"), "/verified/" + CALL, body, uploads.KEY)
        assert answer.status == status, answer.body


def test_a_file_above_the_limit_is_refused(site):
    too_large = pictures.noise(300, 300, kind="PNG")
    assert len(too_large) > 200 * 1024 > len(LARGE)
    assert upload(site, LARGE).status == 200
    refused(upload(site, too_large), 413)
    text = form(part("fileName", "t.png"), part("file", base64.b64encode(too_large).decode()))
    refused(post(site.folder.port("door"), "/" + CALL, text, uploads.KEY), 413)


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data",
                                          "multipart/form-data; boundary="])
def test_another_content_type_is_refused(site, content_type):
    refused(post(site.folder.port("door"), "/" + CALL, plain_form(), uploads.KEY,
                 more={"Content-Type": content_type}), 400)


@pytest.mark.parametrize("cut", [3, 20, len(uploads.BOUNDARY) + 8])
def test_a_form_without_its_end_is_refused(site, cut):
    refused(post(site.folder.port("door"), "/" + CALL, plain_form()[:-cut], uploads.KEY), 400)


def test_a_name_that_a_folder_has_is_refused(site):
    assert upload(site, RED, folder="/taken", name="x.png").status == 200
    refused(upload(site, RED, name="taken", useUniqueFileName="false"), 400)
    assert upload(site, RED, name="file", useUniqueFileName="false").status == 200
    refused(upload(site, RED, folder="/file"), 400)


def test_the_names_of_uploads_in_progress_cannot_be_asked_for(site):
    hidden = stored(site, "/.private_image.0")
    hidden.write_bytes(RED)
    os.setxattr(hidden, "user.isprivatefile", b"false")
    for target in ("/img/.private_image.0", "/img/tr:w-9/.private_image.0",
                   "/img/tr:l-image,i-.private_image.0,l-end/dog.png"):
        assert site.get(target).verdict == (400, "bad_url")
    hidden.unlink()


def test_bytes_beside_the_file_are_limited(site):
    """Those of a body without a length: a preamble, an epilogue, blanks within base64."""
    for around in ((b"x" * (3 << 20), b""), (b"", b"x" * (3 << 20))):
        body = around[0] + b"\r\n" + plain_form() + around[1]
        with client.Connection(site.folder.port("door")) as connection:
            headers = uploads.headers(uploads.KEY, body, **{"Transfer-Encoding": "chunked"})
            del headers["Content-Length"]
            connection.send("/if/" + CALL + "?x=1", method="POST", headers=headers)
            try:
                for start in range(0, len(body), 1 << 16):
                    chunk = body[start:start + (1 << 16)]
                    connection.socket.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                connection.socket.sendall(b"0\r\n\r\n")
            except OSError:
                pass  # the answer has come before
            refused_answer = connection.receive()
        assert refused_answer.status == 413
        assert refused_answer.header("Content-Type").startswith("application/json")


def test_a_malformed_body_is_answered_once(site, origin):
    """NGINX answers it by itself; the call's own deadline must not answer it again."""
    origin.publish(b"page", path="/slow")
    since = len(site.log())
    for _ in range(3):
        with client.Connection(site.folder.port("door")) as connection:
            headers = uploads.headers(uploads.KEY, b"", **{"Transfer-Encoding": "chunked"})
            del headers["Content-Length"]
            connection.send("/page/" + CALL, method="POST", headers=headers)
            connection.socket.sendall(b"5\r\nhello\r\nzz\r\n")
            assert connection.receive().status in (400, 408)
    with Http2(site.folder.port("door2"), stream_window=0) as connection:
        stream = connection.ask("/page/" + CALL, method="POST", body=b"x" * 100, window=0,
                                **{"content-length": "5000", "authorization":
                                   uploads.basic(uploads.KEY), "content-type":
                                   f"multipart/form-data; boundary={uploads.BOUNDARY}"})
        time.sleep(1.5)  # longer than the call's deadline
        connection.open(1 << 16, stream)
        connection.receive_until(lambda: stream in connection.ended)
    assert "[alert]" not in site.log()[since:]


def test_what_a_client_sends_begins_no_line_of_the_log(site):
    since = len(site.log())
    for name in ("a\x1b[2Jb", "x\\u000a2026/01/01 00:00:00 [warn] forged"):
        body = form(part("file", RED, filename="x.png"), part("fileName", "x.png"),
                    part("transformation", '{"%s":1,"%s":2}' % (name, name)), part(name, "x"))
        refused(post(site.folder.port("door"), "/" + CALL, body, uploads.KEY), 400)
    lines = site.log()[since:]
    assert "\x1b" not in lines and not [line for line in lines.splitlines()
                                        if line.startswith("2026/01/01 00:00:00")]


# Slow clients, clients that leave, many clients

def test_a_slow_upload_is_answered_in_time(site):
    with client.Connection(site.folder.port("door")) as connection:
        body = plain_form()
        connection.send("/short/" + CALL, method="POST",
                        headers=uploads.headers(uploads.KEY, body))
        connection.socket.sendall(body[:200])
        assert connection.receive().status == 408


def test_an_upload_that_is_broken_off_leaves_nothing(site):
    body, before, grown = plain_form(LARGE), files(site), Growth(site)
    cuts = [0, 1, 150, 5000, len(body) // 2, len(body) - 1]
    for cut in cuts:
        with client.Connection(site.folder.port("door")) as connection:
            connection.send("/" + CALL, method="POST",
                            headers=uploads.headers(uploads.KEY, body))
            connection.socket.sendall(body[:cut])
    grown.is_soon(len(cuts), "uploads_total", dialect="imagekit", outcome="ended_early")
    assert files(site) == before
    for worker in site.workers():
        opened = [os.readlink(link.path) for link in os.scandir(f"/proc/{worker}/fd")]
        assert not [name for name in opened if "/store/" in name]


def test_uploads_at_once_are_limited(site):
    body = plain_form()
    waiting = []
    for worker in range(8):  # more than there are workers, which have one place each
        connection = client.Connection(site.folder.port("door"))
        connection.send("/one/" + CALL, method="POST", headers=uploads.headers(uploads.KEY, body))
        connection.socket.sendall(body[:100])
        waiting.append(connection)
    connection.socket.settimeout(0.01)
    busy = []
    until = time.monotonic() + 20
    while not busy and time.monotonic() < until:
        answer = post(site.folder.port("door"), "/one/" + CALL, body, uploads.KEY)
        busy += [answer] if answer.status == 503 else []
    assert busy and busy[0].header("Retry-After")
    for connection in waiting:
        connection.close()


# Browsers

def token(body_fields=None, lifetime=600, key=uploads.KEY, name=None, public="public_abc"):
    name = name or str(uuid.uuid4())
    expire = str(int(time.time()) + lifetime)
    signature = hmac.new(key.encode(), (name + expire).encode(), hashlib.sha1).hexdigest()
    return {"publicKey": public, "token": name, "expire": expire, "signature": signature,
            **(body_fields or {})}


def from_browser(site, fields, target="/browser/" + CALL, picture=RED):
    return post(site.folder.port("door"), target,
                form(part("file", picture, filename="x.png"), part("fileName", "x.png"),
                     *(part(name, value) for name, value in fields.items())), None,
                more={"Origin": "https://app.example.com"})


def test_a_browser_uploads_with_a_token_once(site):
    fields = token()
    answer = from_browser(site, fields)
    assert answer.status == 200 and answer.header("Access-Control-Allow-Origin") == "*"
    site.wait_for_log("upload stored: .*, by a token of upload.key")
    again = from_browser(site, fields)
    assert "used before" in refused(again, 400)
    assert again.header("x-should-retry") == "false"
    assert again.header("Access-Control-Allow-Origin") == "*"


def test_a_token_is_used_up_by_an_upload_that_fails(site):
    fields = token()
    assert from_browser(site, fields, picture=RED[:20]).status == 422
    refused(from_browser(site, fields), 400)


@pytest.mark.parametrize("fields, status", [
    (lambda: token(lifetime=-5), 400), (lambda: token(lifetime=4000), 400),
    (lambda: {**token(), "signature": "0" * 40}, 400), (lambda: token(public="other"), 403),
    (lambda: {name: value for name, value in token().items() if name != "token"}, 400),
    (lambda: {}, 401)])
def test_an_invalid_token_is_refused(site, fields, status):
    refused(from_browser(site, fields()), status)


def test_a_token_is_refused_where_browsers_may_not_upload(site):
    answer = from_browser(site, token(), target="/" + CALL)
    refused(answer, 401)
    assert not answer.header("Access-Control-Allow-Origin")


def test_the_operator_s_rules_hold_for_tokens(site):
    target = f"/strict/{CALL}?user=ann"
    answer = from_browser(site, token({"isPrivateFile": "false", "useUniqueFileName": "false"}),
                          target)
    assert answer.status == 200 and answer.json["filePath"] == "/users/ann/x.png"
    assert site.get("/img/users/ann/x.png").status == 401
    refused(from_browser(site, token({"useUniqueFileName": "false"}), target), 400)
    refused(from_browser(site, token({"folder": "/users/bob"}), target), 400)
    refused(from_browser(site, token(), "/strict/" + CALL), 400)  # an empty user


def test_uploads_with_the_key_have_room_beside_those_of_browsers(site):
    body, waiting, busy = plain_form(), [], []
    until = time.monotonic() + 20
    for _ in range(8):
        connection = client.Connection(site.folder.port("door"))
        connection.send("/half/" + CALL, method="POST", headers=uploads.headers(None, body))
        connection.socket.sendall(body[:100])
        waiting.append(connection)
    while not busy and time.monotonic() < until:
        answer = from_browser(site, token(), target="/half/" + CALL)
        busy += [answer] if answer.status == 503 else []
    assert busy
    for _ in range(8):
        answer = post(site.folder.port("door"), "/half/" + CALL, body, uploads.KEY)
        assert answer.status == 200, answer.body
    for connection in waiting:
        connection.close()


def test_a_browser_may_ask_first(site):
    with client.Connection(site.folder.port("door")) as connection:
        answer = connection.request("/browser/" + CALL, method="OPTIONS",
                                    headers={"Origin": "https://app.example.com",
                                             "Access-Control-Request-Method": "POST"})
    assert answer.status == 204 and answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Access-Control-Allow-Methods") == "POST, OPTIONS"


# Logs and figures

def test_variables_and_counters_name_the_outcome(site):
    grown = Growth(site)
    answer = upload(site, RED, name="logged.png", isPrivateFile="maybe")
    assert answer.status == 400
    grown.is_soon(1, "uploads_total", dialect="imagekit", outcome="bad_field")
    answer = upload(site, RED, name="logged.png", useUniqueFileName="false")
    site.wait_for_access_line(f"200 stored /logged.png {len(RED)}", name="uploads.log")
    grown.is_soon(1, "uploads_total", dialect="imagekit", outcome="stored")
    site.wait_for_log(r'upload stored: "/logged.png", \d+ bytes, image/png, public, by upload.key')


@pytest.mark.parametrize("method, target", (("POST", "/" + CALL), ("POST", "/browser/" + CALL),
                                            ("DELETE", "/v1/files/" + uploads.id_of("/a.png")),
                                            ("PATCH", "/v1/files/x/details"), ("GET", "/x")))
def test_nothing_after_a_malformed_chunk_is_a_request(site, method, target):
    kind = f"multipart/form-data; boundary={uploads.BOUNDARY}"
    head = f"Host: localhost\r\nContent-Type: {kind}\r\n"
    if "browser" not in target:
        head += f"Authorization: {uploads.basic(uploads.KEY)}\r\n"
    with socket.create_connection(("127.0.0.1", site.folder.port("door"))) as connection:
        connection.settimeout(client.TIMEOUT)
        connection.sendall((f"{method} {target} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n"
                            f"5\r\nabcde..\r\n\r\nGET /smuggled HTTP/1.1\r\n{head}\r\n").encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    assert got.count(b"HTTP/1.1 ") == 1
    assert got.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
