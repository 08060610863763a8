"""Runs random configurations and collects the violations."""

import collections
import os
import pathlib
import re
import shutil
import urllib.parse

import hostile_requests
import nginx
import origin as scripted
from hostile_configs import Configuration
from hostile_images import HostileOrigin, Images, PATHS

PUBLIC_VARIANT = re.compile(r"\btr[:=]n-open(?![\w,:])|[.]\w+/open(?![\w,])")
FAILING = re.compile(r"(?:secret|open)(?:/|@@)(?:[efg]\d|none)")  # at HostileOrigin
REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "150"))


def dated_images(ask, answer, configuration):
    """The private images of which the answer may contain the Last-Modified, and nothing else: those
    that the target names with a public variant. Where the origin fails to deliver the image of a
    signed target or of a public variant, those that an error page names, since the derivative may
    be made of what the page answers."""
    target = urllib.parse.unquote(ask.target)
    is_variant = answer.header("X-Reason") == "variant" or PUBLIC_VARIANT.search(target)
    images = hostile_requests.Asker.named(target) & set(PATHS) if is_variant else set()
    is_failing = (ask.allowed or is_variant) and FAILING.search(target)
    return images | (configuration.error_images if is_failing else set())


class Bench:
    """The images, origins and folder of images that all configurations of a run share."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.images = Images()
        self.web, self.app = HostileOrigin(self.images), HostileOrigin(self.images, True)
        self.fastcgi = scripted.FastCgi()
        self.counts = collections.Counter()
        self.internal, self.refusals = collections.Counter(), collections.Counter()
        self._write_folders()

    def close(self):
        for one in (self.web, self.app, self.fastcgi):
            one.close()

    def _write_folders(self):
        for path in PATHS:
            places = ["open"] if path.startswith("open/") else []
            for place in ["all", "all/g0", "all/g1", *places]:
                name = path.partition("/")[2] if place == "open" else path
                target = self.path / "shared" / place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.images.current(path).body)
        (self.path / "shared/open/none.png").write_bytes(self.images.current("open/a0.png").body)

    def _fill_fastcgi(self, mode):
        self.web.mode = mode
        for path in PATHS:
            picture = self.images.current(path)
            marks = "".join(f"{name}: {value}\r\n" for name, value in self.web.marks(path))
            for prefix in ("/g0/", "/g1/"):
                self.fastcgi.answers[prefix + path] = (
                    f"Status: 200 OK\r\nContent-Type: {picture.type}\r\nETag: {picture.etag}\r\n"
                    f"Last-Modified: {picture.modified}\r\n{marks}", picture.body)

    # -------------------------------------------------------------- one configuration

    def run(self, seed, without=(), keep=False):
        """The violations, as sentences; None if nginx refuses the configuration."""
        configuration = Configuration(seed, without)
        folder = self.path / f"configuration-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        place = nginx.Folder(folder, self.web.server, {"conf/users": b"user:{PLAIN}pass\n"})
        for name in ("all", "open"):
            (folder / "files" / name).symlink_to(self.path / "shared" / name)
        place.configure(**configuration.options(self.web.address, "127.0.0.1:%d"
                                                % self.app.server.port, self.fastcgi.address))
        self.images.turned = False
        for one in (self.web, self.app):
            # image_filter waits for ever for the end of an image that was cut.
            one.begin(configuration.mode, seed, "http_image_filter" not in configuration.peers)
        self._fill_fastcgi(configuration.mode)
        server = self._started(place)
        if server is None:
            return None
        server.expect_errors("")
        try:
            found = self._ask(server, configuration)
        finally:
            stopped = server.stop()
        found += stopped + server.unexpected_lines() + self._faults_at_origin()
        self.internal.update(re.findall(r"private_image: internal: ([^,]*)", server.log()))
        self.counts["run"] += 1
        if not (found or keep):
            shutil.rmtree(folder)
        return found

    def _started(self, place):
        """None if nginx refuses the configuration."""
        try:
            return nginx.Nginx(place)
        except AssertionError as error:
            refusal = re.search(r"\[emerg\] .*?: (.*) in /", str(error))
            if not str(error).startswith("nginx did not start") or refusal is None:
                raise
            self.counts["refused"] += 1
            self.refusals[refusal[1]] += 1
            return None

    def _ask(self, server, configuration):
        asker = hostile_requests.Asker(configuration, self.images)
        found = []
        for part in range(2):
            self.images.turned = part == 1 and configuration.mode != "map"
            asks = asker.batch(REQUESTS // 2)
            try:
                pairs = hostile_requests.ask_all(server.port, server.folder.port("h2"), asks)
            except (TimeoutError, ValueError) as error:
                return found + [f"no answer, or not in time: {error!r}"]
            found += self._judge(pairs, configuration)
        return found

    def _judge(self, pairs, configuration):
        found, per_ask = [], collections.Counter()
        for ask, answer in pairs:
            self.counts["requests"] += 1
            if answer is None:
                self.counts["closed"] += 1
                continue
            self.counts[answer.status // 100 * 100] += 1
            self.counts["signed and shown"] += ask.opens and answer.status == 200
            self.counts["signed"] += ask.opens
            self.counts["public and shown"] += ("open/" in ask.target and answer.status == 200
                                                and ask.target.startswith("/g"))
            per_ask[id(ask)] += 1
            reported = f"{ask.kind} {ask.data[:300]!r} {ask.target}: {str(answer)[:500]}"
            dated = dated_images(ask, answer, configuration)
            allowed = ask.allowed
            if allowed and FAILING.search(ask.target):
                # An error page outside the gates answers for the origin, under the signature.
                allowed |= configuration.origin_images
            for leak in self.images.leaks(answer.headers, answer.body, allowed, dated):
                found.append(f"{leak}: {reported}")
            is_bare = answer.status == 301  # NGINX's own, before any module knows the location
            if ask.target.startswith("/g") and not is_bare and any(
                    name.lower() in ("is-private-file", "x-amz-meta-isprivatefile")
                    for name, _ in answer.headers):
                found.append(f"a flag is shown: {reported}")
            if ask.kind == "smuggling" and per_ask[id(ask)] > ask.max_answers:
                found.append(f"more answers than requests: {reported}")
        return found

    def _faults_at_origin(self):
        found = []
        for request in self.web.requests():
            names = {name.lower() for name, _ in request.headers}
            invalid = names & {"cookie", "authorization", "content-length", "transfer-encoding"}
            if invalid - ({"content-length"} if request.header("Content-Length") == "0" else set()):
                found.append(f"the origin was sent {invalid}: {request.method} {request.target}")
        for request in self.web.requests() + self.app.requests():
            if "smuggled" in request.target:
                found.append(f"smuggled: {request.method} {request.target}")
        return found
