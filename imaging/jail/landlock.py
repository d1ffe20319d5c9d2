"""Landlock: after this a process opens no file, connects to no port, and signals nobody outside."""

import ctypes
import functools
import os

from imaging import kernel

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""The same numbers on every processor."""
_ASK_VERSION = 1
# Which accesses a version of the interface knows: each bit that it does not know would be refused as a whole.
_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_NET_SINCE, _NET = 4, 0x3
_SCOPE_SINCE, _SCOPES = 6, 0x3


@functools.cache
def version() -> int:
    """The version of the kernel's interface; 0 where it has none or has it switched off."""
    try:
        return kernel.call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def close_all() -> None:
    """Handle everything that this kernel can and allow nothing of it, for ever. Raises OSError."""
    known = version()
    files = max(bits for since, bits in _FILES.items() if since <= known)
    fields = [files]
    if known >= _NET_SINCE:
        fields.append(_NET)
    if known >= _SCOPE_SINCE:
        fields.append(_SCOPES)
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = kernel.call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    kernel.call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
