"""Helpers for tests of the documents: code blocks, tables, and an nginx that runs the
configurations shown."""

import dataclasses
import os
import re

import nginx
import pictures
import s3_origin
import signing
from nginx import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / ".github").glob("*.md"))]
FENCE = re.compile(r"(?:^<!-- (?P<note>[^\n]+?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
                   re.MULTILINE | re.DOTALL)


@dataclasses.dataclass
class Block:
    page: str
    line: int
    language: str
    note: str
    text: str

    @property
    def name(self):
        return f"{self.page}:{self.line}"


def blocks(page, language=None):
    text = page.read_text()
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("text"))
        if language in (None, match["language"]):
            yield Block(page.name, line, match["language"], match["note"] or "", match["text"])


def page(name):
    return next(one for one in PAGES if one.name == name)


def cells(line):
    r"""The cells of a table's row; `\|` is part of a cell."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def rows_after(name, heading):
    """The rows of the first table after a line, without its head."""
    lines = page(name).read_text().splitlines()
    start = lines.index(heading)
    first = next(i for i in range(start, len(lines)) if lines[i].startswith("|"))
    rows = []
    for line in lines[first + 2:]:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    assert rows, f"no table after {heading}"
    return rows


def code(text):
    return text.strip("`")


# Configurations

CONFIGURATIONS = [block for one in PAGES for block in blocks(one, "nginx")]
FILES = {"conf/logo.png": pictures.plain(100, 50)}
FRAME_OF_A_MAIN = """\
daemon off;
pid nginx.pid;
events { worker_connections 256; }
http {
""" + nginx.FOLDERS + """\
    access_log            logs/access.log;
    add_header            X-Reason $private_image_reason always;
"""


def lay_out(place, block):
    """Makes a complete configuration of a block: unchanged if complete, else in the smallest
    frame."""
    place.write("conf/img-2025.key", signing.OTHER_KEY.encode() + b"\n", mode=0o600)
    for name in ("s3", "reader"):
        place.write(f"conf/{name}.credentials", s3_origin.credentials_file(), mode=0o600)
    place.write("conf/upload.key", b"a private key of uploads\n", mode=0o600)
    place.write("conf/api.token", b"an API token of uploads\n", mode=0o600)
    here = place.path / "files"
    text = (block.text.replace("modules/ngx_http_private_image_module.so", str(nginx.MODULE))
            .replace("127.0.0.1:9000", place.origin.url.removeprefix("http://")))
    text = re.sub(r"\broot +/srv;", f"root {here};", text)
    text = re.sub(r"\balias +/srv/photos/;", f"alias {here}/;", text)
    text = re.sub(r"(\bserver\s+)[\w.-]+:443;", r"\g<1>127.0.0.1:443;", text)  # without a lookup
    web = f"upstream web {{ server {place.origin.url.removeprefix('http://')}; }}"
    kind = block.note.removeprefix("nginx: ") or "server"
    if kind == "main":
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{place.port()};")
        frame = FRAME_OF_A_MAIN
        if os.geteuid() == 0:
            frame = "user root;\n" + frame  # as in nginx.py
        assert "events {}\nhttp {\n" in text, block.name
        place.write("conf/nginx.conf", text.replace("events {}\nhttp {\n", frame).encode())
    elif kind == "http":
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{place.port('shown')};")
        place.configure(http=f"{web}\n{text}")
    else:
        assert kind == "server", block.name
        if "private_image_upload_url" in text:
            text = "server_name img.example.com;\n" + text
        gate = "location ^~ /frame/ { private_image imagekit; proxy_pass http://web/; }"
        place.configure(http=web, server=f"{text}\n{gate}")
    return place


def start(place, request):
    running = nginx.Nginx(place)

    def stop():
        failures = running.stop() + running.unexpected_lines()
        assert not failures, failures

    request.addfinalizer(stop)
    return running


def run(folder, request, block, files=None):
    return start(lay_out(folder({**FILES, **(files or {})}), block), request)


def first_configuration(name, words):
    return next(block for block in CONFIGURATIONS if block.page == name and words in block.text)
