"""Prints how many tests passed, failed and were skipped: count_tests.py STATUS REPORT..., with the exit
status of the run and its reports in JUnit XML. Exits with 1 if a test has failed. A run that ended with
an error but without a failed test counts as one failure."""

import sys
import xml.etree.ElementTree as tree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def main():
    status, *reports = sys.argv[1:]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for report in reports:
        try:
            cases = list(tree.parse(report).iter("testcase"))
        except (OSError, tree.ParseError):
            counts["failed"] += 1
            continue
        for case in cases:
            counts[outcome(case)] += 1
    if status != "0" and not counts["failed"]:
        counts["failed"] = 1
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return counts["failed"] != 0


if __name__ == "__main__":
    sys.exit(main())
