"""The images of the random configurations, an origin that misbehaves, and an oracle that recognises
each private image in an answer by any twelve bytes, its colour, ETag, time or size."""

import gzip
import io
import random
import re
import time
import urllib.parse
import zlib

from PIL import Image, ImageChops

import origin as scripted

# The behaviour of the origin by the first letter of a name. Images of "t" become private with
# Images.turn().
BEHAVIOURS = {"a": "serves", "b": "serves", "s": "is slow", "c": "closes", "e": "fails at times",
              "f": "answers 404 with a body", "g": "answers 503 with a body", "t": "turns private",
              "r": "redirects inside NGINX"}
NAMES = [f"secret/{letter}{number}" for letter in "abscefg" for number in "01"] + \
        [f"open/{letter}{number}" for letter in "abscetr" for number in "01"]
TYPES = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml"}
KINDS = {"1": "jpg"}
DRAWINGS = ("secret/v0", "open/v0")
PATHS = [f"{name}.{KINDS.get(name[-1], 'png')}" for name in NAMES] + \
        [f"{name}.svg" for name in DRAWINGS]
WINDOW = 12
FLAGS = ([("Is-Private-File", "true")], [("x-amz-meta-isprivatefile", "1")],
         [("Is-Private-File", "false"), ("Is-Private-File", "yes")])
PLAIN = [path for path in PATHS if path.split("/")[1][0] in "abv"]
SECRETS = [path for path in PATHS if path.startswith("secret/")]
OPENS = [path for path in PATHS if path.startswith("open/")]


class Picture:
    """A picture, magenta if private and green if public, with noise that is unique."""

    def __init__(self, name, number, is_private):
        self.name, self.is_private = name, is_private
        source = random.Random(f"{name} {is_private}")
        self.width, self.height = 61 + 2 * number, 40 + number
        self.etag = f'"{source.getrandbits(64):016x}"'
        self.modified = scripted.http_date(1500000000 + source.randrange(10 ** 8))
        self.type = TYPES[name.rpartition(".")[2]]
        if self.type == "image/svg+xml":
            colour = "#dc14dc" if is_private else "#14dc14"
            self.body = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" '
                         f'height="{self.height}"><rect width="99%" height="99%" fill="{colour}"/>'
                         f"<!-- {source.randbytes(900 + number).hex()} --></svg>").encode()
            return
        colour = (220, 20, 220) if is_private else (20, 220, 20)
        count = self.width * self.height
        noise = source.randbytes(3 * count)
        pixels = bytes(colour[i % 3] + noise[i] % 32 - 16 for i in range(3 * count))
        target = io.BytesIO()
        Image.frombytes("RGB", (self.width, self.height), pixels).save(
            target, "JPEG" if self.type == "image/jpeg" else "PNG")
        self.body = target.getvalue()


class Images:
    """All pictures by path and mark, and what identifies the private ones."""

    def __init__(self):
        self.pictures = {}
        for number, path in enumerate(PATHS):
            for is_private in ([path.startswith("secret/")] if "/t" not in path
                               else [False, True]):
                place = number + (len(PATHS) if is_private and "/t" in path else 0)
                self.pictures[path, is_private] = Picture(path, place, is_private)
        self.turned = False
        self.windows = self._windows()

    def private(self, path):
        return path.startswith("secret/") or (self.turned and path.startswith("open/t"))

    def current(self, path):
        return self.pictures[path, self.private(path)]

    def _windows(self):
        windows, shared = {}, set()
        for picture in self.pictures.values():
            for first in range(len(picture.body) - WINDOW + 1):
                window = picture.body[first:first + WINDOW]
                if b"END" in window or b"\0\0\0" in window:
                    continue  # the end of every PNG
                if picture.type != "image/svg+xml" and len(set(window)) < 10:
                    continue
                if not picture.is_private or windows.get(window, picture) is not picture:
                    shared.add(window)
                else:
                    windows[window] = picture
        return {window: picture for window, picture in windows.items() if window not in shared}

    # -------------------------------------------------------------- the oracle

    def leaks(self, headers, body, allowed, dated=()):
        """Sentences about what the answer discloses of private images except `allowed`, a set of
        paths. It may contain the Last-Modified of those in `dated`."""
        times = [self.current(path).modified for path in dated]
        headers = [pair for pair in headers if pair[0] != "Last-Modified" or pair[1] not in times]
        return [reported for path, reported in self._found(headers, body) if path not in allowed]

    def _found(self, headers, body):
        coding = next((value for name, value in headers if name.lower() == "content-encoding"), "")
        if coding == "gzip":
            body = unzipped(body)
        for first in range(0, len(body) - WINDOW + 1):
            picture = self.windows.get(body[first:first + WINDOW])
            if picture is not None:
                yield picture.name, f"bytes of {picture.name} at {first}"
                break
        yield from self._found_in_headers(headers)
        if shows_magenta(body):
            yield "colour", "a private colour"
        description = re.search(rb'"width": ?(\d+)', body)
        for picture in self.pictures.values():
            if picture.is_private and description and int(description[1]) == picture.width:
                yield picture.name, f"the width of {picture.name}"

    def _found_in_headers(self, headers):
        for name, value in headers:
            for picture in self.pictures.values():
                if not picture.is_private:
                    continue
                size = str(len(picture.body))
                if (picture.etag.strip('"') in value or value == picture.modified
                        or value.endswith(f"/{size}")
                        or (name.lower() == "content-length" and value == size)):
                    yield picture.name, f"{name}: {value} of {picture.name}"


def unzipped(body):
    try:
        return zlib.decompressobj(31).decompress(body)
    except zlib.error:
        return body


def shows_magenta(body):
    """True if a fiftieth of the picture has the hue of the private ones; for a drawing its text is
    searched."""
    if body[:4] not in (b"\x89PNG", b"RIFF", b"GIF8") and body[:3] != b"\xff\xd8\xff":
        return b'fill="#dc14dc"' in body
    try:
        image = Image.open(io.BytesIO(body))
        image = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    red, green, blue = image.split()
    excess = ImageChops.subtract(ImageChops.darker(red, blue), green).histogram()
    return sum(excess[90:]) * 50 > image.width * image.height


class HostileOrigin:
    """An origin with all images below any path; `mode` determines how it marks the private ones."""

    def __init__(self, images, is_fallback=False):
        self.images, self.mode, self.random = images, "flag", random.Random(1)
        self.is_fallback, self.cuts = is_fallback, True
        self.server = scripted.Origin()
        self.store = {}
        self.server.publish_folder("/", b"", exchange=self._exchange)

    @property
    def address(self):
        return f"127.0.0.1:{self.server.port}"

    def begin(self, mode, seed, cuts=True):
        """With `cuts`, the images named "c" are sometimes incomplete."""
        self.mode, self.random, self.cuts = mode, random.Random(seed), cuts
        self.store.clear()
        self.server.forget_requests()

    def requests(self):
        return self.server.all_requests()

    def close(self):
        self.server.close()

    def marks(self, path):
        private = self.images.private(path)
        if self.mode == "flag" and private:
            return FLAGS[zlib.crc32(path.encode()) % len(FLAGS)]
        if self.mode != "map" and not private:
            return [("Is-Private-File", "false")]
        return []

    def _exchange(self, answer):
        request = answer.request
        path = urllib.parse.unquote(request.path)
        if "/store/" in path:
            return self._keep(answer, path)
        found = re.search(r"/((?:secret|open)/\w+\.\w+)$", path)
        if path.startswith("/lead/"):
            target = path[len("/lead"):]
            return self._send(answer, 200, [("X-Accel-Redirect", target)], b"led")
        if "/auth" in path:
            status = self.random.choice([200, 200, 204, 401, 403, 500]) if "flaky" in path else 200
            return self._send(answer, status, [], b"")
        if found is None or found[1] not in PATHS:
            return self._send(answer, 404, [], b"no such file\n")
        return self._serve(answer, found[1])

    def _keep(self, answer, path):
        if answer.request.method == "PUT":
            self.store[path] = answer.request.body
            return self._send(answer, 201, [], b"")
        kept = self.store.get(path)
        if kept is None:
            return self._send(answer, 404, [], b"")
        head = re.match(rb"HTTP/1.1 200[^\r]*\r\n", kept)
        if not head:
            return self._send(answer, 200, [], kept)
        answer.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(kept)
                                  + kept)
        return True

    def _serve(self, answer, path):
        letter, picture = path.split("/")[1][0], self.images.current(path)
        headers = [("ETag", picture.etag), ("Last-Modified", picture.modified),
                   ("Content-Type", picture.type)] + self.marks(path)
        headers += self.random.choice([[], [("Cache-Control", "max-age=60")],
                                       [("Cache-Control", "max-age=0")],
                                       [("X-Accel-Expires", "30")], [("Vary", "Accept")],
                                       [("Accept-Ranges", "bytes")]])
        if letter == "s":
            time.sleep(0.05)
        if letter == "e" and self.random.random() < 0.5:
            return self._send(answer, self.random.choice([500, 502, 504]), headers, picture.body)
        if letter in "fg" and self.is_fallback and self.mode != "flag":
            # An error that a fallback answers without a flag is taken for no image.
            return self._send(answer, 404, [], b"no such file\n")
        if letter in "fg":
            return self._send(answer, 404 if letter == "f" else 503, headers, picture.body)
        if letter == "r" and self.mode == "flag":
            # /inside/ asks the gates' origin, which looks for what a client's own request has.
            inside = self.random.choice(["/backup/" if self.is_fallback else "/inside/",
                                         "/backup/", "/g0/", "/g1/", "/open/"])
            target = inside + self.random.choice(SECRETS[:6] + OPENS[:3])
            return self._send(answer, 200, [*headers, ("X-Accel-Redirect", target)], b"led")
        return self._send_picture(answer, headers, picture, letter)

    def _send_picture(self, answer, headers, picture, letter):
        request, body = answer.request, picture.body
        if picture.etag in (request.header("If-None-Match") or "") or \
                picture.modified == request.header("If-Modified-Since"):
            return self._send(answer, 304, [pair for pair in headers if pair[0] != "Content-Type"],
                              b"")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("Range") or "")
        status = 200
        if wanted and int(wanted[1]) < len(body):
            first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
            status, body = 206, body[first:last + 1]
        # NGINX goes on with the next slice behind one that was cut, and keeps the connection.
        if letter == "c" and self.cuts and not wanted and self.random.random() < 0.5:
            answer.connection.sendall(head_of(status, headers, len(body)) + body[:len(body) // 2])
            return False
        if self.random.random() < 0.1 and "gzip" in (request.header("Accept-Encoding") or ""):
            headers, body = [*headers, ("Content-Encoding", "gzip")], gzip.compress(body)
        return self._send(answer, status, headers, body)

    def _send(self, answer, status, headers, body):
        answer.request.status = status
        has_body = answer.request.method != "HEAD" and status not in (204, 304)
        answer.connection.sendall(head_of(status, headers, None if status in (204, 304)
                                          else len(body)) + (body if has_body else b""))
        return answer.keeps_alive()


def head_of(status, headers, length):
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
