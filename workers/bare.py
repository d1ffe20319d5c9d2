"""Answers of the HTTP server itself, to what is no request that a page could answer.

They repeat nothing of what was sent, neither to the sender nor in the log: a line that was cut short may hold a link's
secret, a cookie or somebody's words.
"""

from __future__ import annotations

import json

from gunicorn.http import errors

HEADERS = (
    "Connection: close\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Content-Type: application/problem+json\r\n"
)
MALFORMED = (400, "Bad Request", "malformed", "This is not a request that can be read.")
FAILED = (500, "Internal Server Error", "internal", "Something went wrong. Try again.")
REFUSED: tuple[tuple[type[Exception], tuple[int, str, str, str]], ...] = (
    (errors.LimitRequestLine, (414, "URI Too Long", "address_too_long", "The address is too long.")),
    (
        errors.LimitRequestHeaders,
        (431, "Request Header Fields Too Large", "headers_too_large", "The header fields are too large."),
    ),
    (
        errors.UnsupportedTransferCoding,
        (501, "Not Implemented", "unknown_coding", "Bodies are taken as they are or in chunks."),
    ),
    (errors.ExpectationFailed, (417, "Expectation Failed", "expectation", "Only 100-continue can be expected.")),
    (errors.ForbiddenProxyRequest, (403, "Forbidden", "no_proxy", "This is no proxy.")),
)
"""What the parser refuses with a status of its own."""
BROKEN_SETTINGS = (errors.ConfigurationProblem,)
"""Raised by the parser too, and the fault of the server alone."""


def bare_answer(status: int, reason: str, code: str, detail: str, more: str = "") -> bytes:
    """A whole HTTP answer with a problem in JSON; `more` are further header lines, each with its end."""
    body = json.dumps(
        {"type": f"/problems/{code}", "title": reason, "status": status, "detail": detail, "code": code}
    ).encode()
    head = f"HTTP/1.1 {status} {reason}\r\n{more}{HEADERS}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refusal_of(error: BaseException) -> tuple[int, str, str, str]:
    """Status, reason, code and sentence for what the server could not read or answer."""
    for kind, refusal in REFUSED:
        if isinstance(error, kind):
            return refusal
    is_theirs = isinstance(error, errors.ParseException) and not isinstance(error, BROKEN_SETTINGS)
    return MALFORMED if is_theirs else FAILED
