"""A small S3 server for tests, in memory. Verifies every request with botocore's S3SigV4Auth over
the path as received, and refuses others with the codes of S3. Tests store objects with boto3, doors
by themselves."""

import dataclasses
import datetime
import email.utils
import hashlib
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import boto3
import botocore.auth
import botocore.config
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID = "AKIDOFTESTS"
SECRET = "se/cret+of=the/tests0123456789"
REGION = "eu-test-1"
BUCKET = "pictures"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/,]+)/(?P<scope>[^,]+), "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})")


@dataclasses.dataclass
class Asked:
    method: str
    target: str
    headers: list
    connection: int
    status: int = 0
    code: str = ""

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


@dataclasses.dataclass
class Stored:
    body: bytes
    headers: dict


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Gone(Exception):
    """The connection is closed without an answer."""


def credentials_file(key_id=KEY_ID, secret=SECRET, token=None, profile="default"):
    text = f"[{profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    return (text + (f"aws_session_token = {token}\n" if token else "")).encode()


class S3Origin:
    """With `host`, virtual-host style: the bucket belongs to that name; otherwise path style."""

    def __init__(self, host=None, certificate=None, region=REGION, bucket=BUCKET):
        self.region, self.bucket = region, bucket
        self.keys = {KEY_ID: (SECRET, None)}   # id: (secret, session token)
        self.expired = set()                   # ids whose token is over
        self.may_list = True                   # else a missing key is AccessDenied
        self.clock_skew = 0                    # seconds that our clock is ahead
        self.refusal = None                    # (status, code or body) for every GET and HEAD
        self.extra = {}                        # further headers of answers to PUT and DELETE
        self.refusals = []                     # of the next GETs and HEADs
        self.has_conditions = True             # else "If-None-Match: *" is not implemented
        self.drops_metadata = False            # of what is stored from now on
        self.on_write = None                   # called with each PUT and DELETE before it is done;
                                               # what it raises is the answer
        self.on_written = None                 # likewise when it is done
        self.asked = []
        self.objects = {}
        self.connections = 0
        self._lock = threading.Lock()
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.host = host
        threading.Thread(target=self._accept, daemon=True).start()

    def client(self, **options):
        """boto3's client, path style."""
        return boto3.client(
            "s3", endpoint_url=f"http://{self.address}", region_name=self.region,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={
                "max_attempts": 0}, signature_version="s3v4"), **options)

    def put(self, key, body, private=None, **more):
        metadata = {} if private is None else {"isPrivateFile": str(private).lower()}
        store(self, key, body, metadata, **more)

    def requests(self, key):
        """The requests for an object, by its decoded key."""
        with self._lock:
            return [one for one in self.asked if self._key_of(one) == key and one.method != "PUT"]

    def close(self):
        self._listener.close()

    # Connections

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections),
                             daemon=True).start()

    def _serve(self, connection, number):
        try:
            connection.settimeout(30)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while self._answer_next(connection, stream, number):
                    pass
        except (OSError, ValueError, Gone):
            pass

    def _answer_next(self, connection, stream, number):
        line = stream.readline(65536)
        if not line.strip():
            return False
        method, target, version = line.decode("latin-1").split()
        headers = []
        while (line := stream.readline(65536)) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip(), value.strip()))
        asked = Asked(method, target, headers, number)
        if asked.header("Expect"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = stream.read(int(asked.header("Content-Length") or 0))
        if len(body) != int(asked.header("Content-Length") or 0):
            return False  # broken off
        try:
            status, answer, content = self._handle(asked, body)
        except Gone:
            return False
        except Refused as refused:
            asked.code = refused.code
            status, answer, content = self._refusal(refused)
        asked.status = status
        with self._lock:
            self.asked.append(asked)
        self._send(connection, method, status, answer, content)
        keeps = asked.header("Connection") or ("close" if version == "HTTP/1.0" else "keep-alive")
        return keeps != "close"

    @staticmethod
    def _refusal(refused):
        body = refused.code.encode()
        if not body.startswith(b"<"):
            body = (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>' + body
                    + b"</Code><Message>secret words of the storage</Message></Error>")
        return refused.status, {"Content-Type": "application/xml", "x-amz-request-id": "R1"}, body

    @staticmethod
    def _send(connection, method, status, headers, body):
        if status not in (204, 304):
            headers = {**headers, "Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {status} S3", *(f"{key}: {value}" for key, value in headers.items())]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        connection.sendall(head)
        if method != "HEAD" and status not in (204, 304):
            connection.sendall(body)  # after its head, and seldom with it

    # Requests

    def _key_of(self, asked):
        path = urllib.parse.unquote(asked.target.partition("?")[0])
        if self.host is not None and asked.header("Host") == self.host:
            return path[1:]
        bucket, _, key = path[1:].partition("/")
        return key if bucket == self.bucket else None

    def _handle(self, asked, body):
        self._verify(asked)
        key = self._key_of(asked)
        if key is None:
            raise Refused(404, "NoSuchBucket")
        if asked.method in ("PUT", "DELETE"):
            return self._write(asked, key, body)
        if self.refusals:
            raise Refused(*self.refusals.pop(0))
        if self.refusal is not None:
            raise Refused(*self.refusal)
        if len(key.encode()) > 1024:
            raise Refused(400, "KeyTooLongError")
        if key not in self.objects:
            raise Refused(*((404, "NoSuchKey") if self.may_list else (403, "AccessDenied")))
        return self._fetch(asked, self.objects[key])

    def _write(self, asked, key, body):
        if asked.header("x-amz-content-sha256") not in ("UNSIGNED-PAYLOAD",
                                                        hashlib.sha256(body).hexdigest()):
            raise Refused(400, "XAmzContentSHA256Mismatch")
        if asked.method == "PUT" and asked.header("Content-Length") is None and not asked.header(
                "x-amz-copy-source"):
            raise Refused(411, "MissingContentLength")
        if self.on_write:
            self.on_write(asked)
        with self._lock:
            if asked.method == "DELETE":
                self.objects.pop(key, None)
                answer = 204, {}, b""
            elif asked.header("x-amz-copy-source"):
                answer = self._copy(asked, key)
            else:
                self._check_condition(asked, key)
                answer = self._store(asked, key, body)
        if self.on_written:
            self.on_written(asked)
        status, headers, content = answer
        return status, {**headers, **self.extra}, content

    def _check_condition(self, asked, key):
        condition = asked.header("If-None-Match")
        if condition is None:
            return
        if condition != "*" or not self.has_conditions:
            raise Refused(501, "NotImplemented")
        if key in self.objects:
            raise Refused(412, "PreconditionFailed")

    def _copy(self, asked, key):
        source = urllib.parse.unquote(asked.header("x-amz-copy-source"))
        bucket, _, name = source.removeprefix("/").partition("/")
        if bucket != self.bucket or name not in self.objects:
            raise Refused(404, "NoSuchKey")
        old = self.objects[name]
        if asked.header("x-amz-copy-source-if-match") not in (None, old.headers["ETag"]):
            raise Refused(412, "PreconditionFailed")
        if asked.header("x-amz-metadata-directive") != "REPLACE":
            raise Refused(400, "InvalidRequest")
        _, answer, _ = self._store(asked, key, old.body)
        return 200, {"Content-Type": "application/xml"}, (
            f"<CopyObjectResult><ETag>{answer['ETag']}</ETag></CopyObjectResult>").encode()

    def _store(self, asked, key, body):
        headers = {"ETag": f'"{hashlib.md5(body).hexdigest()}"', "Accept-Ranges": "bytes",
                   "Last-Modified": email.utils.formatdate(time.time(), usegmt=True),
                   "Content-Type": asked.header("Content-Type") or "binary/octet-stream"}
        metadata = {name: value for name, value in asked.headers
                    if name.lower().startswith("x-amz-meta-")}
        if sum(len(name) - len("x-amz-meta-") + len(value)
               for name, value in metadata.items()) > 2048:
            raise Refused(400, "MetadataTooLarge")
        headers.update({} if self.drops_metadata else metadata)
        if asked.header("Cache-Control"):
            headers["Cache-Control"] = asked.header("Cache-Control")
        self.objects[key] = Stored(body, headers)
        return 200, {"ETag": headers["ETag"]}, b""

    @staticmethod
    def _fetch(asked, stored):
        headers = {**stored.headers, "x-amz-request-id": "R2", "Server": "S3"}
        if asked.header("If-None-Match") == headers["ETag"]:
            return 304, headers, b""
        if asked.header("If-Match") not in (None, headers["ETag"]):
            raise Refused(412, "PreconditionFailed")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.header("Range") or "")
        if not wanted:
            return 200, headers, stored.body
        first, last = int(wanted[1]), int(wanted[2] or len(stored.body) - 1)
        if first >= len(stored.body):
            raise Refused(416, "InvalidRange")
        last = min(last, len(stored.body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(stored.body)}"
        return 206, headers, stored.body[first:last + 1]

    # Signatures

    def _verify(self, asked):
        given = AUTHORIZATION.fullmatch(asked.header("Authorization") or "")
        if given is None:
            raise Refused(403, "AccessDenied")
        if given["id"] not in self.keys:
            raise Refused(403, "InvalidAccessKeyId")
        self._verify_scope(asked, given["scope"])
        secret, token = self.keys[given["id"]]
        names = given["names"].split(";")
        sent = [name.lower() for name, _ in asked.headers]
        amazons = [name for name in sent if name.startswith("x-amz-")]
        if len(set(sent)) != len(sent):
            raise Refused(400, "DuplicateHeader")
        if not {"host", "x-amz-date", *amazons} <= set(names) or not set(names) <= set(sent):
            raise Refused(403, "UnsignedHeaders")
        if asked.header("x-amz-security-token") != token:
            raise Refused(400, "InvalidToken")
        if given["id"] in self.expired:
            raise Refused(400, "ExpiredToken")
        if self._signature(asked, names, secret) != given["signature"]:
            raise Refused(403, "SignatureDoesNotMatch")

    def _verify_scope(self, asked, scope):
        date = asked.header("x-amz-date") or ""
        if scope != f"{date[:8]}/{self.region}/s3/aws4_request":
            raise Refused(400, "AuthorizationHeaderMalformed")
        then = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
        now = datetime.datetime.utcnow() + datetime.timedelta(seconds=self.clock_skew)
        if abs((now - then).total_seconds()) > 15 * 60:
            raise Refused(403, "RequestTimeTooSkewed")

    def _signature(self, asked, names, secret):
        host = asked.header("Host")
        request = AWSRequest(method=asked.method, url=f"http://{host}{asked.target}",
                             headers={name: asked.header(name) for name in names})
        request.context["timestamp"] = asked.header("x-amz-date")
        vendor = botocore.auth.S3SigV4Auth(Credentials("", secret), "s3", self.region)
        text = vendor.string_to_sign(request, vendor.canonical_request(request))
        # Its scope begins with an empty id, and is not part of the text.
        return vendor.signature(text, request)


def store(origin, key, body, metadata, **more):
    """Stores an object with boto3 over HTTP; directly in memory if the origin uses TLS."""
    if origin._context is None:
        origin.client().put_object(Bucket=origin.bucket, Key=key, Body=body, Metadata=metadata,
                                   ContentType="image/png", **more)
        return
    asked = Asked("PUT", f"/{key}", [("Content-Type", "image/png"), *(
        (f"x-amz-meta-{name}", value) for name, value in metadata.items())], 0)
    origin._store(asked, key, body)


def certificate(folder, name):
    """A self-signed certificate and its key in one file."""
    path = folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}", "-keyout", path,
                    "-out", folder / f"{name}.crt"], check=True, stderr=subprocess.DEVNULL)
    with open(path, "ab") as both:
        both.write((folder / f"{name}.crt").read_bytes())
    return path
