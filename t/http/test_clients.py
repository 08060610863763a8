"""Clients that leave, many clients at once, HTTP/2, and a server that reloads or quits meanwhile:
each waiting request is answered, and nothing leaks."""

import concurrent.futures
import threading
import time

import pytest

import client
import pictures
import signing
from clock import fair_time
from figures import soon
from http2 import Http2

SITE = """
    private_image_key img.key;
    private_image_renders 1 queue=8;
    private_image_effort avif=7;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, workers=1)


def slow_target(path, width=220):
    """A render of about a second: noise, at the effort above."""
    return signing.cloudflare(f"/cf{path}/w={width},f=avif,q=50")


@pytest.fixture
def noise(origin):
    return origin.publish(pictures.noise(400, 400), private=False)


def leave(site, target, after=0.0, until=lambda: None):
    connection = site.connect()
    connection.send(target)
    until()
    time.sleep(after)
    connection.close()


def leave_queue(site, targets):
    """Clients leave one after the other while each waits in the queue."""
    for target in targets:
        leave(site, target, until=lambda: soon(site, "renders_waiting", 1))
        soon(site, "renders_waiting", 0)


def start_slow_render(site, pool, noise):
    """Waits until the render runs, and returns the future answer."""
    answer = pool.submit(site.get, slow_target(noise))
    soon(site, "renders_running", 1)
    return answer


def still_answers(site, origin):
    path = origin.publish(pictures.plain(), private=False)
    for _ in range(3):
        assert site.get("/ik/tr:w-20" + path).status == 200
        assert site.get("/ik" + path).status == 200


@pytest.mark.parametrize("step", ["", "/tr:w-20"])
def test_a_client_may_leave_while_the_origin_thinks(site, origin, step):
    held = threading.Event()
    path = origin.publish(pictures.plain(), private=False, held=held)
    leave(site, f"/ik{step}{path}", 0.1, lambda: origin.wait_for(path))
    held.set()
    still_answers(site, origin)


@pytest.mark.parametrize("step", ["", "/tr:w-20"])
def test_a_client_may_leave_during_the_original(site, origin, step):
    path = origin.publish(pictures.noise(300, 300), private=False, chunk_size=4000,
                          chunk_delay=0.05)
    leave(site, f"/ik{step}{path}", 0.3, lambda: origin.wait_for(path))
    still_answers(site, origin)


def test_a_client_may_leave_while_its_render_runs(site, origin, noise):
    leave(site, slow_target(noise), until=lambda: soon(site, "renders_running", 1))
    still_answers(site, origin)


def test_a_client_may_leave_while_its_render_waits(site, origin, noise):
    path = origin.publish(pictures.quarters(), private=False)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = start_slow_render(site, pool, noise)
        leave_queue(site, [f"/ik/tr:w-{20 + number}{path}" for number in range(4)])
        kept = pool.submit(site.get, f"/ik/tr:w-30{path}")
        assert running.result().status == 200
        assert kept.result().status == 200
    still_answers(site, origin)


def test_clients_that_leave_free_their_places_in_the_queue(site, origin, noise):
    path = origin.publish(pictures.quarters(), private=False)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = start_slow_render(site, pool, noise)
        leave_queue(site, [signing.imagekit(f"/ik/tr:w-{20 + number}{path}", "/ik/")
                           for number in range(12)])
        running.result()
    still_answers(site, origin)


def test_many_at_once_are_all_answered(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    secret = origin.publish(pictures.quarters(), private=True)
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        futures = [pool.submit(site.get, f"/ik/tr:w-{20 + n % 7}{secret if n % 3 else path}")
                   for n in range(120)]
        statuses = [future.result().status for future in futures]
    # A place in the queue is taken before the mark is known.
    assert set(statuses[0::3]) <= {200, 503} and 200 in statuses[0::3]
    assert set(statuses[1::3] + statuses[2::3]) <= {401, 503} and 401 in statuses


def test_pipelined_requests_are_answered_in_order(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    secret = origin.publish(pictures.quarters(), private=True)
    targets = [f"/ik/tr:w-20{path}", f"/ik{secret}", f"/ik{path}", f"/ik/tr:w-30{path}"]
    with site.connect() as connection:
        connection.socket.sendall("".join(
            f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n" for target in targets).encode())
        stream = connection.socket.makefile("rb")
        assert [status_and_body(stream)[0] for _ in targets] == [200, 401, 200, 200]


def status_and_body(stream):
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream.read(length)


# Reload and quit

def test_a_reload_lets_running_renders_finish(gate, origin, noise):
    site = gate(SITE, workers=1)
    path = origin.publish(pictures.quarters(), private=False)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = start_slow_render(site, pool, noise)
        waiting = pool.submit(site.get, f"/ik/tr:w-20{path}")
        soon(site, "renders_waiting", 1)
        old = site.reload()
        assert site.get(f"/ik/tr:w-21{path}").status == 200
        assert running.result().status == 200
        assert waiting.result().status == 200
    site.wait_until_gone(old)


def test_a_reload_lets_a_fetch_finish(gate, origin):
    site = gate(SITE, workers=1)
    held = threading.Event()
    path = origin.publish(pictures.quarters(), private=True, held=held)
    targets = [signing.imagekit(f"/ik{step}{path}", "/ik/") for step in ("", "/tr:w-20")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = [pool.submit(site.get, target) for target in targets]
        origin.wait_for(path, 2)
        old = site.reload()
        held.set()
        assert [one.result().status for one in running] == [200, 200]
    site.wait_until_gone(old)


def test_a_reload_changes_keys_and_variants_at_once(gate, origin):
    path = origin.publish(pictures.quarters(), private=True)
    site = gate(SITE + "private_image_variant small public w=20;")
    signed = signing.imagekit(f"/ik{path}", "/ik/")
    assert site.get(signed).status == 200
    assert site.get(f"/ik/tr:n-small{path}").image().size[0] == 20
    site.folder.configure(server=SITE.replace("img.key", "other.key")
                          + "private_image_variant small public w=30;")
    old = site.reload()
    site.wait_until_gone(old)
    assert site.get(signed).verdict == (401, "bad_signature")
    assert site.get(signing.imagekit(f"/ik{path}", "/ik/", signing.OTHER_KEY)).status == 200
    assert site.get(f"/ik/tr:n-small{path}").image().size[0] == 30


def test_a_reload_with_an_invalid_line_keeps_the_old_configuration(gate, origin):
    site = gate(SITE)
    site.folder.configure(server=SITE.replace("imagekit", "nonsense"))
    site.process.send_signal(1)
    site.wait_for_log(r"\[emerg\].*nonsense")
    path = origin.publish(pictures.plain(), private=False)
    assert site.get(f"/ik/tr:w-20{path}").status == 200
    site.allow_emergency("nonsense")


def test_quit_delivers_what_was_requested_before(gate, origin, noise):
    site = gate(SITE, workers=1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = start_slow_render(site, pool, noise)
        site.quit()
        assert running.result().status == 200
    site.process.wait(client.TIMEOUT)
    assert site.process.returncode == 0


def test_terminating_during_a_render_is_quick_and_clean(gate, origin, noise):
    """NGINX kills workers that need more than a second and a half, as on a busy machine."""
    site = gate(SITE, workers=1)
    site.allow_emergency(r"exited on signal 9")
    connection = site.connect()
    connection.send(slow_target(noise, 150))
    soon(site, "renders_running", 1)
    started = fair_time()
    site.process.terminate()
    site.process.wait(client.TIMEOUT)
    assert fair_time() - started < 4 * client.SLOWNESS
    connection.close()


# HTTP/2

HTTP2 = """
    private_image_key img.key;
    private_image_renders 1 queue=30;
    private_image_effort avif=7;
    private_image_variant small public w=20;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
"""

@pytest.fixture(scope="module")
def second(gate):
    return gate("", http="server { listen 127.0.0.1:{{ port_of('h2') }} http2;" + HTTP2 + "}")


@pytest.fixture
def http2(second):
    with Http2(second.folder.port("h2")) as connection:
        yield connection


def test_http2_is_answered_like_http1(http2, origin):
    path = origin.publish(pictures.quarters(), private=False)
    secret = origin.publish(pictures.huge(), private=True)
    wanted = {http2.ask(target): status for target, status in (
        (f"/ik{path}", 200), (f"/ik/tr:w-20{path}", 200), (f"/ik{secret}", 401),
        (f"/ik/tr:w-20{secret}", 401), (signing.imagekit(f"/ik/tr:w-20{path}", "/ik/"), 200),
        (signing.imagekit(f"/ik{secret}", "/ik/"), 200), (f"/cf{secret}/w=20", 403),
        (f"/ik/tr:n-small{path}", 200), ("/ik/../ik/x", 400), ("/ik/tr:w-20/nowhere.png", 404))}
    answers = http2.receive()
    assert {stream: answer[0] for stream, answer in answers.items()} == wanted
    assert [len(answer[1]) > 20_000_000 for answer in answers.values()].count(True) == 1


def test_many_streams_on_one_connection_are_all_answered(http2, origin):
    path = origin.publish(pictures.quarters(), private=False)
    secret = origin.publish(pictures.quarters(), private=True)
    streams = [http2.ask(f"/ik/tr:w-{20 + n}{secret if n % 2 else path}") for n in range(12)]
    answers = http2.receive()
    assert [answers[stream][0] for stream in streams] == [200, 401] * 6


def test_a_reset_stream_harms_no_other(http2, origin, noise):
    path = origin.publish(pictures.quarters(), private=False)
    late = origin.publish(pictures.quarters(), private=False, delay=0.5)
    body = origin.publish(pictures.huge(), private=False, chunk_delay=0.01)
    for target in (slow_target(noise), f"/ik/tr:w-20{late}", f"/ik{late}", f"/ik{body}"):
        stream = http2.ask(target)
        time.sleep(0.2)
        http2.reset(stream)
    kept = http2.ask(f"/ik/tr:w-20{path}")
    assert http2.receive()[kept][0] == 200


def test_a_connection_may_go_with_all_its_streams(second, origin, noise):
    path = origin.publish(pictures.quarters(), private=False)
    late = origin.publish(pictures.quarters(), private=False, delay=0.5)
    with Http2(second.folder.port("h2")) as connection:
        for target in (slow_target(noise), f"/ik/tr:w-20{late}", f"/ik{late}", f"/ik{path}"):
            connection.ask(target)
        time.sleep(0.2)
    with Http2(second.folder.port("h2")) as connection:
        kept = connection.ask(f"/ik/tr:w-20{path}")
        assert connection.receive()[kept][0] == 200
