"""Floods of one kind of request: other clients of the same two workers are answered as before, the
error log does not fill, and no answer is sent unjudged."""

import itertools
import select
import statistics
import threading
import time

import pytest

import pictures
import signing
from caching import ETAG, statuses
from flooding import flooded

SITE = """
    private_image_key img.key;
    private_image_renders 1 queue=8;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /kept/ { private_image imagekit; private_image_cache kept;
                         proxy_pass {{ origin }}/; }
    location ^~ /locked/ { private_image imagekit; private_image_signature always;
                           proxy_pass {{ origin }}/; }
    location ^~ /locked-cf/ { private_image cloudflare; private_image_signature always;
                              proxy_pass {{ origin }}/; }
    location ^~ /purge/ { private_image_prefix /kept/; private_image_purge;
                          private_image_cache kept; }
    location ^~ /proxied/ { proxy_pass {{ origin }}/; }
    location ^~ /files/ { root {{ folder }}; }
"""

LOAD = 1.2  # seconds of flood in which the others are timed


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish_folder("/many/", pictures.plain(), etag='"one"')
    site = gate(SITE, http="private_image_cache_path {{ folder }}/cache keys_zone=kept:1m; "
                           "error_log logs/default.log;",
                workers=2, files={"files/page.html": b"x" * 30_000})
    yield site
    # Lines that are not announced would also be in the log that holds errors only.
    assert not [line for line in default_log(site).splitlines() if "[error]" in line]


def default_log(site):
    """The error log at its default level."""
    return (site.folder.path / "logs/default.log").read_text()


@pytest.fixture(scope="module")
def photograph(origin):
    """A render of some dozens of milliseconds that is never cached."""
    return origin.publish(pictures.quarters(2400, 1800, "JPEG"), private=False, etag=ETAG,
                          headers={"Cache-Control": "no-store"})


@pytest.fixture(scope="module")
def kept(origin, site):
    path = origin.publish(pictures.quarters(), private=False, etag=ETAG,
                          headers={"Cache-Control": "max-age=600"})
    assert site.get(f"/kept/tr:w-20{path}").status == 200
    return f"/kept/tr:w-20{path}"


def times_of(site, targets, seconds=LOAD):
    """The median time of each target in seconds, requested one after the other on new
    connections."""
    taken = {name: [] for name in targets}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, make in targets.items():
            started = time.monotonic()
            answer = site.get(make())
            assert answer.status == 200, (name, answer)
            taken[name].append(time.monotonic() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


@pytest.mark.measures
@pytest.mark.parametrize("prefix", ["/img/", "/cf/"])
def test_a_flood_of_unsigned_sizes_does_not_slow_other_clients(site, photograph, kept, prefix):
    numbers = itertools.count(500)

    def asked():
        target = (f"/img/tr:w-{next(numbers)}{photograph}" if prefix == "/img/"
                  else f"/cf{photograph}/w={next(numbers)}")
        return target

    def signed():
        return signing.sign("imagekit" if prefix == "/img/" else "cloudflare", asked(), prefix)

    others = {"file": lambda: "/files/page.html", "proxied": lambda: "/proxied" + photograph,
              "hit": lambda: kept, "signed": signed}
    before = times_of(site, others)
    flood = (f"/img/tr:w-{{wide}},q-{{quality}}{photograph}" if prefix == "/img/"
             else f"/cf{photograph}/w={{wide}},q={{quality}}")
    # More than all places of both workers.
    with flooded(site.port, flood, connections=40) as answered_to_flood:
        during = times_of(site, others)
    assert set(answered_to_flood) == {200, 503}
    # Two renders take the two cores, so others share them; but no request waits for a render to
    # end.
    for name in ("file", "proxied", "hit"):
        assert during[name] < 20 * before[name] + before["signed"], (name, before, during)
    # In front of it one render runs and half a queue of eight waits; the flood's own process and
    # the workers take their part of the cores.
    assert during["signed"] < 3 * (1 + 4 + 1) * max(before["signed"], 0.02) + 0.1, (before, during)


FLOODS = {
    "invalid signatures": ("/img/tr:w-{n}/many/x.png?ik-s=" + "0" * 40, {200}),
    "invalid signatures where all need one": ("/locked/tr:w-{n}/many/x.png?ik-s=" + "0" * 40, {401}),
    "invalid signatures of the other dialect": (
        "/locked-cf/many/x.png/w={n}?sig=" + "0" * 64, {403}),
    "missing images": ("/kept/tr:w-20/gone/{n}.png", {404}),
    "unknown options": ("/img/tr:w-x{n}/many/x.png", {400}),
    "unknown variants": ("/cf/many/x.png/none{n}", {403}),
    "paths that cannot be": ("/img/tr:w-20/..%2f{n}", {400}),
    "purges": ("/purge/many/{n}.png", {204}),
}


@pytest.mark.parametrize("target, expected", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_refusals_fills_no_error_log(site, kept, target, expected):
    others = {"file": lambda: "/files/page.html", "hit": lambda: kept}
    before = times_of(site, others, 0.2)
    log = default_log(site)
    method = "PURGE" if 204 in expected else "GET"
    with flooded(site.port, target, connections=8, method=method) as answered:
        during = times_of(site, others, 0.5)
    answered.pop(503, None)
    assert set(answered) == expected
    assert default_log(site) == log
    for name in others:
        assert during[name] < 20 * before[name] + 0.05, (before, during)


def test_a_flood_of_waiting_requests_is_answered_busy_and_leaks_nothing(site, origin, kept):
    """All places are taken by requests for an original that does not arrive."""
    held = threading.Event()
    path = origin.publish(pictures.plain(), private=False, held=held)
    waiting = [site.connect() for _ in range(100)]
    try:
        for number, connection in enumerate(waiting):
            connection.send(f"/img/tr:w-{number + 1}{path}")
        until = time.monotonic() + 10
        while len(answered(waiting)) + len(origin.requests(path)) < len(waiting):
            assert time.monotonic() < until, "some neither wait nor are turned away"
            time.sleep(0.02)
        # Half of the queue and one render in each worker.
        assert 1 + 4 <= len(origin.requests(path)) <= 2 * (1 + 4)
        assert site.get("/files/page.html").status == 200
        assert site.get(kept).status == 200
    finally:
        held.set()
    verdicts = [connection.receive().status for connection in waiting]
    assert set(verdicts) == {200, 503}
    assert verdicts.count(200) == len(origin.requests(path))
    for connection in waiting:
        connection.close()
    assert site.get(f"/img/tr:w-101{path}").status == 200


def answered(connections):
    """The requests that were answered."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection.socket, select.POLLIN)
    return poll.poll(0)


# Marks that a flood evicts from the zone

TINY = """
    private_image_key img.key;
    private_image_cache kept;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def tiny(gate):
    return gate(TINY, http="private_image_cache_path {{ folder }}/cache keys_zone=kept:1m; "
                           "private_image_zone marks:128k;")


def test_an_evicted_mark_makes_no_image_public(tiny, origin):
    images = [origin.publish(pictures.quarters(), private=True, etag=ETAG,
                             headers={"Cache-Control": "max-age=600"}) for _ in range(4)]
    for path in images:
        assert tiny.get(signing.imagekit(f"/img/tr:w-20{path}", "/img/")).status == 200
    with flooded(tiny.port, "/img/many/{n}.png", connections=8):
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for path in images:
                for target, status in ((f"/img/tr:w-20{path}", 401), (f"/img{path}", 401),
                                       (f"/img/tr:w-21{path}", 401), (f"/cf{path}/w=20", 403)):
                    answer = tiny.get(target)
                    assert answer.status in (status, 503) and b"PNG" not in answer.body
    # What was forgotten is asked for again, and its render is still there.
    for path in images:
        answer = tiny.get(signing.imagekit(f"/img/tr:w-20{path}", "/img/"))
        assert answer.verdict == (200, "signed")


def test_an_image_that_became_private_is_not_served_after_its_mark_was_evicted(tiny, origin):
    """The record in the cached derivative says public, but is too old to be used alone."""
    path = origin.publish(pictures.quarters(), private=False, etag=ETAG,
                          headers={"Cache-Control": "max-age=600"})
    assert tiny.get(f"/img/tr:w-20{path}").status == 200
    origin.publish(pictures.quarters(), path, private=True, etag='"two"')
    assert tiny.get(f"/img/tr:w-22{path}").status == 401  # now it is known
    assert tiny.get(f"/img/tr:w-20{path}").status == 401
    statuses(tiny, (f"/img/many/{number}.png" for number in range(1500)))
    asked = len(origin.requests(path))
    assert tiny.get(f"/img/tr:w-22{path}").status == 401
    assert len(origin.requests(path)) == asked + 1
