"""The security headers that every response carries, whatever made it."""

from __future__ import annotations

from flask import Flask, Response, request

from web.context import settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_headers(app: Flask) -> None:
    """Set the headers on all responses of `app`, those of error handlers included."""

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in ALWAYS.items():
            # A view may only be stricter than the page's policy, as the one that shows media is.
            response.headers.setdefault(name, value)
        if request.is_secure or settings().is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static" or response.status_code >= 400:
            # A shared computer must not show a family's page to the next person who presses Back.
            response.headers["Cache-Control"] = "no-store"
        return response
