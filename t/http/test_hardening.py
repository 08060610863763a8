"""The module and the tool are hardened as Debian's packages are, and export no internal symbols.
Reads the files with binutils."""

import os
import pathlib
import re
import subprocess

import nginx
import pictures
import pytest
from nginx import TOOL

MODULE = nginx.MODULE

# Of a module nginx looks up these, and nothing else.
LOOKED_UP = {"ngx_modules", "ngx_module_names", "ngx_module_order"}

# Everything else of libvips' world comes through libvips.
NEEDED = {"libvips.so.42", "libgobject-2.0.so.0", "libglib-2.0.so.0", "libgmodule-2.0.so.0",
          "libcrypto.so.3", "liblcms2.so.2", "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6"}
# Part of the C library; whether it is named depends on the machine.
LOADER = re.compile(r"ld-linux.*\.so\.\d+")


def read(*command):
    return subprocess.run(command, text=True, check=True, stdout=subprocess.PIPE,
                          env={**os.environ, "LC_ALL": "C"}, timeout=60).stdout


def dynamic_section(file):
    """The entries, as pairs of a tag and the value after it."""
    return re.findall(r"^ *0x\w+ +\((\w+)\) +(.+?) *$", read("readelf", "-dW", file), re.MULTILINE)


def segments(file):
    """The flags of each program header, by its type."""
    return dict(re.findall(r"^ +([A-Z_]+) +(?:0x\w+ +){5}([RWE ]{3})",
                           read("readelf", "-lW", file), re.MULTILINE))


def symbols(file, which):
    """The symbols of the dynamic table, without versions; C++ names are demangled."""
    lines = read("nm", "-DC", which, file).splitlines()
    return {re.sub(r"^[0-9a-f ]*[A-Za-z] |@.*", "", line) for line in lines}


def imported(file):
    return symbols(file, "--undefined-only")


def test_the_module_exports_only_the_symbols_that_nginx_needs():
    assert symbols(MODULE, "--defined-only") == LOOKED_UP


def test_the_module_cannot_be_unloaded():
    """GLib calls its log writer until the process ends."""
    assert any(tag == "FLAGS_1" and "NODELETE" in value for tag, value in dynamic_section(MODULE))


def test_the_tool_exports_none_of_its_symbols():
    assert not [name for name in symbols(TOOL, "--defined-only") if "private_image" in name]


@pytest.mark.parametrize("file", [MODULE, TOOL], ids=["module", "tool"])
class TestBoth:
    def test_symbols_are_bound_at_start_and_then_read_only(self, file):
        entries = dynamic_section(file)
        assert ("FLAGS", "BIND_NOW") in entries
        assert any(tag == "FLAGS_1" and "NOW" in value.split() for tag, value in entries)
        assert segments(file)["GNU_RELRO"].strip() == "R"

    def test_it_is_position_independent(self, file):
        assert re.search(r"Type: +DYN ", read("readelf", "-hW", file))
        assert not [tag for tag, _ in dynamic_section(file) if tag == "TEXTREL"]

    def test_no_segment_is_writable_and_executable(self, file):
        flags = segments(file)
        assert flags["GNU_STACK"].strip() == "RW"
        assert not re.search(r"^ +\w+ .* RWE ", read("readelf", "-lW", file), re.MULTILINE)

    def test_stacks_are_protected(self, file):
        assert "__stack_chk_fail" in imported(file)

    def test_libraries_come_from_the_system_s_folders(self, file):
        assert not [tag for tag, _ in dynamic_section(file) if tag in ("RPATH", "RUNPATH")]

    def test_it_needs_exactly_the_listed_libraries(self, file):
        names = {re.search(r"\[(.+)\]", value)[1]
                 for tag, value in dynamic_section(file) if tag == "NEEDED"}
        assert {name for name in names if not LOADER.fullmatch(name)} == NEEDED


def test_buffer_sizes_are_checked_by_fortify():
    # The module calls nothing that has such a watch; both are made of the same objects.
    assert [name for name in imported(TOOL) if re.fullmatch(r"__\w+_chk", name)]


def test_the_tool_is_a_position_independent_executable():
    assert any(tag == "FLAGS_1" and "PIE" in value.split()
               for tag, value in dynamic_section(TOOL))


def test_a_worker_has_only_the_codecs_that_it_may_use(gate, origin):
    """libvips would load its plugins for documents as well."""
    site = gate("location /img/ { private_image imagekit; proxy_pass {{ origin }}/; }", workers=1)
    path = origin.publish(pictures.plain(), private=False)
    assert site.get("/img/tr:w-20,f-avif" + path).status == 200
    libraries = pathlib.Path(f"/proc/{[*site.workers()][0]}/maps").read_text()
    assert "libheif" in libraries
    for unused in ("poppler", "openslide", "Magick"):
        assert unused not in libraries
