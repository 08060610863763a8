"""With `error_log … debug`, the lines of one request read as its story, in this order."""

import re

import pytest

import nginx
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


def story_ending_with(site, since, end):
    """The module's debug lines of the connection that logs `end` first. The client may have the
    answer before that line is written."""
    connection = LINE.search(site.wait_for_log(re.escape(end), since))[1]
    found = [LINE.search(line) for line in site.log_since(since).splitlines()]
    return [match[2] for match in found if match and match[1] == connection]


def comes_in_order(lines, *expected):
    """True if lines that start like these come in this order, with others between them."""
    rest = iter(lines)
    return all(any(line.startswith(start) for line in rest) for start in expected)


def test_a_miss(site, origin):
    path = published(origin)
    since = len(site.log())
    assert site.get(small(path)).status == 200
    lines = story_ending_with(site, since, "derivative: answered")
    assert comes_in_order(
        lines, "gate entered, signature: none", "cache: no usable entry", "flight ", "queue place",
        "derivative: fetching", "fetched, origin's status: 200", "derivative: rendering",
        "render job posted", "rendered: ", "result: stored", "judged, allowed: public",
        "derivative: answered"), lines


def test_a_hit(site, origin):
    path = published(origin)
    since = len(site.log())
    site.get(small(path))
    story_ending_with(site, since, "derivative: answered")
    since = len(site.log())
    assert site.get(small(path)).status == 200
    lines = story_ending_with(site, since, "derivative: answered")
    assert comes_in_order(lines, "gate entered, signature: none", "judged, allowed: public",
                          "cache, entry sent: HIT", "derivative: answered"), lines
    assert not any("fetching" in line or "rendering" in line for line in lines), lines


def test_a_refused_request(site, origin):
    path = published(origin, private=True)
    site.get(signed(small(path)))
    since = len(site.log())
    assert site.get(small(path)).status == 401
    lines = story_ending_with(site, since, "refused: unsigned")
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
    lines = story_ending_with(site, since, "cache, entry sent: HIT")
    assert comes_in_order(lines, "cache: no usable entry", "derivative: waiting", "flight ",
                          "cache, entry sent: HIT"), lines


def test_the_documentation_shows_the_lines_of_a_miss(site, origin):
    page = (nginx.ROOT / "docs/operations.md").read_text()
    shown = re.search(r"<!-- debug log of a miss -->\n```text\n(.*?)```", page, re.DOTALL)[1]
    path = published(origin)
    since = len(site.log())
    site.get(small(path))
    lines = story_ending_with(site, since, "derivative: answered")
    assert [re.sub(r"\d+", "N", line) for line in lines] == [
        re.sub(r"\d+", "N", line) for line in shown.splitlines()]
