"""A gateway for text messages as docs/notices.md describes one: `python -m tests.services.text_gateway FOLDER`.

It fails loudly: whatever the page does not promise is answered 500 and becomes the file `complaint`. How it answers is
said by the last digits of the number: 0422 never, 0423 said stop, 0503 later, 0302 elsewhere, 0909 taken, but the
answer waits for the file `go`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "the-gateway-knows-us-by-this"
ANSWERS = {"0422": (422, {"reason": "unknown"}), "0423": (422, {"reason": "stopped"}), "0503": (503, {})}


class Gateway(BaseHTTPRequestHandler):
    folder = Path()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with (self.folder / "asked").open("a") as asked:
            asked.write(json.dumps(body) + "\n")
        fault = self.fault(body)
        if fault:
            (self.folder / "complaint").write_text(fault)
            return self.say(500, {})
        end = body["to"][-4:]
        if end == "0302":
            return self.say(307, {}, Location=f"http://{self.headers['Host']}/elsewhere")
        if end in ANSWERS:
            return self.say(*ANSWERS[end])
        return self.take(body, end)

    def take(self, body: dict[str, str], end: str) -> None:
        path = self.folder / f"{body['id']}.json"
        is_new = not path.exists()
        path.write_text(json.dumps(body))
        if end == "0909" and is_new:
            limit = time.monotonic() + 60
            while not (self.folder / "go").exists() and time.monotonic() < limit:
                time.sleep(0.02)
        self.say(202 if is_new else 409, {})

    def fault(self, body: dict[str, str]) -> str:
        if self.path != "/v1/texts":
            return f"asked at {self.path}"
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return "not the token"
        if set(body) != {"id", "to", "text"} or body["id"] != self.headers["Idempotency-Key"]:
            return "not the body"
        return "" if re.fullmatch(r"\+[1-9][0-9]{7,14}", body["to"]) else "not a number"

    def say(self, status: int, answer: dict[str, str], **headers: str) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    Gateway.folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    (Gateway.folder / "port.part").write_text(str(server.server_port))
    (Gateway.folder / "port.part").rename(Gateway.folder / "port")
    server.serve_forever()
