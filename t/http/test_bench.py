"""The benchmark rejects unexpected answers, and its page shows its figures. The measured values are
not tested here, since they need a quiet machine."""

import importlib.util
import re

import pytest

import pictures
from nginx import ROOT

BENCH = ROOT / "t/bench"


def module_of(name):
    """Imports a module under another name, since modules of the tests have the same names."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


load = module_of("load")
PAGE = (ROOT / "docs/performance.md").read_text()

WRK = """Running 3s test @ http://127.0.0.1:1/
  1 threads and 4 connections
  Latency Distribution
     50%  812.00us
     75%    1.20ms
     90%    2.00ms
     99%    3.50ms
  1500 requests in 3.00s, 10.00MB read
"""


def test_the_output_of_wrk_is_parsed():
    run = load.Run(WRK, 200)
    assert (run.requests, run.seconds, run.per_second) == (1500, 3, 500)
    assert (run.p50, run.p99) == (0.812, 3.5)


@pytest.mark.parametrize("line, status", [
    ("  Non-2xx or 3xx responses: 1", 200), ("  Non-2xx or 3xx responses: 1499", 403),
    ("", 403), ("  Socket errors: connect 0, read 1, write 0, timeout 0", 200)])
def test_a_run_with_another_answer_does_not_count(line, status):
    with pytest.raises(load.UnexpectedAnswer):
        load.Run(WRK + line, status)


def test_a_run_of_refusals_counts_where_refusals_are_expected():
    assert load.Run(WRK + "  Non-2xx or 3xx responses: 1500", 403).requests == 1500


@pytest.fixture(scope="module")
def site(gate):
    return gate("location / { root {{ folder }}/files; log_not_found off; types { image/png png; text/html html; } }",
                files={"files/a.png": pictures.plain(20, 10), "files/page.png": b"<html></html>",
                       "files/a.html": pictures.plain(20, 10)})


@pytest.mark.parametrize("target, width", [("/a.png", 21), ("/a.html", 20), ("/none.png", 20)])
def test_another_answer_ends_the_benchmark(site, target, width):
    with pytest.raises(load.UnexpectedAnswer):
        load.expect(f"http://127.0.0.1:{site.port}{target}", 200, "image/png", width)


def test_an_image_that_cannot_be_decoded_ends_the_benchmark(site):
    with pytest.raises(OSError):
        load.expect(f"http://127.0.0.1:{site.port}/page.png", 200, "image/png", 20)


def test_the_expected_answer_is_accepted(site):
    body = load.expect(f"http://127.0.0.1:{site.port}/a.png", 200, "image/png", 20)
    assert body == pictures.plain(20, 10)


def test_sides_take_turns():
    order = []
    sides = [lambda name=name: order.append(name) or len(order) for name in "AB"]
    assert load.in_turn(*sides, rounds=3) == [[1, 3, 5], [2, 4, 6]]
    assert "".join(order) == "ABABAB"
    assert load.median_ratio([2, 8, 3], [1, 1, 1]) == 3


def test_the_page_has_every_table():
    titles = re.findall(r'Table\(\s*"([^"]+)"', (BENCH / "rows.py").read_text())
    assert len(titles) == 11
    measured = PAGE.partition("<!-- measured: written")[2].partition("<!-- measured: end -->")[0]
    assert re.findall(r"^### (.*)$", measured, re.M) == titles
