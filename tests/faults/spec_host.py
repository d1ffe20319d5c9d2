"""A host for the end-to-end specification that tus-js-client ships for browsers, with our server behind it.

The specification knows neither people nor consults and reads a file back with GET, which tus leaves open. So this host,
which is a part of the tests only, adds who sends and for what, takes that out of what a HEAD tells again, and
answers GET with the content that the store holds, where our server says that the upload is there.
"""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.doors import OurDoor
from tests.faults.strangers import npm_packages

THEIRS = "https://tusd.tusdemo.net/files/"
SCRIPTS = (
    "jasmine-core/lib/jasmine-core/jasmine.js",
    "jasmine-core/lib/jasmine-core/jasmine-html.js",
    "jasmine-core/lib/jasmine-core/boot0.js",
    "jasmine-core/lib/jasmine-core/boot1.js",
    "tus-js-client/dist/browser-test-bundle.js",
)
PAGE = "<!doctype html><meta charset=utf-8>" + "".join(f'<script src="/{path}"></script>' for path in SCRIPTS)
PASSED_ON = ("content-type", "tus-resumable", "upload-length", "upload-metadata", "upload-offset")


@contextmanager
def spec_host(door: OurDoor) -> Iterator[str]:
    """The address at which the specification runs while the block lasts."""
    handler = type("Handler", (_Handler,), {"door": door})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def with_endpoint(bundle: str, address: str) -> str:
    """The specification with another endpoint, also where it is written as a pattern, and otherwise as it is."""
    ours = f"{address}files/"
    assert bundle.count(THEIRS) == 2
    return bundle.replace(THEIRS, ours).replace(_as_pattern(THEIRS), _as_pattern(ours))


def _as_pattern(address: str) -> str:
    return address.replace("/", r"\/").replace(".", r"\.")


class _Handler(http.server.BaseHTTPRequestHandler):
    door: OurDoor
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/files/"):
            self._read_back(path)
        elif path == "/":
            self._answer(200, {"Content-Type": "text/html"}, PAGE.encode())
        elif path.removeprefix("/") in SCRIPTS:
            text = (npm_packages() / "node_modules" / path.removeprefix("/")).read_text()
            if path.endswith("bundle.js"):
                text = with_endpoint(text, f"http://{self.headers['Host']}/")
            self._answer(200, {"Content-Type": "text/javascript"}, text.encode())
        else:
            self._answer(404, {}, b"")

    def _read_back(self, path: str) -> None:
        ours = self._ours(path)
        status, _headers = self.door.ask("GET", ours, {})
        self._answer(status, {}, self.door.content(ours) if status == 200 else b"")

    def do_POST(self) -> None:
        self._pass_on()

    def do_PATCH(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        named = {name: value for name, value in self.headers.items() if name.lower() in PASSED_ON}
        if "Upload-Metadata" in named:
            named["Upload-Metadata"] += f",{self.door.metadata}"
        status, found = self.door.ask(self.command, self._ours(self.path), named, body)
        if "upload-metadata" in found:
            found["upload-metadata"] = found["upload-metadata"].removesuffix(f",{self.door.metadata}")
        if "location" in found:
            found["location"] = found["location"].replace("/uploads/", "/files/")
        kept = ("tus-resumable", "upload-offset", "upload-length", "upload-metadata", "location")
        self._answer(status, {name: found[name] for name in kept if name in found}, b"")

    @staticmethod
    def _ours(path: str) -> str:
        return re.sub("^/files/?", "/uploads/", path).removesuffix("/")

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            if status != 204 or name != "Content-Length":
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""
