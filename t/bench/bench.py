"""Runs the benchmark and prints its tables. `./build.sh bench [table …]` calls it; the words choose
among the tables by the names of their functions in rows.py. With `--write`, what was measured takes
its place in docs/performance.md.

Needs PRIVATE_IMAGE_MODULE, NGINX_BINARY, BARE_LOOP, PHOTOGRAPHS and PEER_MODULES in the environment.
Debian's image_filter is left out where the nginx is not Debian's."""

import datetime
import os
import pathlib
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "http")]

import corpus  # noqa: E402
import load  # noqa: E402
import rows  # noqa: E402
import server  # noqa: E402
import signing  # noqa: E402
import upload_load  # noqa: E402

PAGE = HERE.parents[1] / "docs/performance.md"
BEGIN = "<!-- measured: written by ./build.sh bench --write -->"
END = "<!-- measured: end -->"

KEYS = 32
VARIANT_COUNTS = (1, 100, 1000)
KEY_COUNTS = (1, 8, 32)


def generated_locations(folder):
    """Locations with many variants and with many keys."""
    text = []
    for count in VARIANT_COUNTS:
        variants = "\n".join(f"private_image_variant v{n} public w=400,q={n % 100 + 1};"
                             for n in range(count))
        text.append(f"location ^~ /variants{count}/ {{ private_image imagekit; {variants}"
                    " private_image_cache derived; proxy_pass http://files/corpus/; }")
    for count in KEY_COUNTS:
        # The signing key is the last one: all before it are tried without success.
        keys = "\n".join(f"private_image_key {folder}/other{n}.key;" for n in range(count - 1))
        text.append(f"location ^~ /keys{count}/ {{ private_image imagekit; {keys}"
                    f" private_image_key {folder}/img.key; private_image_signature always;"
                    " private_image_cache derived; proxy_pass http://files/corpus/; }")
    return "\n".join(text)


def write_keys(folder):
    texts = {"img.key": signing.KEY, "upload.key": upload_load.KEY,
             "s3.credentials": "[default]\naws_access_key_id = id\naws_secret_access_key = secret\n",
             **{f"other{n}.key": secrets.token_hex(16) for n in range(KEYS)}}
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


def lay_out(folder, photographs, build):
    """The corpus, and beside it the names under which rows.py asks for it."""
    pictures = corpus.make(build / "corpus", photographs)
    shown = folder / "corpus"
    shown.mkdir()
    for picture in pictures.iterdir():
        os.link(picture, shown / picture.name)
    (shown / "private").mkdir()
    os.link(pictures / "2mp.jpg", shown / "private/2mp.jpg")
    (shown / "many").mkdir()
    (shown / "light.txt").write_text("light\n" * 170)
    corpus.vips("thumbnail", pictures / "2mp.jpg", f"{folder / 'tiny.jpg'}[strip]", 32)
    for number in range(20000):
        os.link(folder / "tiny.jpg", shown / f"many/{number}.jpg")
    return shown


def machine(binary):
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                 if line.startswith("model name"))
    version = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stderr
    return f"{os.cpu_count()} × {model}, {platform.platform()}, {version.strip()}"


def peer(binary, pictures):
    """What the configuration has of image_filter, which exists for Debian's nginx only."""
    if binary != "/usr/sbin/nginx":
        return {"load_peer": "", "peer": ""}
    module = pathlib.Path(os.environ["PEER_MODULES"]) / "ngx_http_image_filter_module.so"
    return {"load_peer": f"load_module {module};",
            "peer": r"location ~ ^/filter/(\d+)/(.*)$ { image_filter resize $1 -;"
                    " image_filter_buffer 40m; image_filter_jpeg_quality 80;"
                    f" alias {pictures}/$2; }}"}


def shown():
    """The text between the markers of the page."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def write(measured):
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text("\n\n".join([before + BEGIN, measured, END + rest.partition(END)[2]]))


def main():
    binary = os.environ["NGINX_BINARY"]
    words = [word for word in sys.argv[1:] if word != "--write"]
    chosen = [table for table in rows.ALL if not words or table.__name__ in words]
    texts = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=HERE.parents[1] / "build"))
    servers = []

    def start(template, name, **values):
        servers.append(server.Server(binary, (HERE / template).read_text(), folder / name,
                                     **values))
        return servers[-1]

    try:
        pictures = lay_out(folder, pathlib.Path(os.environ["PHOTOGRAPHS"]),
                           pathlib.Path(os.environ["PHOTOGRAPHS"]).parent)
        write_keys(folder)
        (folder / "results").mkdir()
        stored = folder / "stored"
        for destination in upload_load.DESTINATIONS:
            (stored / destination).mkdir(parents=True)
        plain = start("plain.conf", "plain", corpus=pictures, stored=stored)

        def start_module(name):
            return start("nginx.conf", name, corpus=pictures, results=folder / "results",
                         module=os.environ["PRIVATE_IMAGE_MODULE"], key=folder / "img.key",
                         stored=stored, upload_key=folder / "upload.key",
                         account=upload_load.ACCOUNT, bucket=f"127.0.0.1:{plain.port}",
                         credentials=folder / "s3.credentials",
                         generated=generated_locations(folder), **peer(binary, pictures))

        bench = rows.Bench(start_module("module"), plain, start_module, os.environ["BARE_LOOP"],
                           pictures, stored, has_peer=binary == "/usr/sbin/nginx",
                           sign=signing.imagekit)
        small = load.expect(bench.server.url("/render/tr:w-400/2mp.jpg"), 200, "image/jpeg", 400)
        (folder / "results/small.jpg").write_bytes(small)
        texts.append(f"On {machine(binary)}, {datetime.date.today()}:")
        print(texts[0], end="\n\n")
        for table in chosen:
            texts.append(str(table(bench)))
            print(texts[-1], end="\n\n", flush=True)
        if "--write" in sys.argv:
            write("\n\n".join(texts))
    finally:
        for one in servers:
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
