"""An upload as its owner is told of it in JSON."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from econsult.consults.intake import Upload, UploadState
from uploads.staged import staged_path
from web.uploading.tus_headers import metadata


def described(upload: Upload, offset: int) -> dict[str, Any]:
    """Its state; `offset` is what `verbs.glance` says."""
    is_over = upload.state not in {UploadState.CREATED, UploadState.RECEIVING}
    return {
        "id": upload.public_id,
        "url": f"/uploads/{upload.public_id}",
        "state": upload.state,
        "kind": upload.kind,
        "view": upload.view,
        "offset": offset,
        "length": upload.length,
        "reason": upload.reason,
        "expires_at": None if is_over else upload.expires_at.isoformat(),
    }


def declared(upload: Upload) -> dict[str, str]:
    """What a phone that lost its memory knows its file by: the owner's own words, exactly as they were given."""
    told = metadata(upload.metadata_text)
    named = {"consult_id": told.get("consult_id", ""), "detail": upload.view or upload.document_type or ""}
    return named | {"metadata": upload.metadata_text}


def idle_seconds(staging: Path, upload: Upload, now: datetime) -> int:
    """How long ago its bytes last came, or it was begun: whether somebody sends it now, on any device."""
    data = staged_path(staging, upload.public_id)
    signs = [upload.created_at.timestamp()]
    for path in (data, data.with_name("data.tail")):
        with suppress(OSError):
            signs.append(path.stat().st_mtime)
    return max(int(now.timestamp() - max(signs)), 0)
