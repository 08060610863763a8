"""However fast a client sends, an upload holds the event loop for some kilobytes only: requests beside
it wait for no more than these."""

import json
import subprocess

import pytest

import pictures
import s3_origin
import uploads
from preloaded import TURNS, preloaded

SITE = """
    location ^~ /img/ {
        private_image     imagekit;
        private_image_key img.key;
        alias             {{ folder }}/store/;
    }
"""
HTTP = """
    server {
        listen 127.0.0.1:{{ port_of("plain") }};
        listen 127.0.0.1:{{ port_of("h2") }} http2;
        listen 127.0.0.1:{{ port_of("tls") }} ssl;
        listen 127.0.0.1:{{ port_of("tls h2") }} ssl http2;
        server_name door.example.com;
        ssl_certificate     {{ certificate }};
        ssl_certificate_key {{ certificate }};
        private_image_upload_key upload.key;
        private_image_upload_url https://localhost;
        location /       { private_image_upload imagekit /img/; }
        location /small/ { private_image_upload imagekit /img/; private_image_upload_max_size 70k; }
    }
"""
# What one turn may read of one connection. NGINX reads HTTP/2 in pieces of http2_recv_buffer_size,
# which is 256 KB.
HTTP1, HTTP2 = 100_000, 300_000
WAYS = {
    "with a length": ("http", "plain", HTTP1, ["--http1.1"]),
    "in chunks": ("http", "plain", HTTP1, ["--http1.1", "-H", "Transfer-Encoding: chunked"]),
    "HTTP/2": ("http", "h2", HTTP2, ["--http2-prior-knowledge"]),
    "TLS": ("https", "tls", HTTP1, ["--http1.1"]),
    "TLS, HTTP/2": ("https", "tls h2", HTTP2, ["--http2"]),
}


@pytest.fixture(scope="module")
def site(gate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("turns")
    with preloaded(folder, TURNS):
        site = gate(SITE, http=HTTP, workers=1, certificate=s3_origin.certificate(folder, "localhost"),
                    files={"store/README": b"", "conf/upload.key": uploads.KEY.encode()})
    site.turns = folder / "turns"
    return site


@pytest.mark.parametrize("way", WAYS)
def test_one_turn_of_the_event_loop_reads_little_of_an_upload(site, tmp_path, way):
    scheme, port, limit, options = WAYS[way]
    picture = tmp_path / "large.png"
    picture.write_bytes(pictures.large())
    site.turns.write_bytes(b"")
    result = subprocess.run(
        ["curl", "--silent", "--show-error", "--insecure", "--max-time", "60", *options,
         "-u", uploads.KEY + ":", "-F", f"file=@{picture}", "-F", "fileName=large.png",
         "-w", "%{stderr}%{http_version}",
         f"{scheme}://127.0.0.1:{site.folder.port(port)}/api/v1/files/upload"],
        capture_output=True, text=True, check=True)
    assert json.loads(result.stdout)["size"] == len(pictures.large())
    assert result.stderr == ("2" if limit == HTTP2 else "1.1")
    turns = [int(line) for line in site.turns.read_text().split()]
    assert sum(turns) > len(pictures.large()) / 2 and max(turns) < limit, max(turns)


def test_a_body_is_refused_whenever_its_turn_ends(site):
    """The refusal comes just after a pause, often in the same turn as the next bytes."""
    body = uploads.form(uploads.part("file", pictures.large()[:400_000], filename="x.png"))
    for _ in range(150):
        answer = uploads.post(site.folder.port("plain"), "/small/api/v1/files/upload", body,
                              uploads.KEY)
        assert answer.status == 413, answer
