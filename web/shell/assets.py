"""Static files under names that carry the hash of their content, made when the application starts.

A browser may keep such a file for ever: when the content changes, so does its name. Files that point at other static
files (an ES module's imports, a style sheet's pictures) are rewritten to the hashed names first, so that a new part
also renames everything that uses it. There is no build step; scripts lose their comments and indentation, and style
sheets their comments, when they are read: a phone on a slow network need not fetch them.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flask import Flask, abort, request
from werkzeug import Response

ROOT = Path(__file__).parents[1] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/json",
}
TEXT = (".js", ".css", ".svg", ".json", ".webmanifest")
# Only what begins a line: no text in our scripts runs over several of them, which a test of theirs asserts.
_NOTES = {
    ".js": re.compile(rb"^[ \t]*(//.*)?\n?", re.MULTILINE),
    ".css": re.compile(rb"\s*/\*.*?\*/", re.DOTALL),
}
_REFERENCE = re.compile(r"""((?:from|import)\s*\(?\s*["']|url\(["']?)(\./[\w./-]+)""")


@dataclass(frozen=True)
class Asset:
    """One file in memory: its hashed name, its bytes, and the same bytes compressed where that helps."""

    name: str
    media_type: str
    digest: str
    body: bytes
    packed: bytes | None


class Assets:
    """All static files of a folder, found by their plain or their hashed name."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._plain: dict[str, Asset] = {}
        for path in sorted(root.rglob("*")):
            if path.is_file():
                self._load(path.relative_to(root).as_posix())
        self._hashed = {asset.name: asset for asset in self._plain.values()}

    def url(self, name: str) -> str:
        """Address of the file `name`, such as `/static/app.1f2e3d4c5b6a.css`. Raises KeyError for an unknown file."""
        return f"/static/{self._plain[name].name}"

    def find(self, name: str) -> tuple[Asset, str] | None:
        """The asset of that plain or hashed name with its Cache-Control, or None."""
        if asset := self._hashed.get(name):
            return asset, FOR_EVER
        return (self._plain[name], ASK_AGAIN) if name in self._plain else None

    def names(self) -> list[str]:
        """Plain names of all files, sorted."""
        return sorted(self._plain)

    def _load(self, name: str) -> Asset:
        if name in self._plain:
            return self._plain[name]
        path = PurePosixPath(name)
        body = (self._root / name).read_bytes()
        if path.suffix in _NOTES and path.parts[0] != "vendor":
            body = _NOTES[path.suffix].sub(b"", self._with_hashed_references(path, body))
        digest = hashlib.sha256(body).hexdigest()
        hashed = path.with_suffix(f".{digest[:12]}{path.suffix}").as_posix()
        packed = gzip.compress(body, 9, mtime=0) if path.suffix in TEXT else None
        self._plain[name] = Asset(hashed, _media_type(path), digest, body, packed)
        return self._plain[name]

    def _with_hashed_references(self, path: PurePosixPath, body: bytes) -> bytes:
        def replaced(match: re.Match[str]) -> str:
            target = (path.parent / match[2]).as_posix()
            if not (self._root / target).is_file():
                return match[0]
            return f"{match[1]}/static/{self._load(target).name}"

        return _REFERENCE.sub(replaced, body.decode()).encode()


def _media_type(path: PurePosixPath) -> str:
    return MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def init_assets(app: Flask) -> None:
    """Read the static folder, serve it under `/static/`, and give templates `asset(name)`."""
    assets = Assets()
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets.url

    @app.get("/static/<path:name>", endpoint="static")
    def serve(name: str) -> Response:
        found = assets.find(name)
        if found is None:
            abort(404)
        return _response(*found)


def _response(asset: Asset, caching: str) -> Response:
    wants_packed = asset.packed is not None and request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if wants_packed else asset.body, mimetype=asset.media_type)
    if wants_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = caching
    response.set_etag(asset.digest[:32] + ("-gz" if wants_packed else ""))
    return response.make_conditional(request)
