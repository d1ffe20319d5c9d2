"""Whatever somebody writes stands on every page as it was written, and runs nowhere: markup, scripts, templates.

The normal run writes some of each kind, `-m slow` thousands, and what stands in the files of the folder `TEXTS`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page
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


TAGS = (
    "a img svg body iframe input button details form math marquee object embed video audio source style link meta base "
    "table td div span p select textarea keygen isindex frameset template noscript title xmp plaintext listing x"
)
EVENTS = (
    "onload onerror onclick onfocus onblur onmouseover onmouseenter ontoggle onanimationstart ontransitionend onwheel "
    "onpointerover onbeforeprint onhashchange onpageshow onresize onscroll onkeydown onkeyup onkeypress onsubmit "
    "oninput onchange onselect ondrag ondrop oncut oncopy onpaste onstart onfinish onbegin onend onrepeat onmessage"
)
FORMS = (
    "<{tag} {event}={runs}>",
    "\"><{tag} src=x {event}='{runs}' autofocus>",
    '\'/><{tag}/{event}="{runs}"//',
    "<{tag} {event}&#61;{runs}&gt;",
    "</{tag}><{tag}\t{event} =\f{runs} x=",
    "`${{7}}`{{{{{tag}}}}}<{tag} x='>' {event}={runs}",
)
LONGEST = 4900


def _thousands() -> Iterator[str]:
    """Each tag with each event, as markup, out of an attribute, half finished and half escaped; and lines of files."""
    for tag, event, form in itertools.product(TAGS.split(), EVENTS.split(), FORMS):
        yield form.format(tag=tag, event=event, runs=RUNS)
    for path in sorted(Path(os.environ["TEXTS"]).iterdir()) if "TEXTS" in os.environ else ():
        yield from (line for line in path.read_text("utf-8").replace("\0", "").splitlines() if line.strip())


def _together(lines: Sequence[str]) -> Iterator[str]:
    """The lines in as few messages as they fit into."""
    piece = ""
    for line in lines:
        if len(piece) + len(line) > LONGEST:
            yield piece
            piece = ""
        piece += f"{line}\n"
    yield piece


def _write(runtime: Runtime, clinic: Clinic, texts: Sequence[str], files: Sequence[str]) -> str:
    """All of it in messages, in names, and in the names of files; gives the request's id."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        question = f"{HOSTILE[0]} {HOSTILE[4]} {HOSTILE[25]}"
        consult = clinic.take(session, clinic.econsult(session, now=now, question=question), now=now)
        for words in texts:
            threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text=words, now=now)
        for words in files:
            sent = Received(new_public_id(), MediaKind.PHOTO, 9, words, b"k", clinic.pcp.id)
            receive(session, consult, sent, now)
        session.execute(update(Attachment).values(state=AttachmentState.HELD))
        session.get_one(Person, clinic.mother.id).name = MOTHER
        session.get_one(Patient, clinic.child.id).name = CHILD
        return session.get_one(Consult, consult.id).public_id


def _look(page: Page, place: str, words: Sequence[str]) -> None:
    """Read all of it on this page, of which nothing runs."""
    heard = complaints(page)
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.goto(place)
    text = page.evaluate("() => document.body.textContent")
    assert [each for each in words if each not in text][:3] == [], place
    assert (asked, page.evaluate("() => window.owned ?? null"), heard) == ([], None, []), place
    assert page.locator(MADE).count() == 0


def test_nothing_that_somebody_wrote_runs_and_all_of_it_is_read(
    runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str
) -> None:
    number = _write(runtime, clinic, HOSTILE, HOSTILE[:6])
    for person, path in (
        (clinic.pcp, f"/consults/{number}?lane=family"),
        (clinic.derm, f"/consults/{number}?lane=family"),
        (clinic.coordinator, f"/coordination/{number}"),
        (clinic.mother, f"/family/questions/{number}"),
    ):
        page = enter(devices.phone(), person)
        _look(page, f"{address}{path}", HOSTILE)
        assert overflow(page) == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nor_do_thousands_of_lines_and_two_hundred_names_of_files(
    runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str
) -> None:
    lines = list(dict.fromkeys(_thousands()))
    names = lines[:: len(lines) // 200]
    assert (len(lines) > 7_000, len(names) >= 200) == (True, True)
    number = _write(runtime, clinic, list(_together(lines)), names)
    for person, path in ((clinic.pcp, f"/consults/{number}"), (clinic.mother, f"/family/questions/{number}")):
        page = enter(devices.desktop(), person)
        page.set_default_navigation_timeout(300_000)
        _look(page, f"{address}{path}?lane=family", lines)
