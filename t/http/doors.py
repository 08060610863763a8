"""A site with every door: ImageKit's and Cloudflare's API, each into a folder and into a bucket,
with one interface to all of them. Answers of the doors name the worker in X-Worker."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
import urllib.parse
import uuid

import client
import s3_origin
import signing
import uploads
from clock import fair_time
from uploads import form, part

TOKEN = "api_token_0123456789abcdef"
ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
KINDS = list(itertools.product(("imagekit", "cloudflare"), ("folder", "bucket")))
NAMES = [" ".join(kind) for kind in KINDS]

SITE = """
    keepalive_requests    1000000;
    private_image_key     img.key;
    private_image_cache   derivatives;
    private_image_variant preview public w=16;
    private_image_variant full    signed original;
    {% for dialect, prefix in (("imagekit", ""), ("cloudflare", "hash/")) %}
    location ^~ /{{ dialect }}/folder/{{ prefix }} {
        private_image {{ dialect }};
        alias         {{ folder }}/store/;
    }
    location ^~ /{{ dialect }}/bucket/{{ prefix }} {
        private_image    {{ dialect }};
        private_image_s3 {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
        proxy_pass       http://{{ s3 }}$private_image_s3_path;
    }
    {% endfor %}
    location = /metrics { private_image_status prometheus; }
"""
HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:1m;
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        listen 127.0.0.1:{{ port_of("door h2") }} http2;
        server_name door.example.com;
        client_body_temp_path       temp/door;
        keepalive_requests          1000000;
        add_header                  X-Worker $pid always;
        private_image_upload_url    https://localhost;
        private_image_uploads       512;
        location = /worker { return 204; }
        {% for store in ("folder", "bucket") %}
        location /imagekit/{{ store }}/ {
            private_image_upload        imagekit /imagekit/{{ store }}/;
            private_image_upload_client on;
            private_image_upload_key    upload.key public=public_abc;
        }
        location /cloudflare/{{ store }}/ {
            private_image_upload     cloudflare /cloudflare/{{ store }}/hash/;
            private_image_upload_key api.token account=ACCOUNT;
        }
        location /ids/{{ store }}/ {
            private_image_upload     cloudflare /cloudflare/{{ store }}/hash/ private_ids;
            private_image_upload_key api.token account=ACCOUNT;
        }
        {% endfor %}
    }
""".replace("ACCOUNT", ACCOUNT)
FILES = {"store/README": b"", "conf/s3.credentials": s3_origin.credentials_file(),
         "conf/api.token": TOKEN.encode(), "conf/upload.key": uploads.KEY.encode()}


def wait_until(is_so, what, seconds=30):
    until = fair_time() + seconds
    while not is_so():
        assert fair_time() < until, what
        time.sleep(0.005)


def start(gate, bucket, **values):
    """Starts nginx with two workers."""
    return gate(SITE, http=HTTP, files=FILES, workers=2, s3=bucket.address, **values)


def make(site, kind, bucket):
    dialect, store = kind
    one = {"imagekit": ImageKit, "cloudflare": Cloudflare}[dialect]
    return one(site, store, bucket if store == "bucket" else None)


class Door:
    """A door with its gate and its store; `bucket` is missing where that is a folder. An upload's
    answer has the image's path in `path`."""

    dialect = ""
    refusal = 0   # the status of a request without a signature
    marks = {}    # fields of a private image and of a public one

    def __init__(self, site, store, bucket, root=None):
        self.site, self.bucket = site, bucket
        self.name = f"{self.dialect} {store}"
        self.location = f"/{root or self.dialect}/{store}/"
        self.gate = f"/{self.dialect}/{store}/"
        self.port = site.folder.port("door")
        self.workers = set()  # which have answered

    # Requests to the door

    def headers(self, length=None, has_key=True, **more):
        found = {"Content-Type": f"multipart/form-data; boundary={uploads.BOUNDARY}"}
        if length is not None:
            found["Content-Length"] = str(length)
        if has_key:
            found["Authorization"] = self.credential
        return {**found, **more}

    def ask(self, method, target, body=b"", headers=None):
        """One request on a connection of its own."""
        with client.Connection(self.port) as connection:
            connection.send(target, method=method, headers=headers, host="door.example.com")
            connection.socket.sendall(body)
            return self.receive(connection)

    def receive(self, connection):
        answer = connection.receive()
        answer.json = None
        if (answer.header("Content-Type") or "").startswith("application/json") and answer.body:
            answer.json = json.loads(answer.body)
        answer.path = self.path_of(answer.json) if answer.status == 200 else None
        answer.worker = int(answer.header("X-Worker"))
        self.workers.add(answer.worker)
        return answer

    def send(self, body, target=None, has_key=True):
        return self.ask("POST", target or self.target, body, self.headers(len(body), has_key))

    def send_json(self, method, target, content):
        body = json.dumps(content).encode()
        return self.ask(method, target, body, self.headers(
            len(body), **{"Content-Type": "application/json"}))

    def upload(self, picture, name=None, private=True, **fields):
        return self.send(self.form(picture, name, private, **fields))

    def begin(self, body, sent, connection=None, target=None, **options):
        """Sends the head of an upload and the first bytes of its body. Returns the connection."""
        connection = connection or client.Connection(self.port)
        connection.send(target or self.target, method="POST", host="door.example.com",
                        headers=self.headers(len(body), **options))
        connection.socket.sendall(body[:sent])
        return connection

    def connect(self, worker=None):
        """A connection that this worker has accepted, or any; its `worker` is known."""
        for _ in range(1000):
            connection = client.Connection(self.port)
            connection.send("/worker", host="door.example.com")
            connection.worker = int(connection.receive().header("X-Worker"))
            if worker in (None, connection.worker):
                return connection
            connection.close()
        raise AssertionError("the worker accepts no connection")

    # The store

    def stored(self, path):
        """The mark and the bytes; None where there is no such image."""
        if self.bucket:
            found = self.bucket.objects.get(path)
            return found and (found.headers["x-amz-meta-isprivatefile"], found.body)
        file = self.site.folder.path / "store" / path
        return ((os.getxattr(file, "user.isprivatefile").decode(), file.read_bytes())
                if file.exists() else None)

    def everything(self):
        """The names of all that is stored, with files that begin with a dot."""
        if self.bucket:
            return set(self.bucket.objects)
        folder = self.site.folder.path / "store"
        return {str(path.relative_to(folder)) for path in folder.rglob("*")}

    def assert_nothing_is_left(self, before):
        """The store has what it had before, and neither a worker nor a folder has a file more."""
        wait_until(lambda: not self.unfinished_files(), "a worker has an open file")
        assert self.everything() == before
        assert [name for _, _, names in os.walk(self.site.folder.path / "temp/door")
                for name in names] == []

    def unfinished_files(self):
        """The files that workers have open there; those of an answer for a moment longer."""
        places = [str(self.site.folder.path / name) for name in ("store", "temp/door")]
        found = []
        for worker in self.site.answering():
            for link in os.scandir(f"/proc/{worker}/fd"):
                try:
                    found.append(os.readlink(link.path))
                except FileNotFoundError:
                    pass
        return [name for name in found if any(name.startswith(place) for place in places)]

    # The gate

    def sign(self, target):
        return signing.sign(self.dialect, target, self.gate)

    def get(self, target):
        return self.site.get(target)

    def is_guarded(self, path):
        """Refused without a signature in every form, and shown with one."""
        return ([self.get(target).status for target in (self.original(path), self.small(path, 12))]
                == [self.refusal] * 2 and self.get(self.sign(self.original(path))).status == 200)


class ImageKit(Door):
    dialect = "imagekit"
    refusal = 401
    marks = {True: {"isPrivateFile": "true"}, False: {"isPrivateFile": "false"}}
    credential = uploads.basic(uploads.KEY)

    @property
    def target(self):
        return self.location + "api/v1/files/upload"

    @property
    def target_of_tokens(self):
        """That of uploads with a JSON Web Token."""
        return self.location + "api/v2/files/upload"

    def form(self, picture, name=None, private=True, **fields):
        fields = {"fileName": name or "x.png", **self.marks[private], **fields}
        if name:
            fields.setdefault("useUniqueFileName", "false")
        return form(part("file", picture, filename="x.png"),
                    *(part(field, text) for field, text in fields.items()))

    @staticmethod
    def path_of(answer):
        return answer and answer.get("filePath", "").removeprefix("/")

    def original(self, path):
        return self.gate + path

    def small(self, path, width):
        return f"{self.gate}tr:w-{width}/{path}"

    def preview(self, path):
        return f"{self.gate}tr:n-preview/{path}"

    def call(self, path):
        return f"{self.location}v1/files/{uploads.id_of('/' + path)}"

    def remove(self, path):
        return self.ask("DELETE", self.call(path), headers={"Authorization": self.credential})

    def edit(self, path, text):
        return self.send_json("PATCH", self.call(path) + "/details", {"tags": [text]})

    @staticmethod
    def token():
        """The fields of a token of version 1."""
        name, expire = str(uuid.uuid4()), str(int(time.time()) + 600)
        signature = hmac.new(uploads.KEY.encode(), (name + expire).encode(), hashlib.sha1)
        return {"publicKey": "public_abc", "token": name, "expire": expire,
                "signature": signature.hexdigest()}

    @staticmethod
    def web_token(fields):
        """A JSON Web Token for an upload with these fields."""
        def encoded(content):
            return base64.urlsafe_b64encode(content).rstrip(b"=")

        now = int(time.time())
        claims = {**fields, "iat": now, "exp": now + 600}
        text = b".".join(encoded(json.dumps(one).encode()) for one in (
            {"alg": "HS256", "typ": "JWT", "kid": "public_abc"}, claims))
        digest = hmac.new(uploads.KEY.encode(), text, hashlib.sha256).digest()
        return (text + b"." + encoded(digest)).decode()


class Cloudflare(Door):
    dialect = "cloudflare"
    refusal = 403
    marks = {True: {"requireSignedURLs": "true"}, False: {"requireSignedURLs": "false"}}
    credential = f"Bearer {TOKEN}"

    def __init__(self, site, store, bucket, root=None):
        super().__init__(site, store, bucket, root)
        self.store = store
        self.gate += "hash/"
        self.images = f"{self.location}accounts/{ACCOUNT}/images/"

    def with_private_ids(self):
        return Cloudflare(self.site, self.store, self.bucket, "ids")

    @property
    def target(self):
        return self.images + "v1"

    def form(self, picture, name=None, private=True, **fields):
        fields = {**self.marks[private], **fields}
        if name:
            fields["id"] = name
        return form(part("file", picture, filename="x.png"),
                    *(part(field, text) for field, text in fields.items()))

    @staticmethod
    def path_of(answer):
        return answer and (answer.get("result") or {}).get("id")

    def original(self, path):
        return f"{self.gate}{path}/full"

    def small(self, path, width):
        return f"{self.gate}{path}/w={width}"

    def preview(self, path):
        return f"{self.gate}{path}/preview"

    def call(self, path):
        return f"{self.images}v1/{urllib.parse.quote(path, safe='')}"

    def remove(self, path):
        return self.ask("DELETE", self.call(path), headers={"Authorization": self.credential})

    def blob(self, path):
        return self.ask("GET", self.call(path) + "/blob",
                        headers={"Authorization": self.credential})

    def edit(self, path, text):
        return self.send_json("PATCH", self.call(path), {"metadata": {"text": text}})

    def mark(self, path, private):
        return self.send_json("PATCH", self.call(path), {"requireSignedURLs": private})

    def one_time(self, private=True, **fields):
        """The id and the target of a one-time URL."""
        fields = {**self.marks[private], **fields}
        answer = self.send(form(*(part(field, text) for field, text in fields.items())),
                           self.images + "v2/direct_upload")
        assert answer.status == 200, answer.body
        target = answer.json["result"]["uploadURL"].removeprefix("http://door.example.com")
        return answer.json["result"]["id"], target
