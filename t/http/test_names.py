"""Shared types have unique names. Two types of one name in one namespace still compile, but the
linker keeps one destructor for both."""

import collections
import pathlib
import re

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"
NAMESPACE = re.compile(r"(}  // )?namespace ?([\w:]*)")
TYPE = re.compile(r"(?:class|struct|union|enum|enum class) (\w+)(?: final)?(?: [:{].*| *)$")


def shared_types(path):
    """The types that a file defines outside of unnamed namespaces, with their namespaces."""
    namespaces = []
    for line in path.read_text().splitlines():
        if named := NAMESPACE.match(line):
            if named[1]:
                namespaces.pop()
            elif line.endswith("{"):
                namespaces.append(named[2])
        elif (found := TYPE.match(line)) and "" not in namespaces:
            yield "::".join([*namespaces, found[1]])


def test_type_names_are_unique():
    places = collections.defaultdict(list)
    for path in sorted(SOURCES.rglob("*.?pp")):
        for name in shared_types(path):
            places[name].append(str(path.relative_to(SOURCES)))
    assert len(places) > 100
    assert not {name: files for name, files in places.items() if len(files) > 1}
