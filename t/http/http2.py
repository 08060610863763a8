"""An HTTP/2 client that can misbehave: many streams on one connection, resets at any time, windows
opened in any way. h2 raises an error if the server exceeds a window. Has a timeout."""

import socket

import h2.config
import h2.connection
import h2.settings
import hyperframe.frame

import client

# The initial window of HTTP/2, and a window that no test fills.
FIRST, WIDE = 65535, 2 ** 30


class Http2:
    """A connection with several streams at once. `window` is added to the connection's window;
    `stream_window` is the initial window of each stream."""

    def __init__(self, port, window=WIDE, stream_window=FIRST):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=client.TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        self.answers, self.declared, self.ended, self.left = {}, {}, set(), set()
        self.is_closed, self.awaited = False, 1  # how many of our settings and pings are unanswered
        self.state.initiate_connection()
        self.open(window)
        if stream_window != FIRST:
            self.begin_windows_with(stream_window)

    def ask(self, target, flush=True, method="GET", window=WIDE, body=b"", ends=True, **headers):
        """`window` is added to the window of the stream; with `ends`, the body is complete."""
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, [(":method", method), (":path", target),
                                         (":authority", "localhost"), (":scheme", "http"),
                                         *headers.items()],
                                end_stream=ends and not body)
        largest = self.state.max_outbound_frame_size
        for start in range(0, len(body), largest):
            self.state.send_data(stream, body[start:start + largest],
                                 end_stream=ends and start + largest >= len(body))
        self.answers[stream] = [None, b""]
        self.open(window, stream, flush)
        return stream

    def open(self, window, stream=None, flush=True):
        """Enlarges the window of a stream or of the connection."""
        if window:
            self.state.increment_flow_control_window(window, stream)
        if flush:
            self.flush()

    def open_unseen(self, window, stream=0):
        """Enlarges windows beyond what h2 allows, and without its knowledge; without a stream, all
        of them."""
        frame = hyperframe.frame.WindowUpdateFrame(stream, window)
        self.socket.sendall(frame.serialize())

    def begin_windows_with(self, size):
        """Changes the initial window, also of existing streams, whose windows may become negative.
        Waits for the answer to earlier settings first, since h2 takes any answer for an answer to
        all."""
        self.wait_for_answers()
        self.state.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: size})
        self.awaited += 1
        self.wait_for_answers()

    def ping(self):
        """Waits until nginx has processed everything that was sent."""
        self.state.ping(bytes(8))
        self.awaited += 1
        self.wait_for_answers()

    def wait_for_answers(self):
        self.flush()
        self.receive_until(lambda: not self.awaited)

    def reset(self, stream, flush=True):
        self.state.reset_stream(stream)
        if flush:
            self.flush()
        self.ended.add(stream)

    def flush(self):
        self.socket.sendall(self.state.data_to_send())

    def receive(self):
        """Waits until all streams or the connection have ended. Returns statuses and bodies by
        stream."""
        self.receive_until(lambda: self.answers.keys() <= self.ended)
        return self.answers

    def lengths(self, streams):
        """The number of bytes received of each body."""
        return [len(self.answers[stream][1]) for stream in streams]

    def wait_for_heads(self):
        """Waits for the heads of all answers, which need no window."""
        self.receive_until(lambda: all(status for status, _ in self.answers.values()))

    def wait_for_lengths(self, streams, length):
        """Waits until `length` bytes of each body have been received."""
        self.receive_until(lambda: min(self.lengths(streams)) >= length)
        assert not self.is_closed

    def receive_until(self, is_enough):
        """Receives until `is_enough()` or the end of the connection."""
        while not is_enough() and not self.is_closed:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.is_closed = True
                break
            for event in self.state.receive_data(data):
                self._take(event)
            self.flush_quietly()

    def _take(self, event):
        name, stream = type(event).__name__, getattr(event, "stream_id", None)
        if name == "ResponseReceived":
            headers = dict(event.headers)
            self.answers[stream][0] = int(headers[b":status"])
            self.declared[stream] = int(headers.get(b"content-length", -1))
        elif name == "DataReceived":
            self.answers[stream][1] += event.data
        elif name == "StreamEnded":
            self.ended.add(stream)
        elif name == "StreamReset":
            self.ended.add(stream)
            self.left.add(stream)
        elif name in ("SettingsAcknowledged", "PingAckReceived"):
            self.awaited -= 1
        elif name == "ConnectionTerminated":
            self.is_closed = True

    def flush_quietly(self):
        try:
            self.flush()
        except OSError:
            self.is_closed = True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
