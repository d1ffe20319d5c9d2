"""An older copy of the database: nobody signs in to it before what was erased since is erased again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.erasure.asking import Wish, ask_erasure
from econsult.erasure.carrying import Tools, erase_due, replay
from econsult.erasure.records import Basis
from econsult.errors import SettingError
from tests.personas import Clinic
from web import create_app
from workers.runtime import Runtime


def test_no_http_process_starts_on_a_copy_that_brought_an_erased_record_back(runtime: Runtime, clinic: Clinic) -> None:
    tools, then = Tools(runtime.database.cipher, runtime.settings.audit_anchors), datetime.now(UTC) - timedelta(days=40)
    with runtime.database.writing() as session:
        ask_erasure(session, clinic.child, None, Wish(Basis.ORDER, "Ordered in case 12-345."), now=then)
    with pytest.raises(KeyboardInterrupt), runtime.database.writing() as session:
        # What an older copy and the register look like together: a line, and the record as it was.
        erase_due(session, tools, then + timedelta(days=8))
        raise KeyboardInterrupt
    with pytest.raises(SettingError, match=r"older copy .* run `python -m econsult shred replay`"):
        create_app(runtime)
    with runtime.database.writing() as session:
        assert replay(session, tools, datetime.now(UTC)) == 1
    assert create_app(runtime).url_map is not None
