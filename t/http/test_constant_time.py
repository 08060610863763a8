"""Signatures are compared with OpenSSL's constant-time function only. The unit tests measure its
time; this file inspects the sources and the module."""

import re
import subprocess

import nginx

SOURCES = nginx.ROOT / "src"


def function(path, name):
    """The text of a function, from its name to its closing brace."""
    text = (SOURCES / path).read_text()
    start = text.index(name + "(")
    return text[start:text.index("\n}", start)]


def test_the_module_imports_the_comparison_from_openssl():
    symbols = subprocess.run(["nm", "-D", "--undefined-only", nginx.MODULE], check=True,
                             capture_output=True, text=True).stdout
    assert re.search(r"\bCRYPTO_memcmp\b", symbols)


def test_secrets_are_compared_with_it():
    body = function("base/secret.cpp", "bool equalInConstantTime")
    assert "CRYPTO_memcmp(" in body
    assert not re.search(r"\b(memcmp|std::equal|compare)\b|a == b", body)


def test_every_key_is_tried_to_the_end():
    body = function("access/key_ring.cpp", "int KeyRing::match")
    assert "equalInConstantTime(digest.text(), hex)" in body
    assert not re.search(r"\bbreak\b|\breturn\b(?! matching;)", body)


def test_digests_are_compared_in_no_other_way():
    """Searches the sources that verify signatures, and the dialects that parse them."""
    found = []
    for path in [*SOURCES.glob("access/*.cpp"), *SOURCES.glob("dialect/*signature*.cpp"),
                 SOURCES / "dialect/signed_target.cpp", SOURCES / "nginx/request/request.cpp"]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"(digest|hex|signature)(\.value|\.text\(\))? (==|!=)|(==|!=) \S*digest"
                         r"|(digest|hex)\S*\.(compare|starts_with|ends_with)\(", line):
                found.append(f"{path.name}:{number}: {line.strip()}")
    allowed = ("Signature::", "digest == KeyRing::Digest", "name == format.digestName",
               "digest.value.size()")
    assert not [line for line in found if not any(word in line for word in allowed)]
