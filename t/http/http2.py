"""A client of HTTP/2 that may do what a good one would not: many streams on one connection, resets
at any time. Always gives up in time."""

import socket

import h2.config
import h2.connection

import client


class Http2:
    """One connection that carries several streams at once."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=client.PATIENCE)
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        self.state.initiate_connection()
        self.state.increment_flow_control_window(2 ** 30)
        self.flush()
        self.answers, self.ended = {}, set()
        self.is_closed = False

    def ask(self, target, flush=True, **headers):
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, [(":method", "GET"), (":path", target),
                                         (":authority", "localhost"), (":scheme", "http"),
                                         *headers.items()],
                                end_stream=True)
        self.state.increment_flow_control_window(2 ** 30, stream)
        if flush:
            self.flush()
        self.answers[stream] = [None, b""]
        return stream

    def reset(self, stream, flush=True):
        self.state.reset_stream(stream)
        if flush:
            self.flush()
        self.ended.add(stream)

    def flush(self):
        self.socket.sendall(self.state.data_to_send())

    def receive(self):
        """Waits until all streams have ended, or the connection has: the statuses and bodies by
        stream."""
        while set(self.answers) - self.ended and not self.is_closed:
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
        return self.answers

    def _take(self, event):
        name, stream = type(event).__name__, getattr(event, "stream_id", None)
        if name == "ResponseReceived":
            self.answers[stream][0] = int(dict(event.headers)[b":status"])
        elif name == "DataReceived":
            self.answers[stream][1] += event.data
        elif name in ("StreamEnded", "StreamReset"):
            self.ended.add(stream)
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
