"""Random requests to random configurations, and the private images that each answer may show: those
that the URL names if it has a valid signature, else none."""

import concurrent.futures
import dataclasses
import random
import socket

import barrage
import client
import http2
import signing
from hostile_images import OPENS, PLAIN, SECRETS

SMUGGLED = b"GET /smuggled/secret/a0.png HTTP/1.1\r\nHost: kept\r\n\r\n"
FAR = b"GET /open/a0.png?last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
TIMEOUT = 15 * client.SLOWNESS
METHODS = ["GET"] * 12 + ["HEAD"] * 4 + ["POST", "PUT", "OPTIONS", "DELETE", "PURGE"]
USERS = "Basic " + "dXNlcjpwYXNz"  # user:pass


@dataclasses.dataclass
class Ask:
    """One request: the bytes, how they are sent, and the private images its answers may show."""

    data: bytes
    kind: str = "plain"
    allowed: frozenset = frozenset()
    target: str = ""
    is_head: bool = False
    max_answers: int = 1
    opens: bool = False         # has a valid signature, and should be answered with the image
    headers: dict = None


class Asker:
    def __init__(self, configuration, images):
        self.configuration, self.images = configuration, images
        self.random = random.Random(f"requests {configuration.seed}")

    def pick(self, choices):
        return self.random.choice(choices)

    def batch(self, count):
        return [self.ordinary() if number % 15 == 0 else self.ask() for number in range(count)]

    def ordinary(self):
        """An ordinary request with a valid signature."""
        gate = self.pick(self.configuration.gates)
        path = self.pick(["secret/a0.png", "secret/b1.jpg"])
        spellings = {"cloudflare": [path + "/full", path + "/w=20"],
                     "imagekit": [path, "tr:w-20/" + path]}[gate.dialect]
        target = signing.sign(gate.dialect, gate.prefix + self.pick(spellings), gate.prefix,
                              expires=signing.soon())
        return Ask(barrage.head(target), "plain", self.named(target), target, opens=True)

    def ask(self):
        kind = self.random.random()
        if kind < 0.10:
            return self.smuggling()
        if kind < 0.13:
            return self.leaving()
        if kind < 0.19:
            return self.http2()
        return self.plain()

    # -------------------------------------------------------------- targets

    def image(self):
        return self.pick([self.pick(SECRETS), self.pick(SECRETS), self.pick(PLAIN),
                          self.pick(OPENS), "open/none.png", "secret/none.png"])

    def spelled(self, dialect, path):
        if dialect == "cloudflare":
            return path + "/" + self.pick([
                "full", "full", "w=20", "w=30", "open", "closed", "w=20,format=json", "open,w=30",
                "w=20,onerror=redirect", "none", "width=1000,fit=scale-down", "w=20,f=webp",
                "w=20,blur=5"])
        other = self.pick(SECRETS).replace("/", "@@")
        step = self.pick([
            "", "", "", "tr:w-20/", "tr:n-open/", "tr:n-closed/", "tr:w-30,h-20/",
            "tr:n-open,w-30/", f"tr:w-30,l-image,i-{other},w-15,l-end/", f"tr:w-30,di-{other}/",
            "tr:orig-true/",
            "tr:n-none/", "tr:w-20:rt-90/", "tr:n-badge/", "tr:w-20,f-webp/", "tr:/"])
        query = self.pick(["", "", "", "", "", "?tr=w-20", "?tr=n-open", "?ik-attachment=true"])
        return step + path + query

    def valid_target(self):
        """A random gate and a valid target of an image in it."""
        gate = self.pick(self.configuration.gates)
        return gate, gate.prefix + self.spelled(gate.dialect, self.image())

    def twisted(self, target):
        """The target with another spelling of its path and another query."""
        head, separator, query = target.partition("?")
        head = self.pick([
            lambda: head.replace("/secret", "//secret"), lambda: head.replace("secret", "s%65cret"),
            lambda: head.replace("/secret", "/open/../secret"),
            lambda: head.replace("/secret", "/open/%2e%2e/secret"),
            lambda: head.replace("/secret", "/;/secret"), lambda: head.replace("/", "/./", 2),
            lambda: head.replace("/secret", "%2Fsecret"), lambda: head + "%00", lambda: head + "/",
            lambda: head.replace("/secret", "/moved/secret"), lambda: head + "#x",
            lambda: head.replace("/open", "/moved/open"), lambda: head.replace("/g", "/%67", 1),
            lambda: head.replace("/secret", "/twice/secret"), lambda: head.replace(".png", ".PNG"),
            lambda: "http://localhost" + head, lambda: head.replace("/secret", "/%5c/secret"),
            lambda: head.replace("/secret", "/moved/moved/secret"), lambda: "/x/.." + head,
            lambda: head.rsplit("/", 1)[0]])()
        extra = self.pick(["", "", "ret=1", "ret=2", "exp=1", "sig=00", "tr=w-9", "ik-s=0"])
        joint = "&" if separator else "?"
        return head + separator + query + (joint + extra if extra else "")

    @staticmethod
    def named(target):
        """The images that a signed target may show."""
        names = [path for path in SECRETS + OPENS
                 if path in target or path.replace("/", "@@") in target]
        if "open/r" in target:  # redirects inside NGINX to any image
            names += SECRETS
        return frozenset([*names, "secret/a0.png", "colour"] if "badge" in target
                         else [*names, "colour"])

    def signed(self, gate, target):
        """The target with or without a signature, and the private images that it may show."""
        how = self.pick(["none"] * 6 + ["valid"] * 3 + ["expired", "bad", "moved"])
        if how == "moved" and "secret" in target:
            other = signing.sign(gate.dialect, target.replace("secret", "open"), gate.prefix,
                                 expires=signing.soon())
            return target + other[len(target.replace("secret", "open")):], frozenset()
        if how in ("valid", "moved"):
            signed = signing.sign(gate.dialect, target, gate.prefix, expires=signing.soon())
            return signed, self.named(target)
        return signing.signed_as(how, gate.dialect, target, gate.prefix), frozenset()

    def target(self):
        """A random target, and the private images that it may show."""
        gate, target = self.valid_target()
        chance = self.random.random()
        if chance < 0.6:
            return self.signed(gate, target)
        if chance < 0.8:
            return self.twisted(target), frozenset()
        if chance < 0.95:
            lead = self.pick(self.configuration.leads)
            inner, _ = self.signed(gate, target)
            return f"/to-{lead}{inner}", frozenset()
        return self.pick(["/api/x", "/open/a0.png", "/page/b0.png", "/g0", "/g1/", "/g0/secret/",
                          "/g1/open", "/g0/../g1/secret/a0.png", "*", "/to-add/x",
                          "/inside/secret/a0.png", "/backup/secret/a0.png",
                          "/store/secret/a0.png"]), frozenset()

    def headers(self):
        picture = self.images.current(self.pick(SECRETS + OPENS))
        choices = [
            {}, {}, {}, {}, {"Range": "bytes=0-99"}, {"Range": "bytes=1500-"},
            {"Range": "bytes=-500"}, {"Range": "bytes=0-1,900-1400"}, {"Range": "bytes=999999-"},
            {"If-None-Match": picture.etag}, {"If-None-Match": "*"}, {"If-Match": picture.etag},
            {"If-Match": '"zz"'}, {"If-Modified-Since": picture.modified},
            {"If-Modified-Since": "Fri, 31 Dec 2038 23:59:59 GMT"},
            {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
            {"If-Range": picture.etag, "Range": "bytes=1000-2000"},
            {"If-Range": '"zz"', "Range": "bytes=1000-2000"}, {"Accept-Encoding": "gzip"},
            {"Accept": "image/webp,*/*"}, {"Cache-Control": "no-cache"}, {"Expect": "100-continue"},
            {"X-Real-IP": "10.0.0.1"}, {"X-Other": "1", "Is-Private-File": "false"},
            {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAAA"}]
        chosen = dict(self.pick(choices))
        if self.random.random() < 0.4:
            chosen["Authorization"] = USERS
        if self.random.random() < 0.4:
            chosen["Cookie"] = "session=hostile"
        return chosen

    # -------------------------------------------------------------- kinds of exchanges

    def plain(self):
        target, allowed = self.target()
        method, headers = self.pick(METHODS), self.headers()
        if method in ("POST", "PUT"):
            headers["Content-Length"] = "0"
        return Ask(barrage.head(target, method, headers), "plain", allowed, target,
                   method == "HEAD")

    def smuggling(self):
        target, allowed = self.target()
        if self.random.random() < 0.3:
            target, allowed = self.pick(["/api/x", "/to-post/g0/secret/a0.png"]), frozenset()
        method, headers = self.pick(["POST", "GET", "HEAD", "PUT"]), self.headers()
        headers.pop("Expect", None)
        if self.random.random() < 0.5:
            headers["Content-Length"] = str(len(SMUGGLED) + self.pick([0, 0, 0, 500]))
            body = SMUGGLED
            if headers["Content-Length"] != str(len(SMUGGLED)):
                body += b"x" * 500
        else:
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
        data = barrage.head(target, method, headers) + body + FAR
        return Ask(data, "smuggling", allowed, target, method == "HEAD", max_answers=2)

    def leaving(self):
        target, allowed = self.target()
        return Ask(barrage.head(target, "GET", self.headers()), "leaving", allowed, target)

    def http2(self):
        target, allowed = self.target()
        if target.startswith("http:") or target == "*":
            target = "/g0/secret/a0.png"
        headers = {name.lower(): value for name, value in self.headers().items()
                   if name not in ("Connection", "Upgrade", "HTTP2-Settings", "Expect")}
        body = SMUGGLED if self.random.random() < 0.3 else b""
        return Ask(body, "http2", allowed, target, headers=headers)


# ------------------------------------------------------------------ sending requests

def read_final(stream, is_head):
    """The next answer other than 1xx; None at the end of the connection."""
    while True:
        answer = barrage.read_answer(stream, is_head)
        if answer is None or answer.status >= 200:
            return answer


def ask_some(port, asks):
    """Pipelines the requests on one connection. Returns the answers, which may be fewer."""
    answers = []
    try:
        with connected(port) as connection, connection.makefile("rb", 65536) as stream:
            connection.sendall(b"".join(ask.data for ask in asks))
            for ask in asks:
                answer = read_final(stream, ask.is_head)
                if answer is None:
                    break
                answers.append(answer)
    except ConnectionError:
        pass
    except TimeoutError as error:
        raise TimeoutError(f"no answer to {asks[len(answers)].data}") from error
    except (ValueError, IndexError) as error:
        previous = [(ask.data, str(answer)) for ask, answer in zip(asks, answers)][-1:]
        raise ValueError(f"no head follows {previous}: {error}") from error
    return answers


def ask_pipelined(port, asks):
    """Pairs of ask and answer; the answer is None if the connection was closed instead."""
    done = []
    while len(done) < len(asks):
        rest = asks[len(done):][:6]
        answers = ask_some(port, rest) or ask_some(port, rest[:1])
        done += zip(rest, answers) if answers else [(rest[0], None)]
    return done


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)


def ask_smuggling(port, ask):
    """Pairs of ask and answer, until nginx closes the connection."""
    found = []
    try:
        with connected(port) as connection, connection.makefile("rb", 65536) as stream:
            connection.sendall(ask.data)
            while (answer := read_final(stream, ask.is_head and not found)) is not None:
                found.append((ask, answer))
    except ConnectionError:
        pass
    return found


def ask_leaving(port, ask, wait):
    """Sends the request and closes the connection before the answer has ended."""
    with connected(port) as connection:
        connection.sendall(ask.data)
        connection.settimeout(wait)
        try:
            connection.recv(100)
        except OSError:
            pass
    return []


def ask_http2(port, asks):
    found = []
    with http2.Http2(port) as connection:
        streams = {}
        for ask in asks:
            if not connection.is_closed:
                try:
                    method = "POST" if ask.data else "GET"
                    streams[connection.ask(ask.target, method=method, body=ask.data,
                                           **ask.headers)] = ask
                except (OSError, http2.h2.exceptions.ProtocolError):
                    break
        connection.receive()
        for stream, ask in streams.items():
            status, body = connection.answers[stream]
            if status:
                found.append((ask, barrage.Answer(status, [], body)))
    return found


def ask_all(port, port2, asks):
    """Pairs of ask and answer."""
    plain = [ask for ask in asks if ask.kind == "plain"]
    jobs = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for first in range(3):
            jobs.append(pool.submit(ask_pipelined, port, plain[first::3]))
        for number, ask in enumerate(asks):
            if ask.kind == "smuggling":
                jobs.append(pool.submit(ask_smuggling, port, ask))
            elif ask.kind == "leaving":
                jobs.append(pool.submit(ask_leaving, port, ask, 0.01 * (number % 4 + 1)))
        streams = [ask for ask in asks if ask.kind == "http2"]
        if streams:
            jobs.append(pool.submit(ask_http2, port2, streams))
        return [pair for job in jobs for pair in job.result()]
