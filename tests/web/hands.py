"""Somebody at a keyboard, whose time is reckoned: so long for each key and each decision. There is no mouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from tests.bench._figures import report

KEY, DECISION = 0.08, 1.0
"""Seconds."""
LETTER = 0.3
"""Seconds for a letter that a thumb writes on glass."""
FARTHEST = 90
"""So many presses of Tab, and whoever works has lost the way."""
WATCH = """for (const kind of ['pointerdown', 'mousedown', 'mousemove', 'touchstart', 'wheel'])
  addEventListener(kind, (event) => { if (event.isTrusted) moused(kind) }, true)"""
AT = "(wanted) => document.activeElement?.matches(wanted) ?? false"
CHOSEN = "(list) => list.selectedOptions[0]?.label ?? ''"


@dataclass
class Hands:
    """What a task takes at the keyboard of this page. To go somewhere is to press Tab until it is there."""

    page: Page
    keys: int = 0
    decisions: int = 0
    moused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Playwright marks what it is given, which a list's own method does not take.
        self.page.expose_function("moused", lambda kind: self.moused.append(kind))  # noqa: PLW0108
        self.page.add_init_script(WATCH)
        # A browser that is first told to hand over its window of files at the press shuts it before it has heard.
        self.page.on("filechooser", lambda _chooser: None)

    @property
    def seconds(self) -> float:
        return self.keys * KEY + self.decisions * DECISION

    def decide(self) -> None:
        """Read, and know what to do next."""
        self.decisions += 1

    def press(self, key: str, times: int = 1) -> None:
        """A key, or several at once: Control and Enter are two."""
        for _ in range(times):
            self.page.keyboard.press(key)
        self.keys += len(key.split("+")) * times

    def write(self, text: str) -> None:
        """Decide what to say, and say it."""
        self.decide()
        self.page.keyboard.type(text)
        self.keys += len(text)

    def reach(self, wanted: str, key: str = "Tab") -> None:
        """Go on until what fits this selector has the focus."""
        for _ in range(FARTHEST):
            if self.page.evaluate(AT, wanted):
                return
            self.press(key)
        raise AssertionError(f"The keyboard does not lead to {wanted}.")

    def choose(self, wanted: str, words: str) -> None:
        """In a list: go there, decide, and write the beginning of what is meant.

        A browser takes letters that come a second apart for the beginnings of two words: on a busy machine it is done
        again, as a person would.
        """
        self.reach(wanted)
        for _ in range(3):
            self.write(words)
            if str(self.page.locator(wanted).evaluate(CHOSEN)).startswith(words):
                return
            self.page.wait_for_timeout(1500)
        raise AssertionError(f"{words!r} was not chosen in {wanted}.")

    def say(self, wanted: str, text: str) -> None:
        self.reach(wanted)
        self.write(text)

    def tick(self, name: str, value: str) -> None:
        """In a row of choices: go there, decide, and go along it with the arrows."""
        self.reach(f"[name='{name}']")
        self.decide()
        if not self.page.evaluate(AT, f"[name='{name}'][value='{value}']"):
            self.reach(f"[name='{name}'][value='{value}']", "ArrowRight")
        else:
            self.press("Space")

    def enclose(self, wanted: str, path: Path) -> None:
        """Take a file: open the window of the system, find it there by the beginning of its name, and confirm."""
        self.reach(wanted)
        self.decide()
        with self.page.expect_file_chooser() as chooser:
            self.press("Space")
        self.decide()
        self.keys += 10
        chooser.value.set_files(path)

    def told(self, name: str, limit: float) -> None:
        """Print the figure; fail where it is above the limit, or the mouse was needed."""
        report(f"task.{name}", round(self.seconds, 1), "s", limit=limit)
        # What the page reports comes before its answer to this.
        self.page.evaluate("0")
        assert not self.moused, f"The mouse was used: {self.moused}"
        assert self.seconds <= limit, f"{self.keys} keys and {self.decisions} decisions"


@dataclass
class Thumbs:
    """What a task takes on this page of a phone: a second for each tap and each line that has to be read first."""

    page: Page
    taps: int = 0
    lines: int = 0
    letters: int = 0

    @property
    def seconds(self) -> float:
        return (self.taps + self.lines) * DECISION + self.letters * LETTER

    def tap(self, wanted: str) -> None:
        self.page.locator(wanted).tap()
        self.taps += 1

    def onward(self, wanted: str) -> None:
        with self.page.expect_navigation():
            self.tap(wanted)

    def say(self, wanted: str, text: str) -> None:
        self.tap(wanted)
        self.page.keyboard.type(text)
        self.letters += len(text)

    def enclose(self, label: str, path: Path) -> None:
        """Open the phone's pictures, and tap one there."""
        with self.page.expect_file_chooser() as chooser:
            self.tap(label)
        self.taps += 1
        chooser.value.set_files(path)
