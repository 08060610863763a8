"""Warnings of nginx -t about settings that are valid each by itself but together do not protect
images, with file, line and what to write instead; and no warning for a good configuration."""

import dataclasses
import re

import pytest

import pictures

GATE = "private_image_key img.key; proxy_pass {{ origin }}/;"


@dataclasses.dataclass
class Doubt:
    """The warning names the line that ends with `# here`, with these words."""

    name: str
    server: str
    words: str
    http: str = ""


def beside(location, gate="location ^~ /img/ { private_image imagekit; %s }" % GATE):
    return f"{gate}\n{location}\n"


RULES = {
    "deny": "deny all;",
    "allow and deny": "allow 10.0.0.0/8; deny all;",
    "auth_basic": "auth_basic staff; auth_basic_user_file users;",
    "auth_request": "auth_request /auth;",
    "satisfy any": "satisfy any; deny all; auth_basic staff; auth_basic_user_file users;",
    "limit_except": "limit_except POST { deny all; }",
    "internal": "internal;",
    "return": "return 403;",
    "deny of IPv6": "deny ::/0;",
    "deny of sockets": "deny unix:;",
}
BELOW = [Doubt(name, beside("location /img/staff/ { # here\n%s root files; }" % rules),
               r'"/img/staff/".*/img/tr:w-100/staff/photo\.jpg.*\^/staff/.*private_image_mark')
         for name, rules in RULES.items()] + [
    Doubt("with ^~", beside("location ^~ /img/staff/ { # here\ndeny all; root files; }"), "staff"),
    Doubt("proxied", beside("location /img/staff/ { # here\ndeny all; proxy_pass http://127.0.0.1:1/; }"),
          "staff"),
    Doubt("an exact location", beside("location = /img/staff.jpg { # here\ndeny all; }"),
          r"/img/tr:w-100/staff\.jpg"),
    Doubt("within the gate", beside("", "location ^~ /img/ { private_image imagekit; %s\n"
                                    "location /img/staff/ { # here\ndeny all; "
                                    "proxy_pass {{ origin }}/staff/; } }" % GATE), "staff"),
    Doubt("without a gate within it",
          beside("", "location ^~ /img/ { private_image imagekit; %s\n"
                 "location /img/staff/ { # here\nprivate_image off; deny all; } }" % GATE),
          "staff"),
    Doubt("below another prefix",
          beside("location /img/v1/staff/ { # here\ndeny all; }",
                 "location /img/ { private_image imagekit; private_image_prefix /img/v1/; %s }"
                 % GATE), r"/img/v1/tr:w-100/staff/photo\.jpg"),
    Doubt("of a gate in a regular expression",
          beside("location ^~ /img/staff/ { # here\ndeny all; }",
                 "location ~ ^/img/ { private_image imagekit; private_image_prefix /img/; "
                 "private_image_key img.key; proxy_pass {{ origin }}; }"), "staff"),
    Doubt("stricter than the server",
          beside("deny 10.0.0.1;\nlocation /img/staff/ { # here\ndeny all; }"), "staff"),
    Doubt("of the options first form",
          "root files; location ^~ /cdn-cgi/image/ { private_image cloudflare; "
          "private_image_key img.key; alias files/; }\n"
          "location /staff/ { # here\ndeny all; }",
          r"/cdn-cgi/image/w=100/staff/photo\.jpg"),
]

TAKEN = [Doubt(pattern, "location /img/ { # here\nprivate_image imagekit; %s }\n"
               "location %s { expires 30d; root files; }" % (GATE, pattern),
               r'requests such as /img/.* regular expression .*write "location \^~ /img/"')
         for pattern in (r"~* \.(jpg|jpeg|png)$", r"~ \.png$", r"~* \.(?:webp|avif)$",
                         "~ ^/img/tr:", "~ .")] + [
    Doubt("around the location that a gate is nested in",
          "location /a/ { # here\nlocation ^~ /a/img/ { private_image imagekit; %s } }\n"
          r"location ~ \.jpg$ { root files; }" % GATE, r'write "location \^~ /a/"'),
    Doubt("in the location that a gate is nested in",
          "location ^~ /a/ { location /a/img/ { # here\nprivate_image imagekit; %s }\n"
          r"location ~ \.jpg$ { root files; } }" % GATE, r'write "location \^~ /a/img/"'),
]

REGEX_GATE = ("location ~ ^/img/ { # here\nprivate_image imagekit; private_image_prefix /img/; "
              "private_image_key img.key; proxy_pass {{ origin }}; }\n")
TAKEN += [
    Doubt("before the expression of a gate",
          r"location ~* \.(jpg|png)$ { root files; }" + REGEX_GATE,
          "requests such as /img/photo.jpg .*write the gate's location above it"),
]

PREFIXES = [
    Doubt("another prefix", "location ^~ /img/ { private_image imagekit;\n"
          "private_image_prefix /photos/; # here\n%s }" % GATE,
          '"private_image_prefix /photos/" matches no request.*400.*write /img/'),
    Doubt("another prefix of cloudflare", "location ^~ /img/ { private_image cloudflare;\n"
          "private_image_prefix /imgs/; # here\n%s }" % GATE, "403.*write /img/"),
    Doubt("inherited", "private_image_prefix /photos/; # here\n"
          "location ^~ /img/ { private_image imagekit; %s }" % GATE, "write /img/"),
    Doubt("below an exact location", "location = /img/ { private_image imagekit;\n"
          "private_image_prefix /img/deep/; # here\n%s }" % GATE, "matches no request"),
]

MARKS = [Doubt(f"the mark {mark}", "location ^~ /img/ { private_image imagekit; %s\n"
               f"private_image_mark {mark}; # here\n}}" % GATE,
               f'"private_image_mark {mark}" makes every image private.*write a variable')
         for mark in ("public", "Public", "secret", "none", "disabled")]

STATUS = [Doubt(rule or "no rule", "listen *:{{ port_of('all') }};\n"
                "location = /status { # here\nprivate_image_status; %s }" % rule,
                'any client can read .*"/status", write "allow 127.0.0.1; deny all;"')
          for rule in ("", "allow 127.0.0.1;", "auth_basic off;")]


@pytest.fixture(scope="module")
def place(folder):
    return folder({"conf/users": b"", "files/a.png": pictures.plain(2, 2)})


def warnings(place, **configuration):
    text = place.configure(observed=False, **configuration)
    reported = place.check()
    assert reported.returncode == 0, reported.stdout
    line = next((n for n, line in enumerate(text.splitlines(), 1) if "# here" in line), None)
    return [one for one in reported.stdout.splitlines() if "[warn]" in one], line


@pytest.mark.parametrize("doubt", BELOW + TAKEN + PREFIXES + MARKS + STATUS,
                         ids=lambda doubt: doubt.name)
def test_the_warning_appears_once_with_line_and_correction(place, doubt):
    found, line = warnings(place, server=doubt.server, http=doubt.http)
    assert len(found) == 1, found
    assert re.search(doubt.words, found[0]), found[0]
    assert re.search(rf" in \S+/conf/nginx\.conf:{line}$", found[0]), (line, found[0])


MAP = "map $private_image_path $secret { ~^/staff/ 1; default 0; }"

SILENT = {
    "the shortest gate": beside(""),
    "a location without rules": beside("location /img/raw/ { root files; }"),
    "rules elsewhere": beside("location /staff/ { deny all; }"),
    "a name that only begins alike": beside("location /imgs/ { deny all; }"),
    "rules for all": "deny 10.0.0.1;" + beside("location /img/raw/ { root files; }"),
    "rules that open": "deny 10.0.0.1;" + beside("location /img/raw/ { allow all; root files; }"),
    "the same rules": beside("location /img/a/ { deny 10.0.0.1; auth_basic x; "
                             "auth_basic_user_file users; }",
                             "location ^~ /img/ { private_image imagekit; deny 10.0.0.1; "
                             "auth_basic y; auth_basic_user_file users; %s }" % GATE),
    "uploads": beside("location /img/up/ { limit_except GET { deny all; } root files; }"),
    "a gate of its own": beside("location ^~ /img/staff/ { private_image imagekit; deny all; %s }"
                                % GATE),
    "a purge below it": beside("location ^~ /img/purge/ { private_image_purge; deny all; }"),
    "a page for errors": beside("location = /img/none.png { internal; root files; }"),
    "its origin": beside("location /img/store/ { internal; proxy_pass {{ origin }}/; }",
                         "location ^~ /img/ { private_image imagekit; private_image_key img.key; "
                         "private_image_origin /img/store$private_image_path; }"),
    "marked by path": beside("location /img/staff/ { deny all; }",
                             "location ^~ /img/ { private_image imagekit; "
                             "private_image_mark $secret; %s }" % GATE),
    "always signed": beside("location /img/staff/ { deny all; }",
                            "location ^~ /img/ { private_image imagekit; "
                            "private_image_signature always; %s }" % GATE),
    "the id first": beside("location /img/staff/ { deny all; }",
                           "location ^~ /img/ { private_image cloudflare; %s }" % GATE),
    "expressions beside ^~": beside(r"location ~* \.(jpg|png)$ { root files; }"),
    "other expressions": beside(r"location ~ \.php$ { deny all; } location ~ /\. { deny all; }"
                                r"location ~* \.(css|js)$ { root files; }",
                                "location /img/ { private_image imagekit; %s }" % GATE),
    "expressions that are gates":
        beside(r"location ~ \.jpg$ { private_image imagekit; private_image_prefix /img/; "
               "private_image_key img.key; proxy_pass {{ origin }}; }",
               "location /img/ { private_image imagekit; %s }" % GATE),
    "expressions behind that of a gate": REGEX_GATE + r"location ~* \.(jpg|png)$ { root files; }",
    "an expression for other images":
        r"location ~ ^/thumbs/.*\.jpg$ { root files; }" + REGEX_GATE,
    "its own prefix": beside("", "location ^~ /img/ { private_image imagekit; "
                             "private_image_prefix /img; %s }" % GATE),
    "a prefix within": beside("", "location ^~ /img/ { private_image imagekit; "
                              "private_image_prefix /img/v1/; %s }" % GATE),
    "a prefix around": beside("", "location ^~ /img/v1/ { private_image imagekit; "
                              "private_image_prefix /img/; %s }" % GATE),
    "a prefix after a rewrite":
        "location /old/ { rewrite ^/old/(.*)$ /img/$1 break; private_image imagekit; "
        "private_image_prefix /img/; private_image_key img.key; proxy_pass {{ origin }}; }",
    "marks": "".join("location ^~ /m%d/ { private_image imagekit; private_image_mark %s; %s }"
                     % (number, mark, GATE) for number, mark in
                     enumerate(("1", "true", "private", "on", "off", "0", '""', "$secret"))),
    "a guarded status": "listen *:{{ port_of('all') }}; location = /status { "
                        "private_image_status; allow 127.0.0.1; deny all; }",
    "a status behind a password": "listen *:{{ port_of('all') }}; location = /status { "
                                  "private_image_status; auth_basic x; "
                                  "auth_basic_user_file users; }",
    "a status of this machine": "location = /status { private_image_status; }",
}


@pytest.mark.parametrize("name", SILENT)
def test_a_normal_configuration_causes_no_warning(place, name):
    found, _ = warnings(place, server=SILENT[name], http=MAP)
    assert not found, found


def test_following_the_advice_ends_the_warning(gate, origin, place):
    """The configuration that the warning proposes hides the folder's images."""
    found, _ = warnings(place, server=BELOW[0].server)
    written, directive = re.search(r'write "(map .*?\})" and "(private_image_mark \S+;)"',
                                   found[0]).groups()
    server = beside("location /img/staff/ { deny all; root files; }",
                    "location ^~ /img/ { private_image imagekit; %s %s }" % (directive, GATE))
    assert not warnings(place, server=server, http=written)[0]
    site = gate(server, http=written)
    site.expect_errors("access forbidden by rule")
    staff = origin.publish(pictures.plain(20, 10), "/staff/x.png")
    other = origin.publish(pictures.plain(20, 10))
    assert site.get("/img" + staff).status == 403
    assert site.get("/img/tr:w-4" + staff).verdict == (401, "unsigned")
    assert site.get("/img/tr:w-4" + other).verdict == (200, "public")


# Marks and "set"

@dataclasses.dataclass
class Refused:
    name: str
    server: str
    variable: str = "m"
    http: str = ""


LOCATION = "location ^~ /img/ { private_image imagekit; %s %%s\nprivate_image_mark %%s; # here\n}" % (
    GATE,)
REFUSED = [
    Refused("set in the location", LOCATION % ("set $m 1;", "$m")),
    Refused("set in the server", "set $m 1;" + LOCATION % ("", "$m")),
    Refused("set by if", "set $m 0;" + LOCATION % ("if ($arg_a) { set $m 1; }", "$m")),
    Refused("beside text", LOCATION % ("set $m 1;", "a$uri$m")),
    Refused("set elsewhere alone", LOCATION % ("", "$m") + "location /b/ { set $m 1; }"),
    Refused("through a map", LOCATION % ("set $m 1;", "$x"), http="map $m $x { 1 1; }"),
    Refused("through two maps", LOCATION % ("set $m 1;", "$y"),
            http="map $x $y { 1 1; } map $m $x { 1 1; }"),
    Refused("a map that is set as well", LOCATION % ("set $x 1;", "$x"), "x",
            http="map $private_image_path $x { ~^/a/ 1; }"),
    Refused("in the origin's location",
            "location ^~ /img/ { private_image imagekit; private_image_key img.key;"
            "private_image_origin /o$private_image_path; }"
            "location /o/ { internal; set $m 1; proxy_pass {{ origin }}/;\n"
            "private_image_mark $m; # here\n}"),
    Refused("in the server", "set $m 1;\nprivate_image_mark $m; # here\n"
            "location ^~ /img/ { private_image imagekit; %s }" % GATE),
    Refused("in the http block", "set $m 1; location ^~ /img/ { private_image imagekit; %s }"
            % GATE, http="private_image_mark $m; # here\n"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_mark_variable_of_the_set_directive_is_refused(place, case):
    text = place.configure(server=case.server, http=case.http, observed=False)
    reported = place.check()
    assert reported.returncode != 0, reported.stdout
    found = [one for one in reported.stdout.splitlines() if "[emerg]" in one]
    line = next(n for n, line in enumerate(text.splitlines(), 1) if "# here" in line)
    assert len(found) == 1 and f"nginx.conf:{line}" in found[0], found
    assert re.search(rf'cannot depend on \${case.variable}, .*write a map', found[0]), found[0]


@pytest.mark.parametrize("server, http", [
    (LOCATION % ("set $other 1;", "$m"), "map $uri $m { ~^/a/ 1; }"),
    (LOCATION % ("", "$m") + "location /b/ { set $other 1; }", "map $uri $m { ~^/a/ 1; }"),
    (LOCATION % ("", "$m"), "map $uri $m { ~^/a/ 1; } server { listen 127.0.0.1:"
                            "{{ port_of('other') }}; set $m 1; }"),
    (LOCATION % ("auth_request /auth; auth_request_set $m $upstream_http_x_secret;", "$m"), ""),
    (LOCATION % ("", "$uri$host"), ""),
    (LOCATION % ("", "$m"), "geo $m { default 0; 10.0.0.0/8 1; }"),
], ids=["another", "elsewhere", "another server", "auth_request_set", "built in", "geo"])
def test_other_mark_variables_are_accepted(place, server, http):
    assert not warnings(place, server=server, http=http)[0]


# Where warnings appear

def test_warnings_are_shown_at_any_level_of_error_log(folder):
    """Debian's error_log has the level error."""
    place = folder()
    place.write("conf/s3.credentials",
                b"[default]\naws_access_key_id = A\naws_secret_access_key = S\n", mode=0o600)
    text = place.configure(r"""
        location /bucket/ {
            private_image_s3 h region=r credentials=s3.credentials;
            proxy_pass http://127.0.0.1:1$private_image_s3_path;
        }
        location /img/ { private_image imagekit; root files; }
        location ~ \.jpg$ { root files; }
        """)
    text = text.replace("error.log info;", "error.log error;")
    place.write("conf/nginx.conf", text.replace("user root;", "user www-data;").encode())
    reported = place.check()
    assert reported.returncode == 0
    for words in ("any client can read the bucket", "go past the gate"):
        assert re.search(rf"\[warn\].*{words}.* in \S+/nginx\.conf:\d+", reported.stdout), reported.stdout
    if "user www-data;" in place.path.joinpath("conf/nginx.conf").read_text():
        assert re.search(r"\[warn\].*cannot be read by the workers", reported.stdout), reported.stdout
