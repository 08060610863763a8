"""Random configurations around gates, composed of directives of NGINX and of Debian's modules. They
contain only what cannot show a private image by the operator's own error: a location that is no
gate but has private images is internal or named, and marks them in the configuration's mode: "flag"
with the origin's headers, "map" with private_image_mark, "unmarked" with private_image_unmarked."""

import random
import re

import nginx
from hostile_images import OPENS, SECRETS

# subs_filter is left out: with or without a gate, it sends the body behind NGINX's page of a 412.
PEERS = ("http_headers_more_filter", "http_image_filter", "http_srcache_filter", "http_echo")

HTTP = """\
proxy_cache_path {{ folder }}/originals keys_zone=originals:1m;
private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:1m;
limit_req_zone $server_name zone=often:1m rate=150r/s;
limit_conn_zone $server_name zone=many:1m;
limit_req_log_level info; limit_conn_log_level info;
map $private_image_path $secret_path { ~secret 1; default 0; }
map $uri $secret_uri { ~secret 1; default 0; }
map $request_uri $inner      { ~^/to-[a-z]+(?<inner_target>/.*)$ $inner_target; default /x; }
map $request_uri $inner_path { ~^/to-[a-z]+(?<inner_uri>/[^?]*) $inner_uri; default /x; }
map $request_uri $inner_args { ~[?](?<inner_query>.*)$ $inner_query; }
map $request_uri $named_path { ~(?<named_image>/(secret|open)/[^/?]*) $named_image; default /x; }
upstream kept { server {{ web }}; keepalive 2; }
upstream app  { server {{ app }}; keepalive 2; }
upstream both { server {{ web }} max_fails=0; server {{ app }} backup; }
proxy_http_version 1.1; proxy_set_header Connection "";
proxy_connect_timeout 2s; proxy_read_timeout 3s; proxy_send_timeout 3s;
keepalive_timeout 3s; lingering_time 300ms; lingering_timeout 100ms; client_body_timeout 1s;
keepalive_requests 10000;
private_image_timeout 6s; private_image_source_types jpeg png svg;
"""

SERVER = """\
listen 127.0.0.1:{{ port_of('h2') }} http2;
private_image_key img.key;
private_image_variant open public w=22,saturation=0;
private_image_variant closed signed w=24;
private_image_variant full signed original;
{{ gates }}
location ^~ /inside/ { internal; {{ inside }} proxy_pass http://{{ web }}/; }
location ^~ /backup/ { internal; {{ backup }} proxy_pass http://app; }
location @backup { {{ backup }} proxy_pass http://app; }
location @store { {{ inside }} proxy_pass http://kept; }
location @none { return 404 "none"; }
location @gif { empty_gif; }
location @page { ssi on; default_type text/html; return 200 '<!--# include virtual="/backup/secret/a0.png" --><!--# include virtual="/g0/secret/a0.png" -->page'; }
location ^~ /open/ { root files; }
location ^~ /page/ { alias files/open/; error_page 404 /open/a0.png; }
location ^~ /auth-yes { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://app; }
location ^~ /auth-flaky { internal; proxy_pass http://app; }
location ^~ /mirrored { internal; proxy_pass http://app; }
location ^~ /store/ { internal; client_body_buffer_size 64k; proxy_pass http://app; }
location ^~ /after { internal; return 204; }
location ^~ /api/ { proxy_intercept_errors on; error_page 404 {{ api_page }}; rewrite ^ /none break; proxy_pass http://app; }
location ^~ /lead/ { proxy_pass http://app; }
location ^~ /to-lead/ { rewrite ^/to-lead(.*) /lead$1 last; }
location ^~ /to-ssi/ { ssi on; default_type text/html; return 200 '<!--# include virtual="$inner" -->'; }
location ^~ /to-wait/ { ssi on; default_type text/html; return 200 '<!--# include virtual="$inner" wait="yes" set="got" --><!--# echo var="got" encoding="none" -->'; }
location ^~ /to-auth/ { auth_request /elsewhere; alias files/open/; try_files /a0.png /open/a0.png; }
location ^~ /to-mirror/ { mirror /elsewhere; alias files/open/; try_files /a0.png /none; }
location = /elsewhere { internal; rewrite ^ $inner_path?$inner_args? last; }
location ^~ /to-rewrite/ { rewrite ^ $inner_path?$inner_args? last; }
location ^~ /to-page/ { error_page 404 = $inner; return 404; }
location ^~ /to-files/ { root files; try_files /none $inner; }
location ^~ /to-add/ { add_before_body /g0/secret/a0.png; add_after_body /g1/secret/b0.png/full; addition_types *; alias files/open/; try_files /a0.png /none; }
location ^~ /to-post/ { mirror /elsewhere; mirror_request_body on; error_page 404 = $inner; proxy_intercept_errors on; rewrite ^ /none break; proxy_pass http://app; }
{{ extra }}
"""

# Ways to fetch the original, by what may show it where marks come from headers alone. ROOT is for
# configurations that mark by path: a folder has no headers.
PROXIED = (
    "proxy_pass http://kept;", "proxy_pass http://kept/;", "proxy_pass http://kept/some/place/;",
    "proxy_pass http://kept$uri;", "proxy_pass http://kept$request_uri;",
    "proxy_pass http://kept$private_image_uri;", "proxy_pass http://both;",
    "proxy_pass http://kept$private_image_path;",
    "private_image_origin /inside$private_image_path;", "private_image_origin @store;",
    "fastcgi_param SCRIPT_NAME $uri; fastcgi_pass {{ fastcgi }};",
)
ROOT = (
    "root files/all;", "alias files/all/;", "root files/all; try_files $uri /open/a0.png;",
    "root files/all; try_files $uri @backup;", "root files/all; gzip_static on;",
    "alias files/all/; index a0.png; autoindex on;", "alias files/all/; random_index on;",
    "root files/all; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on;",
    "alias files/all/; sendfile on; aio threads; directio 512;",
)

# One alternative of each group at most.
GROUPS = {
    "limit": ["limit_req zone=often;", "limit_req zone=often burst=3 nodelay;",
              "limit_conn many 2;", "limit_req zone=often burst=2; limit_req_status 429;",
              "limit_req zone=often; limit_conn many 3;"],
    "access": ["allow all;", "allow 127.0.0.0/8; deny all;", "deny 127.0.0.1;",
               "satisfy any; deny all; auth_basic x; auth_basic_user_file users;",
               "auth_basic x; auth_basic_user_file users;", "auth_request /auth-yes;",
               "auth_request /auth-flaky;", "satisfy any; allow all; auth_request /auth-flaky;"],
    "body": ["client_max_body_size 10;", "client_max_body_size 0;", "client_body_in_file_only on;",
             "client_body_buffer_size 16;", "client_body_in_single_buffer on;"],
    "return": ["if ($arg_ret) { return 403; }", "if ($arg_ret) { return 404 text; }",
               "if ($arg_ret) { return 503; }", "if ($arg_ret) { return 302 /open/a0.png; }",
               "if ($arg_ret) { return 200 /open/a0.png; }", "if ($arg_ret) { return 418; }",
               "if ($request_method = POST) { return 405; }", "if ($arg_ret) { return 444; }"],
    "rewrite": ["rewrite ^(.*)/moved/(.*)$ $1/$2 last;", "rewrite ^(.*)/moved/(.*)$ $1/$2 break;",
                "rewrite ^(.*)/moved/(.*)$ $1/$2 redirect;", "rewrite ^(.*)$ $1 break;",
                "if ($arg_ret) { rewrite ^ /page/a0.png last; }", "set $kind $uri;",
                "rewrite ^/g(.)/moved/(.*)$ /g0/tr:w-20/$2 last;",
                "if ($http_x_other) { SERVE }", "if ($uri ~ secret) { break; }",
                "if ($uri ~ png) { expires 1d; }", "if ($arg_ret) { gzip on; SERVE }"],
    "cache": ["proxy_cache originals; proxy_cache_valid 200 206 1h;",
              "proxy_cache originals; proxy_cache_valid any 1s; proxy_cache_lock on; "
              "proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504 "
              "http_404; proxy_cache_background_update on;",
              "proxy_cache originals; proxy_cache_valid any 1h; proxy_cache_key bare$uri; "
              "proxy_ignore_headers Cache-Control Expires Vary X-Accel-Expires;",
              "proxy_cache originals; proxy_cache_valid any 1m; proxy_cache_methods GET HEAD POST; "
              "proxy_cache_convert_head off; proxy_cache_key $request_method$uri;",
              "slice 1k; proxy_set_header Range $slice_range; proxy_cache originals; "
              "proxy_cache_key part$uri$slice_range; proxy_cache_valid 200 206 1h;",
              "slice 1k; proxy_set_header Range $slice_range;",
              "proxy_cache originals; proxy_cache_valid 200 1m; proxy_cache_bypass $arg_ret; "
              "proxy_no_cache $arg_ret; proxy_cache_revalidate on;",
              "proxy_cache originals; proxy_cache_valid 200 1m; proxy_force_ranges on; "
              "proxy_cache_max_range_offset 1k; proxy_cache_min_uses 2;",
              "proxy_store {{ folder }}/files/kept$uri;"],
    "proxy": ["proxy_buffering off;", "proxy_request_buffering off;", "proxy_ignore_client_abort on;",
              "proxy_hide_header Is-Private-File; proxy_hide_header x-amz-meta-isprivatefile;",
              "proxy_pass_request_headers off;", "proxy_next_upstream error timeout http_404 "
              "http_503 non_idempotent;", "proxy_ignore_headers X-Accel-Redirect;",
              "proxy_set_header Host $http_host; proxy_set_header Connection \"\";",
              "proxy_buffers 4 1k; proxy_buffer_size 1k; proxy_busy_buffers_size 2k;",
              "proxy_limit_rate 500k;", "proxy_force_ranges on;", "proxy_method GET;"],
    "intercept": ["proxy_intercept_errors on;", "proxy_intercept_errors on; "
                  "recursive_error_pages on;", "recursive_error_pages on;",
                  "fastcgi_intercept_errors on;"],
    "gzip": ["gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;", "gunzip on;",
             "gzip on; gzip_types image/png; gunzip on;"],
    "text": ["sub_filter_types *; sub_filter PNG GNP;", "ssi on; ssi_types *;",
             "ssi on; ssi_types *; ssi_last_modified on;", "charset utf-8; charset_types *;",
             "sub_filter_types *; sub_filter a b; sub_filter_once off;"],
    "addition": ["add_after_body /open/a0.png; addition_types *;",
                 "add_before_body /backup/SECRET; addition_types *;",
                 "add_before_body /g1/SECRET; add_after_body /g0/SECRET; addition_types *;"],
    "headers": ["add_header Is-Private-File false always;", "add_header X-Extra $upstream_http_etag;",
                "expires 1d;", "expires max; add_header Cache-Control public always;",
                "add_trailer X-After $private_image_mark;", "add_header Is-Private-File true;",
                "add_header ETag '\"x\"' always; add_header X-Accel-Redirect /backup/secret/a0.png;",
                "add_header X-Cache $private_image_cache_status always;"],
    "conditions": ["etag off;", "if_modified_since off;", "if_modified_since before;",
                   "max_ranges 0;", "max_ranges 1;", "etag off; if_modified_since before;"],
    "sending": ["chunked_transfer_encoding off;", "limit_rate 200k;", "postpone_output 0;",
                "output_buffers 1 1k;", "sendfile on; sendfile_max_chunk 1k;", "tcp_nodelay off;",
                "keepalive_timeout 0;", "reset_timedout_connection on;", "lingering_close always;",
                "limit_rate 100k; limit_rate_after 1k;", "aio threads; aio_write on;"],
    "mirror": ["mirror /mirrored;", "mirror /mirrored; mirror_request_body off;",
               "mirror /g0/secret/a0.png;", "post_action /after;", "post_action /g0/open/a0.png;"],
    "adhoc": ["private_image_adhoc off;", "private_image_adhoc public;",
              "private_image_adhoc signed;"],
    "derivatives": ["private_image_cache derivatives;", "private_image_cache derivatives; "
                    "private_image_cache_use_stale 1h; private_image_cache_valid 1s;",
                    "private_image_cache derivatives; private_image_cache_min_uses 2;",
                    "private_image_cache derivatives; private_image_cache_bypass $arg_ret;"],
    "valid": ["private_image_mark_valid 0;", "private_image_mark_valid 1s;",
              "private_image_mark_valid 50ms; private_image_missing_valid 1s;"],
    "policy": ["private_image_denied_status 404;", "private_image_denied_status 403;",
               "private_image_signature always;", "private_image_shared_cache on;",
               "private_image_max_expiry 1d;", "private_image_identity $server_name;",
               "private_image_identity $host$arg_ret;"],
    "render": ["private_image_renders 1 queue=4;", "private_image_format auto;",
               "private_image_max_source_size 4k;", "private_image_max_source_pixels 4k;",
               "private_image_source_types png;", "private_image_timeout 100ms;",
               "private_image_format webp;"],
    "variant": ["private_image_variant open off;", "private_image_variant open signed w=22;",
                "private_image_variant badge public tr:w-22,l-image,i-secret@@a0.png,w-9,l-end;",
                "private_image_variant full off;"],
    "limit_except": ["limit_except GET { deny all; }", "limit_except POST { allow all; }"],
}
PEER_GROUPS = {
    "http_headers_more_filter": ["more_set_headers 'Is-Private-File: false';",
                                 "more_clear_headers Is-Private-File 'x-amz-*';",
                                 "more_set_headers -s '403 401 404' 'Is-Private-File: true';",
                                 "more_set_input_headers 'If-None-Match: *' 'Range: bytes=0-99';",
                                 "more_set_headers 'Is-Private-File: true';",
                                 "more_clear_input_headers Range Host;"],
    "http_image_filter": ["image_filter test;", "image_filter resize 30 30;", "image_filter size;",
                          "image_filter rotate 90;", "image_filter crop 20 20; "
                          "image_filter_buffer 1k;"],
    "http_srcache_filter": ["srcache_fetch GET /store$uri; srcache_store PUT /store$uri;",
                            "srcache_store PUT /store$uri;",
                            "srcache_fetch GET /backup/SECRET;", "srcache_fetch GET /g0/SECRET;",
                            "srcache_fetch GET /store$uri; srcache_store PUT /store$uri; "
                            "srcache_store_private on; srcache_store_no_store on; "
                            "srcache_response_cache_control off;"],
    "http_echo": ["echo_before_body x;", "echo_after_body x;", "echo_before_body -n; "
                  "echo_after_body $upstream_http_etag;"],
}
# Content handlers and others of modules that lead into a gate.
PEER_LEADS = {
    "http_echo": """
location ^~ /to-echo/ { echo_location $inner_path; }
location ^~ /to-async/ { echo_location_async $inner_path; echo_location_async /open/a0.png; }
location ^~ /to-sub/ { echo_subrequest POST $inner_path -b 'GET /smuggled HTTP/1.1'; }
location ^~ /to-exec/ { echo_exec $inner_path; }
location ^~ /to-body/ { echo_read_request_body; echo_exec $inner_path; }
""",
    "http_srcache_filter": """
location ^~ /to-fetch/ { srcache_fetch GET $inner_path; return 404; }
""",
}
LEADS = ["lead", "ssi", "wait", "auth", "mirror", "rewrite", "page", "files", "add", "post"]
PEER_LEAD_NAMES = {"http_echo": ["echo", "async", "sub", "exec", "body"],
                   "http_srcache_filter": ["fetch"]}
CODES = (400, 401, 403, 404, 405, 412, 413, 415, 416, 418, 422, 429, 500, 502, 503, 504)
NOT_WITH_ROOT = ("cache", "proxy", "intercept")

# Directives that fail together in any location, gate or not. A configuration has one side of each.
APART = (
    # The others take a slice for the whole answer, or end each slice as if it were the last.
    (("slice",), ("add_before_body", "add_after_body", "echo_before_body", "image_filter",
                  "srcache_fetch", "srcache_store")),
    # NGINX drops the timer of limit_rate where a post_action ends with an error, and the next
    # request on the connection waits for it for ever.
    (("limit_rate",), ("post_action",)),
    # What is added goes out before the image and its Content-Length.
    (("image_filter",), ("add_before_body", "add_after_body", "echo_before_body")),
    # An error page of a failed If-Match hides the cache entry that is being written.
    (("proxy_cache",), ("412",)),
)


def peers():
    """The names of the installed modules of Debian, if this is Debian's nginx."""
    if nginx.BINARY != "/usr/sbin/nginx":
        return []
    return [name for name in PEERS if (nginx.PEERS / f"ngx_{name}_module.so").exists()]


class Gate:
    def __init__(self, number, dialect, parent=""):
        self.dialect, self.prefix, self.parent = dialect, f"/g{number}/", parent


class Configuration:
    """A configuration made from its seed; `without` has numbers of lines to leave out."""

    def __init__(self, seed, without=()):
        self.random = random.Random(f"configuration {seed}")
        self.seed, self.without, self.lines = seed, without, []
        self.mode = self.pick(["flag", "flag", "map", "unmarked"])
        self.left_out = [word for bit, sides in enumerate(APART) for word in sides[seed >> bit & 1]]
        self.peers = [name for name in peers() if self.random.random() < 0.3]
        self.before = [name for name in self.peers if self.random.random() < 0.5]
        self.gates = [Gate(number, self.pick(["cloudflare", "imagekit"])) for number in range(2)]
        self.leads = LEADS + [lead for name in self.peers for lead in
                              PEER_LEAD_NAMES.get(name, [])]
        self.workers = self.pick([1, 1, 2])
        self.extra = "".join(PEER_LEADS.get(name, "") for name in self.peers)
        self.text = self.server_lines() + "\n".join(self.gate(gate) for gate in self.gates)
        if "http://localhost" in self.text:
            # The redirect of an error page has the operator's own headers, as a success has.
            self.text = self.text.replace("X-Extra $upstream_http_etag", "X-Extra $upstream_status")
        self.error_images = frozenset(
            path for page in re.findall(r"error_page [^;]*", self.text)
            for path in SECRETS if path in page)
        self.origin_images = frozenset(re.findall(r"error_page [^;]*/backup/([^;]+);", self.text))
        self.api_page = self.pick(["", "=", "=200"]) + " " + self.page(self.page_in_gates())

    def pick(self, choices):
        return self.random.choice(choices)

    def keep(self, line):
        """Returns the line, unless it is to be left out."""
        self.lines.append(line)
        return "" if len(self.lines) - 1 in self.without else line

    def is_left_out(self, line):
        return any(re.search(rf"\b{word}\b", line) for word in self.left_out)

    def marking(self):
        if self.mode == "map":
            return f"private_image_mark {self.pick(['$secret_path', '$secret_uri'])}; "
        return "private_image_unmarked private; " if self.mode == "unmarked" else ""

    def serving(self, nested=False):
        is_by_path = self.mode == "map"
        ways = list(PROXIED) + (list(ROOT) * 2 if is_by_path else [])
        serve = self.pick([way for way in ways if not nested or "origin" not in way])
        return serve

    def page_in_gates(self):
        """A page inside the gates, for requests that another location redirects there."""
        opens = [f"/g{n}/{self.pick(OPENS)}" for n in (0, 1)] + ["/open/a0.png", "/page/none.png"]
        return opens + ["@none", "@gif", "/g1/none.png",
                        "/g0/tr:w-20/open/a0.png", "/g1/open/a0.png/w=20",
                        "http://localhost/open/a0.png", "/g0/SECRET", "/g1/SECRET",
                        "/g0/tr:w-20/SECRET",
                        "/g0$named_path", "/g1$named_path"]

    def page(self, choices=None):
        """A target of an error page: a public image if marks depend on the path."""
        if choices is not None:
            return self.filled(self.pick(choices))
        choices = self.page_in_gates() + ["@backup", "$uri"]
        if self.mode != "map":
            # A map sees it undecoded, and an origin that is sent $uri decodes it once more.
            choices.append("$request_uri")
        if self.mode == "flag":
            choices += ["/backup/SECRET", "@page", "/backup$named_path", "/lead/backup/SECRET"]
        return self.filled(self.pick(choices))

    def filled(self, text):
        return text.replace("SECRET", self.pick(SECRETS))

    def error_page(self, choices=None):
        choice = [str(code) for code in CODES if str(code) not in self.left_out]
        codes = " ".join(self.random.sample(choice, self.random.randrange(1, 8)))
        if self.random.random() < 0.3:
            codes = " ".join(choice)
        equals = self.pick(["", "", "=", "=", "=200", "=404", "=403", "=304", "=204"])
        return f"error_page {codes} {equals} {self.page(choices)};"

    def features(self, serve, count):
        groups = dict(GROUPS)
        if self.mode != "flag":
            del groups["addition"]  # an include from a location without marks
        if self.mode == "unmarked":  # nothing but the origin says what is public
            groups["headers"] = [line for line in groups["headers"] if "File false" not in line]
        for name in self.peers:
            unfit = {"flag": "none", "map": "GET /backup", "unmarked": "File: false"}[self.mode]
            groups[name] = [line for line in PEER_GROUPS[name] if unfit not in line
                            and not (self.mode == "unmarked" and "GET /backup" in line)]
        if "root" in serve or "alias" in serve:
            for name in NOT_WITH_ROOT:
                del groups[name]
        if "alias" in serve:
            del groups["rewrite"]
        if "fastcgi" in serve or "origin" in serve:
            del groups["cache"]
        groups = {name: [line for line in lines if not self.is_left_out(line)]
                  for name, lines in groups.items()}
        groups = {name: lines for name, lines in groups.items() if lines}
        names = self.random.sample(sorted(groups), min(count, len(groups)))
        return [self.filled(self.pick(groups[name])) for name in names]

    def server_lines(self):
        lines = self.random.sample([
            "merge_slashes off;", "absolute_redirect off;", "recursive_error_pages on;",
            self.error_page(self.page_in_gates()), "if ($arg_ret = 2) { return 403; }", "sendfile on;",
            "rewrite ^(.*)/twice/(.*)$ $1/$2;", "limit_req zone=often burst=5 nodelay;",
            "open_file_cache max=100; open_file_cache_errors on;", "private_image_cache derivatives;",
            "client_header_buffer_size 512;", "port_in_redirect off;", "server_tokens off;",
            "underscores_in_headers on;", "ignore_invalid_headers off;", "gzip on; gzip_types *;",
            "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;", "proxy_intercept_errors on;"],
            self.random.randrange(4))
        return "".join(self.keep(line) + "\n" for line in lines)

    def gate(self, gate):
        serve = self.serving()
        lines = [self.keep(self.filled(line))
                 for line in self.features(serve, self.random.randrange(8))]
        lines += [self.keep(self.error_page()) for _ in range(self.pick([0, 0, 1, 1, 2, 3]))]
        lines += [self.keep(self.nested(gate)) for _ in range(self.pick([0, 0, 0, 1]))]
        is_regex = self.random.random() < 0.15 and "alias" not in serve and \
            not any(serve.startswith(f"proxy_pass http://kept/{rest}") for rest in (";", "some"))
        name = f"~ ^{gate.prefix}" if is_regex else self.pick(["", "^~ "]) + gate.prefix
        internal = "internal; " if self.random.random() < 0.05 else ""
        body = "\n    ".join(line.replace("SERVE", "proxy_pass http://kept;" if "http://" in serve else "break;")
                             for line in lines if line)
        return (f"location {name} {{\n    {internal}private_image {gate.dialect}; "
                f"{self.marking()}private_image_prefix {gate.prefix};\n    {serve}\n    {body}\n}}")

    def nested(self, gate):
        serve = self.pick(["proxy_pass http://kept;", "proxy_pass http://both;"])
        name = self.pick(["~ png$", "~ secret", f"^~ {gate.prefix}secret/", f"^~ {gate.prefix}tr:",
                          f"= {gate.prefix}secret/a0.png", "~ jpg"])
        features = " ".join(line.replace("SERVE", serve) for line in
                            self.features(serve, self.random.randrange(3))
                            if "private_image_adhoc" not in line)
        dialect = self.pick(["", f"private_image {self.pick(['cloudflare', 'imagekit'])}; "
                             f"private_image_prefix {gate.prefix};"])
        return f"location {name} {{ {dialect} {serve} {self.marking()} {features} }}"

    def options(self, web, app, fastcgi):
        """The arguments for Folder.configure()."""
        more = {"web": web, "app": app, "fastcgi": fastcgi}

        def fill(text):
            for name, value in more.items():
                text = text.replace("{{ %s }}" % name, value)
            return text

        server = SERVER.replace("{{ gates }}", self.text).replace("{{ extra }}", self.extra)
        server = server.replace("{{ inside }}", "").replace("{{ backup }}", "")
        server = server.replace("{{ api_page }}", self.api_page)
        loads = {name: f"load_module {nginx.PEERS}/ngx_{name}_module.so;\n" for name in self.peers}
        return {"server": fill(server), "http": fill(HTTP), "workers": self.workers,
                "before": "".join(loads[name] for name in self.before),
                "main": "".join(load for name, load in loads.items() if name not in self.before)}
