"""What can be found without running anything: clang-tidy, cppcheck and clang-format over the C++,
shellcheck and pyflakes over the rest, the order of the layers, the subjects of the commits, the words
of all texts. What was clean stays so until it, a header of it, or how it is looked at changes. The
checks are listed in .clang-tidy, t/.clang-tidy, .clang-format, cppcheck.suppressions and words;
called by build.sh."""

import argparse
import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import words

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLANG_FORMAT = "clang-format-16"
OWN_INCLUDES = ["src", "t/unit", "t/fuzz"]
INCLUDED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


@functools.lru_cache(maxsize=None)
def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.lru_cache(maxsize=None)
def included_by(path):
    """Our own headers that a file names."""
    places = [path.parent, *(ROOT / folder for folder in OWN_INCLUDES)]
    return [next(place / name for place in places if (place / name).exists())
            for name in INCLUDED.findall(path.read_text("utf-8"))
            if any((place / name).exists() for place in places)]


def with_headers(path):
    found, left = set(), [path]
    while left:
        one = left.pop().resolve()
        if one not in found:
            found.add(one)
            left += included_by(one)
    return found


class Look:
    """One run of one tool: what it is called, its command, and all that decides its outcome."""

    def __init__(self, name, command, inputs):
        self.name = name
        self.command = [str(word) for word in command]
        self.inputs = sorted(inputs)

    def digest(self):
        parts = [*self.command, version_of(self.command[0])]
        parts += [f"{path} {digest_of(path)}" for path in self.inputs]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def run(self):
        """What it finds; nothing where all is clean."""
        done = subprocess.run(self.command, cwd=ROOT, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == 0:
            return ""
        return done.stdout + done.stderr or f"{self.name}: ended with {done.returncode}\n"


@functools.lru_cache(maxsize=None)
def version_of(tool):
    return subprocess.run([tool, "--version"], text=True, check=True, stdout=subprocess.PIPE).stdout


def system_flags(nginx_headers):
    packages = subprocess.run(["pkg-config", "--cflags", "vips", "libcrypto"], text=True,
                              check=True, stdout=subprocess.PIPE).stdout
    flags = [re.sub("^-I", "-isystem", flag) for flag in shlex.split(packages)]
    return flags + [f"-isystem{folder}" for folder in nginx_headers]


def tidy_looks(clang_tidy, nginx_headers):
    flags = ["-std=c++20", *(f"-I{ROOT / folder}" for folder in OWN_INCLUDES),
             '-DSIGNING_VECTORS=""', *system_flags(nginx_headers)]
    for path in files("src/**/*.cpp", "t/unit/*.cpp", "t/fuzz/**/*.cpp", "t/bench/*.cpp"):
        name = path.relative_to(ROOT)
        settings = {folder / ".clang-tidy" for folder in (ROOT, ROOT / name.parts[0])
                    if (folder / ".clang-tidy").exists()}
        yield Look(f"tidy/{name}", [clang_tidy, "--quiet", "--warnings-as-errors=*", name, "--",
                                    *flags],
                   {*settings, *with_headers(path)})


def cppcheck_look():
    """All files in one run: it sees what none of them uses."""
    suppressions = ROOT / "t/lint/cppcheck.suppressions"
    return Look("cppcheck", [
        "cppcheck", "--quiet", "--std=c++20", "--language=c++", "--library=googletest",
        "--enable=warning,performance,portability", "--error-exitcode=1",
        f"--suppressions-list={suppressions}", *(f"-I{folder}" for folder in OWN_INCLUDES),
        f"-j{os.cpu_count()}", "src", "t/unit", "t/fuzz", "t/bench"],
        {suppressions, *files(*(f"{folder}/**/*.{end}" for end in ("cpp", "hpp")
                                for folder in ("src", "t/unit", "t/fuzz", "t/bench")))})


def script_looks():
    # build.sh sources the others: together, so that their variables are known.
    parts = files("t/*.sh", "t/**/*.sh")
    yield Look("shellcheck/build.sh", ["shellcheck", "-x", "-a", "build.sh"],
               {ROOT / "build.sh", *parts})
    for path in files(".ci/run", "docs/demo/*.sh"):
        yield Look(f"shellcheck/{path.relative_to(ROOT)}",
                   ["shellcheck", path.relative_to(ROOT)], {path})
    python = files("t/**/*.py", "docs/examples/*.py")
    yield Look("pyflakes", ["pyflakes3", *(path.relative_to(ROOT) for path in python)], python)


def format_looks():
    """Another version formats other lines, so one counts; Debian 13 has no package of it."""
    if not shutil.which(CLANG_FORMAT):
        print(f"format: not checked: there is no {CLANG_FORMAT}")
        return
    sources = files(*(f"{folder}/**/*.{end}" for folder in ("src", "t") for end in ("cpp", "hpp")))
    yield Look("format", [CLANG_FORMAT, "--dry-run", "-Werror",
                          *(path.relative_to(ROOT) for path in sources)],
               {ROOT / ".clang-format", *sources})


def git(*arguments):
    """What git prints; nothing where it fails, as in a folder that is no clone."""
    return subprocess.run(["git", *arguments], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()


def commit_looks():
    base = os.environ.get("LINT_BASE") or git("describe", "--tags", "--abbrev=0")
    if not base:
        print("commits: not checked: there is no tag; LINT_BASE=origin/main names a base")
        return
    script = ROOT / "t/lint/commits.py"
    yield Look("commits", [sys.executable, script, base, git("rev-parse", "HEAD")], {script})


def layers_look():
    script = ROOT / "t/lint/layers.py"
    return Look("layers", [sys.executable, script],
                {script, *files("src/**/*.cpp", "src/**/*.hpp")})


def words_look():
    script = ROOT / "t/lint/words.py"
    return Look("words", [sys.executable, script], {script, words.LIST, *words.texts()})


def text_looks(wanted):
    """Those that need nothing that is built. Looks that cannot be taken say so where they are wanted."""
    looks = [layers_look(), words_look()]
    if wanted("format"):
        looks += format_looks()
    if wanted("commits"):
        looks += commit_looks()
    return looks


def is_clean(look, stamps):
    """Looks, unless nothing has changed since all was clean."""
    stamp = stamps / look.name
    digest = look.digest()
    if stamp.exists() and stamp.read_text() == digest:
        return True
    findings = look.run()
    if findings:
        print(findings, end="", flush=True)
        return False
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stamps", type=pathlib.Path)
    parser.add_argument("words", nargs="*", help="parts of names: only these looks")
    parser.add_argument("--texts-only", action="store_true", help="what needs nothing built")
    parser.add_argument("--clang-tidy", default="clang-tidy")
    parser.add_argument("--nginx-headers", nargs="+", default=[])
    arguments = parser.parse_args()

    def wanted(name):
        return not arguments.words or any(word in name for word in arguments.words)

    looks = text_looks(wanted)
    if not arguments.texts_only:
        looks += [cppcheck_look(), *script_looks(),
                  *tidy_looks(arguments.clang_tidy, arguments.nginx_headers)]
    looks = [look for look in looks if wanted(look.name)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = list(pool.map(lambda look: is_clean(look, arguments.stamps), looks))
    print(f"{clean.count(True)} of {len(clean)} clean")
    return clean.count(False) != 0


if __name__ == "__main__":
    sys.exit(main())
