"""Which browser on which device, as its own header tells: enough to know one's telephone from somebody else's."""

from __future__ import annotations

from web.words.language import gettext

BROWSERS = (("edg", "Edge"), ("opr/", "Opera"), ("samsungbrowser", "Samsung Internet"), ("firefox", "Firefox"),
            ("fxios", "Firefox"), ("crios", "Chrome"), ("chrom", "Chrome"), ("safari", "Safari"))  # fmt: skip
SYSTEMS = (("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"),
           ("mac os", "Mac"), ("linux", "Linux"))  # fmt: skip


def device_of(agent: str) -> str:
    """Browser and system by a User-Agent header, such as "Chrome, Android"; empty where neither is known.

    The header itself, which would tell apart single telephones, is not kept.
    """
    text = agent.lower()
    found = (next((name for mark, name in table if mark in text), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))


def device_words(device: str) -> str:
    """The same for a page."""
    return device or gettext("A device we do not know")
