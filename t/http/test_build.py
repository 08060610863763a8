"""How the module is compiled: the additional warnings of a newer compiler must not stop a user's
build."""

import os
import pathlib
import subprocess

import pytest

import nginx

OUTPUT = nginx.MODULE.parent
MAKEFILE = OUTPUT / "module/Makefile"
OBJECT = OUTPUT / "module/addon/base/encoding.o"


@pytest.mark.parametrize("warnings, last", [("", "-Wno-error"), ("errors", "-Werror")])
def test_warnings_are_errors_only_if_build_sh_sets_it(warnings, last):
    if not MAKEFILE.exists():
        pytest.skip("the module was built elsewhere")
    own_tree = OUTPUT / "source"
    tree = own_tree if own_tree.exists() else pathlib.Path("/usr/share/nginx/src")
    commands = subprocess.run(["make", "-n", "-B", "-C", tree, "-f", MAKEFILE, OBJECT], text=True,
                              env=os.environ | {"PRIVATE_IMAGE_WARNINGS": warnings},
                              check=True, stdout=subprocess.PIPE).stdout
    options = [word for line in commands.splitlines() if "-std=c++20" in line
               for word in line.split()]
    assert [word for word in options if word in ("-Werror", "-Wno-error")][-1] == last
