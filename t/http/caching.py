"""Helpers of the tests of cache and image state: images that can be distinguished and requested
again, URLs of small derivatives, and the status of the cache."""

import time

import pictures
import signing
from origin import http_date

HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:1m;
    add_header X-Cache  $private_image_cache_status always;
    add_header X-Render $private_image_render_time  always;
"""

# The same originals behind three gates, of which two share an identity.
IDENTITIES = """
    location ^~ /source/ { internal; proxy_pass {{ origin }}/; }
    {% for name, identity in (("one", "same"), ("two", "same"), ("three", "other")) %}
    location ^~ /{{ name }}/ { private_image imagekit; private_image_identity {{ identity }};
                               private_image_origin /source$private_image_path; }
    {% endfor %}
"""

ETAG, LATER = '"revision-1"', '"revision-2"'
MODIFIED = http_date(time.time() - 86400)
UNSIGNED = (401, "unsigned")


def published(origin, body=None, path=None, private=False, cache_control="max-age=600", etag=ETAG,
              headers=None, **script):
    """Publishes an image with an ETag; `cache_control` is its Cache-Control."""
    headers = dict(headers or {})
    if cache_control is not None:
        headers["Cache-Control"] = cache_control
    return origin.publish(pictures.quarters() if body is None else body, path, private=private,
                          etag=etag, headers=headers, **script)


def small(path, prefix="/ik/", options="w-20"):
    return f"{prefix}tr:{options}{path}"


def signed(target, **options):
    prefix = target[:target.index("/", 1) + 1]
    if prefix == "/cf/":
        return signing.cloudflare(target, **options)
    return signing.imagekit(target, prefix, **options)


def cache_verdict(answer):
    """The status, and HIT, MISS and so on."""
    return answer.status, answer.header("X-Cache")


def statuses(site, targets, **options):
    """The set of statuses of the answers to all targets. Reuses connections for fewer than the
    thousand requests that NGINX accepts on each."""
    targets, found = list(targets), set()
    for start in range(0, len(targets), 900):
        with site.connect() as connection:
            found |= {connection.request(target, **options).status
                      for target in targets[start:start + 900]}
    return found


def wait_until_stale(seconds=1):
    """Waits until an answer that was fresh for so many seconds is stale."""
    time.sleep(seconds + 0.2)
