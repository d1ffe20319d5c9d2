"""Files that the plain form brought back, in the words of the clinic: one sentence for each code, and none left out."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

REFUSED = {
    "none_chosen": _l("Choose a file first."),
    "too_big": _l(
        "A file is too big to be sent this way, which takes 25 MB. With JavaScript this page takes larger ones."
    ),
    "empty": _l("A file is empty. Choose another one."),
    "not_allowed": _l("You may not add files to this request."),
    "signs_first": _l("First answer the danger signs, then send the files."),
    "emergency": _l("This may be an emergency: no file is taken. The child goes to the ER now."),
    "closed": _l("This question takes no more files."),
    "too_many": _l("These are too many files at once. Send fewer, or wait a little."),
}
OTHER = _l("A file did not arrive. Send it again.")
WITH_OTHERS = _l("The other files arrived.")


def told_of_files(told: Mapping[str, str]) -> str:
    """What to say of the files after the plain form came back with `sent` and `problem`; empty if all is well."""
    problem = told.get("problem") or ("none_chosen" if told.get("sent") == "0" else "")
    if not problem:
        return ""
    words = str(REFUSED.get(problem, OTHER))
    return f"{words} {WITH_OTHERS}" if have_arrived(told) else words


def have_arrived(told: Mapping[str, str]) -> bool:
    """Whether the plain form brought any file."""
    return bool(told.get("sent", "").strip("0"))
