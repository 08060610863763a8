"""With `error_log … debug`, the lines of a request describe its stages in order."""

import re

import pytest

from caching import HTTP, published, signed, small
from visitors import SPREAD, Visitors, release, wait_until_all_wait

SITE = SPREAD + """
    error_log logs/error.log debug;
    private_image_key img.key;
    private_image_cache derivatives;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""

LINE = re.compile(r"\[debug\] .* \*(\d+) private_image: (.*)")


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP)


def stories(site, since):
    """The module's new debug lines, by connection."""
    lines = {}
    for line in site.log_since(since).splitlines():
        if match := LINE.search(line):
            lines.setdefault(match[1], []).append(match[2])
    return list(lines.values())


def comes_in_order(lines, *expected):
    """True if the expected lines come in this order; other lines may be between them."""
    rest = iter(lines)
    return all(any(line.startswith(start) for line in rest) for start in expected)


def test_a_miss(site, origin):
    path = published(origin)
    since = len(site.log())
    assert site.get(small(path)).status == 200
    assert any(comes_in_order(lines, "gate entered, signature: none", "cache: no usable entry", "flight ",
                     "queue place", "derivative: fetching", "fetched, origin's status: 200",
                     "derivative: rendering", "render job posted", "rendered: ",
                     "result: stored", "judged, allowed: public", "derivative: answered")
               for lines in stories(site, since)), stories(site, since)


def test_a_hit(site, origin):
    path = published(origin)
    site.get(small(path))
    since = len(site.log())
    assert site.get(small(path)).status == 200
    lines, = stories(site, since)
    assert comes_in_order(lines, "gate entered, signature: none", "judged, allowed: public",
                 "cache, entry sent: HIT", "derivative: answered"), lines
    assert not any("fetching" in line or "rendering" in line for line in lines), lines


def test_a_refused_request(site, origin):
    path = published(origin, private=True)
    site.get(signed(small(path)))
    since = len(site.log())
    assert site.get(small(path)).status == 401
    lines, = stories(site, since)
    assert comes_in_order(lines, "gate entered, signature: none", "refused: unsigned"), lines
    assert not any(line.startswith("judged, allowed") for line in lines), lines


def test_a_request_that_waits_for_another(site, origin, held):
    path = published(origin, held=held)
    visitors = Visitors(site)
    since = len(site.log())
    visits = visitors.come(small(path), 2)
    wait_until_all_wait(visitors)
    release(held, visitors, visits)
    visitors.pool.shutdown()
    assert any(comes_in_order(lines, "cache: no usable entry", "derivative: waiting", "flight ",
                     "cache, entry sent: HIT", "derivative: answered")
               for lines in stories(site, since)), stories(site, since)
