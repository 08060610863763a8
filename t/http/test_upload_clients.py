"""The services' own clients upload to a door: imagekit@6, @imagekit/nodejs and cloudflare from npm,
curl as the services document it, and in Chromium @imagekit/javascript, Uppy, fetch and a form."""

import base64
import json
import shutil
import subprocess
import urllib.parse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

import pictures
import signing
import uploads
from browser import chromium
from npm import bundle, installed, node

TOKEN = "api_token_0123456789abcdef"
ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
RED = pictures.plain(90, 60, (200, 0, 0))

SITE = """
    private_image_key img.key;
    location ^~ /img/ { private_image imagekit; alias {{ folder }}/ik/;
                        private_image_variant ik_ml_thumbnail public w=20; }
    location ^~ /Vi7w/ { private_image cloudflare; private_image_variant public signed w=50;
                         alias {{ folder }}/cf/; }
    location /page/ { root {{ folder }}; }
    location = /favicon.ico { return 204; }
"""
HTTP = """
    server {
        listen 127.0.0.1:{{ port_of("door") }};
        private_image_upload_url https://localhost;
        location / {
            private_image_upload        imagekit /img/;
            private_image_upload_key    upload.key public=public_abc;
            private_image_upload_client on;
        }
        location /client/v4/ {
            private_image_upload     cloudflare /Vi7w/;
            private_image_upload_key api.token account=023e105f4ecef8ad9ca31a8372d0c353;
        }
    }
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP, files={
        "ik/README": b"", "cf/README": b"", "page/photo.png": RED,
        "conf/upload.key": uploads.KEY.encode(), "conf/api.token": TOKEN.encode()})


def door(site):
    return f"http://127.0.0.1:{site.folder.port('door')}"


def run(site, script, **question):
    """Runs the body of an async function with `q`, `fs`, and `file`, the path of a picture. Each
    element of the list that it returns is a result, or what was thrown."""
    frame = """
        const q = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const fs = require('fs'), file = q.file, answers = [];
        const attempt = async (call) => {
            try { answers.push({ result: await call() }); }
            catch (e) { answers.push({ thrown: { status: e.status ?? e.$ResponseMetadata?.statusCode,
                message: e.message, errors: e.errors, name: e.name } }); }
        };
        (async () => { BODY })().then(() => process.stdout.write(JSON.stringify(answers),
            () => process.exit(0)));  // imagekit@6 would leave its connections open
    """
    return node(frame.replace("BODY", script),
                {"door": door(site), "file": str(site.folder.path / "page/photo.png"),
                 "key": uploads.KEY, "token": TOKEN, "account": ACCOUNT, **question}, installed())


def guards(site, target, sign):
    """Refused unsigned, served signed."""
    whole = site.get(sign(target))
    assert whole.status == 200 and site.get(target).status in (401, 403)
    return whole.body


def imagekit(target):
    return signing.imagekit(target, "/img/")


def results(answers):
    assert all("result" in answer for answer in answers), answers
    return [answer["result"] for answer in answers]


def statuses(answers):
    return [answer.get("thrown", {}).get("status", 200) for answer in answers]


# ImageKit

SIX = """
    const ImageKit = require('imagekit');
    const six = new ImageKit({ publicKey: 'public_abc', privateKey: q.key,
        urlEndpoint: q.door + '/img', uploadEndpoint: q.door + '/api/v1/files/upload' });
"""
SEVEN = """
    const { default: ImageKit, toFile } = require('@imagekit/nodejs');
    const seven = new ImageKit({ privateKey: q.key, baseURL: q.door, maxRetries: 0 });
"""


def test_imagekit_6_uploads_in_every_form(site):
    answers = results(run(site, SIX + """
        const bytes = fs.readFileSync(file), text = bytes.toString('base64');
        const more = { isPrivateFile: true, folder: '/six' };
        await attempt(() => six.upload({ file: bytes, fileName: 'a.png', useUniqueFileName: false,
            responseFields: 'isPrivateFile,tags', tags: ['x', 'y'], ...more }));
        await attempt(() => six.upload({ file: fs.createReadStream(file), fileName: 'a b ä.png',
            ...more }));
        await attempt(() => six.upload({ file: text, fileName: 'c.png', ...more }));
        await attempt(() => six.upload({ file: 'data:image/png;base64,' + text, fileName: 'd.png',
            ...more }));
        const two = new ImageKit({ publicKey: 'public_abc', privateKey: q.key,
            urlEndpoint: q.door + '/img', uploadEndpoint: q.door + '/api/v2/files/upload' });
        await attempt(() => two.upload({ file: bytes, fileName: 'e.png', ...more }));
    """))
    assert answers[0]["filePath"] == "/six/a.png" and answers[0]["isPrivateFile"] is True
    assert answers[0]["tags"] == ["x", "y"] and answers[0]["size"] == len(RED)
    for answer in answers:
        assert (answer["width"], answer["height"]) == (90, 60) and answer["fileId"]
        path = urllib.parse.quote(answer["filePath"])
        assert answer["url"] == "https://localhost/img" + path
        assert guards(site, "/img" + path, imagekit) == RED
        assert site.get("/img/tr:n-ik_ml_thumbnail" + path).status == 200


def test_imagekit_7_uploads_in_every_form(site):
    answers = results(run(site, SEVEN + """
        const bytes = fs.readFileSync(file), more = { isPrivateFile: true, folder: '/seven' };
        await attempt(async () => seven.files.upload({ file: await toFile(bytes, 'a.png'),
            fileName: 'a.png', useUniqueFileName: false, responseFields: ['isPrivateFile'], ...more }));
        await attempt(() => seven.files.upload({ file: fs.createReadStream(file),
            fileName: 'b.png', ...more }));
        await attempt(() => seven.files.upload({ file: bytes.toString('base64'),
            fileName: 'c.png', ...more }));
        await attempt(async () => seven.beta.v2.files.upload({ file: await toFile(bytes, 'd.png'),
            fileName: 'd.png', ...more }));
    """))
    assert answers[0]["isPrivateFile"] is True
    for answer in answers:
        assert guards(site, "/img" + answer["filePath"], imagekit) == RED


def test_imagekit_7_manages_what_it_uploaded(site):
    answers = run(site, SEVEN + """
        const stored = [];
        for (const name of ['1.png', '2.png', '3.png'])
            stored.push(await seven.files.upload({ file: await toFile(fs.readFileSync(file), name),
                fileName: name, folder: '/managed', tags: ['old'] }));
        const [one, two, three] = stored.map((file) => file.fileId);
        await attempt(() => seven.files.get(one));
        await attempt(() => seven.files.update(one, { tags: ['new'], customCoordinates: '1,1,5,5' }));
        await attempt(() => seven.files.delete(one));
        await attempt(() => seven.files.get(one));
        await attempt(() => seven.files.bulk.delete({ fileIds: [two, three] }));
        await attempt(() => seven.cache.invalidation.create({ url: stored[0].url }));
        await attempt(async () => seven.cache.invalidation.get(
            (await seven.cache.invalidation.create({ url: stored[0].url })).requestId));
        await attempt(() => seven.files.copy({ sourceFilePath: '/a', destinationPath: '/b' }));
        await attempt(() => seven.folders.create({ folderName: 'n', parentFolderPath: '/' }));
        await attempt(() => seven.assets.list({ limit: 10 }));
        await attempt(() => seven.files.upload({ file: 'https://remote.example/a.png',
            fileName: 'a.png' }));
    """)
    assert statuses(answers) == [200, 200, 200, 404, 200, 200, 200, 501, 501, 501, 501]
    assert answers[0]["result"]["tags"] == ["old"] and answers[1]["result"]["tags"] == ["new"]
    assert len(answers[4]["result"]["successfullyDeletedFileIds"]) == 2
    assert answers[6]["result"]["status"] == "Completed"


def test_the_errors_of_imagekit_s_clients_have_their_message(site):
    answers = run(site, SIX + SEVEN.replace("const { default: ImageKit, toFile }",
                                            "const { default: Seven, toFile }")
                  .replace("new ImageKit", "new Seven") + """
        await attempt(() => six.upload({ file: fs.readFileSync(file), fileName: '.hidden' }));
        await attempt(() => six.upload({ file: Buffer.from('no picture at all'), fileName: 'a.png' }));
        const stranger = new Seven({ privateKey: 'another', baseURL: q.door, maxRetries: 0 });
        await attempt(async () => stranger.files.upload({ fileName: 'a.png',
            file: await toFile(fs.readFileSync(file), 'a.png') }));
    """)
    assert statuses(answers) == [400, 415, 403]
    assert all(answer["thrown"]["message"] for answer in answers)


def test_the_published_command_of_imagekit(site):
    """curl -X POST "https://upload.imagekit.io/api/v1/files/upload" -u your_private_api_key: ..."""
    answer = curl(f"{door(site)}/api/v1/files/upload", "-X", "POST", "-u", f"{uploads.KEY}:",
                  "-F", f"file=@{site.folder.path}/page/photo.png",
                  "-F", "fileName=my_file_name.png", "-F", "isPrivateFile=true")
    assert answer["name"].startswith("my_file_name_")
    assert guards(site, "/img" + answer["filePath"], imagekit) == RED


def curl(*arguments):
    result = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", *arguments],
                            capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


# Cloudflare

CLOUDFLARE = """
    const { default: Cloudflare, toFile } = require('cloudflare');
    const client = new Cloudflare({ apiToken: q.token, baseURL: q.door + '/client/v4',
        maxRetries: 0 });
    const account_id = q.account, bytes = fs.readFileSync(file);
"""


def cloudflare_guards(site, image):
    target = f"/Vi7w/{urllib.parse.quote(image)}/public"
    assert site.get(target).status == 403
    assert site.get(signing.cloudflare(target)).image().width == 50


def test_cloudflare_s_client_uploads_and_manages(site):
    answers = run(site, CLOUDFLARE + """
        let image;
        await attempt(async () => image = await client.images.v1.create({ account_id,
            file: await toFile(bytes, 'a.png'), requireSignedURLs: true }));
        await attempt(() => client.images.v1.create({ account_id,
            file: fs.createReadStream(file), metadata: { key: 'value', n: 2 }, creator: 'user-17',
            requireSignedURLs: false }));
        await attempt(async () => client.images.v1.create({ account_id, id: 'shop/größe 1/100%.png',
            file: await toFile(bytes, 'a.png') }));
        await attempt(() => client.images.v1.get(image.id, { account_id }));
        await attempt(() => client.images.v1.get('shop/größe 1/100%.png', { account_id }));
        await attempt(() => client.images.v1.edit(image.id, { account_id,
            metadata: { a: { b: 1 } }, creator: 'c2' }));
        let edited;
        await attempt(async () => edited = await client.images.v1.edit(image.id, { account_id,
            requireSignedURLs: false }));
        await attempt(async () => Buffer.from(await (await client.images.v1.blobs.get(edited.id,
            { account_id })).arrayBuffer()).toString('base64'));
        await attempt(() => client.images.v1.delete(edited.id, { account_id }));
        await attempt(() => client.images.v1.get(edited.id, { account_id }));
        await attempt(() => client.images.v1.create({ account_id, url: 'https://remote.example/a' }));
        await attempt(() => client.images.v1.create({ account_id, requireSignedURLs: true }));
        await attempt(() => client.images.v1.stats.get({ account_id }));
        await attempt(() => client.images.v1.variants.list({ account_id }));
        await attempt(() => client.images.v2.list({ account_id, per_page: 2 }));
    """)
    assert statuses(answers) == [200] * 9 + [404, 501, 400, 501, 501, 501]
    (private, public, custom, found, again, noted, edited, blob) = results(answers[:8])
    assert private["requireSignedURLs"] is True and found == private
    assert public["meta"] == {"key": "value", "n": "2"} and public["creator"] == "user-17"
    assert custom["id"] == again["id"] == "shop/größe 1/100%.png"
    assert noted["meta"] == {"a": {"b": 1}} and noted["creator"] == "c2"
    assert edited["id"] != private["id"] and edited["requireSignedURLs"] is False
    assert base64.b64decode(blob) == RED
    assert answers[9]["thrown"]["errors"][0]["code"] == 5404
    assert "5404" in answers[9]["thrown"]["message"]
    assert site.get(f"/Vi7w/{public['id']}/public").status == 200


def test_cloudflare_s_client_issues_one_time_urls(site):
    (issued, empty, image, again) = run(site, CLOUDFLARE + """
        let one;
        await attempt(async () => one = await client.images.v2.directUploads.create({ account_id,
            requireSignedURLs: true, metadata: { user: 'u1' }, creator: 'user-17',
            expiry: new Date(Date.now() + 600000).toISOString() }));
        await attempt(() => client.images.v2.directUploads.create({ account_id }));
        const form = () => {
            const form = new FormData();
            form.append('file', new Blob([bytes], { type: 'image/png' }), 'mine.png');
            return { method: 'POST', body: form };
        };
        await attempt(async () => (await fetch(one.uploadURL, form())).json());
        await attempt(async () => (await fetch(one.uploadURL, form())).json());
    """)
    assert issued["result"]["id"] == image["result"]["result"]["id"]
    assert image["result"]["result"]["meta"] == {"user": "u1"}
    assert again["result"]["success"] is False and empty["result"]["uploadURL"]
    cloudflare_guards(site, issued["result"]["id"])


def test_the_published_command_of_a_one_time_upload(site):
    """The JSON blob with the `requireSignedURLs` property set to `true`, as the page has it."""
    for version in ("v1", "v2"):
        issued = curl("--request", "POST",
                      f"{door(site)}/client/v4/accounts/{ACCOUNT}/images/{version}/direct_upload",
                      "--header", f"Authorization: Bearer {TOKEN}",
                      "--header", "Content-Type: application/json",
                      "--data", '{\n\t"requireSignedURLs":"true"\n }')["result"]
        image = curl("--request", "POST", issued["uploadURL"], "--form",
                     f"file=@{site.folder.path}/page/photo.png")["result"]
        assert image["id"] == issued["id"] and image["requireSignedURLs"] is True
        cloudflare_guards(site, issued["id"])


def test_the_published_command_of_an_upload(site):
    image = curl("--request", "POST", f"{door(site)}/client/v4/accounts/{ACCOUNT}/images/v1",
                 "--header", f"Authorization: Bearer {TOKEN}",
                 "--form", f"file=@{site.folder.path}/page/photo.png",
                 "--form", "requireSignedURLs=true",
                 "--form", 'metadata={"key":"value"}')["result"]
    assert image["meta"] == {"key": "value"}
    cloudflare_guards(site, image["id"])


# Browsers, on a page of another origin than the door's

BROWSER = """
    import { upload } from '@imagekit/javascript';
    import Uppy from '@uppy/core';
    import XHRUpload from '@uppy/xhr-upload';
    Object.assign(window, { upload, Uppy, XHRUpload });
"""
FORM = """<!doctype html><title>form</title><form method="post" enctype="multipart/form-data">
<input type="file" name="file"><input type="submit"></form><script src="clients.js"></script>"""


@pytest.fixture(scope="module")
def page(site, tmp_path_factory):
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    site.folder.write("page/clients.js", bundle(BROWSER, "clients"))
    site.folder.write("page/form.html", FORM.encode())
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def in_page(site, page, script, *arguments):
    """Runs the body of an async function with `file`, a File, in the page."""
    page.get(f"http://127.0.0.1:{site.port}/page/form.html")
    return page.execute_async_script("""
        const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
        (async () => {
            const file = new File([await (await fetch('photo.png')).blob()], 'mine.png',
                                  { type: 'image/png' });
            return await (async (...q) => { BODY })(...given);
        })().then(done, (error) => done({ thrown: String(error.message ?? error) }));
    """.replace("BODY", script), *arguments)


def tokens(site):
    (found,) = results(run(site, SEVEN + """
        await attempt(async () => seven.helper.getAuthenticationParameters());
    """))
    return found


def test_imagekit_s_browser_client_by_its_xhr_option(site, page):
    answer = in_page(site, page, """
        const [door, token] = q, xhr = new XMLHttpRequest(), open = xhr.open;
        xhr.open = function (method, url, ...more) {
            const there = new URL(url);
            return open.call(this, method, door + there.pathname, ...more);
        };
        let progress = 0;
        const found = await upload({ file, fileName: 'js.png', isPrivateFile: true, tags: ['a'],
            publicKey: 'public_abc', xhr, onProgress: () => progress++, ...token });
        return { ...found, progress };
    """, door(site), tokens(site))
    assert answer.get("filePath"), answer
    assert answer["progress"] > 0
    assert guards(site, "/img" + answer["filePath"], imagekit) == RED


def test_a_used_token_is_an_error_with_a_message(site, page):
    token = tokens(site)
    script = """
        const [door, token] = q, form = new FormData();
        form.append('file', file);
        for (const [name, value] of Object.entries({ fileName: 'f.png', publicKey: 'public_abc',
                isPrivateFile: 'true', ...token })) form.append(name, value);
        const answer = await fetch(door + '/api/v1/files/upload', { method: 'POST', body: form });
        return { status: answer.status, id: answer.headers.get('x-ik-requestId'),
                 ...await answer.json() };
    """
    first = in_page(site, page, script, door(site), token)
    assert first["status"] == 200 and first["id"], first
    second = in_page(site, page, script, door(site), token)
    assert second["status"] == 400 and "used before" in second["message"]


def test_uppy_uploads_to_a_one_time_url(site, page):
    issued = curl("--request", "POST",
                  f"{door(site)}/client/v4/accounts/{ACCOUNT}/images/v2/direct_upload",
                  "--header", f"Authorization: Bearer {TOKEN}", "--form", "requireSignedURLs=true")
    answer = in_page(site, page, """
        const uppy = new Uppy().use(XHRUpload, { endpoint: q[0], fieldName: 'file',
                                                 formData: true });
        uppy.addFile({ name: 'uppy.png', type: 'image/png', data: file });
        const done = await uppy.upload();
        return { failed: done.failed.length, body: done.successful[0]?.response.body };
    """, issued["result"]["uploadURL"])
    assert answer.get("failed") == 0, answer
    assert answer["body"]["result"]["id"] == issued["result"]["id"]
    cloudflare_guards(site, issued["result"]["id"])


def test_a_form_uploads_to_a_one_time_url(site, page):
    issued = curl("--request", "POST",
                  f"{door(site)}/client/v4/accounts/{ACCOUNT}/images/v2/direct_upload",
                  "--header", f"Authorization: Bearer {TOKEN}", "--form", "requireSignedURLs=true")
    page.get(f"http://127.0.0.1:{site.port}/page/form.html")
    page.execute_script("document.forms[0].action = arguments[0]", issued["result"]["uploadURL"])
    page.find_element(By.NAME, "file").send_keys(str(site.folder.path / "page/photo.png"))
    page.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    WebDriverWait(page, 20).until(lambda driver: "success" in driver.page_source)
    shown = json.loads(page.find_element(By.TAG_NAME, "pre").text)
    assert shown["success"] is True and shown["result"]["id"] == issued["result"]["id"]
    cloudflare_guards(site, issued["result"]["id"])
