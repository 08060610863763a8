"""What nginx's workers spend on something: the most memory above what they held before, processor
time, and the time that passed. Says nothing of what they may."""

import contextlib
import os
import pathlib
import time

import client
from clock import quiet

# A sanitizer multiplies both, so that no figure says anything.
IS_MEASURED = not os.environ.get("PRIVATE_IMAGE_SANITIZERS")


def processes(site):
    """Folders in /proc of the workers; the cache's helpers are others."""
    places = (pathlib.Path("/proc", number) for number in site.workers())
    return [place for place in places if b"worker process" in (place / "cmdline").read_bytes()]


def megabytes(place, field):
    for line in (place / "status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {field}")


def processor_seconds(place):
    """Of all its threads, also those that have ended; to the hundredth."""
    words = (place / "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Spent:
    memory = 0.0     # megabytes, the most at once above what was held before, all workers together
    processor = 0.0  # seconds
    passed = 0.0     # seconds

    def __repr__(self):
        return f"{self.memory:.0f} MB, {self.processor:.2f} s of CPU, {self.passed:.2f} s"

    def assert_within(self, memory, processor):
        assert not IS_MEASURED or (self.memory <= memory and self.processor <= processor), self


@contextlib.contextmanager
def spending(site):
    """What the workers spend meanwhile is in what it gives, afterwards."""
    spent = Spent()
    workers = processes(site)
    for place in workers:
        (place / "clear_refs").write_text("5")  # from now on VmHWM counts anew
    held = [megabytes(place, "VmRSS") for place in workers]
    used = [processor_seconds(place) for place in workers]
    started = time.monotonic()
    yield spent
    spent.passed = time.monotonic() - started
    spent.processor = sum(map(processor_seconds, workers)) - sum(used)
    spent.memory = sum(megabytes(place, "VmHWM") for place in workers) - sum(held)


def until_idle(site, seconds=60):
    """Until no render runs, also none without a waiting client. Asks /status."""
    until = quiet() + seconds
    while b"private_image_renders_running 0" not in site.get("/status").body:
        assert quiet() < until, "a render does not end"
        time.sleep(0.01)


def measured(site, target):
    """The answer, what it took until its render ended, and what the error log says meanwhile."""
    since = len(site.log())
    with spending(site) as spent:
        answer = site.get(target, timeout=client.PATIENCE)
        until_idle(site)
    return answer, spent, site.log_since(since)
