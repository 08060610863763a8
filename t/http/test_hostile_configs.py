"""Random requests to random configurations: no private byte, colour, ETag, time or size is sent
without a signature, every request is answered or its connection closed, only Range and If-* reach
the origin, and the error log is clean. HOSTILE_CONFIGS=1000 runs so many, beginning with
HOSTILE_SEED; a failure names its seed, and HOSTILE_CONFIGS=1 HOSTILE_SEED=… repeats it."""

import os

import pytest

import hostile_run
from conftest import FOLDERS

COUNT = int(os.environ.get("HOSTILE_CONFIGS", "50"))
SEED = int(os.environ.get("HOSTILE_SEED", "1"))


@pytest.fixture(scope="module")
def bench(request):
    path = request.config.stash[FOLDERS] / "hostile"
    path.mkdir()
    path.chmod(0o755)
    bench = hostile_run.Bench(path)
    yield bench
    bench.close()


def test_no_configuration_shows_a_private_image(bench):
    found = {}
    for seed in range(SEED, SEED + COUNT):
        if reported := bench.run(seed):
            found[seed] = reported
            print(f"seed {seed}:", *reported[:5], sep="\n  ", flush=True)
    print(bench.counts, bench.refusals, bench.internal, sep="\n")
    assert not found, f"seeds {sorted(found)}: {next(iter(found.values()))[:5]}"
    if COUNT < 20:
        return
    counts = bench.counts
    assert counts["refused"] * 3 < COUNT
    assert counts["signed and shown"] * 3 > counts["signed"] > counts["run"]
    assert counts["public and shown"] > counts["run"]
