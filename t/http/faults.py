"""Helpers of the tests of faults: an origin that misbehaves at a given byte, all ways to fetch an
image, and the results. The tests decide which result is right."""

import concurrent.futures
import dataclasses
import http.client
import io
import itertools

from PIL import Image, ImageOps

import pictures
from rest import signed

PICTURE = pictures.noise(60, 40, "PNG")
SECRET = pictures.encode(ImageOps.invert(Image.open(io.BytesIO(PICTURE))))
STEP = "tr:w-20/"


# ------------------------------------------------------------------ the origin

def close(answer):
    return False


def reset(answer):
    return answer.reset()


def keep(answer):
    return True


def stall(answer):
    """Sends nothing more until nginx closes the connection."""
    answer.connection.recv(1)
    return False


def saying(text, end):
    """An exchange that sends the text, then ends in the given way."""
    def exchange(answer):
        answer.connection.sendall(text)
        return end(answer)
    return exchange


def head(flag, *more, status="HTTP/1.1 200 OK", kind="image/png"):
    lines = (status, f"Content-Type: {kind}", f"Is-Private-File: {flag}", 'ETag: "revision"',
             "Cache-Control: max-age=600", *more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


# ------------------------------------------------------------------ the ways to it

@dataclasses.dataclass(frozen=True)
class Way:
    """A way to fetch an image: how an unsigned client requests it, and how nginx fetches it."""

    protocol: str
    store: str
    is_original: bool
    is_private: bool
    patience: str = ""

    @property
    def flag(self):
        return "true" if self.is_private else "false"

    @property
    def body(self):
        return SECRET if self.is_private else PICTURE

    @property
    def name(self):
        kind = "original" if self.is_original else "derivative"
        mark = "private" if self.is_private else "public"
        return f"{self.patience}{self.protocol} {self.store} {kind} {mark}"

    def target(self, path, is_original=None, step=STEP):
        is_original = self.is_original if is_original is None else is_original
        step = "" if is_original else step
        return f"/{self.patience}{self.protocol}/{self.store}/{step}{path[1:]}"


WAYS = [Way(*one) for one in itertools.product(("kept", "old"), ("plain", "cached"),
                                               (True, False), (False, True))]
PUBLIC = [way for way in WAYS if not way.is_private]
HASTY = [dataclasses.replace(way, patience="hasty-") for way in WAYS]


# ------------------------------------------------------------------ what came of it

@dataclasses.dataclass(frozen=True)
class Outcome:
    """An answer, possibly incomplete. Its status is 0 if no answer came."""

    status: int
    reason: str = None
    body: bytes = b""
    is_whole: bool = False
    head: str = ""


def receive(connection):
    """The outcome of the last request on a client.Connection."""
    response = http.client.HTTPResponse(connection.socket, method=connection.method)
    try:
        response.begin()
    except (OSError, http.client.HTTPException):
        return Outcome(0)
    reported = response.status, response.headers.get("X-Reason")
    try:
        return Outcome(*reported, response.read(), True, str(response.headers))
    except http.client.IncompleteRead as cut:
        return Outcome(*reported, cut.partial, False, str(response.headers))
    except OSError:
        return Outcome(*reported, b"", False, str(response.headers))


def ask(site, target, headers=None):
    with site.connect() as connection:
        connection.send(target, headers=headers)
        return receive(connection)


def gives_away(outcome, secret=SECRET):
    """True if the answer contains bytes of the secret, or of anything made from it."""
    reported = outcome.head.encode() + outcome.body
    parts = (secret[start:start + 12] for start in range(45, len(secret) - 30, 12))
    return outcome.status in (200, 206) or b"PNG" in reported or any(part in reported for part in parts)


def word(outcome, right):
    """The outcome in a word; `right` is the complete body. Asserts that no incomplete body counts
    as complete."""
    if not outcome.is_whole:
        return "cut"
    if outcome.status != 200:
        return f"{outcome.status} {outcome.reason}"
    if outcome.body == right:
        return "whole"
    return "short" if right.startswith(outcome.body) else "other"


class Trial:
    """Sends requests in every way while the origin is faulty, and again when it works."""

    def __init__(self, site, origin):
        self.site, self.origin = site, origin
        self.pool = concurrent.futures.ThreadPoolExecutor(16)
        self.derivative = {}
        for body in (PICTURE, SECRET):
            path = origin.publish(body, private=False)
            answer = site.get(f"/kept/plain/{STEP}{path[1:]}")
            assert answer.image().size[0] == 20
            self.derivative[body] = answer.body

    def right(self, way, is_original=None):
        is_original = way.is_original if is_original is None else is_original
        return way.body if is_original else self.derivative[way.body]

    def run(self, exchange, ways=WAYS, may_keep=False):
        """Returns {way: word}; `exchange` makes the origin's exchange from a way's flag and body.
        With `may_keep`, proxy_cache may store an answer that is complete by the rules of HTTP."""
        futures = {way: self.pool.submit(self._one, exchange, way, may_keep) for way in ways}
        concurrent.futures.wait(futures.values())
        return {way: future.result() for way, future in futures.items()}

    def _one(self, exchange, way, may_keep):
        path = self.origin.publish(exchange=exchange(way.flag, way.body))
        outcome = ask(self.site, way.target(path))
        if way.is_private:
            assert not gives_away(outcome), (way.name, outcome)
        first = word(outcome, self.right(way))
        self.origin.publish(way.body, path, private=way.is_private, etag='"revision"',
                            headers={"Cache-Control": "max-age=600"})
        is_kept = may_keep and way.store == "cached" and not way.is_private
        for is_original in () if is_kept else (way.is_original, not way.is_original):
            self._ask_again(way, path, first, is_original)
        return first

    def _ask_again(self, way, path, first, is_original):
        """Checks that all answers are right as soon as the origin works."""
        target = way.target(path, is_original)
        again = ask(self.site, signed(target) if way.is_private else target)
        assert word(again, self.right(way, is_original)) == "whole", (way.name, first, again)
        if way.is_private:
            assert ask(self.site, target).reason == "unsigned"
