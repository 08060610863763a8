"""Asserts that includes go one way: a folder of src/nginx includes only folders before it in LAYERS,
files directly in src/nginx may include all of them, and the core, which is the rest of src but for
the tool, includes no nginx. Prints each include that goes the other way."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
LAYERS = ["host", "shared_memory", "rendering", "config", "s3_origin", "request", "original",
          "derivative", "endpoints", "bucket", "door"]
TOP = len(LAYERS)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def layer_of(path):
    """The place of a file of src/nginx among the layers: `nginx/host/log.hpp` is in layer 0."""
    parts = pathlib.PurePath(path).parts[1:]
    return TOP if len(parts) == 1 else LAYERS.index(parts[0])


def objection(path, included):
    """Why the file must not include that; empty where it may."""
    folder = pathlib.PurePath(path).parts[0]
    if folder == "tools":
        return "the tool is made of the core only" if included.startswith("nginx/") else ""
    if folder != "nginx":
        is_nginx = included.startswith(("nginx/", "ngx_", "nginx.h"))
        return "the core includes no nginx" if is_nginx else ""
    if included.startswith("tools/"):
        return "the module includes nothing of the tool"
    if included.startswith("nginx/") and layer_of(included) > layer_of(path):
        return "the arrows run " + " <- ".join([*LAYERS, "src/nginx"])
    return ""


def main():
    count = 0
    for path in sorted([*SOURCES.rglob("*.cpp"), *SOURCES.rglob("*.hpp")]):
        name = path.relative_to(SOURCES).as_posix()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            why = match and objection(name, match.group(1))
            if why:
                print(f"src/{name}:{number}: includes {match.group(1)}, but {why}")
                count += 1
    unknown = [folder.name for folder in (SOURCES / "nginx").iterdir()
               if folder.is_dir() and folder.name not in LAYERS]
    if unknown:
        print(f"t/lint/layers.py: LAYERS lacks {', '.join(unknown)}")
    return count + len(unknown) != 0


if __name__ == "__main__":
    sys.exit(main())
