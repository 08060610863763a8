"""A real nginx with a templated configuration, in its own folder: starts, observes, reloads and
stops it."""

import itertools
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import textwrap
import time

import jinja2

import client
import signing
from clock import fair_time

BINARY = os.environ.get("NGINX_BINARY", "/usr/sbin/nginx")
ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = pathlib.Path(os.environ.get("PRIVATE_IMAGE_MODULE")
                      or ROOT / "build/ngx_http_private_image_module.so").resolve()
TOOL = pathlib.Path(os.environ.get("PRIVATE_IMAGE_TOOL", MODULE.with_name("private-image")))
PEERS = pathlib.Path(os.environ.get("PEER_MODULES") or ROOT / "build/peers")  # Debian's modules


def version():
    """The version of nginx, such as (1, 22)."""
    reported = subprocess.run([BINARY, "-v"], stderr=subprocess.PIPE, text=True, check=True).stderr
    return tuple(map(int, re.search(r"nginx/(\d+)\.(\d+)", reported).groups()))


# Where NGINX may write: its own defaults belong to root.
FOLDERS = """\
    client_body_temp_path temp/body;
    proxy_temp_path       temp/proxy;
    fastcgi_temp_path     temp/fastcgi;
    uwsgi_temp_path       temp/uwsgi;
    scgi_temp_path        temp/scgi;
"""
if os.environ.get("PRIVATE_IMAGE_SANITIZERS"):
    # NGINX keeps the session of an upstream for the next handshake, and never frees it. That cannot
    # be a named suppression: the stack of what OpenSSL allocates ends in OpenSSL.
    FOLDERS += "    proxy_ssl_session_reuse off;\n"

TEMPLATE = """\
{{ before }}load_module {{ module }};
{% if as_root %}user root;  # the workers must reach a checkout wherever root keeps it
{% endif %}daemon {{ "on" if daemon else "off" }};
pid nginx.pid;
worker_processes {{ workers }};
error_log logs/error.log info;
{{ main }}
events { worker_connections 512; }
http {
""" + FOLDERS + """\
    types {
        image/png png; image/jpeg jpg jpeg; image/gif gif; image/webp webp; image/svg+xml svg;
        text/html html; text/plain txt;
    }
    log_format verdict '$status $request_uri $private_image_reason';
    access_log logs/access.log verdict;
    {% if observed %}
    add_header X-Reason    $private_image_reason    always;
    add_header X-Signature $private_image_signature always;
    add_header X-Mark      $private_image_mark      always;
    {% endif %}
    {% if patient %}
    private_image_timeout 4m;
    private_image_render_timeout 2m;
    {% endif %}
    {{ http }}
    server {
        listen 127.0.0.1:{{ port }};
        server_name localhost;
        {{ server }}
    }
}
"""

# Lines that no test may leave in the error log; those of the second kind are allowed if expected.
NEVER_ALLOWED = re.compile(r"\[(alert|crit|emerg)\]|(Address|Leak|Thread)Sanitizer|runtime error:")
ALLOWED_IF_EXPECTED = re.compile(r"\[error\]")


CLAIMS = []


def ports():
    """Free ports, each returned once, below those that the system gives to clients. The processes
    of a pytest-xdist run have their own ranges, since a port stays free until nginx listens on it.
    Other runs on this machine skip the port: a socket name with its number is bound until this
    process ends."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = 22000 // processes
    begin = 10000 + number * count
    first = random.randrange(begin, begin + count)
    for port in itertools.chain(range(first, begin + count), range(begin, first)):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0private-image-test-port-{port}")
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            claim.close()
            continue
        CLAIMS.append(claim)
        yield port


FREE_PORTS = ports()


class Folder:
    """A prefix folder with configuration, keys and files; checks configurations with `nginx -t`."""

    def __init__(self, path, origin, files=None):
        self.path = pathlib.Path(path)
        self.origin = origin
        self.ports = {}
        for name in ("conf", "logs", "temp", "files"):
            (self.path / name).mkdir(parents=True)
            (self.path / name).chmod(0o755)
        self.write("conf/img.key", signing.KEY.encode() + b"\n", mode=0o600)
        self.write("conf/other.key", signing.OTHER_KEY.encode() + b"\n", mode=0o600)
        for name, content in (files or {}).items():
            self.write(name, content)

    def write(self, name, content, mode=0o644):
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)
        return target

    def port(self, name="main"):
        """A free port, the same for the same name; for further `listen` lines."""
        if name not in self.ports:
            self.ports[name] = next(FREE_PORTS)
        return self.ports[name]

    def configure(self, server="", http="", main="", workers=2, observed=True, daemon=False,
                  before="", **values):
        """The timeouts are longer than the defaults, which are too short on a busy machine, unless
        `http` sets its own."""
        def fill(text, **more):
            environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
            return environment.from_string(text).render(
                origin=self.origin.url, folder=self.path, port_of=self.port, **more, **values)

        parts = {name: fill(textwrap.dedent(text)) for name, text in
                 (("server", server), ("http", http), ("main", main))}
        text = fill(TEMPLATE, module=MODULE, as_root=os.geteuid() == 0, workers=workers,
                    observed=observed, daemon=daemon, before=before, port=self.port(),
                    patient="private_image_timeout" not in parts["http"], **parts)
        self.write("conf/nginx.conf", text.encode())
        return text

    def command(self, *arguments):
        return [BINARY, "-p", f"{self.path}/", "-c", "conf/nginx.conf",
                "-e", f"{self.path}/logs/error.log", *arguments]

    def check(self, **options):
        """Runs `nginx -t` on the current configuration."""
        return subprocess.run(self.command("-t"), stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=client.TIMEOUT, check=False,
                              **options)


def is_leaving(worker):
    """True if a worker process is shutting down or has ended."""
    try:
        title = pathlib.Path(f"/proc/{worker}/cmdline").read_text("latin-1")
    except OSError:
        return True
    return not title or "shutting down" in title


class Nginx:
    """A running nginx."""

    def __init__(self, folder):
        self.folder = folder
        self.expected_errors = []
        self.expected_emergencies = []
        self.start()

    def start(self):
        self.stderr = open(self.folder.path / "logs/stderr.log", "ab")
        self.process = subprocess.Popen(self.folder.command(), stdout=self.stderr,
                                        stderr=self.stderr)
        self.wait_until_listening()

    @property
    def port(self):
        return self.folder.port()

    def wait_until_listening(self):
        until = fair_time() + 20
        while True:
            assert self.process.poll() is None, f"nginx did not start:\n{self.all_output()}"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert fair_time() < until, f"nginx does not listen:\n{self.all_output()}"
                time.sleep(0.01)

    def get(self, target, headers=None, port=None, **options):
        port = self.port if port is None else self.folder.port(port)
        return client.request(port, target, headers=headers, **options)

    def head(self, target, headers=None, **options):
        return self.get(target, headers, method="HEAD", **options)

    def connect(self, timeout=client.TIMEOUT):
        return client.Connection(self.port, timeout)

    def log(self):
        return (self.folder.path / "logs/error.log").read_text("utf-8", "replace")

    def all_output(self):
        self.stderr.flush()
        return (self.folder.path / "logs/stderr.log").read_text("utf-8", "replace") + self.log()

    def log_since(self, length):
        return self.log()[length:]

    def wait_for_log(self, pattern, since=0, seconds=20):
        """The first line after position `since` that matches."""
        until = fair_time() + seconds
        while True:
            for line in self.log_since(since).splitlines():
                if re.search(pattern, line):
                    return line
            assert fair_time() < until, (
                f"no line like {pattern} in the error log:\n{self.log_since(since)}")
            time.sleep(0.02)

    def access_log(self, name="access.log"):
        return (self.folder.path / "logs" / name).read_text("utf-8", "replace").splitlines()

    def wait_for_access_line(self, text, name="access.log", seconds=20):
        until = fair_time() + seconds
        while True:
            for line in self.access_log(name):
                if text in line:
                    return line
            assert fair_time() < until, f"no access log line with {text}"
            time.sleep(0.02)

    def expect_errors(self, *patterns):
        """Allows [error] lines that match one of the patterns."""
        self.expected_errors += patterns

    def allow_emergency(self, pattern):
        """Allows [emerg] and [alert] lines that match the pattern, since the test causes them."""
        self.expected_emergencies.append(pattern)

    def workers(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return set(children.read_text().split())

    def answering(self):
        """The ids of the workers that answer requests, including those that are shutting down,
        without NGINX's cache manager and loader."""
        found = set()
        for child in self.workers():
            try:
                title = pathlib.Path(f"/proc/{child}/cmdline").read_text("latin-1")
            except OSError:
                continue
            if "worker process" in title:
                found.add(int(child))
        return found

    def workers_beside(self, old, count=2, seconds=20):
        """Waits until so many other workers answer, and returns their ids."""
        until = fair_time() + seconds
        while len(new := self.answering() - old) < count:
            assert fair_time() < until, f"no new workers:\n{self.log()}"
            time.sleep(0.01)
        return new

    def reload(self):
        """Waits until new workers run and the old ones accept no connections; old ones may still
        answer requests."""
        old = self.workers()
        self.process.send_signal(signal.SIGHUP)
        until = fair_time() + 20
        while len(self.workers() - old) < len(old) or not all(map(is_leaving, old)):
            assert fair_time() < until, f"no new workers, or old ones stay:\n{self.log()}"
            time.sleep(0.01)
        time.sleep(0.05)  # a worker has its new title just before it closes its sockets
        return old

    def wait_until_gone(self, workers, seconds=20):
        until = fair_time() + seconds
        while workers & self.workers():
            assert fair_time() < until, "old workers stay"
            time.sleep(0.02)

    def reconfigure(self, *arguments, **values):
        """Reloads with another configuration, and waits until no old worker is left."""
        self.folder.configure(*arguments, **values)
        self.wait_until_gone(self.reload())

    def restart(self):
        """Ends nginx and starts it again in the same folder."""
        failures = self.stop()
        assert not failures, failures
        self.start()

    def quit(self):
        """Sends QUIT: nginx finishes running requests and exits."""
        self.process.send_signal(signal.SIGQUIT)

    def stop(self):
        """Stops nginx and returns a list of sentences about failures."""
        if self.process.poll() is None:
            self.quit()
        try:
            self.process.wait(client.TIMEOUT)
            return []
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(10)
            return [f"nginx in {self.folder.path} did not quit within {client.TIMEOUT} seconds"]
        finally:
            self.stderr.close()

    def unexpected_lines(self):
        """Lines of the error log and of stderr that no test expects."""
        found = []
        stderr = (self.folder.path / "logs/stderr.log").read_text("utf-8", "replace")
        for line in self.log().splitlines() + stderr.splitlines():
            if NEVER_ALLOWED.search(line):
                expected = self.expected_emergencies
            elif ALLOWED_IF_EXPECTED.search(line):
                expected = self.expected_errors
            else:
                continue
            if not any(re.search(pattern, line) for pattern in expected):
                found.append(line)
        return found
