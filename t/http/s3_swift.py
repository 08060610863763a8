"""A real S3 server for tests: OpenStack Swift with s3api and tempauth, from Debian's python3-swift,
as four processes bound to loopback over one temporary folder."""

import os
import pathlib
import pwd
import socket
import subprocess
import sys
import time

import boto3
import botocore.config

import nginx
import s3_origin

HERE = pathlib.Path(__file__).resolve().parent
KEY_ID, SECRET = "test:tester", "tester/secret+1="
READER_ID, READER_SECRET = "test:reader", "reader/secret+2="
REGION = "us-east-1"

# These lines replace Swift's own programs, whose packages would also start services.
SERVER = """
import sys
from swift.common import utils
from swift.common.wsgi import run_wsgi
utils.set_swift_dir(sys.argv[3])
sys.exit(run_wsgi(sys.argv[1], sys.argv[2], verbose=True))
"""
RINGS = """
import sys
from swift.cli.ringbuilder import main
main(["swift-ring-builder", *sys.argv[1:]])
"""

COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
log_level = WARNING
"""
STORAGE = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
paste.filter_factory = s3_swift_cache:filter_factory
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
user_test_reader = {reader}
"""
for _name in ("catch_errors", "gatekeeper", "listing_formats", "copy", "slo", "dlo"):
    PROXY += f"[filter:{_name}]\nuse = egg:swift#{_name}\n"


class Swift:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.ports = {kind: next(nginx.FREE_PORTS)
                      for kind in ("account", "container", "object", "proxy")}
        (folder / "devices/disk").mkdir(parents=True)
        (folder / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_prefix = tests\nswift_hash_path_suffix = tests\n")
        for kind in ("account", "container", "object"):
            self._make_ring(kind)
        for kind in self.ports:
            self._start(kind)
        self.port = self.ports["proxy"]
        self.address = f"127.0.0.1:{self.port}"
        self._wait_until_listening()

    def _make_ring(self, kind):
        for arguments in (("create", "2", "1", "0"),
                          ("add", f"r1z1-127.0.0.1:{self.ports[kind]}/disk", "1"),
                          ("rebalance",)):
            done = subprocess.run([sys.executable, "-c", RINGS, self.folder / f"{kind}.builder",
                                   *arguments], cwd=self.folder, capture_output=True, text=True,
                                  timeout=60, check=False)
            assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: a warning

    def _start(self, kind):
        text = (COMMON + (PROXY if kind == "proxy" else STORAGE)).format(
            kind=kind, port=self.ports[kind], folder=self.folder, secret=SECRET,
            reader=READER_SECRET, user=pwd.getpwuid(os.getuid()).pw_name)
        configuration = self.folder / f"{kind}.conf"
        configuration.write_text(text)
        with open(self.folder / f"{kind}.log", "wb") as log:
            self.processes.append(subprocess.Popen(
                [sys.executable, "-c", SERVER, configuration, f"{kind}-server",
                 self.folder], stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(HERE)}))

    def _wait_until_listening(self):
        until = time.monotonic() + 60
        for port in self.ports.values():
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    ended = [one for one in self.processes if one.poll() is not None]
                    assert not ended and time.monotonic() < until, self.logs()
                    time.sleep(0.1)

    def logs(self):
        return "\n".join(f"{path.name}:\n{path.read_text()}"
                         for path in sorted(self.folder.glob("*.log")))

    def client(self, key_id=KEY_ID, secret=SECRET):
        return boto3.client(
            "s3", endpoint_url=f"http://{self.address}", region_name=REGION,
            aws_access_key_id=key_id, aws_secret_access_key=secret,
            config=botocore.config.Config(s3={"addressing_style": "path"},
                                          signature_version="s3v4"))

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def credentials_file(key_id=KEY_ID, secret=SECRET):
    return s3_origin.credentials_file(key_id, secret)
