"""Look at a page as a checker does: accessibility rules, console complaints, sideways scrolling.

`ECONSULT_TEST_SHOTS=FOLDER` keeps a picture of each page that `look_at` sees.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Set as AbstractSet
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from web.words.catalogues import load_catalogue

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Every rule runs; only what keeps them is not told element by element.
    "resultTypes": ["violations"],
}


def look_at(page: Page, name: str, language: str, words: AbstractSet[str] = frozenset()) -> None:
    """Fail where the page is not accessible, not whole or, but for `words`, not in its language."""
    # Somebody has clicked: until half a second is quiet, the page that comes may not have begun.
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
        width = page.evaluate("innerWidth")
        page.screenshot(path=Path(folder) / f"{name}-{width}-{language}.png", full_page=True)
    assert (name, violations(page), overflow(page), torn(page)) == (name, [], 0, [])
    assert language == "en" or english_left(page) - words == set(), name


def settle(page: Page) -> None:
    """Wait until a page that was gone to has loaded, its scripts have run and it is drawn; not for silence after."""
    page.wait_for_load_state("load")
    page.evaluate("() => document.fonts.ready.then(() => new Promise(drawn => requestAnimationFrame(() => drawn())))")


def violations(page: Page) -> list[str]:
    """The ids of the accessibility rules that the page breaks, each with the first element that breaks it."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [rule["id"] for rule in found]


def complaints(page: Page) -> list[str]:
    """A list that grows with every console error or warning and every uncaught exception of the page."""
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # The browser itself reports every page with an error status; a form with a fault is such a page on purpose.
        if message.type in {"error", "warning"} and "status of 422" not in message.text:
            heard.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than the screen."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def torn(page: Page) -> list[str]:
    """Words that are broken over two lines in what is pressed, in a heading or in the name of a field or column."""
    return list(
        page.evaluate(
            r"""() => {
              const found = []
              const named = 'button, .btn, .tag, nav a, summary, label, legend, th, dt, h1, h2, h3'
              for (const box of document.querySelectorAll(named)) {
                const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT)
                while (walker.nextNode()) {
                  const text = walker.currentNode
                  if (!box.checkVisibility() || text.parentElement.closest('.vh, .verbatim')) continue
                  for (const word of text.data.matchAll(/\p{L}{2,}/gu)) {
                    const place = new Range()
                    place.setStart(text, word.index)
                    place.setEnd(text, word.index + word[0].length)
                    if (new Set([...place.getClientRects()].map(({ top }) => Math.round(top))).size > 1)
                      found.push(word[0])
                  }
                }
              }
              return found
            }"""
        )
    )


def english_left(page: Page) -> set[str]:
    """Texts and labels of the page that are still the English source of a text that has a Spanish translation.

    Words that are marked as another language, such as the name of the language to switch to, are left out.
    """
    shown = page.evaluate(
        """() => {
          const texts = []
          const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
          while (walker.nextNode())
            if (walker.currentNode.parentElement.closest('[lang]') === document.documentElement)
              texts.push(walker.currentNode.data)
          for (const element of document.querySelectorAll('*'))
            for (const name of ['aria-label', 'alt', 'placeholder', 'title'])
              if (element.hasAttribute(name) && element.closest('[lang]') === document.documentElement)
                texts.push(element.getAttribute(name))
          return texts.map((text) => text.trim()).filter(Boolean)
        }"""
    )
    return _translated() & set(shown)


@functools.cache
def _translated() -> set[str]:
    """The English texts for which there is a Spanish one."""
    return {str(message.id) for message in load_catalogue("es") if message.id and message.string != message.id}
