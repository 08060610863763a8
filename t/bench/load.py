"""Load on a server by wrk, and the arithmetic of comparison: two sides in turn, the median of their
ratios. A row whose answers are not what they should be ends the benchmark."""

import io
import re
import statistics
import subprocess
import urllib.error
import urllib.request

import PIL.Image

ROUNDS = 5


class UnexpectedAnswer(Exception):
    pass


def fetch(url, headers=None, method="GET"):
    """Status, headers, body."""
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def expect(url, status=200, content_type=None, width=None):
    """The body, after a look at it: a picture must decode, at the width expected."""
    got, headers, body = fetch(url)
    if got != status or (content_type and headers["Content-Type"] != content_type):
        raise UnexpectedAnswer(f"{url}: {got} {headers['Content-Type']}")
    if width is not None:
        picture = PIL.Image.open(io.BytesIO(body))
        picture.load()
        if picture.width != width:
            raise UnexpectedAnswer(f"{url}: {picture.size}")
    return body


class Run:
    """What one run of wrk saw: requests, seconds, p50 and p99 in milliseconds."""

    def __init__(self, text, status):
        self.requests = int(re.search(r"(\d+) requests in", text)[1])
        self.seconds = milliseconds(re.search(r"requests in ([\d.]+\w+)", text)[1]) / 1000
        self.p50 = milliseconds(re.search(r"50%\s+([\d.]+\w+)", text)[1])
        self.p99 = milliseconds(re.search(r"99%\s+([\d.]+\w+)", text)[1])
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        failed = int(failed[1]) if failed else 0
        if failed != (0 if status < 400 else self.requests) or "Socket errors" in text:
            raise UnexpectedAnswer(text)

    @property
    def per_second(self):
        return self.requests / self.seconds


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def command(url, connections, seconds):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s", url]


def run(url, connections=4, seconds=3, status=200):
    done = subprocess.run(command(url, connections, seconds), capture_output=True, text=True,
                          timeout=seconds + 60, check=True)
    return Run(done.stdout, status)


def cpu_per_request(server, target, connections=4, seconds=3, status=200):
    """Microseconds of CPU of the server's workers for each answer."""
    before = server.cpu_seconds()
    done = run(server.url(target), connections, seconds, status)
    return (server.cpu_seconds() - before) / done.requests * 1e6


def in_turn(*sides, rounds=ROUNDS):
    """Calls A B A B …; the readings of each side."""
    readings = [[] for _ in sides]
    for _ in range(rounds):
        for side, taken in zip(sides, readings):
            taken.append(side())
    return readings


def median_ratio(a, b):
    return statistics.median(x / y for x, y in zip(a, b))
