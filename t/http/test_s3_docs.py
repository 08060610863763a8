"""The S3 section of docs/origins.md: every configuration with private_image_s3 works with an origin
that verifies signatures, with TLS where it uses TLS, and so does every provider's row."""

import dataclasses
import re
import socket
import struct
import threading
import urllib.parse

import pytest

import documents
import pictures
import s3_origin
import signing

PICTURE = pictures.plain(60, 40)
BLOCKS = [block for block in documents.CONFIGURATIONS if "private_image_s3 " in block.text]
ROWS = documents.rows_after("origins.md", "<!-- providers -->")
SETTING = re.compile(r"private_image_s3\s+(?P<host>[^\s/]+)(?P<path>/\S+)?\s+region=(?P<region>\S+)")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


class Names:
    """A DNS server that resolves every name to 127.0.0.1."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, asker = self._socket.recvfrom(512)
            except OSError:
                return
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack(">H", query[end - 4:end - 2])[0]
            answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])
            known = kind == 1
            self._socket.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, known, 0, 0)
                                + query[12:end] + (answer if known else b""), asker)

    def close(self):
        self._socket.close()


@pytest.fixture
def ended():
    things = []
    yield things
    for thing in things:
        thing.close()


def origin_of(text, tmp_path, ended):
    """An S3 origin that fits the configuration, and the file of its certificate."""
    setting = SETTING.search(text)
    bucket = (setting["path"] or "")[1:]
    host = setting["host"]
    is_secure = re.search(r"proxy_pass\s+https://", text)
    certificate = s3_origin.certificate(tmp_path, host) if is_secure else None
    s3 = s3_origin.S3Origin(host=None if bucket else host, certificate=certificate,
                            region=setting["region"], bucket=bucket or "photos")
    ended.append(s3)
    for key, private in (("2026/a.jpg", False), ("ü + %/b.jpg", True)):
        s3.put(key, PICTURE, private=private)
    return s3, certificate and certificate.with_suffix(".crt")


def check(site, port):
    odd = "/img/" + urllib.parse.quote("ü + %/b.jpg")
    assert site.get("/img/2026/a.jpg", port=port).body == PICTURE
    assert site.get("/img/tr:w-30/2026/a.jpg", port=port).image().size == (30, 20)
    assert site.get(odd, port=port).status == 401
    assert site.get(signing.imagekit(odd, "/img/"), port=port).body == PICTURE
    assert site.get("/img/missing.jpg", port=port).status == 404


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_configuration_for_s3_works(folder, request, tmp_path, ended, block):
    s3, certificate = origin_of(block.text, tmp_path, ended)
    text = block.text.replace("127.0.0.1:9000", s3.address)
    text = re.sub(r"(\bserver\s+)\S+:443;", rf"\g<1>{s3.address};", text)
    if "resolver" in text:
        names = Names()
        ended.append(names)
        text = text.replace("127.0.0.53", names.address + " ipv6=off").replace(
            "$private_image_s3_path", f":{s3.port}$private_image_s3_path")
    if certificate:
        text = text.replace(AUTHORITIES, str(certificate))
    site = documents.run(folder, request, dataclasses.replace(block, text=text))
    check(site, "shown" if block.note == "nginx: http" else "main")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_providers_row_works(folder, request, tmp_path, ended, row):
    host, _, path = documents.code(row[1]).replace("BUCKET", "photos").replace(
        "ACCOUNT", "abc").partition("/")
    region = re.findall(r"`([^`]+)`", row[2])[-1]
    setting = f"private_image_s3 {host}{'/' + path if path else ''} region={region}"
    s3, _ = origin_of(setting, tmp_path, ended)
    name = host.partition(":")[0]
    block = documents.Block("origins.md", 0, "nginx", "nginx: http", f"""
        upstream {name} {{ server {s3.address}; }}
        server {{
            listen 8080;
            location ^~ /img/ {{
                private_image     imagekit;
                private_image_key img.key;
                {setting} credentials=s3.credentials;
                proxy_pass http://{name}$private_image_s3_path;
            }}
        }}
        """)
    check(documents.run(folder, request, block), "shown")
