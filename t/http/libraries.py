"""Versions of the rendering libraries, for tests whose results depend on them."""

import re
import subprocess


def version_of_vips():
    declared = subprocess.run(["vips", "--version"], text=True, check=True, stdout=subprocess.PIPE)
    return tuple(map(int, re.match(r"vips-(\d+)\.(\d+)\.(\d+)", declared.stdout).groups()))


VIPS = version_of_vips()
