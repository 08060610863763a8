"""Fixtures: one origin for the whole run and an nginx for each test file, whose error log must be
clean at the end."""

import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import faults  # noqa: E402  (found through the line above)
import nginx  # noqa: E402
import s3_origin  # noqa: E402
from origin import Origin  # noqa: E402
from rest import Rest  # noqa: E402

FOLDERS = pytest.StashKey[pathlib.Path]()

# Files that take long; begun last, one of them would keep a single processor busy at the end.
LONG = ("test_shared_renders.py", "test_single_flight.py", "test_slow_readers.py",
        "test_transformation_attacks.py", "test_uploads_faults.py", "test_uploads_hammer.py",
        "test_uploads_s3.py")

# What only ./build.sh sanitize can run, and what it cannot: its module and tool are built for
# finding faults, with the sanitizers' flags in place of Debian's.
collect_ignore = (["test_hardening.py"] if os.environ.get("PRIVATE_IMAGE_SANITIZERS")
                  else ["test_planted_faults.py"])


def pytest_configure(config):
    config.addinivalue_line("markers", "debian_nginx: runs with Debian's nginx only")
    config.addinivalue_line("markers", "measures: compares times, and wants the machine for itself")
    config.addinivalue_line("markers", "since(major, minor): of nginx, for directives of its own")
    if not nginx.MODULE.exists():
        pytest.exit(f"{nginx.MODULE} is missing: run ./build.sh first", returncode=3)
    # Readable by nginx's workers, which run as another user when root runs the tests.
    if hasattr(config, "workerinput"):
        folder = pathlib.Path(config.workerinput["folder"])
    else:
        given = os.environ.get("PRIVATE_IMAGE_TEST_DIR")
        if given:
            pathlib.Path(given).mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="http-", dir=given))
        folder.chmod(0o755)
    config.stash[FOLDERS] = folder


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """The processes of pytest-xdist share the folder of the process that started them."""
    node.workerinput["folder"] = str(node.config.stash[FOLDERS])


def pytest_collection_modifyitems(config, items):
    """Leaves out tests that compare with a module of Debian's unless Debian's nginx is used, and
    tests of a directive that this nginx does not have. Begins with the files that take long."""
    if nginx.BINARY != "/usr/sbin/nginx":
        items[:] = [item for item in items if not item.get_closest_marker("debian_nginx")]
    version = nginx.version()
    items[:] = [item for item in items
                if all(version >= marker.args for marker in item.iter_markers("since"))]
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_sessionfinish(session, exitstatus):
    if hasattr(session.config, "workerinput"):
        return
    folder = session.config.stash[FOLDERS]
    if exitstatus in (0, 5):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"\nconfigurations and logs of nginx: {folder}")


@pytest.fixture(scope="session")
def origin():
    origin = Origin()
    yield origin
    origin.close()


@pytest.fixture(scope="module")
def folder(request, origin):
    """Makes prefix folders: folder(files={name: bytes})."""
    numbers = itertools.count(1)

    def make(files=None):
        name = f"{request.module.__name__}-{next(numbers)}"
        path = request.config.stash[FOLDERS] / name
        path.mkdir()
        path.chmod(0o755)
        return nginx.Folder(path, origin, files)

    return make


@pytest.fixture(scope="module")
def gate(folder):
    """Starts nginx with the given text in the server block: gate("location…", http="…", workers=1,
    files={"name": b"bytes"}). The texts are Jinja templates that know `origin`, `folder`,
    port_of(name) and any further values. All are ended after the file's last test, and must leave
    clean error logs."""
    running = []

    def start(locations="", files=None, **configuration):
        place = folder(files)
        place.configure(server=locations, **configuration)
        running.append(nginx.Nginx(place))
        return running[-1]

    yield start
    failures = []
    for one in running:
        failures += one.stop() + one.unexpected_lines()
    assert not failures, "\n".join(["unexpected lines in the error log:", *failures])


@pytest.fixture(scope="module")
def bucket():
    """An origin of S3, which is empty at first."""
    bucket = s3_origin.S3Origin()
    yield bucket
    bucket.close()


@pytest.fixture
def held():
    """An event until which the origin sends no answer."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(scope="module")
def rest(site, origin):
    """Checks at the end of a file that no request and no place of a render is left."""
    rest = Rest(site, origin)
    yield rest
    rest.assert_places_are_free()


@pytest.fixture(scope="module")
def trial(site, origin, rest):
    return faults.Trial(site, origin)
