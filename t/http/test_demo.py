"""The demo as a visitor sees it: runs `./build.sh demo` on a free port and opens its page in a
headless Chromium."""

import http.client
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

import pytest
from PIL import Image, ImageChops, ImageStat
from selenium.webdriver.support.wait import WebDriverWait

import client
import nginx as server
import pictures
from browser import chromium

# Starting may have to build the module and fetch the photographs first.
MAX_START_TIME = 300

CARDS = {
    ("ik", "A public photograph"): (200, "public"),
    ("ik", "A private one"): (401, "unsigned"),
    ("ik", "Private, signed"): (200, "signed"),
    ("ik", "Signed, too late"): (401, "expired"),
    ("ik", "Signed, then altered"): (401, "bad_signature"),
    ("ik", "Private, public preview"): (200, "variant"),
    ("cf", "A public photograph"): (200, "public"),
    ("cf", "A private one"): (403, "unsigned"),
    ("cf", "Private, signed"): (200, "signed"),
    ("cf", "Signed, too late"): (403, "expired"),
    ("cf", "Signed, then altered"): (403, "bad_signature"),
    ("cf", "Private, public preview"): (200, "variant"),
}

# Returns what each card of the page shows now; hidden elements do not count.
READ_CARDS = """
const isVisible = element => element !== null && element.getClientRects().length > 0;
return [...document.querySelectorAll("article")].map(card => {
    const picture = card.querySelector("img");
    return {
        title: card.querySelector("h3").innerText,
        target: card.querySelector("a.target").getAttribute("href"),
        status: Number(card.querySelector(".answer b").innerText),
        reason: card.querySelector(".answer span").innerText,
        note: card.querySelector(".answer small").innerText,
        answered: card.classList.contains("answered"),
        width: isVisible(picture) ? picture.naturalWidth : 0,
        refusal: isVisible(card.querySelector(".refusal")),
    };
});
"""


def start_demo(port, output):
    environment = os.environ | {"PORT": str(port)}
    return subprocess.Popen(["./build.sh", "demo"], cwd=server.ROOT, env=environment, stdout=output,
                            stderr=subprocess.STDOUT, start_new_session=True)


class Demo:
    def __init__(self, folder):
        self.port = next(server.FREE_PORTS)
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = server.ROOT / "build/demo" / str(self.port)
        self.output = folder / "output"
        with open(self.output, "wb") as output:
            self.process = start_demo(self.port, output)
        try:
            self.wait_until_serving()
        except BaseException:
            self.control_c()
            raise

    def wait_until_serving(self):
        until = time.monotonic() + MAX_START_TIME
        while not self.serves():
            assert self.process.poll() is None, f"the demo ended:\n{self.terminal()}"
            assert time.monotonic() < until, f"the demo does not answer:\n{self.terminal()}"
            time.sleep(0.05)

    def serves(self):
        """True if the page is answered. An open port is not enough: the check of the configuration
        before the start opens it too."""
        try:
            return client.request(self.port, "/").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def terminal(self):
        return self.output.read_text()

    def control_c(self):
        """Sends SIGINT to the whole process group, as a terminal does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(20 * client.SLOWNESS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

    def unexpected_lines(self):
        log = (self.folder / "error.log").read_text("utf-8", "replace")
        return [line for line in log.splitlines()
                if server.NEVER_ALLOWED.search(line) or server.ALLOWED_IF_EXPECTED.search(line)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    running = Demo(tmp_path_factory.mktemp("demo"))
    yield running
    running.control_c()
    unexpected_lines = running.unexpected_lines()
    shutil.rmtree(running.folder)
    assert not unexpected_lines, "\n".join(["unexpected lines in the demo's error log:",
                                            *unexpected_lines])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def page(demo, browser):
    """The page after its script has requested every card."""
    browser.get(demo.url + "/")
    WebDriverWait(browser, 60).until(
        lambda driver: driver.execute_script("return document.documentElement.dataset.asked"))
    return browser


@pytest.fixture(scope="module")
def cards(page):
    found = page.execute_script(READ_CARDS)
    return {(card["target"].split("/")[1], card["title"]): card for card in found}


def test_the_page_has_a_card_for_every_case(cards):
    assert cards.keys() == CARDS.keys()


@pytest.mark.parametrize("which", CARDS, ids=" ".join)
def test_a_card_shows_the_answer_that_was_given(cards, which):
    status, reason = CARDS[which]
    card = cards[which]
    assert card["answered"]
    assert (card["status"], card["reason"]) == (status, reason)
    assert re.fullmatch(r"\d+ ms, \d+ KB" if status == 200 else r"\d+ ms", card["note"])


@pytest.mark.parametrize("which", CARDS, ids=" ".join)
def test_a_card_shows_the_picture_or_the_refusal(cards, which):
    card = cards[which]
    if CARDS[which][0] == 200:
        assert card["width"] == 720
        assert not card["refusal"]
    else:
        assert card["width"] == 0
        assert card["refusal"]


def test_the_console_shows_nothing_but_the_refusals(demo, page, cards):
    refused = {demo.url + card["target"] for card in cards.values() if card["status"] != 200}
    others = [entry for entry in page.get_log("browser")
              if entry["source"] != "network" or entry["message"].split(" ")[0] not in refused]
    assert not others


@pytest.mark.parametrize("private", [True, False])
def test_an_uploaded_picture_is_private_at_once_or_public(page, tmp_path, private):
    picture = tmp_path / "my picture.png"
    picture.write_bytes(pictures.quarters())
    form = page.find_element("css selector", "#upload form")
    form.find_element("name", "file").send_keys(str(picture))
    box = form.find_element("name", "isPrivateFile")
    if box.is_selected() != private:
        box.click()
    form.find_element("css selector", "button").click()
    WebDriverWait(page, 60).until(lambda driver: len(driver.find_elements(
        "css selector", "#upload article.answered")) == 2)
    unsigned, signed = [card for card in page.execute_script(READ_CARDS)
                        if card["target"].startswith("/my/")]
    assert (unsigned["status"], unsigned["reason"]) == ((401, "unsigned") if private
                                                        else (200, "public"))
    assert (signed["status"], signed["reason"]) == (200, "signed" if private else "public")
    assert signed["width"] > 0 and unsigned["refusal"] == private
    page.execute_script("document.querySelector('#upload .cards').replaceChildren()")
    page.get_log("browser")  # the refusal of this test


def test_the_page_loads_nothing_from_other_servers(demo, page):
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)")
    hosts = {urllib.parse.urlsplit(url).netloc for url in loaded if not url.startswith("data:")}
    assert hosts == {urllib.parse.urlsplit(demo.url).netloc}


@pytest.mark.parametrize("width", (360, 820, 1600))
def test_the_page_fits_the_window(page, width):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    assert page.execute_script(
        "const { scrollWidth, clientWidth } = document.documentElement;"
        "return scrollWidth - clientWidth") == 0


def test_the_page_shows_the_same_without_its_script(demo, browser, cards):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(demo.url + "/")
        plain = browser.execute_script(READ_CARDS)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    compared = ("title", "status", "reason", "width", "refusal")
    assert ([{key: card[key] for key in compared} for card in plain]
            == [{key: card[key] for key in compared} for card in cards.values()])


def test_the_preview_differs_from_the_photograph_by_its_watermark(demo, cards):
    def picture(title):
        return client.request(demo.port, cards["cf", title]["target"]).image().convert("L")

    difference = ImageChops.difference(picture("Private, signed"),
                                           picture("Private, public preview"))
    width, height = difference.size
    middle = difference.crop((width // 4, height * 2 // 5, width * 3 // 4, height * 3 // 5))
    corner = difference.crop((0, 0, width // 8, height // 8))
    assert ImageStat.Stat(middle).mean[0] > 15
    assert ImageStat.Stat(corner).mean[0] < 3


def test_the_curl_commands_on_the_terminal_return_the_status_they_name(demo, tmp_path):
    lines = re.findall(r"^  (\w+(?:, \w+)?) +(curl .*)$", demo.terminal(), re.MULTILINE)
    statuses = {}
    for name, line in lines:
        done = subprocess.run(shlex.split(line), cwd=tmp_path, stdout=subprocess.PIPE, timeout=30,
                              check=True)
        statuses[name] = int(done.stdout.split()[1])
    assert statuses == {"public": 200, "private, refused": 401, "private, signed": 200,
                        "private, expired": 401, "private, watermarked": 200}
    assert Image.open(tmp_path / "photo.jpg").format == "JPEG"


def test_a_busy_port_is_named(demo, tmp_path):
    with open(tmp_path / "output", "w+b") as output:
        status = start_demo(demo.port, output).wait(MAX_START_TIME)
        output.seek(0)
        reported = output.read().decode()
    assert status == 1
    assert f"port {demo.port} is in use" in reported
    assert demo.listens()


def test_control_c_leaves_nothing_running(tmp_path):
    demo = Demo(tmp_path)
    workers = pathlib.Path(f"/proc/{demo.process.pid}/task/{demo.process.pid}/children").read_text()
    assert workers.split()
    assert demo.control_c() == 0
    assert not demo.listens()
    assert not [worker for worker in workers.split() if pathlib.Path("/proc", worker).exists()]
    assert not (demo.folder / "origin.sock").exists()
    shutil.rmtree(demo.folder)
