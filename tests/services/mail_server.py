"""A real SMTP server (aiosmtpd) in a process of its own: `python -m tests.services.mail_server FOLDER`.

Letters become files. What goes wrong is said by whom a letter is for: `refused@`, `full@`, `busy@`, `dropped@` (taken,
but the line breaks before the answer, once), `mute@` (never an answer).
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSALS = {"refused": "550 5.1.1 no such mailbox", "busy": "451 4.3.0 later"}


class Handler:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_RCPT(  # noqa: N802 - the library calls it so.
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        name = address.partition("@")[0]
        if name == "mute":
            await asyncio.sleep(3600)
        if name in REFUSALS:
            return REFUSALS[name]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above.
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "full":
            return "552 5.2.2 mailbox full"
        content = envelope.content
        assert isinstance(content, bytes)
        count = len(list(self.folder.glob("*.eml")))
        draft = self.folder / f"{count}.part"
        draft.write_bytes(f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode() + content)
        draft.rename(self.folder / f"{count:04d}-{time.monotonic_ns()}.eml")
        if name == "dropped" and count == 0:
            transport = server.transport
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        return "250 taken"


async def serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(folder), enable_SMTPUTF8=False), "127.0.0.1", 0)
    (folder / "port.part").write_text(str(server.sockets[0].getsockname()[1]))
    (folder / "port.part").rename(folder / "port")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
