"""NGINX as the benchmark runs it: one configuration for all rows, and what its workers have used of
CPU and memory."""

import os
import pathlib
import socket
import subprocess
import time

FOLDERS = "client_body proxy fastcgi uwsgi scgi".split()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def cpu_clock_of(pid):
    """As clock_getcpuclockid(3) makes it, which Python knows for threads only."""
    return (~pid << 3) | 2


class Server:
    """A running nginx. `template`: its nginx.conf with {names} to fill in."""

    def __init__(self, binary, template, folder, **values):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        temporary = "\n".join(f"{name}_temp_path {folder}/temp_{name};" for name in FOLDERS)
        text = template.format(port=self.port, folder=folder, temporary=temporary, **values)
        (self.folder / "nginx.conf").write_text(text)
        self.process = subprocess.Popen([binary, "-p", f"{folder}/", "-c", "nginx.conf",
                                         "-e", f"{folder}/error.log", "-g", "daemon off;"])
        until = time.monotonic() + 20
        while not (self.listens() and self.workers()):
            assert self.process.poll() is None and time.monotonic() < until, self.errors()
            time.sleep(0.05)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def errors(self):
        return (self.folder / "error.log").read_text(errors="replace")[-3000:]

    def url(self, target):
        return f"http://127.0.0.1:{self.port}{target}"

    def workers(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()
                if "worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_text()]

    def cpu_seconds(self):
        """Of all workers, with all threads, also those that have ended."""
        return sum(time.clock_gettime(cpu_clock_of(pid)) for pid in self.workers())

    def memory_mb(self, field):
        """VmRSS (resident now) or VmHWM (its peak since forget_peak()), all workers together."""
        total = 0
        for pid in self.workers():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
        return total / 1024

    def forget_peak(self):
        for pid in self.workers():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, 9)
            self.process.wait()
