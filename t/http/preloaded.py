"""A library before the C library's: calls of nginx's workers that fail as they would on a broken or a
full disk, a clock that can be set, and a count of the bytes that one turn of the event loop reads."""

import os
import subprocess
from unittest import mock

# A file called unremovable.png stays; a file without a name in the folder "full" takes 100,000 bytes.
SOURCE = b"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <sys/types.h>
    #include <unistd.h>
    int unlinkat(int folder, const char *name, int flags) {
        int (*next)(int, const char *, int) = (int (*)(int, const char *, int))
            dlsym(RTLD_NEXT, "unlinkat");
        if (strcmp(name, "unremovable.png") == 0) { errno = EPERM; return -1; }
        return next(folder, name, flags);
    }
    ssize_t write(int file, const void *bytes, size_t count) {
        ssize_t (*next)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))
            dlsym(RTLD_NEXT, "write");
        char link[64], path[4096] = "";
        struct stat status;
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        if (readlink(link, path, sizeof path - 1) > 0 && strstr(path, "/full/#") != NULL
            && fstat(file, &status) == 0 && status.st_size + count > 100000) {
            errno = ENOSPC;
            return -1;
        }
        return next(file, bytes, count);
    }
"""

# Seconds that are added to the time of day are in a file.
CLOCK = b"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdio.h>
    #include <sys/time.h>
    int gettimeofday(struct timeval *restrict time, void *restrict zone) {
        int (*next)(struct timeval *restrict, void *restrict) =
            (int (*)(struct timeval *restrict, void *restrict)) dlsym(RTLD_NEXT, "gettimeofday");
        int result = next(time, zone);
        FILE *file = fopen(FOLDER "/added", "r");
        long added = 0;
        if (file != NULL && fscanf(file, "%ld", &added) == 1) time->tv_sec += added;
        if (file != NULL) fclose(file);
        return result;
    }
"""


# A file has a line for each turn of a worker's event loop that received 20,000 bytes or more.
TURNS = b"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdio.h>
    #include <sys/epoll.h>
    #include <sys/socket.h>
    #include <sys/types.h>
    static __thread size_t received;
    ssize_t read(int file, void *bytes, size_t count) {
        ssize_t (*next)(int, void *, size_t) = (ssize_t (*)(int, void *, size_t))
            dlsym(RTLD_NEXT, "read");
        ssize_t result = next(file, bytes, count);
        if (result > 0) received += (size_t) result;
        return result;
    }
    ssize_t recv(int socket, void *bytes, size_t count, int flags) {
        ssize_t (*next)(int, void *, size_t, int) = (ssize_t (*)(int, void *, size_t, int))
            dlsym(RTLD_NEXT, "recv");
        ssize_t result = next(socket, bytes, count, flags);
        if (result > 0) received += (size_t) result;
        return result;
    }
    int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout) {
        int (*next)(int, struct epoll_event *, int, int) =
            (int (*)(int, struct epoll_event *, int, int)) dlsym(RTLD_NEXT, "epoll_wait");
        FILE *file = received < 20000 ? NULL : fopen(FOLDER "/turns", "a");
        if (file != NULL) { fprintf(file, "%zu\\n", received); fclose(file); }
        received = 0;
        return next(epoll, events, count, timeout);
    }
"""


def preloaded(folder, source=SOURCE):
    """In its block processes are started with the library, which is made in the folder. The files
    `added` and `turns` there are those of CLOCK and TURNS."""
    (folder / "faults.c").write_bytes(source)
    subprocess.run(["cc", "-shared", "-fPIC", f'-DFOLDER="{folder}"', "-o",
                    folder / "faults.so", folder / "faults.c", "-ldl"], check=True)
    return mock.patch.dict(os.environ, LD_PRELOAD=str(folder / "faults.so"))
