"""Runs every fuzz target of a build for some seconds each, as many at once as there are cores.
Seeds are made here; the properties are the targets'. What a target finds is left beside its log."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as tree

HERE = pathlib.Path(__file__).resolve().parent

# Dictionaries, and the longest input: longer ones try the same slowly.
TARGETS = {
    "cloudflare_options": (["cloudflare"], 1024),
    "cloudflare_request": (["cloudflare", "url"], 1024),
    "client_hints": (["cloudflare", "imagekit", "headers"], 1024),
    "entry_record": (["records"], 2048),
    "expression": (["imagekit"], 512),
    "heif": (["pictures"], 4096),
    "imagekit_chain": (["imagekit"], 2048),
    "imagekit_request": (["imagekit", "url"], 2048),
    "key_file": (["keys"], 512),
    "metadata": (["metadata"], 2048),
    "multipart": (["multipart"], 2048),
    "negotiation": (["headers"], 1024),
    "one_time_url": (["upload"], 1024),
    "origin_headers": (["headers"], 512),
    "plan": (["cloudflare", "imagekit"], 1024),
    "probe": (["pictures"], 1024),
    "purge_journal": (["records"], 4096),
    "renderer": (["cloudflare", "imagekit", "pictures"], 16384),
    "s3_credentials": (["s3"], 2048),
    "s3_error": (["s3"], 512),
    "signature": (["url", "cloudflare", "imagekit"], 512),
    "signer": (["url"], 2048),
    "upload_body": (["upload"], 2048),
    "upload_route": (["upload"], 1024),
    "upload_token": (["upload"], 2048),
}

# Leaks are looked for at the end alone: between two renders a thread of a library may yet be
# freeing something.
OPTIONS = {
    "renderer": ["-detect_leaks=0"],
    "purge_journal": ["-len_control=0"],  # damage is of whole slots
}

# Of the whole process; the sanitizers take their share.
MEGABYTES = 2048
# One input may take so long, by the clock of the wall: up to four renders of which each is stopped
# after five seconds, beside as many other processes as a busy machine has.
SECONDS_AN_INPUT = 200

ENVIRONMENT = {
    **os.environ,
    # Asking for more memory than there is fails, as it does without a sanitizer.
    "ASAN_OPTIONS": "allocator_may_return_null=1:detect_stack_use_after_return=0",
    "LSAN_OPTIONS": f"suppressions={HERE / 'leaks.supp'}:print_suppressions=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def lines_of(target):
    text = (HERE / "seeds" / f"{target}.txt").read_text()
    return [line.encode().decode("unicode_escape").encode("latin-1") for line in text.splitlines()]


def pictures(target, programs, work):
    folder = work / f"pictures-{target}"
    folder.mkdir(exist_ok=True)
    # An encoder of HEIC, of which the module has no use, keeps some memory.
    environment = {**ENVIRONMENT, "ASAN_OPTIONS": "detect_leaks=0"}
    subprocess.run([programs / "picture_seeds", folder], check=True, env=environment,
                   stderr=subprocess.DEVNULL)
    drawings = [line for line in lines_of("probe") if line.endswith(b"</svg>")]
    return [file.read_bytes() for file in sorted(folder.iterdir())] + drawings


def seeds_of(target, programs, work):
    if target == "heif":
        return [picture for picture in pictures(target, programs, work) if picture[4:8] == b"ftyp"]
    lines = lines_of(target)
    if target != "renderer":
        return lines
    sources = pictures(target, programs, work)
    count = max(len(lines), len(sources))
    # Each transformation with a source, and with one of another kind.
    return [lines[at % len(lines)] + b"\n" + sources[(at + apart) % len(sources)]
            for apart in (0, len(sources) // 4) for at in range(count)]


def write_seeds(target, programs, work):
    folder = work / "seeds" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, seed in enumerate(seeds_of(target, programs, work)):
        (folder / str(number)).write_bytes(seed)
    return folder


def dictionary(target, work):
    words = [(HERE / f"{name}.dict").read_text() for name in TARGETS[target][0]]
    file = work / f"{target}.dict"
    file.write_text("".join(words))
    return [f"-dict={file}"]


def command(target, options, work):
    programs = work / "objects"
    line = [programs / f"{target}_fuzz", f"-max_total_time={options.seconds}",
            f"-max_len={TARGETS[target][1]}", f"-rss_limit_mb={MEGABYTES}",
            f"-timeout={SECONDS_AN_INPUT}", f"-artifact_prefix={work}/{target}-",
            "-print_final_stats=1", *dictionary(target, work), *OPTIONS.get(target, [])]
    if options.from_seeds:
        line.append("-seed=1")
    else:
        corpus = work / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        line.append(corpus)
    return line + [write_seeds(target, programs, work)]


class Run:
    """One target's run: its log, and what came of it."""

    def __init__(self, target, options, work):
        self.target = target
        begin = time.monotonic()
        self.log = work / f"{target}.log"
        with open(self.log, "wb") as log:
            self.status = subprocess.run(command(target, options, work), cwd=work, env=ENVIRONMENT,
                                         stdout=log, stderr=log, check=False).returncode
        self.seconds = time.monotonic() - begin
        self.text = self.log.read_text(errors="replace")

    def match(self, pattern):
        found = re.search(pattern, self.text)
        return found[1] if found else ""

    def sentence(self):
        if self.status == 0:
            executed = self.match(r"stat::number_of_executed_units: (\d+)")
            return f"{self.target}: {executed} inputs"
        ended = f"signal {-self.status}" if self.status < 0 else f"status {self.status}"
        what = self.match(r"(broken promise: .*(?:\n  met: .*)?)") or self.match(
            r"((?:SUMMARY|runtime error|ERROR): .*)")
        where = self.match(r"Test unit written to (?!\S*slow-unit)(\S+)")
        return f"{self.target}: {what or 'failed'}, ended by {ended}\n  input: {where}\n  log: {self.log}"


def report(runs, file):
    suite = tree.Element("testsuite", name="fuzz")
    for run in runs:
        case = tree.SubElement(suite, "testcase", classname="fuzz", name=run.target,
                               time=f"{run.seconds:.1f}")
        if run.status != 0:
            printable = re.sub(r"[^\n\x20-\x7e]", "?", run.sentence())
            tree.SubElement(case, "failure", message=printable)
    tree.ElementTree(suite).write(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path, help="holds the build, in objects/")
    parser.add_argument("seconds", type=int, help="for each target")
    parser.add_argument("report", type=pathlib.Path, help="JUnit XML")
    parser.add_argument("--from-seeds", action="store_true",
                        help="the same inputs first every time, as tests should; keep none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("targets", nargs="*", default=sorted(TARGETS))
    options = parser.parse_intermixed_args()
    written = {file.name.removesuffix("_fuzz.cpp") for file in HERE.glob("*_fuzz.cpp")}
    if written != set(TARGETS):
        sys.exit(f"not in TARGETS, or nowhere else: {', '.join(written ^ set(TARGETS))}")
    work = options.work.resolve()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(lambda target: Run(target, options, work), options.targets))
    for run in runs:
        if run.status != 0 or not options.from_seeds:
            print(run.sentence(), file=sys.stderr if run.status else sys.stdout)
    report(runs, options.report)
    return any(run.status for run in runs)


if __name__ == "__main__":
    sys.exit(main())
