"""Whatever somebody writes stands on every page as it was written, and runs nowhere: markup, scripts, templates."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from econsult.consults import threads
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive
from econsult.consults.records import Consult
from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Person
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.web.conftest import Enter
from tests.web.looking import complaints, overflow
from workers.runtime import Runtime

RUNS = "window.owned=1;alert(1)"
HOSTILE = (
    f"<script>{RUNS}</script>",
    f"</script><script>{RUNS}</script>",
    f'"><script>{RUNS}</script>',
    f"'><img src=x onerror='{RUNS}'>",
    f'<img src=x onerror="{RUNS}">',
    f'" autofocus onfocus="{RUNS}" x="',
    f"' onmouseover='{RUNS}' x='",
    f"<svg/onload={RUNS}>",
    f"<svg><script>{RUNS}</script></svg>",
    f"<math><mtext><img src onerror={RUNS}>",
    f"<details open ontoggle={RUNS}>",
    f"<body onload={RUNS}>",
    f"<iframe srcdoc='<script>parent.{RUNS}</script>'></iframe>",
    f'<a href="javascript:{RUNS}">here</a> javascript:{RUNS}',
    f'<object data="data:text/html,<script>{RUNS}</script>">',
    f"<form action=/sign-out method=post><button autofocus>{RUNS}",
    f"</textarea><script>{RUNS}</script>",
    f"</title></head><body><script>{RUNS}</script>",
    f"<!--<img src='--><img src=x onerror={RUNS}>",
    f"<![CDATA[<script>{RUNS}</script>]]>",
    f"<style>@import 'javascript:{RUNS}';</style>",
    f"<template><script>{RUNS}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUNS}>'>",
    f"&lt;script&gt;{RUNS}&lt;/script&gt; &amp;amp; &#60;b&#62;",
    f"\\u003cscript\\u003e{RUNS}\\u003c/script\\u003e",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %> %(name)s {0} {patient}",
    "'; DROP TABLE person; -- \" OR 1=1 /* */",
    "<b>bold</b> *stars* _lines_ [a](http://evil.test) # no heading",
    '=HYPERLINK("http://evil.test")',
    "../../etc/passwd %00 %0d%0aSet-Cookie: a=b",
    "left \u202eright\u202c and \u2066apart\u2069",
    "zero\u200bwidth\u200djoined \ufeffmark",
    "Z̸̡̛a̷l̶g̵o̴ 👩‍👩‍👧‍👦 ﷽ \uff46\uff55\uff4c\uff4c İı ß ﬁ",
    "NULL undefined NaN true -0 1e309 None",
)

# Of words that stand in nothing else: a specialist reads no part of a name, also in what others wrote.
CHILD, MOTHER = '"><q oncut=zoraida()>Zoraida', "'><wbr onpaste=xiomara()>Xiomara"
MADE = (
    "iframe, object, embed, main style, svg script, a[href^='javascript'], "
    "[onerror], [onload], [onfocus], [ontoggle], [oncut], [onpaste]"
)
"""What of the page would have been made by one of them."""


def _write(runtime: Runtime, clinic: Clinic) -> str:
    """All of it in messages, in names, and in the names of files; gives the request's id."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        question = f"{HOSTILE[0]} {HOSTILE[4]} {HOSTILE[25]}"
        consult = clinic.take(session, clinic.econsult(session, now=now, question=question), now=now)
        for words in HOSTILE:
            threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text=words, now=now)
        for words in HOSTILE[:6]:
            sent = Received(new_public_id(), MediaKind.PHOTO, 9, words, b"k", clinic.pcp.id)
            receive(session, consult, sent, now)
        session.execute(update(Attachment).values(state=AttachmentState.HELD))
        session.get_one(Person, clinic.mother.id).name = MOTHER
        session.get_one(Patient, clinic.child.id).name = CHILD
        return session.get_one(Consult, consult.id).public_id


def test_nothing_that_somebody_wrote_runs_and_all_of_it_is_read(
    runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str
) -> None:
    number = _write(runtime, clinic)
    for person, path in (
        (clinic.pcp, f"/consults/{number}?lane=family"),
        (clinic.derm, f"/consults/{number}?lane=family"),
        (clinic.coordinator, f"/coordination/{number}"),
        (clinic.mother, f"/family/questions/{number}"),
    ):
        page = enter(devices.phone(), person)
        heard = complaints(page)
        asked: list[str] = []
        page.on("dialog", lambda dialog, asked=asked: (asked.append(dialog.message), dialog.dismiss()))
        page.goto(f"{address}{path}")
        text = page.evaluate("() => document.body.textContent")
        assert [words for words in HOSTILE if words not in text] == [], person.role
        assert (asked, page.evaluate("() => window.owned ?? null"), heard) == ([], None, []), person.role
        assert page.locator(MADE).count() == 0
        assert overflow(page) == 0
