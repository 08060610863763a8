"""Checks the subjects of commits: "Area: Imperative sentence", at most 72 characters, no full stop.
Which ones: those of the branch since a base (commits.py base [head]), which lint.py takes from
LINT_BASE, else from the last tag."""

import re
import subprocess
import sys

MAX_LENGTH = 72
AREAS = ["Access", "Base", "Bench", "Build", "Cache", "Config", "Dialect", "Docs", "Fuzz", "Gate",
         "Lint", "Log", "Render", "S3", "Sign", "Status", "Tests", "Tool", "Transform",
         "Upload"]
SUBJECT = re.compile(r"(?P<areas>\w+(?:, \w+)*): (?P<verb>[\w-]+)")
# What an imperative does not look like, and the imperatives that look so nevertheless.
NO_IMPERATIVE = re.compile(r"(?:.*(?:ing|ed|[^su]s)|the|an?|no|what|when|where|each|every|this|these"
                           r"|it|we|i)", re.IGNORECASE)
IMPERATIVES = {"bring", "string", "ring", "feed", "embed", "need", "seed", "speed", "shed",
               "exceed", "proceed", "succeed", "bed", "wed", "alias", "bias"}


def objections(subject):
    if len(subject) > MAX_LENGTH:
        yield f"{len(subject)} characters, at most {MAX_LENGTH}"
    if subject.endswith("."):
        yield "ends with a full stop"
    match = SUBJECT.match(subject)
    if not match:
        yield 'is not "Area: Imperative sentence"'
        return
    unknown = [area for area in match["areas"].split(", ") if area not in AREAS]
    if unknown:
        yield f"unknown area {', '.join(unknown)}: {', '.join(AREAS)}"
    verb = match["verb"]
    if not verb[0].isupper():
        yield f'"{verb}" begins with a small letter'
    if verb.lower() not in IMPERATIVES and NO_IMPERATIVE.fullmatch(verb):
        yield f'"{verb}" is no imperative'


def main():
    base, head = [*sys.argv[1:], "HEAD"][:2]
    listed = subprocess.run(["git", "log", "--no-merges", "--format=%h %s", f"{base}..{head}"],
                            text=True, check=True, stdout=subprocess.PIPE).stdout
    count = 0
    for line in listed.splitlines():
        commit, _, subject = line.partition(" ")
        for why in objections(subject):
            print(f'commit {commit} "{subject}": {why}')
            count += 1
    return count != 0


if __name__ == "__main__":
    sys.exit(main())
