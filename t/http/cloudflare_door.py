"""A door for Cloudflare's API, in front of a folder and of a bucket, and the gates of both."""

import json
import os
import urllib.parse

import client
import pictures
import s3_origin
import signing
import uploads
from uploads import form, part

TOKEN = "api_token_0123456789abcdef"
OTHER_TOKEN = "another_token_0123456789ab"
ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
HASH = "Vi7wi5KSItxGFsWRG2Us6Q"
RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))

SITE = """
    private_image_key     img.key;
    private_image_variant public   signed w=50;
    private_image_variant thumb    public w=20;
    location ^~ /{{ hash }}/ {
        private_image cloudflare;
        alias         {{ folder }}/store/;
    }
    location ^~ /bucket/{{ hash }}/ {
        private_image    cloudflare;
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass       http://{{ s3 }}$private_image_s3_path;
    }
    location = /metrics { private_image_status prometheus; }
"""
HTTP = """
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        server_name door.example.com;
        private_image_upload_key other.token account=another;
        private_image_upload_key api.token   account={{ account }};
        private_image_upload_url https://localhost;
        private_image_upload_max_size 200k;
        location /client/v4/    { private_image_upload cloudflare /{{ hash }}/; }
        location /bucket/v4/    { private_image_upload cloudflare /bucket/{{ hash }}/; }
        location /ids/client/v4/ { private_image_upload cloudflare /{{ hash }}/ private_ids; }
        location /ids/bucket/v4/ { private_image_upload cloudflare /bucket/{{ hash }}/ private_ids; }
    }
"""


def make_site(gate, bucket, http="", door="", **options):
    """Starts nginx with both; `bucket` is an S3Origin. The texts are added to the configuration of
    all servers, and of the doors' server."""
    options.setdefault("workers", 2)
    http += HTTP.replace("server_name", door + " server_name", 1)
    return gate(SITE.replace("{{ hash }}", HASH), s3=bucket.address,
                http=http.replace("{{ hash }}", HASH).replace("{{ account }}", ACCOUNT),
                files={"store/README": b"", "conf/s3.credentials": s3_origin.credentials_file(),
                       "conf/api.token": TOKEN.encode(), "conf/other.token": OTHER_TOKEN.encode()},
                **options)


class Door:
    """A door with its store, and the gate that shows what it has."""

    def __init__(self, site, kind, bucket, root="/"):
        self.site, self.bucket = site, bucket if kind == "bucket" else None
        self.location = f"{root}{'bucket' if self.bucket else 'client'}/v4/"
        self.images = f"{self.location}accounts/{ACCOUNT}/images/"
        self.gate = f"/bucket/{HASH}/" if self.bucket else f"/{HASH}/"
        self.port = site.folder.port("door")

    def with_private_ids(self):
        return Door(self.site, "bucket" if self.bucket else "folder", self.bucket, "/ids/")

    def ask(self, method, target, body=b"", token=TOKEN, **headers):
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        if body or method in ("POST", "PATCH"):
            headers["Content-Length"] = str(len(body))
        with client.Connection(self.port) as connection:
            connection.send(target, method=method, headers={
                name.replace("_", "-"): value for name, value in headers.items()},
                host="door.example.com")
            connection.socket.sendall(body)
            answer = connection.receive()
        if (answer.header("Content-Type") or "").startswith("application/json"):
            answer.json = json.loads(answer.body)
        return answer

    def send_form(self, target, *parts, token=TOKEN, **headers):
        return self.ask("POST", target, form(*parts), token=token,
                        Content_Type=f"multipart/form-data; boundary={uploads.BOUNDARY}", **headers)

    def upload(self, picture=RED, name="x.png", **fields):
        parts = [part("file", picture, filename=name)]
        return self.send_form(self.images + "v1", *parts,
                              *(part(field, text) for field, text in fields.items()))

    def direct(self, version="v2", **fields):
        answer = self.send_form(f"{self.images}{version}/direct_upload",
                                *(part(field, text) for field, text in fields.items()))
        assert answer.status == 200, answer.body
        return answer.json["result"]

    def use(self, url, picture=RED, *more):
        target = url.removeprefix("http://door.example.com")
        assert target.startswith(self.location + "upload/"), url
        return self.send_form(target, part("file", picture, filename="mine.png"), *more, token="")

    def one(self, image, method="GET", body=b"", suffix="", **more):
        return self.ask(method, f"{self.images}v1/{urllib.parse.quote(image, safe='')}{suffix}",
                        body, **more)

    def patch(self, image, **fields):
        return self.one(image, "PATCH", json.dumps(fields).encode(),
                        Content_Type="application/json")

    def show(self, image, variant="public", signed=False):
        target = f"{self.gate}{urllib.parse.quote(image)}/{variant}"
        return self.site.get(signing.cloudflare(target) if signed else target)

    def stored(self, image):
        """The mark and the bytes in the store; none."""
        if self.bucket:
            found = self.bucket.objects.get(image)
            return found and (found.headers["x-amz-meta-isprivatefile"], found.body)
        path = self.site.folder.path / "store" / image
        return ((os.getxattr(path, "user.isprivatefile").decode(), path.read_bytes())
                if path.exists() else None)


def result(answer):
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.header("Content-Type").startswith("application/json")
    found = answer.json
    assert found["success"] is True and found["errors"] == found["messages"] == []
    return found["result"]


def refused(answer, status, code):
    assert answer.status == status, (answer.status, answer.body)
    assert answer.json["success"] is False and answer.json["result"] is None
    (error,) = answer.json["errors"]
    assert error["code"] == code and error["message"].startswith(f"ERROR {code}: ")
    return error["message"]


def is_guarded(door, image):
    """Private: refused unsigned, its public variant and its original alike; served signed."""
    return (door.show(image).status in (401, 403)
            and door.show(image, "w=10").status in (401, 403)
            and door.show(image, signed=True).status == 200
            and door.show(image, "thumb").status == 200)


def everything(door):
    if door.bucket:
        return set(door.bucket.objects)
    return set((door.site.folder.path / "store").rglob("*"))
