"""The render thread reads originals in a folder from the file that was judged: a waiting request
holds no bytes, and a change of the file meanwhile is noticed."""

import concurrent.futures
import os
import time

import pytest

import pictures
from clock import fair_time
from figures import figures, key, soon

SITE = """
    private_image_renders 1 queue=8;
    private_image_effort avif=7;
    private_image_unmarked public;
    private_image_source_types png svg avif;
    location ^~ /sent/   { private_image cloudflare; sendfile on;  alias {{ folder }}/files/; }
    location ^~ /copied/ { private_image cloudflare; sendfile off; alias {{ folder }}/files/; }
    location = /metrics  { private_image_status prometheus; }
"""
LONG = b"<!-- " + b"licence " * 5000 + b"-->\n"
SLOW = "w=300,f=avif,q=50"  # about a second of work on noise, at this effort


@pytest.fixture(scope="module")
def site(gate):
    files = {"noise.png": pictures.noise(400, 400, kind="PNG"), "red.png": pictures.plain(90, 60),
             "large.png": pictures.noise(900, 900, kind="PNG"), "page.png": b"<html></html>",
             "empty.png": b"", "long.svg": LONG + pictures.SVG,
             "endless.svg": b"<!--" + bytes(100_000), "long.html": LONG + b"<html><svg>"}
    site = gate(SITE, workers=1, files={f"files/{name}": body for name, body in files.items()})
    site.expect_errors(r"private_image: (unsupported_type|damaged): ")
    return site


@pytest.mark.parametrize("name", ["red.png", "large.png"])
def test_the_buffering_of_the_origin_s_answer_does_not_change_the_result(site, name):
    sent, copied = (site.get(f"/{way}/{name}/w=40") for way in ("sent", "copied"))
    assert sent.verdict == copied.verdict == (200, "public")
    assert sent.body == copied.body and sent.image().width == 40


@pytest.mark.parametrize("way", ["sent", "copied"])
@pytest.mark.parametrize("name, verdict", [("page.png", (415, "unsupported_type")),
                                           ("empty.png", (422, "damaged")),
                                           ("long.svg", (200, "public")),
                                           ("endless.svg", (415, "unsupported_type")),
                                           ("long.html", (415, "unsupported_type"))])
def test_a_file_is_judged_by_its_first_bytes(site, way, name, verdict):
    assert site.get(f"/{way}/{name}/w=40").verdict == verdict


def while_it_waits(site, name, change):
    """The answer for a file that changes between its judgement and its render."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = pool.submit(site.get, f"/sent/noise.png/{SLOW}")
        soon(site, "renders_running", 1)
        waiting = pool.submit(site.get, f"/sent/{name}/w=40")
        soon(site, "renders_waiting", 1)
        change()
        assert slow.result().status == 200
        return waiting.result()


def put(site, name, body):
    path = site.folder.path / "files" / name
    path.write_bytes(body)
    return path


def test_a_waiting_request_holds_no_bytes(site):
    held = []

    def look():
        # Those of the one that renders; the other's would be more than all of these.
        held.append(figures(site)[key("source_held_bytes")])

    path = put(site, "waits.png", pictures.noise(900, 900, kind="PNG"))
    assert while_it_waits(site, "waits.png", look).verdict == (200, "public")
    assert held[0] < path.stat().st_size
    soon(site, "source_held_bytes", 0)


def test_a_file_truncated_before_the_render_is_damaged(site):
    path = put(site, "cut.png", pictures.noise(200, 200, kind="PNG"))
    answer = while_it_waits(site, "cut.png", lambda: os.truncate(path, 3000))
    assert answer.reason == "damaged"
    site.wait_for_log("damaged: .* a source's file: ")


def test_the_judged_file_is_the_one_rendered(site):
    """Even if another file has its name meanwhile."""
    path = put(site, "other.png", pictures.plain(90, 60, colour=pictures.RED))

    def replace():
        new = put(site, "new.png", pictures.plain(90, 60, colour=pictures.BLUE))
        new.replace(path)

    answer = while_it_waits(site, "other.png", replace)
    assert answer.status == 200 and pictures.shows(answer.image(), pictures.RED)


def test_no_file_stays_open(site):
    (worker,) = site.answering()
    for _ in range(3):
        assert site.get("/sent/red.png/w=30").status == 200
    until = fair_time() + 5
    files = str(site.folder.path / "files")
    while any(files in os.readlink(link) for link in links(worker)):
        assert fair_time() < until
        time.sleep(0.02)


def links(worker):
    folder = f"/proc/{worker}/fd"
    return [f"{folder}/{name}" for name in os.listdir(folder) if os.path.islink(f"{folder}/{name}")]
