"""HTTP/2 clients that reset streams at any stage, also by the hundred, or leave with all their
streams: none of this is logged as an error of the module, and the next request is answered."""

import threading

import pytest

import client
import faults
import pictures
from faults import PUBLIC, head
from http2 import Http2
from rest import HTTP, LOCATIONS, logged, signed, wait_for_gauge
from test_faults_client import STAGES, Pause

SLOW = "tr:w-200,f-avif,q-50"


@pytest.fixture(scope="module")
def site(gate):
    return gate("listen 127.0.0.1:{{ port_of('h2') }} http2;" + LOCATIONS, http=HTTP)


@pytest.fixture(autouse=True)
def nothing_is_logged(site, rest):
    with logged(site):
        yield
        rest.wait()


def connect(site):
    return Http2(site.folder.port("h2"))


def assert_all_is_right(site, origin, trial):
    """Each way, on its own connection."""
    path = origin.publish(faults.PICTURE, private=False)
    with connect(site) as connection:
        asked = {connection.ask(way.target(path)): way for way in PUBLIC}
        answers = connection.receive()
    for stream, way in asked.items():
        assert answers[stream] == [200, trial.right(way)], way.name


@pytest.mark.parametrize("how", ["resets", "goes", "says goodbye and goes"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_stream_may_end_while_the_origin(site, origin, rest, trial, stage, how):
    with connect(site) as connection:
        pauses = []
        for way in PUBLIC:
            begin = head(way.flag, f"Content-Length: {len(way.body)}")
            text = begin + way.body
            pauses.append(Pause(text, STAGES[stage](text, len(begin))))
            path = origin.publish(exchange=pauses[-1].exchange)
            stream = connection.ask(way.target(path))
            assert pauses[-1].reached.wait(client.TIMEOUT), way.name
            if how == "resets":
                connection.reset(stream)
        if how == "says goodbye and goes":
            connection.state.close_connection()
            connection.flush()
        if how != "resets":
            connection.close()
        for way, pause in zip(PUBLIC, pauses):
            assert way.store == "cached" or pause.left.wait(client.TIMEOUT), way.name
            pause.released.set()
    rest.wait()
    assert_all_is_right(site, origin, trial)


@pytest.mark.parametrize("step", ["", faults.STEP], ids=["original", "derivative"])
@pytest.mark.parametrize("store", ["plain", "cached"])
def test_hundreds_of_streams_are_reset_at_once(site, origin, rest, trial, store, step):
    held = threading.Event()
    path = origin.publish(faults.PICTURE, private=False, held=held)
    try:
        for _ in range(3):
            with connect(site) as connection:
                for number in range(300):
                    stream = connection.ask(f"/kept/{store}/{step}{path[1:]}", flush=False)
                    connection.reset(stream, flush=False)
                connection.flush_quietly()
    finally:
        held.set()
    rest.wait()
    assert_all_is_right(site, origin, trial)


def test_a_stream_may_end_while_its_render_runs_or_waits(site, origin, rest, trial):
    noise = origin.publish(pictures.noise(400, 400), private=False)
    with connect(site) as connection:
        streams = [connection.ask(signed(f"/kept/plain/{SLOW}{noise}")) for _ in range(4)]
        wait_for_gauge(site, "renders_waiting", 2)  # two run: one in the other worker's stead
        for stream in reversed(streams):
            connection.reset(stream)
        wait_for_gauge(site, "renders_waiting", 0)
    rest.wait()
    assert_all_is_right(site, origin, trial)
