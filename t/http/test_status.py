"""The answers of private_image_status: valid for Prometheus' own parser, as JSON and as a page.
Every figure counts the requests of all workers and survives a reload."""

import concurrent.futures
import html.parser
import json
import os
import re
import signal
import threading
import time

import pytest

import nginx
import pictures
import signing
from documents import blocks, code, page, rows_after
from figures import Growth, assert_at_rest, families, figures, key, reasons, soon

HTTP = """
    private_image_cache_path {{ folder }}/cache keys_zone=kept:1m max_size=64m;
    private_image_cache_path {{ folder }}/brief keys_zone=brief:1m inactive=1s;
    log_format worker '$pid $request_uri';
    access_log logs/worker.log worker;
"""

SITE = """
    listen 127.0.0.1:{{ port_of("shared") }} reuseport;  # every worker gets its share
    private_image_key    img.key;
    private_image_key    other.key;
    private_image_variant small public w=20;
    location ^~ /ik/    { private_image imagekit; private_image_cache kept;
                          proxy_pass {{ origin }}/; }
    location ^~ /cf/    { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /brief/ { private_image imagekit; private_image_cache brief;
                          proxy_pass {{ origin }}/; }
    location ^~ /drop/  { private_image_purge; private_image_prefix /ik/;
                          private_image_cache kept; }
    location = /nothing { return 204; }
    location = /status  { private_image_status; }
    location = /metrics { private_image_status prometheus; }
    location = /json    { private_image_status json; }
    location = /page    { private_image_status html; }
    location = /behind-a-proxy { private_image_status; set_real_ip_from 127.0.0.1;
                                 allow 192.0.2.7; deny all; }
"""

DIALECTS = {"cf": "cloudflare", "ik": "imagekit"}


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors("access forbidden by rule")
    return site


# The three formats

def test_prometheus_own_parser_reads_it(site):
    answer = site.get("/metrics")
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    for family in families(site).values():
        assert family.name.startswith("private_image_")
        assert family.documentation.endswith("."), family
        assert family.type in ("counter", "gauge", "histogram"), family
        for sample in family.samples:
            assert sample.value >= 0, sample
            if family.type == "counter":
                assert sample.name.endswith("_total"), sample


def test_every_reason_has_its_series_before_it_ever_happens(gate):
    fresh = gate(SITE, http=HTTP)
    words = set(re.findall(r"\{Reason::\w+, \"(\w+)\"",
                           (nginx.ROOT / "src/access/reason.cpp").read_text()))
    assert len(words) > 20
    expected = {key("", dialect=dialect, reason=word)[1]
                for dialect in DIALECTS.values() for word in words}
    assert reasons(fresh) == dict.fromkeys(expected, 0)
    named = {labels for name, labels in figures(fresh)
             if name in ("variant_requests_total", "key_requests_total", "cache_evicted_total")}
    assert named == {(("variant", "small"),), (("key", "img.key"),), (("key", "other.key"),),
                     (("cache", "kept"),), (("cache", "brief"),)}


def flat(document):
    """The figures of the JSON format in the form of figures()."""
    found = {}
    for name, value in document.items():
        name = name.removeprefix("private_image_")
        if isinstance(value, list):
            for one in value:
                number = one.pop("value")
                found[key(name, **one)] = number
        elif isinstance(value, dict):
            for bound, number in value["buckets"].items():
                found[key(f"{name}_bucket", le=bound)] = number
            found[key(f"{name}_sum")] = value["sum"]
            found[key(f"{name}_count")] = value["count"]
        else:
            found[key(name)] = value
    return found


def test_json_has_the_same_figures(site, origin):
    site.get("/ik/tr:w-9" + origin.publish(pictures.quarters(), private=False))
    time.sleep(0.2)
    answer = site.get("/json")
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    reported = flat(json.loads(answer.body))
    assert reported == figures(site) and len(reported) > 100


class Page(html.parser.HTMLParser):
    VOID = ("meta", "link", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.title, self.captions = [], [], [], "", []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag == "caption":
            self.captions.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == "title":
            self.title += data
        if self.open and self.open[-1] == "caption":
            self.captions[-1] += data


def test_the_page_is_readable_without_scripts(site, origin):
    growth = Growth(site)
    site.get("/ik/tr:n-small" + origin.publish(pictures.quarters(), private=True))
    growth.is_soon(1, "requests_total", dialect="imagekit", reason="variant")
    answer = site.get("/page")
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    page = Page(answer.body.decode())
    assert ("html", {"lang": "en"}) in page.tags and page.title
    assert any(attributes.get("name") == "viewport" for _, attributes in page.tags)
    assert not any(tag == "script" for tag, _ in page.tags)
    assert len(page.captions) == len(set(page.captions)) >= 3 and all(page.captions)
    assert all(len(row) == 3 for row in page.rows)
    rows = {tuple(row[:2]): row[2] for row in page.rows[1:]}
    number = rows["Requests by dialect and reason", "dialect imagekit, reason variant"]
    assert int(number) == figures(site)[key("requests_total", dialect="imagekit",
                                            reason="variant")]


@pytest.mark.parametrize("accept, kind", [
    (None, "text/plain"), ("*/*", "text/plain"), ("text/plain", "text/plain"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ("Application/JSON", "application/json"),
    ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
     "text/plain"),
])
def test_the_format_is_negotiated_unless_configured(site, accept, kind):
    headers = {"Accept": accept} if accept else {}
    assert site.get("/status", headers).header("Content-Type").startswith(kind)
    assert site.get("/metrics", headers).header("Content-Type").startswith("text/plain")
    assert site.get("/json", headers).header("Content-Type").startswith("application/json")
    assert site.get("/page", headers).header("Content-Type").startswith("text/html")


@pytest.mark.parametrize("target", ["/status", "/metrics", "/json", "/page"])
def test_the_answer_has_no_store_and_nosniff(site, target):
    answer = site.get(target)
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    head = site.head(target)
    assert (head.status, head.body) == (200, b"")
    assert head.header("Content-Type") == answer.header("Content-Type")
    assert int(head.header("Content-Length")) > 1000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(site, method):
    answer = site.get("/status", method=method)
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_local_proxy_must_pass_the_client_s_address(site, name):
    """Otherwise allow and deny would check the proxy's address."""
    since = len(site.log())
    for target in ("/status", "/metrics", "/json", "/page"):
        answer = site.get(target, {name: "192.0.2.7"})
        assert answer.status == 403 and b"private_image_requests" not in answer.body, target
    assert site.wait_for_log(r"private_image: status refused: .*set_real_ip_from", since)
    assert site.get("/behind-a-proxy", {"X-Real-IP": "192.0.2.7"}).status == 200
    assert site.get("/behind-a-proxy", {"X-Real-IP": "192.0.2.8"}).status == 403


def test_without_a_zone_there_are_no_figures(gate, origin):
    site = gate("""
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location = /status { private_image_status; }
    """, http="private_image_zone off;")
    path = origin.publish(pictures.quarters(), private=False)
    assert site.get(f"/ik/tr:w-20{path}").status == 200
    answer = site.get("/status")
    assert answer.status == 503 and b"private_image_zone" in answer.body


def test_names_of_files_are_escaped(gate):
    odd = 'we"ird\\ <ü>%.key'
    files = {f"conf/{odd}": signing.KEY.encode() + b"\n"}
    strange = gate(r"""
        private_image_key "we\"ird\\ <ü>%.key";
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location = /metrics { private_image_status prometheus; }
        location = /json    { private_image_status json; }
        location = /page    { private_image_status html; }
    """, files=files)
    shown = 'we"ird\\ <%C3%BC>%25.key'
    strange.get(signing.imagekit("/ik/none.png", "/ik/"))
    soon(strange, "key_requests_total", 1, key=shown)
    reported = json.loads(strange.get("/json").body)["private_image_key_requests_total"]
    assert reported == [{"key": shown, "value": 1}]
    page = Page(strange.get("/page").body.decode())
    assert ["Requests whose signature this key verified", f"key {shown}", "1"] in page.rows


# The documents

def test_the_table_of_metrics_is_what_the_page_prints(gate, origin):
    site = gate(SITE, http=HTTP)
    printed = {}
    for family in families(site).values():
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        printed[name] = family.type, labels
    reported = {code(name): (kind, set(re.findall(r"`(\w+)`", labels)))
            for name, kind, labels, _ in
            rows_after("operations.md", "## Metrics")}
    assert reported == printed


def test_the_alerts_ask_for_series_that_exist(site):
    known = {name for name, _ in figures(site)}
    words = {dict(labels)["reason"] for labels in reasons(site)}
    rules = "".join(block.text for block in blocks(page("operations.md"), "yaml"))
    asked = set(re.findall(r"private_image_(\w+)[{ []", rules))
    assert len(asked) > 4 and asked <= known
    named = re.findall(r'reason=~?"([^"]+)"', rules)
    assert named and {word for one in named for word in one.split("|")} <= words


# Counters

def test_refusals_are_counted_by_dialect_and_reason(site, origin):
    path = origin.publish(pictures.quarters(), private=True)
    growth = Growth(site)
    for _ in range(3):
        assert site.get(f"/ik{path}").reason == "unsigned"
    assert site.get(f"/ik/tr:nonsense-1{path}").reason == "bad_options"
    assert site.get(f"/cf{path}/w=20").reason == "unsigned"
    assert site.get(f"/cf{path}/w=20", method="POST").reason == "method"
    growth.is_soon(3, "requests_total", dialect="imagekit", reason="unsigned")
    growth.is_soon(1, "requests_total", dialect="imagekit", reason="bad_options")
    growth.is_soon(1, "requests_total", dialect="cloudflare", reason="unsigned")
    growth.is_soon(1, "requests_total", dialect="cloudflare", reason="method")
    grown = {labels: value - growth.before["requests_total", labels]
             for labels, value in reasons(site).items()}
    assert sum(grown.values()) == 6
    assert growth.of("derivatives_total", type="png") == 0


def test_variants_and_keys_are_counted_by_name(site, origin):
    path = origin.publish(pictures.quarters(), private=True)
    growth = Growth(site)
    assert site.get(f"/ik/tr:n-small{path}").status == 200
    assert site.get(f"/ik/tr:n-small{path}").status == 200
    assert site.get(f"/ik/tr:n-absent{path}").reason == "unknown_variant"
    for signing_key, times in ((signing.KEY, 2), (signing.OTHER_KEY, 1), ("invalid" * 5, 1)):
        for _ in range(times):
            site.get(signing.imagekit(f"/ik/tr:w-20{path}", "/ik/", signing_key))
    growth.is_soon(2, "variant_requests_total", variant="small")
    growth.is_soon(2, "key_requests_total", key="img.key")
    growth.is_soon(1, "key_requests_total", key="other.key")
    growth.is_soon(1, "requests_total", dialect="imagekit", reason="bad_signature")
    names = {labels for name, labels in figures(site) if name == "variant_requests_total"}
    assert names == {(("variant", "small"),)}  # clients cannot create a series


def test_cache_status_output_and_bytes_are_counted(site, origin):
    body = pictures.noise(200, 150)
    path = origin.publish(body, private=False, etag='"1"', content_type="image/jpeg")
    growth = Growth(site)
    answers = [site.get(f"/ik/tr:w-99{path}") for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    growth.is_soon(1, "cache_requests_total", status="MISS")
    growth.is_soon(2, "cache_requests_total", status="HIT")
    growth.is_soon(3, "derivatives_total", type="jpeg")
    assert growth.of("source_bytes_total") == len(body)
    assert growth.of("rendered_bytes_total") == len(answers[0].body)
    sent = growth.of("sent_bytes_total")
    assert 3 * len(answers[0].body) < sent < 3 * (len(answers[0].body) + 1000)


def test_figures_of_an_image_are_a_type_of_their_own(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    growth = Growth(site)
    answers = [site.get(f"/cf{path}/w=20,f=json") for _ in range(2)]
    assert [answer.status for answer in answers] == [200] * 2
    growth.is_soon(2, "derivatives_total", type="json")
    # Everything else of a derivative is counted as usual.
    assert growth.of("derivatives_total", type="jxl") == 0
    assert growth.of("sent_bytes_total") > 2 * len(answers[0].body)


def test_an_original_is_no_derivative(site, origin):
    path = origin.publish(pictures.quarters(), private=False)
    growth = Growth(site)
    assert site.get(f"/ik{path}").status == 200
    growth.is_soon(1, "requests_total", dialect="imagekit", reason="public")
    assert growth.of("derivatives_total", type="png") == 0
    assert growth.of("source_bytes_total") == 0
    assert growth.of("sent_bytes_total") > len(pictures.quarters())


def test_requests_outside_gates_are_not_counted(site):
    growth = Growth(site)
    assert site.get("/nothing").status == 204
    time.sleep(0.2)
    assert growth.of("sent_bytes_total") == 0


def test_all_workers_count_together(site, origin):
    path = origin.publish(pictures.quarters(), private=True)
    growth = Growth(site)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: site.get(f"/ik{path}", port="shared"), range(64)))
    assert {answer.reason for answer in answers} == {"unsigned"}
    growth.is_soon(64, "requests_total", dialect="imagekit", reason="unsigned")
    used = {line.split()[0] for line in site.access_log("worker.log") if line.endswith(path)}
    assert len(used) == 2, "one worker did it all"


def test_histograms_are_consistent_and_have_the_times(site, origin):
    path = origin.publish(pictures.quarters(), private=False, delay=0.3)
    growth = Growth(site)
    assert site.get(f"/ik/tr:w-20{path}").status == 200
    growth.is_soon(1, "render_seconds_count")
    growth.is_soon(1, "queue_seconds_count")
    growth.is_soon(1, "origin_seconds_count")
    assert 0.29 < growth.of("origin_seconds_sum") < 3
    assert growth.of("origin_seconds_bucket", le="0.25") == 0
    assert growth.of("origin_seconds_bucket", le="5") == 1
    assert growth.of("render_seconds_sum") < 3 and growth.of("queue_seconds_sum") < 0.3
    now = figures(site)
    for name in ("origin_seconds", "queue_seconds", "render_seconds"):
        buckets = {float(dict(labels)["le"]): value for (one, labels), value in now.items()
                   if one == f"{name}_bucket"}
        heights = [buckets[bound] for bound in sorted(buckets)]
        assert heights == sorted(heights) and len(heights) == 15
        assert heights[-1] == now[key(f"{name}_count")]
        assert buckets[float("inf")] == heights[-1]


def test_originals_are_counted_by_state(site, origin):
    growth = Growth(site)
    path = origin.publish(pictures.quarters(), private=False, etag='"1"')
    site.get(f"/ik/tr:w-20{path}")
    site.get("/ik/tr:w-20/never-there.png")
    growth.is_soon(1, "originals", state="known")
    growth.is_soon(1, "originals", state="missing")
    assert site.get(f"/drop{path}", method="POST").status == 204
    growth.is_soon(1, "originals", state="purged")
    now = figures(site)
    assert now[key("zone_size_bytes")] == 10 * 1024 * 1024
    assert 0 < now[key("zone_free_bytes")] < now[key("zone_size_bytes")]
    assert now[key("originals_evicted_total", state="known")] == 0


def test_caches_are_counted_by_name(site, origin):
    growth = Growth(site)
    for number in range(3):
        path = origin.publish(pictures.noise(300, 200), private=False, etag=f'"{number}"')
        assert site.get(f"/ik/tr:w-250{path}").status == 200
    growth.is_soon(3, "cache_entries", cache="kept")
    assert growth.of("cache_size_bytes", cache="kept") >= 3 * 4096
    now = figures(site)
    assert now[key("cache_max_bytes", cache="kept")] == 64 * 1024 * 1024
    assert key("cache_max_bytes", cache="brief") not in now


def test_evictions_of_the_cache_manager_are_counted(site, origin):
    growth = Growth(site)
    for number in range(3):
        path = origin.publish(pictures.quarters(), private=False, etag=f'"{number}"')
        assert site.get(f"/brief/tr:w-20{path}").status == 200
    growth.is_soon(3, "cache_evicted_total", cache="brief", seconds=25)
    assert figures(site)[key("cache_entries", cache="brief")] == 0
    assert growth.of("cache_evicted_total", cache="kept") == 0


# Gauges

BUSY = """
    private_image_renders 1 queue=8;
    location ^~ /ik/    { private_image imagekit; proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
"""
SLOW = "/ik/tr:w-1200,f-avif"
def in_background(site, target):
    thread = threading.Thread(target=lambda: site.get(target, timeout=60), daemon=True)
    thread.start()
    return thread


def slow_picture():
    return pictures.noise(1300, 900, kind="PNG")


def test_running_and_waiting_renders_are_counted(gate, origin):
    site = gate(BUSY, workers=1)
    paths = [origin.publish(slow_picture(), private=False) for _ in range(3)]
    threads = [in_background(site, f"{SLOW}{path}") for path in paths]
    soon(site, "renders_running", 1)
    soon(site, "renders_waiting", 2)
    soon(site, "oldest_wait_seconds", lambda value: value > 0)
    assert figures(site)[key("source_held_bytes")] >= len(slow_picture())
    for thread in threads:
        thread.join()
    assert_at_rest(site)


def test_a_waiting_render_whose_client_left_waits_no_more(gate, origin):
    site = gate(BUSY, workers=1)
    path = origin.publish(slow_picture(), private=False)
    other = origin.publish(pictures.quarters(), private=False)
    thread = in_background(site, f"{SLOW}{path}")
    soon(site, "renders_running", 1)
    with site.connect() as connection:
        connection.send(f"/ik/tr:w-20{other}")
        soon(site, "renders_waiting", 1)
    soon(site, "renders_waiting", 0)
    assert figures(site)[key("renders_running")] == 1
    assert figures(site)[key("oldest_wait_seconds")] == 0
    thread.join()
    assert_at_rest(site)


def test_requests_that_wait_for_another_s_render_are_counted(site, origin):
    held = threading.Event()
    path = origin.publish(pictures.quarters(), private=False, etag='"1"', held=held)
    threads = [in_background(site, f"/ik/tr:w-33{path}") for _ in range(4)]
    soon(site, "requests_waiting", 3)
    held.set()
    for thread in threads:
        thread.join()
    assert_at_rest(site)


def test_a_follower_that_leaves_is_not_counted_for_ever(site, origin):
    held = threading.Event()
    path = origin.publish(pictures.quarters(), private=False, etag='"1"', held=held)
    leader = in_background(site, f"/ik/tr:w-34{path}")
    origin.wait_for(path)
    with site.connect() as connection:
        connection.send(f"/ik/tr:w-34{path}")
        soon(site, "requests_waiting", 1)
    soon(site, "requests_waiting", 0)
    held.set()
    leader.join()
    assert_at_rest(site)


def test_source_bytes_in_memory_are_counted(site, origin):
    path = origin.publish(pictures.noise(600, 400, kind="PNG"), private=False,
                          chunk_size=100_000, chunk_delay=0.2)
    thread = in_background(site, f"/cf{path}/w=20")
    soon(site, "source_held_bytes", lambda value: value > 100_000)
    thread.join()
    assert_at_rest(site)


def test_the_gauges_of_a_dead_worker_do_not_count(gate, origin):
    site = gate(BUSY, workers=1)
    site.allow_emergency(r"exited on signal 9")
    path = origin.publish(slow_picture(), private=False)
    thread = threading.Thread(target=swallow, args=(site, f"{SLOW}{path}"),
                              daemon=True)
    thread.start()
    soon(site, "renders_running", 1)
    before = reasons(site)
    old, = site.answering()
    os.kill(old, signal.SIGKILL)
    thread.join()
    until = time.monotonic() + 10
    while not site.answering() - {old}:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert_at_rest(site)
    assert reasons(site) == before


def swallow(site, target):
    try:
        site.get(target, timeout=60)
    except OSError:
        pass  # the connection went with the worker


# Reload

def test_figures_survive_a_reload_and_names_are_added(gate, origin):
    site = gate(SITE, http=HTTP)
    path = origin.publish(pictures.quarters(), private=True)
    growth = Growth(site)
    assert site.get(f"/ik/tr:n-small{path}").status == 200
    assert site.get(f"/ik{path}").reason == "unsigned"
    growth.is_soon(1, "variant_requests_total", variant="small")
    growth.is_soon(1, "requests_total", dialect="imagekit", reason="unsigned")
    site.folder.configure(SITE.replace("variant small", "variant tiny"), http=HTTP)
    old = site.reload()
    site.wait_until_gone(old)
    assert growth.of("requests_total", dialect="imagekit", reason="unsigned") == 1
    assert site.get(f"/ik/tr:n-tiny{path}").status == 200
    assert site.get(f"/ik{path}").reason == "unsigned"
    growth.is_soon(1, "variant_requests_total", variant="tiny")
    growth.is_soon(2, "requests_total", dialect="imagekit", reason="unsigned")
    assert growth.of("variant_requests_total", variant="small") == 1
    assert_at_rest(site)


def test_many_names_have_room(gate, origin):
    names = [f"variant-number-{number}" for number in range(700)]
    variants = "\n".join(f"private_image_variant {name} public w=20;" for name in names)
    site = gate(variants + """
        location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location = /metrics { private_image_status prometheus; }
    """)
    path = origin.publish(pictures.quarters(), private=False)
    assert site.get(f"/ik/tr:n-{names[-1]}{path}").status == 200
    soon(site, "variant_requests_total", 1, variant=names[-1])
    counted = {labels for name, labels in figures(site) if name == "variant_requests_total"}
    assert counted == {(("variant", name),) for name in names}
