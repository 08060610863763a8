"""All combinations of dialect, form of the origin, state of cache and zone, request, method and
invalid signature for a private image. Only answers that the table of the documentation allows may
contain a byte of the image or disclose that it exists. States that requests do not change, or that
a new name restores, are covered completely; those that each image needs to be prepared for are
sampled, and a failure names the seed."""

import collections
import io
import itertools
import os
import random

import pytest
from PIL import Image

import barrage
import gate_matrix
import pictures
from gate_matrix import NONCE, STRIKING, Case, cases
from http2 import Http2

SEED = int(os.environ.get("PRIVATE_IMAGE_SEED") or random.randrange(10 ** 6))
SAMPLE = 1200
COLD = 11000

# Headers that no refusal may have.
REVEALING = ("ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Age", "Content-Disposition",
           "Is-Private-File", "Expires", "Vary", "Location", "Content-DPR")


def named(word):
    return (f"{word}{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def site(gate):
    names = ["signed", "shown", *itertools.islice(named("cold"), COLD),
             *itertools.islice(named("sample"), SAMPLE)]
    return gate_matrix.start(gate, names=names)


def ask(site, some):
    return barrage.ask_all(site.port, [case.head() for case in some])


# Judging the answers

class Faults:
    """Unexpected answers, and all refusals: those of one kind must be equal."""

    def __init__(self, may_fail=False):
        self.found, self.may_fail = [], may_fail
        self.refusals = collections.defaultdict(collections.Counter)
        self.verdicts = collections.Counter()
        self.shown = {}

    def look(self, some, answers):
        for case, answer in zip(some, answers):
            if error := self.error_of(case, answer):
                self.found.append(f"{error}: {case} {answer}")

    def error_of(self, case, answer):
        self.verdicts[answer.verdict] += 1
        if NONCE in answer.body:
            return "the private original"
        if case.kind in gate_matrix.AS_SUBREQUEST:
            return "a picture" if b"PNG" in answer.body else self.error_of_outer(case, answer)
        status, reason = case.wanted()
        if status == 200:
            return self.error_of_variant(answer)
        if self.may_fail and answer.verdict == (502, "origin_error"):
            status = 502
        elif answer.verdict != (status, reason):
            return f"not {status} {reason}"
        if any(answer.header(name) is not None for name in REVEALING):
            return "a header that reveals it"
        kind = case.dialect, case.method, answer.verdict
        self.refusals[kind][repr(answer.appearance())] += 1
        return "" if len(self.refusals[kind]) == 1 else "another refusal than the others"

    @staticmethod
    def error_of_outer(case, answer):
        allowed = {"ssi": {200}, "mirror": {200}, "auth": {401, 403}}[case.kind]
        return "" if answer.status in allowed else "not the status of such a subrequest"

    def error_of_variant(self, answer):
        """A public variant is a derivative of the private image of twenty pixels."""
        if self.may_fail and answer.verdict == (502, "origin_error"):
            return ""
        if answer.reason != "variant" or answer.status not in (200, 206, 304, 412, 416):
            return "not the variant"
        if answer.status == 200 and answer.body:
            if answer.body not in self.shown:
                self.shown[answer.body] = Image.open(io.BytesIO(answer.body)).size
            if self.shown[answer.body] != (20, 15):
                return "another size than the variant's"
        return ""


def assert_nothing_leaves(site, some, expect_at_least, **options):
    faults = Faults(**options)
    faults.look(some, ask(site, some))
    assert len(some) >= expect_at_least
    assert not faults.found, f"{len(faults.found)}, seed {SEED}\n" + "\n".join(faults.found[:20])
    return faults


def signed_cases(images, age="fresh", forms=gate_matrix.FORMS):
    """Valid signed requests for each image's original, derivative and variants, as controls and to
    fill the cache."""
    for image, dialect, form in itertools.product(images, gate_matrix.DIALECTS, forms):
        for asked in gate_matrix.ASKED[dialect]:
            if form != "sliced" or asked == "original":
                yield Case(dialect, form, asked, "get", "valid", age, image)


def warm(site, images, **options):
    """Sends requests with valid signatures, and finds the private image in every answer."""
    some = list(signed_cases(images, **options))
    answers = ask(site, some)
    for case, answer in zip(some, answers):
        assert answer.status == 200 and answer.reason in ("signed", "variant"), (case, answer)
        if gate_matrix.ASKED[case.dialect][case.asked][1] == "original" and (
                case.asked != "layer of a variant"):
            assert NONCE in answer.body, case
        elif case.asked.startswith("adhoc"):
            assert pictures.shows(Image.open(io.BytesIO(answer.body)), STRIKING), case
    tags = {answer.header("ETag") for answer in answers}
    return ", ".join(sorted(tags))


# States that requests do not change

def test_an_image_not_requested_before(site):
    """Each request is the first one for its image."""
    some = list(cases("fresh", named("cold")))
    assert len(some) <= COLD
    faults = assert_nothing_leaves(site, some, 10000)
    assert faults.verdicts[200, "variant"] > 100


def test_an_image_requested_with_a_signature_before(site):
    tags = warm(site, ["signed"])
    assert_nothing_leaves(site, list(cases("fresh", itertools.repeat("signed"), tags)), 10000)
    warm(site, ["signed"])


def test_an_image_whose_variant_was_shown_before(site):
    shown = [Case(dialect, form, "public variant", "get", "none", "fresh", "shown")
             for dialect, form in itertools.product(gate_matrix.DIALECTS, gate_matrix.FORMS[:-1])]
    tags = ", ".join(sorted({answer.header("ETag") for answer in ask(site, shown)}))
    assert_nothing_leaves(site, list(cases("fresh", itertools.repeat("shown"), tags)), 10000)


def test_an_image_whose_cache_entry_and_mark_have_expired(site):
    """Both have a lifetime of 0, so that they have expired at every request."""
    tags = warm(site, ["signed"], age="aged")
    assert_nothing_leaves(site, list(cases("aged", itertools.repeat("signed"), tags)), 10000)


@pytest.mark.parametrize("age", ["fresh", "aged"])
def test_an_image_whose_origin_is_down(site, age):
    """There is a derivative, fresh or stale, and no origin."""
    tags = warm(site, ["signed"], age=age)
    site.folder.write("dead", b"")
    try:
        some = list(cases(age, itertools.repeat("signed"), tags))
        faults = assert_nothing_leaves(site, some, 10000, may_fail=True)
        assert faults.verdicts[200, "variant"] > 100
        assert (faults.verdicts[502, "origin_error"] > 1000) == (age == "aged")
    finally:
        (site.folder.path / "dead").unlink()


def test_over_http2(site):
    warm(site, ["signed"])
    every = [case for case in cases("fresh", itertools.repeat("signed")) if case.method == "GET"]
    some = random.Random(SEED).sample(every, 600)
    for first in range(0, len(some), 100):
        with Http2(site.folder.port("h2")) as connection:
            streams = []
            for case in some[first:first + 100]:
                headers = {name.lower(): value for name, value in (case.headers or {}).items()}
                streams.append((case, connection.ask(case.signed_target(), **headers)))
            answers = connection.receive()
        for case, stream in streams:
            status, body = answers[stream]
            assert NONCE not in body, (SEED, case)
            if case.kind not in gate_matrix.AS_SUBREQUEST and case.wanted()[0] != 200:
                assert (status, b"PNG" in body) == (case.wanted()[0], False), (SEED, case)


# States that have to be prepared for every image

def test_an_original_that_was_public_before(site):
    """Its stored mark is public, so that conditions reach the origin, whose 304 has the new
    mark."""
    some = [case for case in cases("fresh", named("turned"), forms=("proxy", "inner", "s3"))
            if gate_matrix.ASKED[case.dialect][case.asked][1] == "original"
            and case.asked != "layer of a variant"]
    shown = [Case(case.dialect, case.form, case.asked, "get", "none", "fresh", case.image)
             for case in some]
    assert {answer.verdict for answer in ask(site, shown)} == {(200, "public")}
    site.folder.write("turned", b"")
    assert_nothing_leaves(site, some, 1200)


def sample(word, forms=gate_matrix.FORMS[:-1]):
    """A random sample of all cases, each with its own image."""
    chosen = random.Random(f"{SEED}{word}").sample(
        list(cases("fresh", itertools.repeat(""), forms=forms)), SAMPLE)
    for case, name in zip(chosen, named(word)):
        case.image = name
    return chosen


def prepare(site, some):
    """Sends signed requests for these images, which leave a derivative of each in the cache."""
    signed = [Case(case.dialect, case.form, case.asked, "get", "valid", "fresh", case.image)
              for case in some]
    answers = ask(site, signed)
    assert {answer.status for answer in answers} == {200}


def test_an_image_that_was_purged(site):
    some = sample("sample")
    prepare(site, some)
    purges = [barrage.head(f"/purge{case.prefix}secret/{case.image}.png", "PURGE") for case in some]
    assert {answer.status for answer in barrage.ask_all(site.port, purges)} == {204}
    assert_nothing_leaves(site, some, SAMPLE)


def test_an_image_known_from_the_cache_only(site):
    some = sample("sample")
    prepare(site, some)
    site.restart()
    assert_nothing_leaves(site, some, SAMPLE)


def test_an_image_whose_mark_a_flood_evicted(gate):
    """The smallest zone holds a few hundred marks; those from before the flood are evicted."""
    names = list(itertools.islice(named("sample"), SAMPLE))
    small = gate_matrix.start(gate, "private_image_zone marks:128k;", names)
    some = sample("sample")
    prepare(small, some)
    flood = [barrage.head(f"/imagekit/proxy/fresh/tr:w-9/secret/flood{number}.png")
             for number in range(2000)]
    for first in range(0, SAMPLE, 300):
        assert {answer.status for answer in barrage.ask_all(small.port, flood)} == {401}
        assert_nothing_leaves(small, some[first:first + 300], 300)
