"""Finds the phrases of t/lint/words in the sources, the tests and the documentation, and prints each
with its place and the plain alternative. Called by lint.py; alone: words.py [path...]."""

import bisect
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "t/lint/words"
SEARCHED = ["src", "t", "docs", ".github", "README.md", "build.sh", "config", "config.make"]
# Inputs of fuzz targets and test vectors are foreign text.
TEXTS = {".c", ".cpp", ".hpp", ".py", ".sh", ".md", ".1", ".conf", ".html", ".cmake", ".supp", ".yml",
         ".js", ".map", ""}
SKIPPED = {"__pycache__", ".pytest_cache", "node_modules"}
# What begins a line of a comment or a quotation.
LINE_START = re.compile(r"^\s*(?://+|#+|\*|>|\.\\\")?\s*")
CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def phrases():
    for line in LIST.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, alternative = line.split("\t")
            yield re.compile(pattern, re.IGNORECASE), alternative


def texts(paths=()):
    """The files below the paths, or all that are searched."""
    for path in paths or [ROOT / name for name in SEARCHED if (ROOT / name).exists()]:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in inside if one.is_file() and one != LIST
                    and one.suffix in TEXTS and not SKIPPED.intersection(one.parts))


class Flow:
    """A text as one line, so that phrases are found across line ends; knows where each part was."""

    def __init__(self, lines):
        self.starts, position, parts = [], 0, []
        for line in lines:
            part = LINE_START.sub("", line)
            parts.append(part)
            self.starts.append(position)
            position += len(part) + 1
        self.text = " ".join(parts)

    def line(self, position):
        return bisect.bisect_right(self.starts, position)


def taken_apart(line):
    """The line with its names as words: maxSize becomes "max Size", max_size "max size"."""
    return CAMEL_HUMP.sub(" ", line.replace("_", " "))


def findings(path, listed):
    lines = path.read_text("utf-8").splitlines()
    flows = [Flow(lines), Flow([taken_apart(line) for line in lines])]
    found = {}
    for pattern, alternative in listed:
        for flow in flows:
            for match in pattern.finditer(flow.text):
                found.setdefault((flow.line(match.start()), pattern),
                                 (match.group().strip(), alternative))
    return sorted((line, *what) for (line, _), what in found.items())


def main():
    paths = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    listed = list(phrases())
    count = 0
    for path in texts(paths):
        for line, phrase, alternative in findings(path, listed):
            print(f'{path.relative_to(ROOT)}:{line}: "{phrase}": {alternative}')
            count += 1
    return count != 0


if __name__ == "__main__":
    sys.exit(main())
