"""Uploads, replacements, edits, removals and reads at once, by every door: an image is never shown
without a signature while it is private, and no answer is a mixture of two images."""

import collections
import dataclasses
import http.client
import io
import itertools
import os
import random
import threading
import time

import pytest
from PIL import Image

import doors
import faults
import pictures
from load import Load

SECONDS = float(os.environ.get("PRIVATE_IMAGE_HAMMER_SECONDS", "2"))
ENOUGH = 5  # successes of every kind
# Red images are private, green ones public; the mark of blue ones changes.
SHADES = {"red": 0, "green": 1, "blue": 2}


def shade(channel):
    """A picture whose bytes are other ones everywhere, and whose size is its own."""
    bands = [Image.frombytes("L", (70 + channel, 50), random.Random(channel).randbytes(
        (70 + channel) * 50)).point(lambda value, is_bright=band == channel:
                                    150 + value // 3 if is_bright else value // 5)
        for band in range(3)]
    return pictures.encode(Image.merge("RGB", bands))


PICTURES = {colour: shade(channel) for colour, channel in SHADES.items()}
OTHER_BYTES = 200  # from here on the pictures have nothing in common


@pytest.fixture(scope="module")
def site(gate, bucket):
    site = doors.start(gate, bucket)
    # The two marks of a file differ, and images vanish before they are read.
    site.expect_errors(r"forbids|differ|closed", r"open\(\) .* failed \(2")
    return site


def colour_of(body):
    """The colour of a whole picture; none where it is no picture, or has parts of two."""
    try:
        image = Image.open(io.BytesIO(body))
        image.load()
    except OSError:
        return None
    bands = image.convert("RGB").getextrema()
    for colour, channel in SHADES.items():
        if bands[channel][0] > 100 and all(bands[other][1] < 90
                                           for other in range(3) if other != channel):
            return colour
    return None


def colour_of_part(body, first):
    found = [colour for colour, picture in PICTURES.items()
             if body and picture[first:first + len(body)] == body]
    return found[0] if len(found) == 1 else None


class OneImage:
    """An image, and what is known of it: its colour and its mark, "absent", or "changing". What is
    known is another tuple after every change, and "changing" from before a change until its end."""

    def __init__(self, path, known=("changing",)):
        self.path, self.known = path, known
        self.lock = threading.Lock()
        self.tags = {}

    def begin(self):
        self.known = ("changing",)

    def end(self, *known):
        self.known = tuple([*known])


@dataclasses.dataclass(frozen=True)
class Way:
    """A form of request for an image: its target, its method and its headers."""

    name: str
    target: str
    method: str = "GET"
    headers: dict = dataclasses.field(default_factory=dict)
    first: int = None      # of a part of the original
    is_original: bool = False

    def colour(self, outcome):
        """The colour that an answer of success discloses; "none" where it is not one of ours."""
        if self.method == "HEAD":
            length = int(header(outcome, "Content-Length") or 0)
            found = [one for one, picture in PICTURES.items() if len(picture) == length]
            return found[0] if found else "none"
        if outcome.status == 304:
            return self.name.rpartition(" ")[2]
        if not outcome.is_whole:
            return colour_of_part(outcome.body[OTHER_BYTES:], OTHER_BYTES) or "none"
        if self.first is not None and outcome.status == 206:
            return colour_of_part(outcome.body, self.first) or "none"
        if self.is_original:
            return colour_of_part(outcome.body, 0) or "none"
        return colour_of(outcome.body) or "none"


def header(outcome, name):
    for line in outcome.head.splitlines():
        if line.lower().startswith(name.lower() + ":"):
            return line.partition(":")[2].strip()
    return None


class Hammer:
    """Writers and readers of the images of one door; `counts` has the successes of every kind."""

    def __init__(self, site, door):
        self.site, self.door = site, door
        self.counts = collections.Counter()
        self.choice = random.Random(11)
        self.numbers = itertools.count()
        self.single = [OneImage(f"single{number}.png") for number in range(3)]
        self.shared = [OneImage(f"shared{number}.png") for number in range(2)]
        self.others = collections.deque(maxlen=8)  # images with ids of their own, and removed ones

    def count(self, *words):
        self.counts[" ".join(words)] += 1

    # Writers

    def write(self, thread, turn):
        task = self.choice.choice(self.tasks())
        task()

    def change(self, image, task):
        """One change at a time of an image of one writer; at once of a shared one."""
        if image in self.shared:
            task(image)
            return
        with image.lock:
            image.begin()
            task(image)

    def replace_one(self):
        self.change(self.choice.choice(self.single + self.shared), self.replace)

    def remove_one(self):
        self.change(self.choice.choice(self.single + self.shared), self.remove)

    def remove(self, image):
        answer = self.door.remove(image.path)
        assert answer.status in self.done("removed", image, answer), answer
        self.end(image, "absent")

    def end(self, image, *known):
        """What is known after a change, unless another one may have been at the same time."""
        if image not in self.shared:
            image.end(*known)

    def done(self, what, image, answer):
        """The statuses that an answer may have; those of success are counted."""
        if answer.status in (200, 204):
            self.count(what)
        if image in self.shared:
            return 200, 204, 404, 409, 503
        return 200, 204, 404

    def edit_one(self):
        """Beside all other changes: it never changes the mark."""
        image = self.choice.choice([*self.single, *self.shared, *self.others])
        answer = self.door.edit(image.path, f"tag{next(self.numbers)}")
        assert answer.status in (200, 404, 503), (answer, answer.body)
        if answer.status == 200:
            self.count("edited")

    # Readers

    def read(self, thread, turn):
        image = self.choice.choice([*self.single, *self.shared, *self.others])
        way = self.choice.choice(self.ways(image))
        is_signed = self.choice.random() < 0.4
        known = image.known
        outcome = self.fetch(way, is_signed)
        is_known = image.known is known and known[0] != "changing"
        story = f"{image.path} {known} {way} signed={is_signed}: {outcome.status} {outcome.reason}"
        assert outcome.status < 500 or outcome.status == 503, story
        is_shown = outcome.status in (200, 206, 304)
        colour = way.colour(outcome) if is_shown else None
        is_open = way.name == "preview" or is_signed
        assert is_open or colour != "red", f"shown without a signature: {story}"
        if is_shown and outcome.is_whole:
            assert colour != "none", f"no picture of ours: {story}"
        assert outcome.is_whole or not is_signed, f"incomplete: {story}"
        if is_known:
            self.judge(known, outcome.status, colour, is_open, story)
        if way.name == "original" and outcome.status == 200 and colour in SHADES:
            image.tags[colour] = header(outcome, "ETag")
        self.count("signed" if is_signed else "unsigned", way.name.partition(" ")[0],
                   "shown" if is_shown else "not shown")

    @staticmethod
    def judge(known, status, colour, is_open, story):
        """Judges the answer of an image that did not change meanwhile."""
        if known[0] == "absent":
            assert colour is None, f"shown after its removal: {story}"
        elif known[1] and not is_open:
            assert colour is None, f"shown while it was private: {story}"
        elif status not in (304, 503):
            assert colour == known[0], f"{colour} in place of {known[0]}: {story}"

    def fetch(self, way, is_signed):
        target = self.door.sign(way.target) if is_signed else way.target
        try:
            with self.site.connect() as connection:
                connection.send(target, method=way.method, headers=way.headers)
                return faults.receive(connection)
        except ConnectionError:
            return faults.Outcome(0)

    def ways(self, image):
        original, door = self.door.original(image.path), self.door
        first = OTHER_BYTES + self.choice.randrange(2000)
        width = self.choice.choice((10, 11, 12, self.choice.randrange(13, 60)))
        small = door.small(image.path, width)
        found = [Way("original", original, is_original=True), Way("derivative", small),
                 Way("derivative", small, headers={"Range": "bytes=0-"}),
                 Way("range", original, first=first, is_original=True,
                     headers={"Range": f"bytes={first}-{first + 500}"}),
                 Way("head", original, "HEAD", is_original=True),
                 Way("preview", door.preview(image.path))]
        for colour, tag in list(image.tags.items()):
            found.append(Way(f"conditional {colour}", original, is_original=True,
                             headers={"If-None-Match": tag}))
        return found

    # The whole

    def run(self):
        def ask(thread, turn):
            self.write(thread, turn) if thread < 2 else self.read(thread, turn)

        for image in self.single + self.shared:
            self.change(image, self.replace)
        with Load(ask, 6) as load:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until or self.rare():
                assert time.monotonic() < until + 90, (self.rare(), self.counts)
                if load.failures:
                    break
                time.sleep(0.05)
        assert not load.failures, load.failures[:3]
        assert len(self.door.workers) == 2
        print(self.door.name, SECONDS, "s:", sorted(self.counts.items()))

    def rare(self):
        """The kinds that had too few successes."""
        ways = ("original", "derivative", "range", "head", "conditional")
        kinds = [f"{signed} {way} {shown}" for way in ways for signed, shown in (
            ("unsigned", "shown"), ("unsigned", "not shown"), ("signed", "shown"))]
        kinds += ["unsigned preview shown", "edited", "removed", *self.kinds]
        return [kind for kind in kinds if self.counts[kind] < ENOUGH]


class ImageKitHammer(Hammer):
    kinds = ["red stored", "green stored"]

    def tasks(self):
        return [self.replace_one] * 5 + [self.remove_one, self.edit_one, self.edit_one]

    def replace(self, image):
        colour = self.choice.choice(("red", "green"))
        answer = self.door.upload(PICTURES[colour], image.path, colour == "red")
        assert answer.status in self.done(f"{colour} stored", image, answer), answer.body
        assert answer.status == 200 or image in self.shared, answer
        self.end(image, colour, colour == "red")


class CloudflareHammer(Hammer):
    kinds = ["red stored", "green stored", "red stored by a one-time URL", "blob read",
             "green stored by a one-time URL", "made private", "made public",
             "made private with another id", "made public with another id"]

    def __init__(self, site, door):
        super().__init__(site, door)
        self.plain, self.door = door, door.with_private_ids()
        self.marked = OneImage("marked.png")
        self.single.append(self.marked)

    def tasks(self):
        return [self.replace_one] * 4 + [self.mark_one] * 2 + [
            self.move_one, self.move_one, self.remove_one, self.edit_one, self.read_bytes]

    def replace(self, image):
        """An image is never overwritten: it is removed before."""
        if image is self.marked:
            self.put(image, "blue", self.choice.random() < 0.5)
            return
        self.put(image, *self.choice.choice((("red", True), ("green", False))))

    def put(self, image, colour, private):
        answer = self.door.remove(image.path)
        assert answer.status in self.done("removed", image, answer), answer
        way, door = "stored", self.door
        if self.choice.random() < 0.3:
            way = "stored by a one-time URL"
            _, target = door.one_time(
                private, id=image.path, metadata='{"number":%d}' % next(self.numbers))
            answer = door.send(door.form(PICTURES[colour]), target, has_key=False)
        else:
            answer = door.upload(PICTURES[colour], image.path, private)
        assert answer.status in self.done(f"{colour} {way}", image, answer), answer.body
        assert answer.status == 200 or image in self.shared, answer.body
        self.end(image, colour, private)

    def mark_one(self):
        """The blue image keeps its id."""
        with self.marked.lock:
            private = not self.marked.known[-1]
            if self.marked.known[0] == "absent":
                return
            self.marked.begin()
            answer = self.door.mark(self.marked.path, private)
            assert answer.status == 200 and answer.path == self.marked.path, answer.body
            self.count("made private" if private else "made public")
            self.marked.end("blue", private)

    def move_one(self):
        """Another blue image has a new id after each change of its mark."""
        private = self.choice.random() < 0.5
        first = self.plain.upload(PICTURES["blue"], private=private)
        assert first.status == 200, first.body
        image = OneImage(first.path)
        image.end("blue", private)
        self.others.append(image)
        for _ in range(2):
            private = not private
            image.begin()
            answer = self.plain.mark(image.path, private)
            assert answer.status == 200 and answer.path != image.path, answer.body
            self.count(f"made {'private' if private else 'public'} with another id")
            image.end("absent")
            image = OneImage(answer.path)
            image.end("blue", private)
            self.others.append(image)
        image.begin()
        assert self.plain.remove(image.path).status == 200
        image.end("absent")

    def read_bytes(self):
        """The connection is closed where the image changes between its head and its bytes."""
        image = self.choice.choice(self.single + self.shared)
        known = image.known
        try:
            answer = self.door.blob(image.path)
        except (ConnectionError, http.client.HTTPException):
            assert image.known is not known or known[0] == "changing", (image.path, known)
            return
        assert answer.status in (200, 404), answer
        if answer.status == 200:
            assert answer.body in PICTURES.values()
            self.count("blob read")


@pytest.mark.parametrize("kind", doors.KINDS, ids=doors.NAMES)
def test_a_private_image_is_never_shown_unsigned_while_all_changes(site, bucket, kind):
    hammer = {"imagekit": ImageKitHammer, "cloudflare": CloudflareHammer}[kind[0]]
    hammer(site, doors.make(site, kind, bucket)).run()
