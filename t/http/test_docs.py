"""The documents are correct: nginx accepts every configuration shown, every snippet signs as the
vectors do, every example of a size is the rendered size, and the tables of directives, variables
and reasons match the code."""

import json
import os
import pathlib
import re
import subprocess

import pytest

import pictures
import signing
from documents import (CONFIGURATIONS, FILES, PAGES, blocks, cells, code, first_configuration,
                       lay_out, page, rows_after, run, start)
from nginx import ROOT

# Configurations

@pytest.mark.parametrize("block", CONFIGURATIONS, ids=lambda block: block.name)
def test_nginx_accepts_the_configuration(folder, block):
    reported = lay_out(folder(FILES), block).check()
    assert reported.returncode == 0, reported.stdout
    assert "[warn]" not in reported.stdout, reported.stdout


def test_the_shortest_configuration_answers_as_its_table_says(folder, request, origin):
    block = first_configuration("README.md", "private_image_watermark  logo logo.png;")
    site = run(folder, request, block)
    origin.publish(pictures.plain(900, 600, kind="JPEG"), "/photo.jpg", private=True)
    rows = rows_after("README.md", "| Request | Answer |")
    assert len(rows) == 4
    for target, answer in rows:
        bare, question, _ = code(target).partition("?")
        sent = signing.imagekit(bare, "/img/", expires=signing.soon()) if question else bare
        got = site.get(sent)
        assert got.status == int(answer[:3]), (target, got)
        if width := re.search(r"(\d+) pixels wide", answer):
            assert got.image().width == int(width[1])
    origin.publish(pictures.plain(900, 600, kind="JPEG"), "/photo.jpg")
    site = run(folder, request, block)  # nothing is remembered
    assert {site.get(code(target).partition("?")[0]).status for target, _ in rows} == {200}


def test_the_configuration_for_an_http_origin_works(folder, request, origin):
    site = run(folder, request, first_configuration("README.md", "http://127.0.0.1:9000/"))
    path = origin.publish(pictures.plain(60, 40), private=True)
    assert site.get(f"/img{path}").verdict == (401, "unsigned")
    assert site.get(signing.imagekit(f"/img/tr:w-30{path}", "/img/")).image().size == (30, 20)


@pytest.mark.parametrize("name", ["README.md", "privacy-model.md"])
def test_the_configuration_for_a_folder_works(folder, request, name):
    picture = pictures.plain(60, 40)
    site = run(folder, request, first_configuration(name, "private_image_mark  $is_private;"),
               {"files/img/public/a.png": picture, "files/img/other/a.png": picture})
    port = "main" if name == "README.md" else "shown"
    for target in ("/img/public/a.png", "/img/tr:w-30/public/a.png", "/img/public/tr:w-30/a.png"):
        assert site.get(target, port=port).verdict == (200, "public"), target
    for target in ("/img/other/a.png", "/img/tr:w-30/other/a.png", "/img//other/a.png",
                   "/img/tr:w-30,l-image,i-other@@a.png,l-end/public/a.png"):
        assert site.get(target, port=port).verdict == (401, "unsigned"), target
    doubled = "/img/tr:w-30,l-image,i-@@@@other@@a.png,l-end/public/a.png"
    assert site.get(doubled, port=port).verdict == (400, "bad_options")
    assert site.get(signing.imagekit("/img/other/a.png", "/img/"), port=port).status == 200


def test_the_configuration_for_marked_files_works(folder, request):
    picture = pictures.plain(60, 40)
    names = ("shown", "hidden", "unmarked")
    site = run(folder, request, first_configuration("directives.md", "private_image_file_mark  on;"),
               {f"files/img/{name}.png": picture for name in names})
    for name, value in (("shown", b"false"), ("hidden", b"true")):
        os.setxattr(site.folder.path / f"files/img/{name}.png", "user.isprivatefile", value)
    for target in ("/img/{}.png", "/img/tr:w-30/{}.png"):
        assert site.get(target.format("shown")).verdict == (200, "public")
        for name in ("hidden", "unmarked"):
            assert site.get(target.format(name)).verdict == (401, "unsigned")
            signed = signing.imagekit(target.format(name), "/img/")
            assert site.get(signed).verdict == (200, "signed")


# Signing

VECTORS = json.loads((ROOT / "t/vectors.json").read_text())
ENDS_IN_SIGNATURE = {
    "cloudflare": re.compile(r"(?P<target>.+)[?&]exp=(?P<expiry>\d+)&sig=[0-9a-f]{64}"),
    "imagekit": re.compile(r"(?P<target>.+)[?&]ik-t=(?P<expiry>\d+)&ik-s=[0-9a-f]{40}"),
}


def after_host(url):
    rest = url.partition("://")[2]
    return rest[rest.index("/"):] if "/" in rest else "/"


def signed_vectors():
    """The vectors that a snippet must reproduce: valid, and ending with expiry and signature."""
    for dialect, pattern in ENDS_IN_SIGNATURE.items():
        for vector in VECTORS[dialect]:
            url = after_host(vector["url"])
            match = pattern.fullmatch(url)
            if match and vector["expected"] == "valid":
                prefix = after_host(vector.get("endpoint", "")).rstrip("/") + "/"
                yield {"dialect": dialect, "key": vector["key"], "prefix": prefix, "url": url,
                       "target": match["target"], "expiry": int(match["expiry"])}


BASH = """
while IFS=$'\\t' read -r dialect key prefix target expiry; do
    printf '%s\\n' "$key" > img.key
    if [[ $dialect == imagekit ]]; then sign_imagekit img.key "$prefix" "$target" "$expiry"
    else sign_cloudflare img.key "$target" "$expiry"; fi
done
"""
JAVASCRIPT = """
for (const v of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) {
  console.log(v.dialect === 'imagekit' ? signImageKit(v.key, v.prefix, v.target, v.expiry)
                                       : signCloudflare(v.key, v.target, v.expiry));
}
"""
PYTHON = """
import json, sys
for v in json.load(sys.stdin):
    print(sign_imagekit(v["key"], v["prefix"], v["target"], v["expiry"])
          if v["dialect"] == "imagekit" else sign_cloudflare(v["key"], v["target"], v["expiry"]))
"""
PHP = """
foreach (json_decode(stream_get_contents(STDIN), true) as $v) {
    echo $v['dialect'] === 'imagekit'
        ? sign_imagekit($v['key'], $v['prefix'], $v['target'], $v['expiry'])
        : sign_cloudflare($v['key'], $v['target'], $v['expiry']), "\\n";
}
"""


@pytest.mark.parametrize("language, command, driver", [
    ("bash", "bash", BASH), ("javascript", "node", JAVASCRIPT),
    ("python", "/usr/bin/python3", PYTHON), ("php", "php", PHP)])
def test_a_snippet_signs_as_the_vectors_do(tmp_path, language, command, driver):
    (snippet,) = [block.text for block in blocks(page("README.md"), language)]
    vectors = list(signed_vectors())
    assert {vector["dialect"] for vector in vectors} == {"cloudflare", "imagekit"}
    assert len(vectors) > 40
    if language == "bash":
        vectors = [vector for vector in vectors if "\t" not in vector["key"]]
        fields = ("dialect", "key", "prefix", "target", "expiry")
        text = "".join("\t".join(str(v[field]) for field in fields) + "\n" for v in vectors)
    else:
        text = json.dumps(vectors)
    program = tmp_path / "snippet"
    program.write_text(("<?php\n" if language == "php" else "") + snippet + driver)
    done = subprocess.run([command, program], input=text.encode(), cwd=tmp_path, check=True,
                          stdout=subprocess.PIPE, timeout=120)
    assert done.stdout.decode().splitlines() == [vector["url"] for vector in vectors]


@pytest.mark.parametrize("dialect", ["imagekit", "cloudflare"])
def test_the_worked_signature_is_right(dialect):
    row = dict((name, code(value)) for name, value in rows_after(
        "signing.md", f"<!-- vector: {dialect} -->"))
    url = signing.sign(dialect, row["Target"], row.get("Prefix"), row["Key"], row["Expiry"])
    assert url == row["URL"]
    algorithm = {"imagekit": "sha1", "cloudflare": "sha256"}[dialect]
    digest = signing.hmac.new(row["Key"].encode(), row["Signed text"].encode(), algorithm)
    assert url.endswith("=" + digest.hexdigest())


# Sizes, watermarks and canonical texts

def table_cases(kind):
    return [(dialect, *map(code, row)) for dialect in ("cloudflare", "imagekit")
            for row in rows_after("transformations.md", f"<!-- {kind}: {dialect} -->")]


@pytest.fixture(scope="module")
def site(gate):
    return gate("""
        add_header X-Options $private_image_options always;
        location ^~ /imagekit/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location ^~ /cloudflare/ { private_image cloudflare; proxy_pass {{ origin }}/; }
        """, observed=False)


def target_of(dialect, options, path):
    if dialect == "imagekit":
        return f"/imagekit/tr:{options}{path}"
    return f"/cloudflare{path}/{options}"


@pytest.mark.parametrize("dialect, source, options, result", table_cases("sizes"))
def test_a_worked_size_is_what_is_rendered(site, origin, dialect, source, options, result):
    width, height = map(int, source.split("x"))
    path = origin.publish(pictures.plain(width, height), f"/{source}.png")
    answer = site.get(target_of(dialect, options, path))
    assert answer.status == 200
    assert "%dx%d" % answer.image().size == result


@pytest.mark.parametrize("dialect, options, text", table_cases("canonical"))
def test_a_canonical_text_is_that_of_the_variable(site, origin, dialect, options, text):
    path = origin.publish(pictures.plain(60, 40))
    assert site.get(target_of(dialect, options, path)).header("X-Options") == text


@pytest.mark.parametrize("result, file, options, mark",
                         [tuple(map(code, row))
                          for row in rows_after("transformations.md", "<!-- watermarks -->")])
def test_a_watermark_sits_where_the_table_says(folder, request, origin, result, file, options,
                                               mark):
    place = folder({"conf/mark.png": pictures.plain(*map(int, file.split("x")), pictures.RED)})
    place.configure(f"""
        private_image_watermark mark mark.png {options};
        private_image_variant marked public watermark=mark;
        location ^~ /cf/ {{ private_image cloudflare; proxy_pass {{{{ origin }}}}/; }}
        """)
    running = start(place, request)
    path = origin.publish(pictures.plain(*map(int, result.split("x")), pictures.BLUE))
    image = running.get(f"/cf{path}/marked").image()
    red = image.getchannel("R").point(lambda value: 255 if value > 125 else 0)
    left, top, right, bottom = red.getbbox()
    assert f"{right - left}x{bottom - top} at {left},{top}" == mark


# Tables of the code

def source(name):
    return (ROOT / "src" / name).read_text()


def forms():
    """The sections of docs/directives.md that describe a directive."""
    text = page("directives.md").read_text().partition("\n# Variables\n")[0]
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def directives():
    return re.findall(r'\{ngx_string\("(private_image\w*)"\),\s+(\w+)',
                      source("nginx/config/directives.cpp") + source("nginx/s3_origin/s3_module.cpp")
                      + source("nginx/door/door_module.cpp"))


def test_every_directive_has_a_form_and_nothing_else_has_one():
    assert sorted(forms()) == sorted(name for name, _ in directives())


@pytest.mark.parametrize("name, place", directives())
def test_a_form_is_complete(name, place):
    form = forms()[name]
    fields = dict(cells(line) for line in form.splitlines() if re.match(r"\| [SDC]\w+ \|", line))
    assert fields["Syntax"].startswith(f"`{name} ")
    assert " – " in fields["Default"], "a default needs its reason"
    context = {"NGX_HTTP_LOC_CONF": "location", "NGX_HTTP_MAIN_CONF": "http"}.get(
        place, "http, server, location")
    assert fields["Context"] == context
    assert re.search(rf"```nginx\n(?:(?!```).)*\b{name}\s", form, re.DOTALL), "no example"


def test_the_encoders_defaults_are_those_of_the_code():
    text = source("render/renderer.hpp").partition("defaultEncoders{{")[2].partition("}};")[0]
    encoders = {name: (int(quality), int(effort)) for quality, effort, name in
                re.findall(r"\{(\d+), (\d+)\},\s*// (\w+)", text)}
    assert len(encoders) == 6

    def documented(name):
        default = re.search(rf"`{name} ([^`]*);`", forms()[name].partition("| Default |")[2])
        return dict(pair.split("=") for pair in default[1].split())

    for name, index in (("private_image_quality", 0), ("private_image_effort", 1)):
        for encoder, value in documented(name).items():
            assert int(value) == encoders[encoder][index], (name, encoder)


UNITS = {"msec": (("m", 60 * 1000), ("s", 1000)), "sec": (("h", 3600), ("s", 1)),
         "size": (("m", 1000 * 1000), ("", 1))}


def in_units(kind, text):
    """A number of the code as it is written in a configuration."""
    number, _, shift = text.replace("'", "").partition(" << ")
    if shift:
        assert shift == "20"
        return f"{number}m"
    return next(f"{int(number) // unit}{letter}" for letter, unit in UNITS[kind]
                if int(number) % unit == 0)


def test_the_defaults_of_numbers_are_those_of_the_code():
    merged = re.findall(
        r"ngx_conf_merge_(msec|sec|size)_value\(child\.(\w+), parent\.\w+,\s*([^)]+)\)",
        source("nginx/config/location_config.cpp"))
    assert len(merged) > 5
    for kind, field, value in merged:
        name = "private_image_" + re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), field)
        default = forms()[name].partition("| Default |")[2].partition("\n")[0]
        if value == "0":
            assert f"`{name} off;`" in default
            continue
        assert f"`{name} {in_units(kind, value)};`" in default


def test_every_variable_is_in_the_table():
    known = re.findall(r'\{"(\w+)", get<(?:unlessHidden<)?\w+>+\}',
                       source("nginx/request/variables.cpp") + source("nginx/s3_origin/variables.cpp"))
    known += re.findall(r'addVariable\(cf, "private_image_(\w+)"',
                        source("nginx/door/upload_variables.cpp"))
    reported = [code(row[0]).removeprefix("$private_image_")
            for row in rows_after("directives.md", "# Variables")]
    assert sorted(reported) == sorted(known) and known


LEVELS = {"none": "–", "client": "info", "origin": "error", "limit": "warn", "internal": "error"}


def test_every_reason_is_in_the_table_as_the_code_has_it():
    cloudflare, imagekit = (
        dict((name, (status, error.strip('"'))) for name, status, error in re.findall(
            r'\{Reason::(\w+), (\d+), ("\w*"|\d+)\}', source(f"dialect/{dialect}/errors.cpp")))
        for dialect in ("cloudflare", "imagekit"))
    known = {}
    for name, word, fault in re.findall(r'\{Reason::(\w+), "(\w+)", Fault::(\w+),',
                                        source("access/reason.cpp")):
        status, number = cloudflare[name]
        known[word] = [status + (f" err={number}" if number != "0" else ""),
                       " ".join(imagekit[name]).strip(), LEVELS[fault]]
    reported = {code(row[0]): row[1:4] for row in rows_after("directives.md", "# Reasons")}
    assert reported == known and len(known) > 20


# Links

def anchors(path):
    """The anchors that code hosts make of headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("one", PAGES, ids=lambda one: one.name)
def test_links_have_targets(one):
    text = re.sub(r"^```.*?^```$", "", one.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        leads_to = pathlib.Path(one.parent, name).resolve() if name else one
        assert leads_to.exists(), link
        assert not anchor or anchor in anchors(leads_to), link


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "architecture.md"])
def test_named_files_exist(name):
    named = set(re.findall(r"`((?:src|t|docs)/[\w./]+)`", page(name).read_text()))
    assert len(named) > 5
    assert not [path for path in named if not (ROOT / path).exists()]


# Promises

def test_the_test_named_by_a_promise_exists():
    """Every test file and fuzz target that docs/security.md names, and every verb; and it names
    every target."""
    text = page("security.md").read_text()
    files = {path.name for folder in ("t/http", "t/unit", "t/fuzz") for path in
             (ROOT / folder).iterdir()}
    named = set(re.findall(r"`(test_\w+\.py|\w+_(?:test|fuzz))`", text))
    assert len(named) > 15
    for name in named:
        assert name in files or f"{name}.cpp" in files, name
    assert {name for name in files if name.endswith("_fuzz.cpp")} == {
        f"{name}.cpp" for name in named if name.endswith("_fuzz")}
    verbs = set(re.findall(r"\./build\.sh (\w+)", text))
    usage = subprocess.run([ROOT / "build.sh", "?"], capture_output=True, text=True, check=False)
    assert verbs <= set(re.findall(r"^  ([a-z0-9-]+)", usage.stderr, re.M)), verbs
