"""An origin that closes, resets or stalls the connection at every stage of its answer. The client
of an incomplete answer gets a refusal or an answer that is cut; it is not cached, and no file of it
remains."""

import pytest

from faults import HASTY, WAYS, chunk, close, head, reset, saying, stall
from rest import HTTP, LOCATIONS, logged

ENDS = {"closes": close, "resets": reset, "stalls": stall}
BROKEN, SILENT = "502 origin_error", "504 origin_timeout"
# A connection may be reset before NGINX notices that it is established.
RESET = "(connect|recv|readv).. failed .104"
CLOSED = "upstream prematurely closed connection while reading response header"
LINES = {"closes": ["upstream prematurely closed", "private_image: origin_error"],
         "resets": [RESET, "private_image: origin_error"],
         "stalls": ["upstream timed out .110", "private_image: origin_timeout"]}


@pytest.fixture(scope="module")
def site(gate):
    return gate(LOCATIONS, http=HTTP)


def check(found, expected):
    invalid = {way.name: word for way, word in found.items() if word != expected(way)}
    assert not invalid


# Faults within the response head

def in_head(part):
    """Returns a function that makes the head of an answer, cut at `part`."""
    def cut(flag):
        text = head(flag, "Content-Length: 7000")
        return text[:{"before the status line": 0, "in the status": 10, "after the status line": 17,
                      "in a name": 25, "in a value": text.index(flag.encode()) + 2,
                      "before the end of the head": len(text) - 2}[part]]
    return cut


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("part", ["before the status line", "in the status",
                                  "after the status line", "in a name", "in a value",
                                  "before the end of the head"])
def test_an_incomplete_head_is_refused(site, rest, trial, part, end):
    is_silent = end == "stalls"
    with logged(site, *LINES[end]):
        found = trial.run(lambda flag, body: saying(in_head(part)(flag), ENDS[end]),
                          HASTY if is_silent else WAYS)
        rest.wait()
    check(found, lambda way: SILENT if is_silent else BROKEN)


# Faults within the body

def framed(framing, flag, body, part):
    """The head and the body up to `part`."""
    length = {"nothing": 0, "a byte": 1, "a half": len(body) // 2, "all but a byte": len(body) - 1,
              "all": len(body), "all and the end": len(body)}[part]
    sent = body[:length]
    if framing == "a length":
        return head(flag, f"Content-Length: {len(body)}") + sent
    if framing == "no length":
        return head(flag) + sent
    pieces = [chunk(sent[start:start + 3000]) for start in range(0, length, 3000)]
    end = b"0\r\n\r\n" if part == "all and the end" else b""
    return head(flag, "Transfer-Encoding: chunked") + b"".join(pieces) + end


STAGES = [(framing, part, end)
          for framing in ("a length", "chunks", "no length")
          for part in ("nothing", "a byte", "a half", "all but a byte", "all", "all and the end")
          for end in ENDS
          if (part == "all and the end") <= (framing == "chunks")
          and (end != "stalls" or part in ("nothing", "a half", "all", "all and the end"))]


def is_whole(framing, part, end):
    """By the rules of HTTP: without a length, the body ends when the origin closes."""
    if framing == "no length":
        return end == "closes"
    return part == ("all" if framing == "a length" else "all and the end")


def expected(framing, part, end):
    def of(way):
        if way.is_private:
            return "401 unsigned"
        if is_whole(framing, part, end):
            if part in ("all", "all and the end"):
                return "whole"
            # Only a decoder can detect that bytes are missing.
            derivative = {"a byte": "415 unsupported_type",
                          "all but a byte": "whole"}.get(part, "422 damaged")
            return "short" if way.is_original else derivative
        if way.is_original:
            return "cut"
        return SILENT if end == "stalls" else BROKEN
    return of


def lines_of(framing, part, end):
    if is_whole(framing, part, end):
        decoder = {"nothing": "damaged", "a byte": "unsupported_type", "a half": "damaged"}
        return [f"private_image: {decoder[part]}"] if part in decoder else []
    return LINES[end]


@pytest.mark.parametrize("framing, part, end", STAGES)
def test_an_incomplete_body_is_never_sent_as_complete(site, rest, trial, framing, part, end):
    # An origin that has sent everything may still break a connection that nginx reads, or would
    # reuse.
    with logged(site, *lines_of(framing, part, end), perhaps=[RESET, CLOSED]):
        found = trial.run(
            lambda flag, body: saying(framed(framing, flag, body, part), ENDS[end]),
            HASTY if end == "stalls" else WAYS, may_keep=is_whole(framing, part, end))
        rest.wait()
    check(found, expected(framing, part, end))
