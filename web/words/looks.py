"""What was done with records, in the words of whoever watches over it: the kinds that the log is narrowed to."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.access_log import Deed

ACTS = {
    Deed.NAME: _l("Saw name and contact"),
    Deed.EXCEPTION: _l("Opened a name by exception"),
    Deed.HOLD: _l("Opened what was sealed"),
    Deed.LISTED: _l("Saw in a list"),
    Deed.OPENED: _l("Opened"),
    Deed.MEDIA: _l("Opened photos, videos or papers"),
    Deed.NOTE: _l("Saved an answer as a file"),
    Deed.CODE_ASKED: _l("Asked for a reading code"),
    Deed.BY_CODE: _l("Read with a code"),
    Deed.CORRECTED: _l("Changed details on file"),
    Deed.SEARCHED: _l("Searched this log"),
    Deed.WORKED: _l("Anything else"),
}
