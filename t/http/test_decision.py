"""Who may see which image, as a full table through a running nginx: kind of request, mark,
signature and policy, in both dialects."""

import itertools

import pytest

import decision_table
import pictures
import signing

DIALECTS = ("cloudflare", "imagekit")
ADHOC = ("off", "public", "signed", "on")
SIGNATURES = ("none", "valid", "bad", "expired")
ASKED = ("public variant", "signed variant", "adhoc", "original")

LOCATIONS = """
private_image_key img.key;
private_image_variant open public w=20;
private_image_variant closed signed w=20;
private_image_variant full signed original;
{% for dialect in dialects %}{% for adhoc in adhocs %}{% for when in ("private", "always") %}
location ^~ /{{ dialect }}/{{ adhoc }}/{{ when }}/ {
    private_image {{ dialect }};
    private_image_adhoc {{ adhoc }};
    private_image_signature {{ when }};
    proxy_pass {{ origin }}/;
}
{% endfor %}{% endfor %}{% endfor %}
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(LOCATIONS, dialects=DIALECTS, adhocs=ADHOC)


@pytest.fixture(scope="module")
def images(origin):
    body = pictures.plain()
    return {private: origin.publish(body, private=private) for private in (True, False)}


def target_of(dialect, prefix, path, asked):
    if dialect == "cloudflare":
        last = {"public variant": "open", "signed variant": "closed", "adhoc": "w=30,fit=contain",
                "original": "full"}[asked]
        return f"{prefix}{path[1:]}/{last}"
    step = {"public variant": "tr:n-open/", "signed variant": "tr:n-closed/", "adhoc": "tr:w-30/",
            "original": ""}[asked]
    return f"{prefix}{step}{path[1:]}"


@pytest.mark.parametrize("always", [False, True], ids=["private", "always"])
@pytest.mark.parametrize("adhoc", ADHOC)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_combination_is_answered_as_documented(site, images, dialect, adhoc, always):
    prefix = f"/{dialect}/{adhoc}/{'always' if always else 'private'}/"
    invalid = []
    for asked, private, signature in itertools.product(ASKED, (False, True), SIGNATURES):
        target = target_of(dialect, prefix, images[private], asked)
        answer = site.get(signing.signed_as(signature, dialect, target, prefix))
        wanted = decision_table.verdict(dialect, asked, private, signature, adhoc, always)
        if answer.verdict != wanted:
            invalid.append(f"{asked}, {'private' if private else 'public'}, {signature}: "
                         f"{answer.verdict} instead of {wanted}")
        if answer.header("X-Signature") != signature:
            invalid.append(f"{asked}: signature {answer.header('X-Signature')} is {signature}")
    assert not invalid, "\n".join(invalid)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_name_with_anything_beside_it_is_adhoc(site, images, dialect):
    if dialect == "cloudflare":
        targets = [f"/cloudflare/on/private/{images[True][1:]}/open,w=30"]
    else:
        targets = [f"/imagekit/on/private/tr:{chain}{images[True]}" for chain in (
            "n-open,w-30", "w-30,n-open", "n-open:w-30", "w-30:n-open", "n-open:n-closed",
            "n-open:n-open", "n-open,n-closed", "n-open,bl-1")]
    for target in targets:
        answer = site.get(target)
        assert answer.status in (400, 401, 403), target
        assert answer.reason in ("unsigned", "bad_options"), target


def test_a_name_with_anything_beside_it_is_refused_where_adhoc_is_off(site, images):
    for chain in ("n-open,w-30", "n-open:w-30", "n-open:n-closed"):
        answer = site.get(f"/imagekit/off/private/tr:{chain}{images[False]}")
        assert answer.verdict == (400, "adhoc_off"), chain


@pytest.mark.parametrize("spelling", ["tr:orig-true/{}", "{}?tr=", "{}?tr=orig-true",
                                      "{}?ik-attachment=true", "{}?v=3", "tr:orig-true,w-10/{}"])
def test_other_spellings_of_the_original_are_the_original(site, images, spelling):
    prefix = "/imagekit/off/private/"
    secret = prefix + spelling.format(images[True][1:])
    assert site.get(secret).verdict == (401, "unsigned")
    answer = site.get(signing.imagekit(secret, prefix))
    assert answer.verdict == (200, "signed")
    assert answer.body == pictures.plain()
    assert site.get(prefix + spelling.format(images[False][1:])).verdict == (200, "public")


def test_an_unknown_variant_is_named(site, images):
    cloudflare = site.get(f"/cloudflare/on/private{images[False]}/nosuch")
    assert cloudflare.verdict == (403, "unknown_variant")
    imagekit = site.get(f"/imagekit/on/private/tr:n-nosuch{images[True]}")
    assert imagekit.verdict == (400, "unknown_variant")


def test_a_variant_named_public_has_no_special_rights(site, images):
    assert site.get(f"/cloudflare/on/private{images[True]}/public").status == 403


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_signature_covers_one_target_only(site, images, dialect):
    prefix = f"/{dialect}/on/private/"
    signed = signing.sign(dialect, target_of(dialect, prefix, images[True], "signed variant"),
                          prefix, expires=signing.soon())
    moved = signed.replace("closed", "full") if dialect == "cloudflare" else (
        signed.replace("tr:n-closed/", ""))
    assert site.get(signed).verdict == (200, "signed")
    assert site.get(moved).verdict == (403 if dialect == "cloudflare" else 401, "bad_signature")


def test_refusals_do_not_fetch_the_body_of_the_original(site, origin):
    secret = origin.publish(pictures.huge(), private=True)
    for target, reason in [
        (f"/imagekit/on/private{secret}", "unsigned"),
        (f"/imagekit/on/private/tr:w-30{secret}", "unsigned"),
        (f"/imagekit/on/private/tr:n-closed{secret}", "unsigned"),
        (f"/imagekit/public/private/tr:w-30{secret}", "adhoc_off"),
        (f"/cloudflare/on/private{secret}/full", "unsigned"),
        (f"/cloudflare/on/private{secret}/w=30", "unsigned"),
    ]:
        assert site.get(target).reason == reason, target
    asked = origin.requests(secret)
    assert asked and origin.bytes_sent(secret) < len(asked) * 2_000_000


def test_refusals_that_need_no_mark_send_no_request_to_the_origin(site, origin):
    path = origin.publish(pictures.plain(), private=True)
    for target, reason in [
        (f"/imagekit/on/always{path}", "unsigned"),
        (f"/imagekit/on/always/tr:n-open{path}", "unsigned"),
        (f"/imagekit/off/private/tr:w-30{path}", "adhoc_off"),
        (f"/imagekit/signed/private/tr:w-30{path}", "unsigned"),
        (f"/imagekit/on/private/tr:n-nosuch{path}", "unknown_variant"),
        (f"/imagekit/on/private/tr:w-{path}", "bad_options"),
        (f"/cloudflare/on/always{path}/open", "unsigned"),
        (f"/cloudflare/off/private{path}/w=30", "adhoc_off"),
        (f"/cloudflare/on/private{path}/nosuch", "unknown_variant"),
    ]:
        assert site.get(target).reason == reason, target
    assert not origin.requests(path)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_head_are_allowed(site, images, origin, method):
    path = origin.publish(pictures.plain(), private=False)
    for target in (f"/imagekit/on/private{path}", f"/imagekit/on/always{path}",
                   f"/cloudflare/on/private{path}/w=abc"):
        assert site.get(target, method=method).verdict == (405, "method")
    assert not origin.requests(path)


# The mark: which answers of the origin make an image private.

@pytest.mark.parametrize("header", ["Is-Private-File", "x-amz-meta-isprivatefile",
                                    "x-goog-meta-isprivatefile", "x-ms-meta-isprivatefile",
                                    "IS-PRIVATE-FILE"])
@pytest.mark.parametrize("value, private", [
    ("true", True), ("True", True), ("1", True), ("yes", True), ("on", True), ("maybe", True),
    ("false, true", True), ("falsely", True), ("00", True), ("\xff", True),
    ("false", False), ("FALSE", False), ("0", False), ("no", False), ("Off", False),
    ("  false  ", False), ("", False),
])
def test_the_value_of_the_flag_determines_the_mark(site, origin, header, value, private):
    path = origin.publish(pictures.plain(), headers={header: value})
    for target in (f"/imagekit/on/private{path}", f"/imagekit/on/private/tr:w-20{path}"):
        answer = site.get(target)
        assert answer.verdict == ((401, "unsigned") if private else (200, "public")), target
        assert answer.header("X-Mark") == ("private" if private else "public")


@pytest.mark.parametrize("headers", [
    {"Is-Private-File": ["false", "true"]},
    {"Is-Private-File": ["true", "false"]},
    {"Is-Private-File": "false", "x-amz-meta-isprivatefile": "true"},
    {"x-amz-meta-isprivatefile": "true", "Is-Private-File": ""},
])
def test_any_private_among_several_flags_wins(site, origin, headers):
    path = origin.publish(pictures.plain(), headers=headers)
    assert site.get(f"/imagekit/on/private{path}").verdict == (401, "unsigned")
    assert site.get(f"/imagekit/on/private/tr:w-20{path}").verdict == (401, "unsigned")


def test_an_answer_without_flag_has_the_mark_of_private_image_unmarked(gate, origin):
    path = origin.publish(pictures.plain())
    open_origin = origin.publish(pictures.plain(), headers={"Is-Private-File": "false"})
    site = gate("""
        location ^~ /a/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location ^~ /b/ { private_image imagekit; private_image_unmarked private;
                          proxy_pass {{ origin }}/; }
        location ^~ /c/ { private_image imagekit; private_image_flag X-Hidden;
                          proxy_pass {{ origin }}/; }
    """)
    hidden = origin.publish(pictures.plain(), headers={"X-Hidden": "true"})
    for step in ("", "/tr:w-20"):
        assert site.get(f"/a{step}{path}").verdict == (200, "public")
        assert site.get(f"/b{step}{path}").verdict == (401, "unsigned")
        assert site.get(f"/b{step}{open_origin}").verdict == (200, "public")
        assert site.get(f"/c{step}{hidden}").verdict == (401, "unsigned")
        assert site.get(f"/c{step}{path}").verdict == (200, "public")
        assert site.get(f"/a{step}{hidden}").verdict == (200, "public")


def test_without_a_key_private_images_are_refused(gate, origin):
    secret = origin.publish(pictures.plain(), private=True)
    site = gate("""
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    """)
    assert site.get(f"/ik{secret}").verdict == (401, "unsigned")
    assert site.get(signing.imagekit(f"/ik{secret}", "/ik/")).verdict == (401, "bad_signature")
    assert site.get(signing.cloudflare(f"/cf{secret}/w=20")).verdict == (403, "bad_signature")


def test_any_of_several_keys_verifies(gate, origin):
    secret = origin.publish(pictures.plain(), private=True)
    site = gate("""
        private_image_key img.key;
        private_image_key other.key;
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location ^~ /cf/ { private_image cloudflare; private_image_variant full signed original;
                           proxy_pass {{ origin }}/; }
    """)
    for key, status in ((signing.KEY, 200), (signing.OTHER_KEY, 200), ("invalid" * 5, None)):
        imagekit = site.get(signing.imagekit(f"/ik{secret}", "/ik/", key))
        cloudflare = site.get(signing.cloudflare(f"/cf{secret}/full", key))
        assert imagekit.status == (status or 401) and cloudflare.status == (status or 403)


def test_max_expiry_refuses_later_expiries_and_none(gate, origin):
    secret = origin.publish(pictures.plain(), private=True)
    site = gate("""
        location ^~ /ik/ { private_image imagekit; private_image_key img.key;
                           private_image_max_expiry 1h; proxy_pass {{ origin }}/; }
    """)

    def verdict(expires):
        return site.get(signing.imagekit(f"/ik{secret}", "/ik/", expires=expires)).verdict

    assert verdict(signing.soon(3500)) == (200, "signed")
    assert verdict(signing.soon(3630)) == (200, "signed")
    assert verdict(signing.soon(3700)) == (401, "expiry_too_far")
    assert verdict(None) == (401, "expiry_too_far")
    assert verdict(signing.soon(-10)) == (401, "expired")


def test_an_invalid_signature_counts_as_none(site, images):
    good = signing.imagekit("/imagekit/on/private" + images[True], "/imagekit/on/private/",
                            expires=signing.soon())
    target, _, query = good.partition("?")
    expiry, digest = query.split("&")
    invalid = [f"{target}?{digest}", f"{target}?{expiry}", f"{target}?{query}&{digest}",
             f"{target}?{expiry}&{query}", f"{target}?{expiry}&{digest.upper()}",
             f"{target}?{expiry}&{digest[:-1]}", f"{target}?{query}0", f"{target}?v=1&{query}",
             f"{target}?{expiry}&ik-s=", f"{target}?{expiry}&IK-S={digest[5:]}",
             f"{target}?{expiry}&ik%2Ds={digest[5:]}", f"{target}?{expiry};{digest}"]
    for one in invalid:
        answer = site.get(one)
        assert answer.status == 401 and answer.reason in ("bad_signature", "unsigned"), one
    for order in (f"{target}?{digest}&{expiry}", good):
        assert site.get(order).verdict == (200, "signed")
