"""The rows of the benchmark: what is compared with what, and how each figure is taken. Every
function answers a Table. Servers, load and corpus are others' business."""

import concurrent.futures
import contextlib
import dataclasses
import json
import statistics
import subprocess
import time

import load
import upload_load
from load import in_turn, median_ratio


@dataclasses.dataclass
class Table:
    title: str
    columns: list
    rows: list
    note: str = ""

    def __str__(self):
        cells = [self.columns] + [[str(cell) for cell in row] for row in self.rows]
        lines = ["| " + " | ".join(row) + " |" for row in cells]
        lines.insert(1, "|---" * len(self.columns) + "|")
        return "\n".join([f"### {self.title}", "", *lines, *(["", self.note] if self.note else [])])


@dataclasses.dataclass
class Bench:
    """What all rows work on."""
    server: object
    plain: object
    start: object  # (name) -> a server more, of the same configuration
    bare_loop: str
    corpus: object
    stored: object  # the folder of what is uploaded
    has_peer: bool  # image_filter is there to compare with
    sign: object  # (target, prefix of its location) -> the target, signed

    def status(self):
        return json.loads(load.fetch(self.server.url("/status"))[2])


def milli(microseconds):
    return f"{statistics.median(microseconds) / 1000:.1f} ms"


def micro(microseconds):
    return f"{statistics.median(microseconds):.1f} µs"


# Of what takes microseconds: whatever else the machine does hits some rounds, not their median.
SHORT_ROUNDS = 15

RENDERS = [("20 MP JPEG to 800 px", "20mp.jpg", 800, "jpeg", True),
           ("2 MP JPEG to 400 px", "2mp.jpg", 400, "jpeg", True),
           ("1.5 MP PNG with alpha to 400 px", "alpha.png", 400, "png", True),
           ("1.7 MP WebP to 400 px", "photo.webp", 400, "webp", False)]


def renders(bench):
    rows = []
    for name, file, width, kind, has_peer in RENDERS:
        target, peer = f"/render/tr:w-{width}/{file}", f"/filter/{width}/{file}"
        load.expect(bench.server.url(target), 200, f"image/{kind}", width)
        # One at a time, as the bare loop: two that share a core slow each other down.
        sides = [lambda: load.cpu_per_request(bench.server, target, connections=1),
                 lambda: bare(bench, file, width, kind)]
        if has_peer and bench.has_peer:
            load.expect(bench.server.url(peer), 200, f"image/{kind}", width)
            sides.append(lambda: load.cpu_per_request(bench.server, peer, connections=1))
        ours, alone, *others = in_turn(*sides)
        rows.append([name, milli(ours), milli(alone), f"{median_ratio(ours, alone):.2f}", "1.10",
                     milli(others[0]) if others else "–",
                     f"{median_ratio(others[0], ours):.1f}" if others else "–"])
    return Table("CPU of a render",
                 ["Render", "module", "bare loop", "ratio", "bound", "image_filter",
                  "image_filter / module"], rows)


def bare(bench, file, width, kind, seconds=3):
    done = subprocess.run([bench.bare_loop, bench.corpus / file, str(width), kind, str(seconds)],
                          capture_output=True, text=True, check=True, timeout=120)
    return float(done.stdout)


def throughput(bench):
    rows = []
    for name, file, width, kind, has_peer in RENDERS:
        if not (has_peer and bench.has_peer):
            continue
        ours, others = in_turn(
            lambda: load.run(bench.server.url(f"/render/tr:w-{width}/{file}"), 8, 4).per_second,
            lambda: load.run(bench.server.url(f"/filter/{width}/{file}"), 8, 4).per_second,
            rounds=3)
        rows.append([name, f"{statistics.median(ours):.1f}", f"{statistics.median(others):.1f}",
                     f"{median_ratio(ours, others):.1f}"])
    return Table("Renders per second, eight clients",
                 ["Render", "module", "image_filter", "ratio"], rows)


def hits(bench):
    kept, private = "/kept/tr:w-400/2mp.jpg", bench.sign("/kept/tr:w-400/private/2mp.jpg", "/kept/")
    sides = {"proxy_cache": "/proxied/small.jpg", "public image": kept,
             "public variant of a private image": "/kept/tr:n-small/private/2mp.jpg",
             "private image, signed": private, "file": "/corpus/file.jpg"}
    body = load.expect(bench.server.url(kept), 200, "image/jpeg", 400)
    for target in sides.values():
        load.expect(bench.server.url(target), 200, "image/jpeg")
    assert load.expect(bench.server.url("/proxied/small.jpg")) == body, "not the same bytes"
    taken = in_turn(*[lambda target=target: load.cpu_per_request(bench.server, target, seconds=1)
                      for target in sides.values()], rounds=SHORT_ROUNDS)
    rows = [[name, micro(one), f"{median_ratio(one, taken[0]):.2f}",
             "–" if name in ("proxy_cache", "file") else "1.15"]
            for name, one in zip(sides, taken)]
    return Table("CPU of a derivative from the cache", ["Answer", "CPU", "ratio", "bound"], rows)


def refusals(bench):
    bad = "?exp=1900000000&sig=" + "ab" * 32
    sides = {"return 403": ("/forbidden", 403), "secure_link": ("/linked/2mp.jpg?md5=x", 403),
             "bad signature, `always`": (f"/always/2mp.jpg/w=400{bad}", 403),
             "no signature, `always`": ("/always/2mp.jpg/w=400", 403),
             "no signature, image known as private": ("/kept/tr:w-400/private/2mp.jpg", 401)}
    load.fetch(bench.server.url(bench.sign("/kept/tr:w-400/private/2mp.jpg", "/kept/")))
    for target, status in sides.values():
        load.expect(bench.server.url(target), status)
    taken = in_turn(*[lambda side=side: load.cpu_per_request(bench.server, side[0], seconds=1,
                                                             status=side[1])
                      for side in sides.values()], rounds=SHORT_ROUNDS)
    rows = [[name, micro(one), f"{median_ratio(one, taken[0]):.2f}",
             "1.40" if name.startswith("bad") else "–"] for name, one in zip(sides, taken)]
    return Table("CPU of a refusal", ["Answer", "CPU", "ratio", "bound"], rows)


def latency(bench):
    """A file on the same workers, and on an nginx of its own beside the same load."""
    heavy = bench.server.url("/render/tr:w-800/20mp.jpg")
    load.expect(heavy, 200, "image/jpeg", 800)
    taken = {"module": [], "plain": []}
    for _ in range(load.ROUNDS):
        for name, server in (("module", bench.server), ("plain", bench.plain)):
            background = subprocess.Popen(load.command(heavy, 8, 7), stdout=subprocess.PIPE,
                                          text=True)
            time.sleep(1)
            taken[name].append(load.run(server.url("/corpus/file.jpg"), 2, 4))
            load.Run(background.communicate(timeout=90)[0], 200)
    ours, plain = taken["module"], taken["plain"]
    rows = [[f"p{percent}", *[f"{statistics.median(getattr(one, f'p{percent}') for one in side):.2f} ms"
                              for side in (ours, plain)], bound]
            for percent, bound in ((50, "3 ms above"), (99, "2 ×"))]
    return Table("Latency of a 30 KB file while eight clients render 20 MP JPEGs",
                 ["", "on the same workers", "on a plain nginx", "bound"], rows)


# Name, file, uploads in a round.
UPLOADS = [("1 MB JPEG", "1mb.jpg", 40), ("20 MB JPEG", "20mb.jpg", 6)]
UPLOAD_ROUNDS = 9


def uploads(bench):
    rows = []
    for name, file, count in UPLOADS:
        photograph = (bench.corpus / file).read_bytes()
        sides = {"nginx's `dav_methods PUT`": upload_load.dav(photograph),
                 "ImageKit's API, into a folder": upload_load.imagekit(photograph),
                 "Cloudflare's API, into a folder": upload_load.cloudflare(photograph),
                 "ImageKit's API, into a bucket": upload_load.bucket(photograph)}
        taken = in_turn(*[lambda upload=upload: upload_load.cpu_per_upload(
            bench.server, bench.stored, upload, photograph, count) for upload in sides.values()],
                        rounds=UPLOAD_ROUNDS)
        rows += [[name, by, milli(one), f"{median_ratio(one, taken[0]):.2f}",
                  "1.50" if by.endswith("a folder") else "–"] for by, one in zip(sides, taken)]
    return Table("CPU of an upload", ["Upload", "by", "CPU", "ratio", "bound"], rows,
                 "Doors sync each file to the disk, `PUT` does not.")


@contextlib.contextmanager
def renders_running(server):
    background = subprocess.Popen(load.command(server.url("/render/tr:w-800/20mp.jpg"), 8, 6),
                                  stdout=subprocess.PIPE, text=True)
    yield
    load.Run(background.communicate(timeout=90)[0], 200)


def beside(bench):
    """A light file beside uploads and beside renders, and beside nothing."""
    photographs = {file: (bench.corpus / file).read_bytes() for _, file, _ in UPLOADS}

    def through_door(file):
        # Every client replaces a file of its own.
        return upload_load.running(bench.server, *[upload_load.imagekit(
            photographs[file], fileName=f"{n}.jpg", useUniqueFileName="false") for n in range(8)])

    loads = {"nothing": contextlib.nullcontext,
             "eight uploads of 1 MB": lambda: through_door("1mb.jpg"),
             "eight uploads of 20 MB": lambda: through_door("20mb.jpg"),
             "eight `PUT` of 20 MB": lambda: upload_load.running(bench.server, *[
                 upload_load.dav(photographs["20mb.jpg"], f"{n}.jpg") for n in range(8)]),
             "eight renders of 20 MP": lambda: renders_running(bench.server)}

    def measure(start, server):
        with start():
            time.sleep(1)
            return load.run(server.url("/corpus/light.txt"), 2, 4)

    servers = [bench.server, bench.plain]
    taken = in_turn(*[lambda start=start, server=server: measure(start, server)
                      for start in loads.values() for server in servers])
    for destination in ("imagekit", "dav"):
        upload_load.remove_stored(bench.stored / destination)
    rows = [[name, *[f"{statistics.median(getattr(run, percent) for run in runs):.2f} ms"
                     for percent in ("p50", "p99") for runs in taken[2 * n:2 * n + 2]]]
            for n, name in enumerate(loads)]
    return Table("Latency of a 1 KB file beside uploads and renders",
                 ["Beside", "p50", "p50 on a plain nginx", "p99", "p99 on a plain nginx"], rows)


def together(bench):
    """A hundred requests for one derivative that is not in the cache."""
    rows = []
    for number in range(3):
        url = bench.server.url(f"/kept/tr:w-{801 + number}/20mp.jpg")
        load.fetch(bench.server.url(f"/kept/tr:w-{701 + number}/20mp.jpg"))
        before, started = bench.status(), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            answers = list(pool.map(lambda _: load.fetch(url), range(100)))
        seconds = time.monotonic() - started
        after = bench.status()
        if {status for status, _, _ in answers} != {200} or len({b for _, _, b in answers}) != 1:
            raise load.UnexpectedAnswer("not one and the same answer")
        rows.append([len(answers), made(after) - made(before), f"{seconds * 1000:.0f} ms"])
    return Table("Identical requests at once (20 MP JPEG)", ["Requests", "renders", "all answered"],
                 rows)


def made(status):
    return next(int(value) for name, value in figures(status)
                if name.endswith("render_seconds_count"))


def figures(status, prefix=""):
    """Names and numbers of a status document, flat."""
    for name, value in status.items():
        if isinstance(value, dict):
            yield from figures(value, f"{prefix}{name}_")
        elif isinstance(value, (int, float)):
            yield prefix + name, value


MIXED = [f"/render/tr:w-{width}{more}/{file}" for width in (120, 333, 640)
         for more in ("", ",bl-4", ",r-max", ",f-webp")
         for file in ("2mp.jpg", "alpha.png", "photo.webp", "moving.gif")]


def memory(bench):
    """Of a server that has done nothing else: what image_filter leaves is not ours."""
    server = bench.start("memory")
    rows = [["at rest", f"{server.memory_mb('VmRSS'):.0f} MB", "–"]]
    server.forget_peak()
    load.run(server.url("/render/tr:w-800/20mp.jpg"), 8, 8)
    rows.append(["peak, eight clients on 20 MP JPEGs", f"{server.memory_mb('VmHWM'):.0f} MB",
                 "200 MB"])
    resident = {}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for count, upto in ((500, 500), (4500, 5000)):
            targets = (MIXED * (count // len(MIXED) + 1))[:count]
            statuses = set(pool.map(lambda t: load.fetch(server.url(t))[0], targets))
            if statuses != {200}:
                raise load.UnexpectedAnswer(f"mixed renders: {statuses}")
            resident[upto] = server.memory_mb("VmRSS")
            rows.append([f"after {upto:,} mixed renders", f"{resident[upto]:.0f} MB", "–"])
    rows.append(["5,000 over 500", f"{resident[5000] / resident[500]:.2f}", "1.20"])
    return Table("Resident memory of both workers", ["", "seen", "bound"], rows)


def growth(bench):
    """How cost grows with what can grow."""
    def render(target, connections=2):
        load.expect(bench.server.url(target), 200)
        return lambda: load.cpu_per_request(bench.server, target, connections, seconds=3)

    def hit(target):
        load.expect(bench.server.url(target), 200)
        return lambda: load.cpu_per_request(bench.server, target, seconds=2)

    groups = [
        ("source pixels, to 800 px", milli,
         {f"{size} MP": render(f"/render/tr:w-800/{size}mp.jpg") for size in (5, 10, 20, 40, 80)}),
        ("output pixels, from 20 MP", milli,
         {f"{width} px": render(f"/render/tr:w-{width}/20mp.jpg")
          for width in (100, 200, 400, 800, 1600, 3200)}),
        ("clients at once, 2 MP to 400 px", milli,
         {str(count): render("/render/tr:w-400/2mp.jpg", count) for count in (1, 4, 16, 64)}),
        ("variants of a location, hit", micro,
         {str(count): hit(f"/variants{count}/tr:n-v0/2mp.jpg") for count in (1, 100, 1000)}),
        ("keys of a location, signed hit", micro,
         {str(count): hit(bench.sign(f"/keys{count}/tr:w-400/2mp.jpg", f"/keys{count}/"))
          for count in (1, 8, 32)}),
    ]
    rows = []
    for name, unit, sides in groups:
        for step, taken in zip(sides, in_turn(*sides.values(), rounds=3)):
            rows.append([name, step, unit(taken)])
    return Table("How cost grows", ["With", "step", "CPU per request"], rows)


def entries(bench):
    """Hits while the cache and the zone fill up."""
    def fill(upto, since):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: load.expect(bench.server.url(
                f"/kept/tr:w-16,h-16,q-50/many/{n}.jpg")), range(since, upto)))

    target, rows, filled = "/kept/tr:w-400/2mp.jpg", [], 0
    load.expect(bench.server.url(target), 200, "image/jpeg", 400)
    for count in (100, 2000, 20000):
        fill(count, filled)
        filled = count
        taken = [load.cpu_per_request(bench.server, target, seconds=2) for _ in range(3)]
        rows.append([f"{count:,}", micro(taken)])
    return Table("A hit, as cache and zone fill", ["Entries and originals", "CPU"], rows)


ALL = [renders, throughput, hits, refusals, latency, uploads, beside, together, memory, growth,
       entries]
