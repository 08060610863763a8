"""An origin with contradictory or invalid answers, or that answers without a request: no private
byte is sent, an incomplete answer never counts as complete, none is cached, and the next request is
answered."""

import dataclasses
import gzip

import pytest

import faults
from faults import SECRET, chunk, close, head, saying
from rest import HTTP, LOCATIONS, logged

OURS, DAMAGED = "private_image: origin_error", "private_image: damaged"
NO_IMAGE = "private_image: unsupported_type"
SENT, EARLY = "upstream sent", "upstream prematurely closed"
# Of a kept connection that the origin closes behind its answer, before NGINX has seen that.
REUSED = (EARLY, "(recv|readv).. failed .104", "writev?.. failed")
BROKEN, REFUSED, LAST = "502 origin_error", "401 unsigned", b"0\r\n\r\n"


@pytest.fixture(scope="module")
def site(gate):
    return gate(LOCATIONS, http=HTTP)


# ------------------------------------------------------------------ lies

@dataclasses.dataclass
class Lie:
    """A contradictory answer, made from a flag and a body; the outcomes allowed for a public
    original, for its derivative and for a private image; the lines that are logged, and those that
    may be."""

    text: callable
    original: str
    derivative: str
    private: str = REFUSED
    lines: tuple = ()
    perhaps: tuple = ()


def no_answer(text, *lines):
    """NGINX does not recognise it as an answer of HTTP, or cannot use it."""
    return Lie(text, BROKEN, BROKEN, BROKEN, (OURS,), (SENT, *lines))


def unclear(text):
    """Some versions of NGINX accept it, others refuse it."""
    return Lie(text, f"whole | {BROKEN}", f"whole | {BROKEN}", f"{REFUSED} | {BROKEN}",
               perhaps=(SENT, OURS))


def cut(text, line=SENT):
    """The head is valid, the rest is not."""
    return Lie(text, "cut", BROKEN, lines=(line, OURS))


def answered(status, original, *lines):
    """A status that no origin should send for this request."""
    return Lie(lambda flag, body: whole(flag, body, *lines, status=f"HTTP/1.1 {status}"),
               original, BROKEN, f"{REFUSED} | {BROKEN}", (OURS,))


def whole(flag, body, *more, **options):
    return head(flag, f"Content-Length: {len(body)}", *more, **options) + body


def with_lines(*lines):
    """The complete body after a head with these additional lines; %d is its length."""
    return lambda flag, body: head(flag, *(line.replace("%d", str(len(body)))
                                           for line in lines)) + body


def with_line(line):
    return lambda flag, body: whole(flag, body, line)


def with_status(line):
    return lambda flag, body: whole(flag, body, status=line)


def in_chunks(end, *lines):
    """The body in one chunk, and the text after it."""
    return lambda flag, body: head(flag, "Transfer-Encoding: chunked", *lines) + chunk(body) + end


def half(end):
    """Half the body in a chunk, and the text after it."""
    return lambda flag, body: (head(flag, "Transfer-Encoding: chunked")
                               + chunk(body[:len(body) // 2]) + end)


LENGTHS = {
    "longer": cut(with_lines("Content-Length: 90000"), EARLY),
    "shorter": Lie(with_lines("Content-Length: 100"), "short", "422 damaged", lines=(DAMAGED,)),
    "zero": Lie(with_lines("Content-Length: 0"), "short", "422 damaged", lines=(DAMAGED,)),
    "twice, the last is longer": Lie(
        with_lines("Content-Length: %d", "Content-Length: 90000"), f"cut | {BROKEN}", BROKEN,
        f"{REFUSED} | {BROKEN}", (OURS,), (SENT, EARLY)),
    **{f"length {lines}": unclear(with_lines(*lines)) for lines in (
        ["Content-Length: -5"], ["Content-Length: many"], ["Content-Length: +%d"],
        ["Content-Length: 0x10"], ["Content-Length: 9223372036854775808"], ["Content-Length:"],
        ["Content-Length: %d, %d"], ["Content-Length: %d"] * 2,
        ["Content-Length: 90000", "Content-Length: %d"], ["Transfer-Encoding: identity"])},
}

CHUNKS = {
    **{f"chunked and {line}": unclear(in_chunks(LAST, line)) for line in (
        "Content-Length: 5", "Content-Length: 90000", "Transfer-Encoding: chunked")},
    "a trailer": unclear(in_chunks(b"0\r\nIs-Private-File: true\r\n\r\n")),
    "trailers without end": cut(in_chunks(b"0\r\n" + b"A: b\r\n" * 20000), EARLY),
    "more behind the end": unclear(in_chunks(LAST + b"HTTP/1.1 200 OK\r\n\r\n" + SECRET)),
    "not in chunks": cut(with_lines("Transfer-Encoding: chunked")),
    "chunk longer": cut(half(b"999\r\nabc"), EARLY),
    **{f"chunk {end[:20]}": cut(half(end)) for end in (
        b"zz\r\n", b"-5\r\nabc", b"ffffffffffffffff1\r\nabc", b"3\r\nabcX\r\n" + LAST,
        b"\r\n3\r\nabc\r\n" + LAST, b"0x3\r\nabc\r\n" + LAST)},
    "a chunk without bounds": Lie(half(b"7fffffffffffffff\r\nabc"), "cut", BROKEN,
                                  lines=(OURS,), perhaps=(SENT, EARLY)),
    "a chunk with much to say": Lie(half(b"3;" + b"x" * 100000 + b"\r\nabc\r\n" + LAST),
                                    "cut | other", f"{BROKEN} | 422 damaged",
                                    perhaps=(SENT, EARLY, OURS, DAMAGED)),
}

CONTENTS = {
    **{f"{coding} unasked": Lie(
        lambda flag, body, coding=coding: head(flag, f"Content-Encoding: {coding}")
        + gzip.compress(body), "other", BROKEN, lines=(OURS,))
       for coding in ("gzip", "br", "identity\r\nContent-Encoding: gzip")},
    "HTML as JPEG": Lie(
        lambda flag, body: whole(flag, b"<html><script>alert(1)</script>", kind="image/jpeg"),
        "other", "415 unsupported_type", lines=(NO_IMAGE,)),
    "a range that is not reported": Lie(
        lambda flag, body: whole(flag, body[:100], f"Content-Range: bytes 0-99/{len(body)}"),
        "short", "422 damaged", lines=(DAMAGED,)),
}

STATUSES = {
    "206": answered("206 Partial", "206 public", "Content-Range: bytes 0-99/100"),
    **{status: answered(f"{status} Odd", f"{status} public")
       for status in ("201", "204", "205", "299")},
    **{status: answered(f"{status} Odd", BROKEN)
       for status in ("304", "412", "416", "600", "999", "000")},
    "304 without a word": no_answer(lambda flag, body: b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    # Older versions of NGINX do not support interim answers.
    **{f"{status}, {times} times, before the answer": unclear(
        lambda flag, body, status=status, times=times:
        b"HTTP/1.1 %d Wait\r\nIs-Private-File: false\r\n\r\n" % status * times
        + whole(flag, body))
       for status, times in ((100, 1), (101, 1), (102, 1), (103, 1), (199, 1), (103, 2000))},
    **{f"status line {line[:20]!r}": no_answer(with_status(line)) for line in (
        "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 -200 OK", "HTTP/1.1 +200 OK",
        "HTTP/2 200", "http/1.1 200 OK", "ICY 200 OK", " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200 " + "x" * 100000,
        "x" * 100000)},
    **{f"status line {line!r}": unclear(with_status(line)) for line in (
        "HTTP/1.1 200", "HTTP/1.1  200 OK", "HTTP/9.9 200 OK", "HTTP/1.1 200 OK\0")},
    "no head": no_answer(lambda flag, body: body),
    "no head, but lines": no_answer(lambda flag, body: b"\r\n\r\n" + body),
    "no head, but HTML": no_answer(lambda flag, body: b"<html>" + body),
}

HEADERS = {
    "a giant value": no_answer(with_line("X-A: " + "x" * 1000000)),
    "a giant name": no_answer(with_line("x" * 1000000 + ": a")),
    "thousands": no_answer(with_line("\r\n".join(f"X-{number}: a" for number in range(5000)))),
    "without end": no_answer(lambda flag, body: head(flag)[:-2] + b"A: b\r\n" * 100000),
    "lines end in CR": no_answer(lambda flag, body: whole(flag, body).replace(b"\n", b"", 6)),
    "lines end in LF": unclear(lambda flag, body: head(flag).replace(b"\r", b"") + body),
    "a head in the head": unclear(lambda flag, body: head("false")[:-2] + whole(flag, body)),
    **{f"line {line!r}": no_answer(with_line(line)) for line in (
        "X-A: a\0b", "X-\0A: b", "Is-Private-File: false\0", "Is-Private-\0File: false", "\0",
        "ETag: \0", "Content-Type: image/png\0", "Cache-Control: max-age=\0", "X-A: a\rb")},
    **{f"line {line!r}": unclear(with_line(line)) for line in (
        " folded: b", "\tfolded", ": no name", "no colon", "X A: blank", "X-A : blank",
        "Is-Private-File : false", "X-\x80: b", "X-A: \xff\xfe", "Content-Type:",
        "Content-Type: " + "x" * 3000, "Location: http://elsewhere/", "X-Accel-Buffering: no",
        "X-Accel-Expires: @0", "Connection: close", "Vary: *",
        "Connection: Upgrade\r\nUpgrade: h2c", "Last-Modified: never", "Age: -1",
        "X-A: b\nX-C: d", "Is-Private-File: false\r\nIs-Private-File: 0")},
}

LIES = {**LENGTHS, **CHUNKS, **CONTENTS, **STATUSES, **HEADERS}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_contradictory_answer_is_neither_complete_nor_public(site, rest, trial, lie):
    with logged(site, *lie.lines, perhaps=(*lie.perhaps, *REUSED)):
        found = trial.run(lambda flag, body: saying(lie.text(flag, body), close), may_keep=True)
        rest.wait()
    for way, declared in found.items():
        allowed = (lie.private if way.is_private
                   else lie.original if way.is_original else lie.derivative)
        assert declared in allowed.split(" | "), (way.name, declared)


def test_an_empty_original_is_damaged_from_proxy_cache_too(site, origin, rest):
    path = origin.publish(b"", private=False, headers={"Cache-Control": "max-age=600"})
    with logged(site, DAMAGED):
        assert faults.ask(site, f"/old/cached{path}").body == b""
        assert faults.ask(site, f"/old/cached/{faults.STEP}{path[1:]}").reason == "damaged"
        origin.only_request(path)
        rest.wait()
