"""Threads that send requests while a test does something else to nginx, and collect failures."""

import threading

import client


class Load:
    """Runs `ask(thread, turn)` repeatedly in several threads until the block ends. Exceptions are
    collected as failures; `turns` counts all calls."""

    def __init__(self, ask, threads=4):
        self.ask = ask
        self.failures = []
        self.turns = 0
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                         for number in range(threads)]

    def _run(self, number):
        turn = 0
        while not self._ends.is_set():
            turn += 1
            try:
                self.ask(number, turn)
            except Exception as failure:  # of any kind: the test reports it
                self.failures.append(repr(failure))
            with self._lock:
                self.turns += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join(client.TIMEOUT)
        assert not any(thread.is_alive() for thread in self._threads), "a request waits for ever"
