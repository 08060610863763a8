"""The figures of private_image_status, read from a site's /metrics by Prometheus' own parser."""

import time

from prometheus_client.parser import text_string_to_metric_families

from clock import fair_time

AT_REST = ("renders_running", "renders_waiting", "oldest_wait_seconds", "requests_waiting",
           "source_held_bytes")


def families(site):
    answer = site.get("/metrics")
    assert answer.status == 200, answer
    return {family.name: family for family in text_string_to_metric_families(answer.body.decode())}


def key(name, **labels):
    return name, tuple(sorted(labels.items()))


def figures(site):
    """Every sample of the page: {(name, ((label, value), …)): number}."""
    found = {}
    for family in families(site).values():
        for sample in family.samples:
            place = key(sample.name.removeprefix("private_image_"), **sample.labels)
            assert place not in found, f"{place} occurs twice"
            found[place] = sample.value
    return found


def reasons(site):
    return {labels: value for (name, labels), value in figures(site).items()
            if name == "requests_total"}


class Growth:
    """The growth of the counters since it was made; the log phase may come after the client has its
    answer."""

    def __init__(self, site):
        self.site, self.before = site, figures(site)

    def of(self, name, **labels):
        place = key(name, **labels)
        return figures(self.site).get(place, 0) - self.before.get(place, 0)

    def is_soon(self, expected, name, seconds=20, **labels):
        until = fair_time() + seconds
        while (grown := self.of(name, **labels)) != expected:
            assert fair_time() < until, f"{name} {labels} grew by {grown}, not {expected}"
            time.sleep(0.02)


def soon(site, name, expected, seconds=20, **labels):
    """Waits until a figure is as expected: equal to a number, or true for a function."""
    until = fair_time() + seconds
    fits = expected if callable(expected) else lambda value: value == expected
    while not fits(value := figures(site)[key(name, **labels)]):
        assert fair_time() < until, f"{name} {labels} is {value}"
        time.sleep(0.02)
    return value


def assert_at_rest(site):
    for name in AT_REST:
        soon(site, name, 0)
