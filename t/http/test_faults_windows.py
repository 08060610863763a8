"""HTTP/2 clients that open their windows late, by a few bytes, or never, or reduce them, or leave
during an answer. A client that reads gets the same bytes as with HTTP/1.1; one that does not read
holds only memory, and only until send_timeout. h2 checks the windows. None of this is logged as an
error of the module."""

import itertools

import hyperframe.frame
import pytest

import client
import pictures
from faults import PICTURE, PUBLIC, head
from http2 import FIRST, WIDE, Http2
from rest import HTTP, LOCATIONS, STRICT, logged
from test_faults_client import LEAVE, Pause
from test_faults_http2 import assert_all_is_right

# Several windows' worth, as an original and as a derivative; by this step, or as a variant, whose
# own image is missing.
BODY = pictures.noise(400, 300, "PNG")
OPTIONS = "w-390,f-png"
LARGE = f"tr:{OPTIONS}/"
NAMED = """
    {% for store in ("plain", "cached") %}
    location ^~ /named/{{ store }}/ {
        private_image imagekit;
        private_image_variant shown public tr:{{ options }},di-{{ default_image }};
        {% if store == "cached" %} private_image_cache derivatives; {% endif %}
        proxy_pass {{ origin }}/;
    }
    {% endfor %}
"""


@pytest.fixture(scope="module")
def site(gate, origin):
    default_image = origin.publish(BODY, private=False, etag='"stands in"')
    return gate("listen 127.0.0.1:{{ port_of('h2') }} http2;" + LOCATIONS + NAMED,
                http=HTTP + STRICT, options=OPTIONS, default_image=default_image[1:])


@pytest.fixture(autouse=True)
def nothing_is_logged(site, rest):
    with logged(site):
        yield
        rest.wait()


def connect(site, port="h2", **options):
    return Http2(site.folder.port(port), **options)


class Answers:
    """The answers of HTTP/1.1 in every way, by target."""

    def __init__(self, site, origin):
        self.site, self.origin = site, origin
        self.derivative = site.get(f"/kept/plain/{LARGE}{self.publish()[1:]}").body
        assert min(len(BODY), len(self.derivative)) > 4 * FIRST

    def publish(self):
        return self.origin.publish(BODY, private=False, etag='"large"')

    def by_ways(self):
        """Targets of all ways that both servers have, for an image that was not requested
        before."""
        path = self.publish()
        return {way.target(path, step=LARGE): BODY if way.is_original else self.derivative
                for way in PUBLIC}

    def fresh(self):
        path = self.publish()
        missing = f"/tr:n-shown/missing{path}"
        return {**self.by_ways(), f"/named/plain{missing}": self.derivative,
                f"/named/cached{missing}": self.derivative}

    def kept(self):
        """Targets of the ways that store anything."""
        found = self.fresh()
        for target, right in found.items():
            assert self.site.get(target).body == right, target
        return found


@pytest.fixture(scope="module")
def answers(site, origin):
    return Answers(site, origin)


@pytest.fixture(params=["fresh", "kept"])
def large(request, answers):
    return getattr(answers, request.param)()


def ask_all(connection, targets, **options):
    """Requests in all ways; returns {stream: expected answer} after the head of each answer."""
    asked = {connection.ask(target, **options): right for target, right in targets.items()}
    connection.wait_for_heads()
    assert {status for status, _ in connection.answers.values()} == {200}
    return asked


def assert_all_is_whole(connection, asked):
    found = connection.receive()
    for stream, right in asked.items():
        assert found[stream] == [200, right], (stream, len(found[stream][1]), len(right))
    assert not connection.left & asked.keys()


def assert_others_are_served(site, origin, trial, connection):
    """Another stream of the connection, unless the connection's window is full, and other
    connections."""
    if connection is not None:
        stream = connection.ask(f"/kept/plain{origin.publish(PICTURE, private=False)}")
        connection.receive_until(lambda: stream in connection.ended)
        assert connection.answers[stream] == [200, PICTURE]
    assert_all_is_right(site, origin, trial)


# ------------------------------------------------------------------ windows that are shut

def test_streams_that_may_not_answer_hold_no_place(site, origin, rest, trial, large):
    with connect(site, stream_window=0) as connection:
        asked = ask_all(connection, large, window=0)
        assert_others_are_served(site, origin, trial, connection)
        rest.assert_places_are_free()
        assert not any(connection.lengths(asked))
        for stream in asked:
            connection.open(WIDE, stream)
        assert_all_is_whole(connection, asked)


def test_streams_that_never_may_answer_are_left(site, origin, rest, trial, answers):
    targets = answers.by_ways()
    for _ in ("rendered and stored", "kept"):
        with connect(site, "strict h2", stream_window=0) as connection:
            asked = ask_all(connection, targets, window=0)
            assert_others_are_served(site, origin, trial, connection)
            connection.receive()
            assert connection.left == asked.keys() and not any(connection.lengths(asked))
            assert_others_are_served(site, origin, trial, connection)
            assert not connection.is_closed
        rest.wait()


def test_a_connection_may_be_full(site, origin, rest, trial, large):
    """All streams share the initial window; when it is full, only answers without a body are
    received."""
    with connect(site, window=0) as connection:
        asked = ask_all(connection, large)
        connection.receive_until(lambda: sum(connection.lengths(asked)) == FIRST)
        head_only = connection.ask(next(iter(large)), method="HEAD")
        connection.receive_until(lambda: head_only in connection.ended)
        assert connection.answers[head_only] == [200, b""]
        assert_others_are_served(site, origin, trial, None)
        rest.assert_places_are_free()
        for _ in range(5):
            so_far = sum(connection.lengths(asked))
            connection.open(10_000)
            connection.receive_until(lambda: sum(connection.lengths(asked)) == so_far + 10_000)
        connection.open(WIDE)
        assert_all_is_whole(connection, asked)


def test_a_connection_that_stays_full_is_left(site, origin, rest, trial, answers):
    targets = answers.by_ways()
    for _ in ("rendered and stored", "kept"):
        with connect(site, "strict h2", window=0) as connection:
            asked = ask_all(connection, targets)
            assert_others_are_served(site, origin, trial, None)
            connection.receive()
            assert connection.left == asked.keys()
            assert sum(connection.lengths(asked)) == FIRST
            connection.open(WIDE)
            assert_others_are_served(site, origin, trial, connection)
        rest.wait()


def test_a_connection_that_is_not_read_is_left(site, rest, answers):
    targets = answers.by_ways()
    for _ in ("rendered and stored", "kept"):
        with connect(site, "strict h2") as connection:
            connection.wait_for_answers()
            for target in targets:
                connection.ask(target)
            rest.wait()  # until nginx has closed its end
            connection.receive()
            assert connection.is_closed and connection.answers.keys() - connection.ended


def test_a_head_needs_no_window(site, large):
    with connect(site, stream_window=0) as connection:
        asked = {connection.ask(target, method="HEAD", window=0): right
                 for target, right in large.items()}
        found = connection.receive()
    for stream, right in asked.items():
        assert found[stream] == [200, b""] and connection.declared[stream] == len(right)
    assert not connection.left


# ------------------------------------------------------------------ windows that open slowly

def read_slowly(connection, asked, steps):
    """Opens the window of each stream in these steps; the answer fills each step."""
    for step in itertools.cycle(steps):
        open_streams = asked.keys() - connection.ended
        if not open_streams:
            return
        wanted = {}
        for stream in open_streams:
            wanted[stream] = len(connection.answers[stream][1]) + step
            connection.open(step, stream, flush=False)
        connection.flush()
        connection.receive_until(lambda: all(
            stream in connection.ended
            or len(connection.answers[stream][1]) == length < len(asked[stream])
            for stream, length in wanted.items()))
        assert not connection.is_closed


@pytest.mark.parametrize("step", [1, 23])
def test_small_answers_may_be_read_by_a_few_bytes(site, origin, trial, step):
    path = origin.publish(PICTURE, private=False)
    targets = {way.target(path): trial.right(way) for way in PUBLIC
               if step > 1 or not way.is_original}
    with connect(site, stream_window=0) as connection:
        asked = ask_all(connection, targets, window=0)
        read_slowly(connection, asked, [step])
        assert_all_is_whole(connection, asked)


def test_large_answers_may_be_read_slowly(site, large):
    with connect(site, stream_window=0) as connection:
        asked = ask_all(connection, large, window=0)
        read_slowly(connection, asked, [1, 4095, 8192, 16385, 40000])
        assert_all_is_whole(connection, asked)


def test_windows_may_be_changed_during_an_answer(site, large):
    with connect(site) as connection:
        asked = ask_all(connection, large, window=0)
        connection.wait_for_lengths(asked, FIRST)
        connection.begin_windows_with(0)
        for stream in asked:
            connection.open(FIRST, stream)  # of which nothing is left
        connection.ping()
        assert set(connection.lengths(asked)) == {FIRST}
        connection.begin_windows_with(500)
        connection.wait_for_lengths(asked, FIRST + 500)
        connection.begin_windows_with(20)
        for stream in asked:
            connection.open(481, stream)
        connection.wait_for_lengths(asked, FIRST + 501)
        connection.ping()
        assert set(connection.lengths(asked)) == {FIRST + 501}
        asked |= ask_all(connection, large, window=0)
        connection.wait_for_lengths(asked, 20)
        connection.begin_windows_with(WIDE)
        assert_all_is_whole(connection, asked)


# ------------------------------------------------------------------ leaving during an answer

def says_goodbye(connection):
    connection.state.close_connection()
    connection.flush()
    connection.close()


def opens_too_far(connection):
    """Checks that nginx only ends the stream or the connection."""
    connection.open_unseen(2 ** 31 - 1)
    connection.receive()
    assert connection.is_closed


DURING = {**LEAVE, "goodbye": says_goodbye, "too far": opens_too_far}


@pytest.mark.parametrize("how", DURING)
def test_a_connection_may_end_during_its_answers(site, origin, trial, large, how):
    with connect(site) as connection:
        asked = ask_all(connection, large, window=0)
        connection.wait_for_lengths(asked, FIRST)
        DURING[how](connection)
    assert_others_are_served(site, origin, trial, None)


def test_half_of_many_streams_may_be_reset_during_their_answers(site, origin, trial, answers):
    kept = answers.kept()
    with connect(site) as connection:
        for number in range(3):
            asked = ask_all(connection, kept, window=0)
            asked |= ask_all(connection, answers.fresh(), window=0)
            connection.wait_for_lengths(asked, FIRST)
            for stream in list(asked)[number % 2::2]:
                connection.reset(stream, flush=False)
                del asked[stream]
            for stream in asked:
                connection.open(WIDE, stream)
            assert_all_is_whole(connection, asked)
        assert_others_are_served(site, origin, trial, connection)


def test_some_streams_may_be_opened_too_far(site, origin, trial, large):
    """nginx ends these streams; the others do not continue meanwhile, since the connection is
    full."""
    with connect(site, window=0) as connection:
        asked = ask_all(connection, large)
        connection.receive_until(lambda: sum(connection.lengths(asked)) == FIRST)
        begun = [stream for stream in asked if connection.answers[stream][1]]
        leaving = {*list(asked)[::3], *begun[::2]}
        for stream in leaving:
            connection.open_unseen(2 ** 31 - 1, stream)
            del asked[stream]
        connection.receive_until(lambda: connection.left == leaving)
        connection.open(WIDE)
        assert_all_is_whole(connection, asked)
        assert_others_are_served(site, origin, trial, connection)


def test_goodbye_may_be_sent_before_the_answers_are_read(site, large):
    with connect(site) as connection:
        asked = ask_all(connection, large, window=0)
        connection.wait_for_lengths(asked, FIRST)
        connection.socket.sendall(hyperframe.frame.GoAwayFrame(0).serialize())
        for stream in asked:
            connection.open(WIDE, stream)
        assert_all_is_whole(connection, asked)


def test_streams_may_end_while_the_origin_answers_them(site, origin, trial):
    """Half of the streams; the others get complete answers."""
    with connect(site) as connection:
        visits = []
        for way in [way for way in PUBLIC if way.is_original for _ in range(2)]:
            text = head(way.flag, f"Content-Length: {len(BODY)}") + BODY
            pause = Pause(text, len(text) // 2)
            stream = connection.ask(way.target(origin.publish(exchange=pause.exchange)))
            visits.append((way, pause, stream))
        connection.wait_for_heads()
        connection.wait_for_lengths(connection.answers, FIRST)
        for way, pause, stream in visits[::2]:
            connection.reset(stream)
            assert way.store == "cached" or pause.left.wait(client.TIMEOUT), way.name
        for _, pause, _ in visits:
            pause.released.set()
        assert_all_is_whole(connection, {stream: BODY for *_, stream in visits[1::2]})
    assert_all_is_right(site, origin, trial)
