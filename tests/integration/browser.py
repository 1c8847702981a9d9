"""A headless Chromium driven over the WebDriver protocol, and a site to look at with it."""

import base64
import contextlib
import http.client
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

from client import SLOW
from servers import eventually

DRIVER, CHROMIUM = shutil.which("chromedriver"), shutil.which("chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en")
KEYS = {"tab": "\ue004", "enter": "\ue007", "escape": "\ue00c", "shift": "\ue008"}
# The widget's elements stand in a shadow root.
IN_SHADOW = "const shadow = document.getElementById('redthread-chat').shadowRoot;"


class Problem(AssertionError):
    """What the driver answered instead of a value."""


class Browser:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rt-browser-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(self.directory / "driver.log", "wb")
        self.process = subprocess.Popen(
            [DRIVER, f"--port={self.port}"], stdout=self.log, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory),
                 "TMPDIR": str(self.directory)})
        eventually(lambda: self._call("GET", "/status")["ready"], 20, 0.05, "chromedriver")
        options = {"binary": CHROMIUM,
                   "args": [*FLAGS, f"--user-data-dir={self.directory / 'profile'}"]}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{made['sessionId']}"

    def _call(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * SLOW)
        text = json.dumps(body or {}) if method == "POST" else None
        link.request(method, path, text, {"Content-Type": "application/json"})
        answer = json.loads(link.getresponse().read())
        link.close()
        if isinstance(answer["value"], dict) and "error" in answer["value"]:
            raise Problem(f"{path}: {answer['value']['error']}: {answer['value']['message'][:400]}")
        return answer["value"]

    def do(self, path, body=None, method="POST"):
        return self._call(method, self.session + path, body)

    def close(self):
        with contextlib.suppress(Exception):
            self.do("", method="DELETE")
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- pages ----

    def go(self, url):
        self.do("/url", {"url": url})

    def script(self, text, *arguments):
        return self.do("/execute/sync", {"script": text, "args": list(arguments)})

    def later(self, text, *arguments):
        """What a script's promise comes to."""
        return self.do("/execute/async", {"args": list(arguments), "script": "const done = "
                       f"arguments[arguments.length - 1]; (async () => {{ {text} }})()"
                       ".then(done, (e) => done('failed: ' + e.message));"})

    def protocol(self, command, **parameters):
        return self.do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def console(self):
        return [line["message"] for line in self.do("/se/log", {"type": "browser"})]

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.do("/screenshot", method="GET")))

    def size(self, width, height, phone=False):
        self.protocol("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=2 if phone else 1, mobile=phone)

    def dark(self, on):
        self.protocol("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def offline(self, on):
        self.protocol("Network.enable")
        self.protocol("Network.emulateNetworkConditions", offline=on, latency=0,
                      downloadThroughput=-1, uploadThroughput=-1)

    def keys(self, *names):
        """Presses and releases one after the other; a name of KEYS, or text. "shift+tab" too."""
        actions = []
        for name in names:
            if name.startswith("shift+"):
                key = KEYS[name.removeprefix("shift+")]
                actions += [("keyDown", KEYS["shift"]), ("keyDown", key), ("keyUp", key),
                            ("keyUp", KEYS["shift"])]
                continue
            for char in KEYS.get(name) or name:
                actions += [("keyDown", char), ("keyUp", char)]
        self.do("/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": kind, "value": value} for kind, value in actions]}]})

    # ---- tabs ----

    def tab(self):
        return self.do("/window", method="GET")

    def new_tab(self):
        handle = self.do("/window/new", {"type": "tab"})["handle"]
        self.switch(handle)
        return handle

    def switch(self, handle):
        self.do("/window", {"handle": handle})

    def close_tab(self, back):
        self.do("/window", method="DELETE")
        self.switch(back)

    # ---- the widget ----

    def widget(self, text, *arguments):
        return self.script(f"{IN_SHADOW} {text}", *arguments)

    def click(self, selector):
        self.widget("shadow.querySelector(arguments[0]).click()", selector)

    def texts(self):
        """What stands in the log, as people see it, without the greeting."""
        return self.widget("return [...shadow.querySelectorAll('.item .bubble')].slice(1)"
                           ".map((b) => b.textContent)")

    def shows(self, text, timeout=10):
        eventually(lambda: text in self.texts(), timeout, 0.05, f"{text!r} is shown")


class Site:
    """Pages of a shop on an origin of its own: {path: HTML}."""

    def __init__(self):
        self.pages, self.policy = {}, None
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = site.pages.get(self.path.partition("?")[0])
                self.send_response(200 if page is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write((page or "").encode())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
