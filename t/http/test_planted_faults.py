"""The sanitizers of ./build.sh sanitize work: each finds a fault that was planted in a module
loaded together with this one. Collected there only (see conftest.py)."""

import os
import re

import nginx
import pytest

SANITIZERS = os.environ["PRIVATE_IMAGE_SANITIZERS"].split(",")

REPORTS = {
    "address": {"leak": r"LeakSanitizer: detected memory leaks[\s\S]*leak of 77 byte[\s\S]*"
                        r"\bcommit\b",
                "overflow": r"AddressSanitizer: heap-buffer-overflow[\s\S]*\bcommit\b"},
    "undefined": {"undefined": r"planted_faults\.c.*runtime error: signed integer overflow"},
    "thread": {"race": r"ThreadSanitizer: data race[\s\S]*\bwrite_first\b",
               "copy": r"ThreadSanitizer: data race[\s\S]*\bcopy_over\b"},
}
FAULTS = [(fault, report) for sanitizer in SANITIZERS
          for fault, report in REPORTS[sanitizer].items()]


@pytest.mark.parametrize("fault, report", FAULTS, ids=[fault for fault, _ in FAULTS])
def test_a_planted_fault_is_reported(folder, fault, report):
    place = folder()
    place.configure(main=f"load_module {nginx.MODULE.parent}/planted_faults.so;",
                    http=f"planted_fault {fault};", workers=1)
    server = nginx.Nginx(place)
    server.stop()
    assert re.search(report, server.log())
    assert server.unexpected_lines(), "no test would have noticed"


def test_without_a_fault_nothing_is_reported(gate):
    server = gate("location / { return 204; }",
                  main=f"load_module {nginx.MODULE.parent}/planted_faults.so;")
    assert server.get("/").status == 204
