"""The part of memcached that Swift's tempauth needs, in the memory of its one process. Swift's
proxy loads it from its configuration."""

import time


class Cache:
    def __init__(self):
        self._kept = {}  # key: (value, until when)

    def get(self, key, *_, **__):
        value, until = self._kept.get(key, (None, 0))
        return value if not until or until > time.time() else None

    def set(self, key, value, *_, time=0, **__):
        self._kept[key] = value, time and now() + time

    def incr(self, key, delta=1, time=0, **_):
        self.set(key, max(int(self.get(key) or 0) + delta, 0), time=time)
        return self.get(key)

    def decr(self, key, delta=1, time=0, **_):
        return self.incr(key, -delta, time)

    def delete(self, key, *_, **__):
        self._kept.pop(key, None)

    def get_multi(self, keys, *_, **__):
        return [self.get(key) for key in keys]

    def set_multi(self, mapping, *_, time=0, **__):
        for key, value in mapping.items():
            self.set(key, value, time=time)


def now():
    return time.time()


def filter_factory(*_, **__):
    cache = Cache()

    def wrap(application):
        def answer(environment, start):
            environment["swift.cache"] = cache
            return application(environment, start)
        return answer
    return wrap
