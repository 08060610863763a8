"""A library before the C library's: calls of nginx's workers that fail as they would on a broken or a
full disk, and a clock that can be set."""

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
        FILE *file = fopen(ADDED, "r");
        long added = 0;
        if (file != NULL && fscanf(file, "%ld", &added) == 1) time->tv_sec += added;
        if (file != NULL) fclose(file);
        return result;
    }
"""


def preloaded(folder, source=SOURCE):
    """In its block processes are started with the library, which is made in the folder. The file
    `added` there has the seconds of CLOCK."""
    (folder / "faults.c").write_bytes(source)
    subprocess.run(["cc", "-shared", "-fPIC", f'-DADDED="{folder}/added"', "-o",
                    folder / "faults.so", folder / "faults.c", "-ldl"], check=True)
    return mock.patch.dict(os.environ, LD_PRELOAD=str(folder / "faults.so"))
