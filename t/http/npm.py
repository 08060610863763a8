"""The services' own clients, as npm has them, run by node."""

import fcntl
import functools
import json
import os
import pathlib
import shutil
import subprocess

import pytest

PACKAGES = {"imagekit": "^6.0.0", "@imagekit/nodejs": "^7.0.0", "cloudflare": "^7.0.0",
            "@imagekit/javascript": "^5.0.0", "@uppy/core": "^6.0.0", "@uppy/xhr-upload": "^6.0.0",
            "esbuild": "^0.28.0"}


@functools.cache
def installed():
    """The folder with the packages; skips only if the registry cannot be reached."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    base = pathlib.Path(os.environ.get("PRIVATE_IMAGE_TEST_DIR")
                        or pathlib.Path(__file__).resolve().parents[2] / "build")
    folder = base / "sdks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the tests may be installing them
        install(folder)
    return folder


def install(folder):
    manifest = json.dumps({"private": True, "dependencies": PACKAGES})
    wanted = folder / "package.json"
    if (folder / "installed").exists() and wanted.read_text() == manifest:
        return
    wanted.write_text(manifest)
    result = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                             "--loglevel=error"], cwd=folder, capture_output=True, text=True,
                            timeout=150, check=False)
    if result.returncode != 0:
        unreachable = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH",
                       "ECONNRESET", "network")
        assert any(word in result.stderr for word in unreachable), result.stderr
        pytest.skip("the npm registry cannot be reached")
    (folder / "installed").touch()


def node(script, question, folder=None):
    """Runs a script that reads a question as JSON and answers with JSON."""
    result = subprocess.run(["node", "-e", script], input=json.dumps(question), cwd=folder,
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def bundle(source, name):
    """A script for browsers, with the packages that it imports."""
    folder = installed()
    (folder / f"{name}.entry.js").write_text(source)
    subprocess.run([folder / "node_modules/.bin/esbuild", f"{name}.entry.js", "--bundle",
                    "--format=iife", f"--outfile={name}.js", "--log-level=error"],
                   cwd=folder, check=True, timeout=60)
    return (folder / f"{name}.js").read_bytes()
