"""Signatures of the services' own clients are valid: imagekit@6 and @imagekit/nodejs@7 from npm,
and Cloudflare's published recipe for a Worker, written for node's webcrypto."""

import shutil

import pytest

import pictures
import signing
from npm import installed, node

PREFIX = "/acct/"

SITE = """
    private_image_key img.key;
    location ^~ /acct/ { private_image imagekit; private_image_signature always;
                         private_image_variant thumb signed w=20; proxy_pass {{ origin }}/sdk/; }
    location ^~ /hash/ { private_image cloudflare; private_image_signature always;
                         private_image_variant card signed w=20; proxy_pass {{ origin }}/sdk/; }
"""

IMAGEKIT_SCRIPT = """
const { key, endpoint, jobs } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const six = new (require('imagekit'))(
    { publicKey: 'public', privateKey: key, urlEndpoint: endpoint });
const module7 = require('@imagekit/nodejs');
const seven = new (module7.default || module7.ImageKit || module7)({ privateKey: key });
const urls = jobs.map(({ sdk, options }) => sdk === 6
    ? six.url({ signed: true, ...options })
    : seven.helper.buildSrc({ urlEndpoint: endpoint, signed: true, ...options }));
process.stdout.write(JSON.stringify(urls));
"""

# Set exp, sign path and query, append the lower-case hex: with the same URL parser as a Worker.
CLOUDFLARE_SCRIPT = """
const { key, urls, expires } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const { subtle } = require('crypto').webcrypto;
const text = new TextEncoder();
async function sign(source) {
    const url = new URL(source);
    const secret = await subtle.importKey('raw', text.encode(key),
        { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    if (expires) url.searchParams.set('exp', String(expires));
    const query = url.searchParams.toString();
    const signed = url.pathname + (query ? '?' + query : '');
    const digest = Buffer.from(await subtle.sign('HMAC', secret, text.encode(signed)));
    url.searchParams.set('sig', digest.toString('hex'));
    return url.toString();
}
Promise.all(urls.map(sign)).then(all => process.stdout.write(JSON.stringify(all)));
"""

JOBS = [
    {"path": "/a.jpg"}, {"path": "/folder/b c.jpg"}, {"path": "/ünï/ç.png"}, {"path": "/a+b.png"},
    {"path": "/a.jpg", "queryParameters": {"v": "3", "name": "x y", "plus": "a+b"}},
    {"path": "/a.jpg", "transformation": [{"width": "30", "height": "20"}]},
    {"path": "/a.jpg", "transformation": [{"width": "40"}, {"height": "10"}]},
    {"path": "/a.jpg", "transformation": [{"named": "thumb"}]},
    {"path": "/a.jpg", "transformation": [{"width": "30"}], "transformationPosition": "query"},
    {"path": "/a.jpg", "transformation": [{"width": "30", "blur": "3"}],
     "transformationPosition": "path"},
]


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish_folder("/sdk/", pictures.quarters())
    return gate(SITE)


def options_for(sdk, job, expires):
    options = dict(job)
    if sdk == 7:
        options["src"] = options.pop("path")
        options["transformation"] = [
            {name: int(value) if value.isdigit() else value for name, value in step.items()}
            for step in options.get("transformation", [])]
    if expires:
        options["expireSeconds" if sdk == 6 else "expiresIn"] = 3600
    return {"sdk": sdk, "options": options}


@pytest.fixture(scope="module")
def imagekit_urls(site):
    endpoint = f"http://127.0.0.1:{site.port}/acct"
    jobs = [options_for(sdk, job, expires) for sdk in (6, 7) for job in JOBS
            for expires in (False, True)]
    return node(IMAGEKIT_SCRIPT, {"key": signing.KEY, "endpoint": endpoint, "jobs": jobs},
                installed())


@pytest.fixture(scope="module")
def cloudflare_urls(site):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    base = f"http://127.0.0.1:{site.port}/hash"
    urls = [f"{base}/2628bc0e-3f2a-475b-8311-67eb2abd7d99/card", f"{base}/a b/ü/card",
            f"{base}/a/card?v=1", f"{base}/a/card?name=x%20y&~&flag&b=%2B", f"{base}/a/w=30",
            f"{base}/a%2520b/card", f"{base}/x/../a/card", f"{base}/a/card?exp=1&v=1"]
    question = {"key": signing.KEY, "urls": urls, "expires": signing.soon()}
    never = {"key": signing.KEY, "urls": urls[:2] + urls[4:6], "expires": 0}
    return node(CLOUDFLARE_SCRIPT, question) + node(CLOUDFLARE_SCRIPT, never)


def target_of(url):
    rest = url.partition("://")[2]
    return rest[rest.index("/"):]


def test_what_imagekit_s_clients_sign_is_accepted(site, imagekit_urls):
    assert len(imagekit_urls) == 4 * len(JOBS)
    for url in imagekit_urls:
        assert "ik-s=" in url
        answer = site.get(target_of(url))
        assert answer.verdict == (200, "signed"), url
        assert answer.image()


def test_what_cloudflare_s_recipe_signs_is_accepted(site, cloudflare_urls):
    for url in cloudflare_urls:
        answer = site.get(target_of(url))
        assert answer.verdict == (200, "signed"), url
        assert answer.image()


def changes(target):
    """Every target that differs by one byte after the prefix."""
    start = target.index("/", 1) + 1
    for place in range(start, len(target)):
        other = "b" if target[place] != "b" else "c"
        yield target[:place] + other + target[place + 1:]


def refused_everywhere(site, target, status):
    with_port = list(changes(target))
    connection = site.connect()
    for changed in with_port:
        answer = connection.request(changed)
        assert answer.status == status, changed
        assert answer.reason in ("unsigned", "bad_signature"), changed
        if answer.closes:
            connection.close()
            connection = site.connect()
    connection.close()


def test_one_changed_byte_invalidates_an_imagekit_signature(site, imagekit_urls):
    for url in (imagekit_urls[1], imagekit_urls[11], imagekit_urls[-1], imagekit_urls[-3]):
        refused_everywhere(site, target_of(url), 401)


def test_one_changed_byte_invalidates_a_cloudflare_signature(site, cloudflare_urls):
    for url in (cloudflare_urls[0], cloudflare_urls[3], cloudflare_urls[-1]):
        refused_everywhere(site, target_of(url), 403)
