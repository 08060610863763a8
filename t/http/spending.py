"""Measures what nginx's workers need for a request: peak memory above what they held before,
processor time and elapsed time."""

import contextlib
import os
import pathlib
import time

import client
from clock import fair_time

# Sanitizers multiply memory and time, so that limits on them are not checked.
IS_MEASURED = not os.environ.get("PRIVATE_IMAGE_SANITIZERS")


def worker_folders(site):
    """The /proc folders of the worker processes, without NGINX's cache manager and loader."""
    places = (pathlib.Path("/proc", number) for number in site.workers())
    return [place for place in places if b"worker process" in (place / "cmdline").read_bytes()]


def megabytes(place, field):
    for line in (place / "status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {field}")


def processor_seconds(place):
    """Processor time of all threads, including ended ones, in steps of a hundredth of a second."""
    words = (place / "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Spent:
    """Sums over all workers."""
    memory = 0.0     # megabytes, peak above the memory before
    processor = 0.0  # seconds
    elapsed = 0.0    # seconds

    def __repr__(self):
        return f"{self.memory:.0f} MB, {self.processor:.2f} s of CPU, {self.elapsed:.2f} s"

    def assert_within(self, memory, processor):
        assert not IS_MEASURED or (self.memory <= memory and self.processor <= processor), self


@contextlib.contextmanager
def spending(site):
    """Yields a Spent that is filled in after the block."""
    spent = Spent()
    workers = worker_folders(site)
    for place in workers:
        (place / "clear_refs").write_text("5")  # resets VmHWM
    held = [megabytes(place, "VmRSS") for place in workers]
    used = [processor_seconds(place) for place in workers]
    started = time.monotonic()
    yield spent
    spent.elapsed = time.monotonic() - started
    spent.processor = sum(map(processor_seconds, workers)) - sum(used)
    spent.memory = sum(megabytes(place, "VmHWM") for place in workers) - sum(held)


def until_idle(site, seconds=60):
    """Waits until no render runs, including those whose client has left. Needs a /status."""
    until = fair_time() + seconds
    while b"private_image_renders_running 0" not in site.get("/status").body:
        assert fair_time() < until, "a render does not end"
        time.sleep(0.01)


def measured(site, target):
    """The answer, what the workers spent until its render ended, and the new lines of the error
    log."""
    since = len(site.log())
    with spending(site) as spent:
        answer = site.get(target, timeout=client.TIMEOUT)
        until_idle(site)
    return answer, spent, site.log_since(since)
