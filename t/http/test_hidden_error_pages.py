"""With private_image_denied_status 404 a private image looks like a missing one with every form of
error_page: in status, headers, body, and variables that the operator shows."""

import pytest

import pictures

PICTURE, SECRET = pictures.noise(60, 40), pictures.noise(50, 30)

# error_page lines of the gate's location; {dialect} and {step} as in the gate that is asked.
FORMS = {
    "none": "",
    "generated": "error_page 404 = @none;",
    "generated keeping": "error_page 404 @none;",
    "in the gate": "error_page 404 /{gate}/public.png;",
    "in the gate as 200": "error_page 404 =200 /{gate}/public.png;",
    "rendered": "error_page 404 /{gate}/{step}public.png;",
    "rendered as 200": "error_page 404 =200 /{gate}/{step}public.png;",
    "beside the gate": "error_page 404 /beside/placeholder.html;",
    "beside the gate as 200": "error_page 404 =200 /beside/placeholder.html;",
    "another origin": "error_page 404 = @second;",
    "another origin keeping": "error_page 404 @second;",
    "redirect": "error_page 404 http://example.com/;",
}
STEPS = {"imagekit": "tr:w-4/", "cloudflare": "w=4/"}

SERVER = """\
add_header X-Cache  $private_image_cache_status always;
add_header X-Seen   "$private_image_origin_status $private_image_source_type" always;
add_header X-Mark   $private_image_mark always;
add_header X-Reason $private_image_reason always;
location @none   { empty_gif; }
location @second { proxy_pass {{ second }}; }
location /beside/ { root {{ folder }}/files; }
{% for number, dialect, intercept, lines in gates %}
location ^~ /{{ number }}/ {
    private_image {{ dialect }};
    private_image_denied_status 404;
    private_image_cache pictures;
    private_image_variant original signed original;
    private_image_variant small signed w=4;
    {% if intercept %}proxy_intercept_errors on;{% endif %}
    {{ lines }}
    proxy_pass {{ origin }}/;
}
{% endfor %}
"""

GATES = [(f"g{number}", dialect, intercept, form) for number, (dialect, intercept, form) in
         enumerate((dialect, intercept, form) for dialect in STEPS for intercept in (False, True)
                   for form in FORMS)]


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish(PICTURE, "/public.png", private=False, etag='"p"')
    gates = [(number, dialect, intercept,
              FORMS[form].format(gate=number, step=STEPS[dialect])
              .replace("public.png;", "public.png/original;" if dialect == "cloudflare"
                       and "w=4/" not in FORMS[form].format(gate="", step=STEPS[dialect])
                       else "public.png;"))
             for number, dialect, intercept, form in GATES]
    gates = [(number, dialect, intercept, lines.replace("/w=4/public.png", "/public.png/w=4"))
             for number, dialect, intercept, lines in gates]
    return gate(SERVER, http="private_image_cache_path cache keys_zone=pictures:1m;\n"
                "private_image_key img.key;", gates=gates, second=f"{origin.url}",
                observed=False, files={"files/beside/placeholder.html": b"nothing here"})


def shown(answer):
    """What a client can compare, except the age: both answers show one page, which ages."""
    headers = {name: value for name, value in answer.headers.items()
               if name.lower() not in ("date", "connection", "age")}
    return answer.status, headers, answer.body


def target(dialect, number, path, step):
    if dialect == "imagekit":
        return f"/{number}/{step}{path[1:]}"
    return f"/{number}{path}/{step or 'original'}"


CONDITIONS = [{}, {"If-Match": '"zz"'}, {"If-None-Match": "*"}, {"Range": "bytes=0-1"},
              {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}]


@pytest.mark.parametrize("number, dialect, intercept, form", GATES,
                         ids=[f"{d}-{'intercepted' if i else 'passed'}-{f}"
                              for _, d, i, f in GATES])
def test_a_private_image_looks_missing(site, origin, number, dialect, intercept, form):
    steps = {"imagekit": ["", "tr:w-4/", "tr:n-small/"],
             "cloudflare": ["", "w=4", "small"]}[dialect]
    for step in steps:
        for conditions in CONDITIONS:
            private = origin.publish(SECRET, private=True, etag='"s"')
            missing = private.replace("image", "gone!")
            for _ in range(2):  # unknown, then known
                hidden = site.get(target(dialect, number, private, step), conditions)
                absent = site.get(target(dialect, number, missing, step), conditions)
                assert shown(hidden) == shown(absent), (step, conditions)
                assert SECRET not in hidden.body


def test_the_log_names_the_reason(site, origin):
    private = origin.publish(SECRET, private=True)
    site.get(f"/g0{private}")
    line = site.wait_for_access_line(f"/g0{private}")
    assert line.endswith(" unsigned")
