"""The queue's rules written down a second time, in whole seconds and plain dictionaries.

Nothing of the product is imported here: what the clocks do is compared with what this says they should have done.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MINUTE, HOUR = 60, 3600
DAY = 24 * HOUR
FIRST = {"routine": DAY, "same_day": 4 * HOUR, "urgent": HOUR}
TAKE = {"routine": HOUR, "same_day": HOUR, "urgent": 12 * MINUTE}
STEPS = (50, 75, 90, 100)
PAUSE, LEASE, RELEASE = 72 * HOUR, 30 * MINUTE, 12 * HOUR
UNDO = 15
REPLIES = ("first_reply", "next_reply", "family_informed")
RANK = ("urgent", "same_day", "routine")
POOLS = {"": ("pcp",), "dermatology": ("derm", "derm2"), "cardiology": ("heart",)}
"""Who hears of what is asked of a specialty, and may take it; of the medical home where it is none."""


def rules(urgency: str, policy: dict[str, Any]) -> dict[str, Any]:
    """What is promised: the installation's rules, and what the newest policy says instead."""
    own = {"first_reply": FIRST[urgency], "allocate": TAKE[urgency], "next_reply": DAY, "family_informed": DAY}
    return {**own, "pause": PAUSE, "release": RELEASE, "steps": STEPS, **policy}


OPEN = ("submitted", "claimed", "needs_info")


class Asked(NamedTuple):
    """Who is asked, and in which language the family reads."""

    specialty: str
    site: str
    language: str


@dataclass
class Case:
    """What should be true of one consult."""

    status: str = "submitted"
    urgency: str = "routine"
    holder: str | None = None
    lease: float | None = None
    drafted: tuple[str | None, int] | None = None
    release_at: int | None = None
    told: bool = False
    signed_at: int | None = None
    asked: str = ""
    released: bool = False
    unheard: bool = False
    has_open: bool = False
    rules: dict[str, Any] = field(default_factory=lambda: rules("routine", {}))
    answered_at: int | None = None
    held_back: int | None = None
    reply_due: float | None = None
    is_reply_late: bool = False
    clocks: list[dict[str, Any]] = field(default_factory=list)
    fired: list[tuple[str, int, str, int, int]] = field(default_factory=list)
    specialty: str = "dermatology"
    site: str = "home"
    language: str = "en"
    named: str | None = None
    first_until: float | None = None
    was_had: bool = False
    is_named_late: bool = False
    waits_since: int | None = None
    heard: set[str] = field(default_factory=set)
    told_of_it: list[tuple[int, str]] = field(default_factory=list)
    asked_of: list[tuple[str, int, str, Asked]] = field(default_factory=list)
    turns: list[tuple[int, Asked]] = field(default_factory=list)
    """From when on who was asked."""

    # -- what people do

    def submit(self, now: int) -> None:
        self.turns.append((now, self.asked_now()))
        self._start("first_reply", self.rules["first_reply"], now)
        self._offer(now)

    def claim(self, now: int, who: str) -> None:
        self.come_home(now)
        self.status, self.holder, self.lease = "claimed", who, now + LEASE
        self._take(now)
        self._keep(now)

    def take_over(self, now: int, who: str) -> None:
        self.holder, self.lease = who, now + LEASE
        self._take(now)
        self._keep(now)

    def to_pool(self, now: int) -> None:
        self.come_home(now)
        self.status, self.holder, self.lease = "submitted", None, None
        self._resume("first_reply", now)
        self._offer(now)

    def _take(self, now: int) -> None:
        """Somebody has it: it waits for nobody any more, and never again for whom the clinic had named.

        What they wrote when they had it before keeps it for them no longer.
        """
        self._stop("allocate", now, is_kept=True)
        self.was_had, self.waits_since, self.drafted = True, None, None

    def reroute(self, now: int, specialty: str) -> None:
        """Another specialty is asked, of all that runs. What nobody has taken is late no later for it than it may be.

        It may wait in all for four hours (urgent: as long as it may wait to be taken), and then for as long again.
        """
        self._ask_of(now, specialty)
        if self.holder is not None:
            self.to_pool(now)
            return
        usual, since = self.rules["allocate"], self.waits_since if self.waits_since is not None else now
        longest = usual if self.urgency == "urgent" else max(4 * HOUR, usual)
        late_at = since + longest
        while late_at <= now:
            late_at += longest
        self._offer(now, [late_at])

    def send_on(self, now: int, urgency: str, named: str | None, promised: dict[str, Any]) -> None:
        """The clinic asks specialists what its family asked it: a promise of their own, and what runs goes over."""
        self._stop("first_reply", now)
        self._stop("allocate", now)
        self._ask_of(now, "dermatology")
        self.urgency, self.named, self.rules = urgency, named, promised
        self.status, self.holder, self.lease, self.drafted = "submitted", None, None, None
        self.was_had, self.waits_since = False, None
        self._start("first_reply", promised["first_reply"], now)
        self._go_over(now, REPLIES)
        self._offer(now)

    def move(self, now: int) -> None:
        """Another clinic answers for a family's question."""
        if self.site == "home":
            self.site = "other"
            self._note_asked(now)

    def come_home(self, now: int) -> None:
        """The child's own clinic, where somebody is always there, has what its family asked it."""
        if self.specialty == "" and self.site == "other":
            self.site = "home"
            self._note_asked(now)

    def speak(self, now: int, language: str) -> None:
        """The family reads another language than was written down; what has ended stays as it was."""
        if self.status in (*OPEN, "answered") or self.open_clocks():
            self.language = language
            self._note_asked(now)

    def follow(self, now: int, language: str) -> None:
        """What goes on again takes the language that its family reads by now."""
        if self.language != language:
            self.language = language
            self._note_asked(now)

    def asked_now(self) -> Asked:
        return Asked(self.specialty, self.site, self.language)

    def _ask_of(self, now: int, specialty: str) -> None:
        self.specialty = specialty
        self._note_asked(now)

    def _note_asked(self, now: int) -> None:
        asked = self.asked_now()
        self.turns.append((now, asked))
        lines = [(clock["name"], clock["cycle"], "rerouted", asked) for clock in self.clocks]
        self.asked_of += [line for line, clock in zip(lines, self.clocks, strict=True) if clock["state"] == "open"]

    def is_kept_from(self, who: str, now: int) -> bool:
        """Whether somebody else alone is asked now."""
        return self.named not in (None, who) and self.first_until is not None and self.first_until > now

    def draft(self, now: int) -> None:
        self.drafted = (self.holder, now)
        self.lease = max(self.lease or 0, now + 8 * LEASE)

    def sign(self, now: int, *, is_emergency: bool = False) -> None:
        self.status, self.lease, self.reply_due, self.drafted = "answered", None, None, None
        self.answered_at = now
        self.release_at = None if is_emergency else now + max(UNDO, self.rules["release"])
        self._stop("first_reply", now, is_kept=True)
        # The clinic can read it at once, the family once it is released.
        self._stop("next_reply", now, "clinicians", is_kept=True)
        self.signed_at, self.held_back = now, None
        self._stop("family_informed", now)
        self._start("family_informed", self.rules["family_informed"], now)
        if is_emergency:
            self.release(now)

    def sign_and_take_back(self, now: int) -> None:
        """All is as it was before, but for a pause: it begins anew with what is left of it, or is over."""
        names = ("status", "lease", "reply_due", "drafted", "answered_at", "release_at", "signed_at", "held_back")
        was = {name: getattr(self, name) for name in names}
        ran = {n: clock["paused"] is not None for n, clock in enumerate(self.clocks) if clock["state"] == "open"}
        self.sign(now)
        for n, clock in enumerate(self.clocks):
            if n not in ran:
                self._halt(clock, now)
            elif clock["state"] != "open":
                clock.update(state="open", stopped=None, kept=False)
                left = self.rules["pause"] - (clock["deadline"] - clock["start"] - clock["target"])
                if ran[n] and left > 0:
                    clock.update(paused=now, until=now + left, reminded=False)
        for name, value in was.items():
            setattr(self, name, value)
        if all(clock["paused"] is None for clock in self.clocks):
            self._come_in(now)

    def correct(self, now: int, *, is_urgent: bool) -> None:
        """A new version in the place of the newest one: it answers the clinic, and nothing that the family asked since.

        It opens as the one before did, whose first signature its release counts from; the family is told it anew.
        """
        was_open, self.status = self.released, "answered"
        self._stop("next_reply", now, "clinicians", is_kept=True)
        self._stop("family_informed", now)
        self._start("family_informed", self.rules["family_informed"], now)
        self.told = self.released = False
        if was_open or is_urgent:
            self.release(now)
        else:
            self.release_at = max(self.release_at or 0, now + UNDO)

    def ask_colleague(self, now: int) -> None:
        """A colleague is to reply early enough, and whoever waits for it keeps the request."""
        self.reply_due, self.is_reply_late = self._reply_due(now), False
        self._keep(now)

    def replied(self, now: int) -> None:
        """Or taken back: a while to go on."""
        self.reply_due = None
        if self.lease is not None:
            self.lease = now + self._grace(now)
            if self.drafted is not None and self.drafted[0] == self.holder:
                self.lease = max(self.lease, self.drafted[1] + 14400)

    def _keep(self, now: int) -> None:
        if self.reply_due is not None and self.lease is not None:
            until = max(now, self.reply_due)
            self.lease = max(self.lease, until + self._grace(until))

    def _hasten(self, now: int) -> None:
        if self.reply_due is not None and not self.is_reply_late:
            self.reply_due = min(self.reply_due, self._reply_due(now))

    def _reply_due(self, now: int) -> float:
        """Three quarters of what is left, or all of it but a quarter of an hour; never more than a day."""
        found = [DAY]
        for clock in self._open("first_reply"):
            left = clock["deadline"] - (now if clock["paused"] is None else clock["paused"])
            found.append(min(left * 3 / 4, left - 15 * MINUTE))
        return now + max(15 * MINUTE, self.rules["first_reply"] / 24, min(found))

    def release(self, now: int) -> None:
        """The family can read what was signed: whatever it asked before that has its answer."""
        for clock in self._open("next_reply"):
            if clock["lane"] == "family" and self.signed_at is not None and clock["start"] <= self.signed_at:
                self._halt(clock, now, is_kept=True)
        self.release_at = self.signed_at = None
        self.released, self.has_open, self.unheard = True, True, False

    def open_earlier(self, now: int) -> None:
        """The clinic opens what a reopening kept from the family; it is to be told."""
        for clock in self._open("next_reply"):
            if clock["lane"] == "family" and self.held_back is not None and clock["start"] <= self.held_back:
                self._halt(clock, now, is_kept=True)
        self.held_back, self.unheard, self.has_open = None, True, True
        self._stop("family_informed", now)
        self._start("family_informed", self.rules["family_informed"], now)

    def ask(self, now: int, lane: str) -> None:
        """All pauses of a promise are as long as one may be; after that, and of what is urgent, it only asks."""
        for clock in self._open("first_reply"):
            left = self.rules["pause"] - (clock["deadline"] - clock["start"] - clock["target"])
            if left > 0 and self.urgency != "urgent":
                self.status, self.asked = "needs_info", lane
                clock.update(paused=now, until=now + left, reminded=False)

    def inbound(self, now: int, lane: str) -> None:
        """The family or the clinic sent something: a held clock runs on, and in the family's lane its wait begins."""
        self._come_in(now)
        if lane == "clinicians" and self._open("first_reply"):
            return
        waits = [clock for clock in self._open("next_reply") if clock["lane"] == lane]
        if lane == "family" and self.signed_at is not None:
            # An answer that is under way was written before this came.
            waits = [clock for clock in waits if clock["start"] > self.signed_at]
        if not waits:
            self._start("next_reply", self.rules["next_reply"], now, lane)

    def reply(self, now: int, lane: str) -> None:
        """The clinic answered the family, or the holder the clinic: nothing that was asked for came in."""
        self._stop("next_reply", now, lane, is_kept=True)

    def remark(self, now: int) -> None:
        """A coordinator said something to colleagues: it counts only where it was asked of the desk."""
        if self.asked == "coordination":
            self._come_in(now)

    def family_waits(self) -> int | None:
        return min((clock["start"] for clock in self._open("next_reply") if clock["lane"] == "family"), default=None)

    def _come_in(self, now: int) -> None:
        if self.status == "needs_info":
            self._resume("first_reply", now)
            self.status, self.lease = "claimed", max(now + self._grace(now), self.lease or 0)
            self._keep(now)

    def inform(self, now: int) -> None:
        """The desk told it by telephone."""
        if not self.told or self.unheard:
            self._stop("family_informed", now, is_kept=True)
        self.told, self.unheard = self.told or self.status not in OPEN, False

    def family_opens(self, now: int) -> None:
        """The mother says that she understood what is open to her: of this cycle, or of one before."""
        was, self.unheard = self.unheard, False
        if self.status not in OPEN and self.released and not self.told:
            was = self.told = True
        if was and (self.status not in ("answered", "declined") or self.told):
            self._stop("family_informed", now, is_kept=True)

    def end(self, now: int, status: str) -> None:
        self.status, self.holder, self.lease, self.reply_due = status, None, None, None
        for clock in self.clocks:
            # What the family asks its clinic waits for that on.
            is_answered = self.held_back is not None and clock["start"] <= self.held_back
            if status == "closed" or clock["lane"] != "family" or is_answered:
                # What a reopening kept from the family is opened to it, and is its reply.
                is_opened = is_answered and clock["lane"] == "family"
                is_kept = is_opened or (status == "declined" and clock["name"] == "first_reply")
                self._halt(clock, now, is_kept=is_kept)
        if status in ("declined", "withdrawn") and self.held_back is not None:
            # What a reopening kept from the family is opened to it.
            self.held_back, self.unheard, self.has_open = None, True, True
        if status == "declined":
            self._start("family_informed", self.rules["family_informed"], now)

    def reopen(self, now: int, promised: dict[str, Any]) -> None:
        self.unheard = self.unheard or (self.released and not self.told)
        self.status, self.holder, self.lease, self.rules = "submitted", None, None, promised
        for clock in self.clocks:
            is_the_familys = clock["lane"] == "family" or (clock["name"] == "family_informed" and self.unheard)
            if not is_the_familys:
                self._halt(clock, now)
        if self.unheard and not self._open("family_informed"):
            self._start("family_informed", self.rules["family_informed"], now)
        self._go_over(now, REPLIES)
        # What was signed and not open yet stays closed, unless the clinic opens it.
        self.held_back = self.signed_at if self.signed_at is not None else self.held_back
        self.release_at, self.signed_at, self.released, self.told = None, None, False, False
        self.submit(now)

    def change(self, now: int, urgency: str, promised: dict[str, Any]) -> None:
        is_raised = RANK.index(urgency) < RANK.index(self.urgency)
        was, self.urgency, self.rules = self.rules, urgency, promised
        self._go_over(now, REPLIES)
        self._hasten(now)
        if urgency == "urgent":
            self._come_in(now)
        if is_raised and self.status == "submitted":
            self._offer(now, [clock["deadline"] for clock in self._open("allocate") if clock["deadline"] > now])
        elif was["allocate"] != promised["allocate"]:
            for old in self._open("allocate"):
                self._turn(old, promised["allocate"], now)

    def adopt(self, now: int, promised: dict[str, Any]) -> None:
        """Everything that runs goes over to newer rules, from its own beginning."""
        was, self.rules = self.rules, promised
        self._go_over(now, REPLIES if was["allocate"] == promised["allocate"] else (*REPLIES, "allocate"))
        if self.release_at is not None and was["release"] != promised["release"]:
            self.release_at = (self.answered_at or 0) + promised["release"]
        self._hasten(now)

    def _go_over(self, now: int, names: Sequence[str]) -> None:
        """Each of these clocks that runs goes over to the rules that hold now, with the pause that it is in."""
        for clock in [each for each in self.clocks if each["state"] == "open" and each["name"] in names]:
            if clock["paused"] is not None:
                used = clock["deadline"] - clock["start"] - clock["target"]
                clock["until"] = max(clock["paused"] + self.rules["pause"] - used, min(now, clock["until"]))
            self._turn(clock, self.rules[clock["name"]], now)

    def _turn(self, old: dict[str, Any], target: int, now: int) -> None:
        """The same promise with another target is a new cycle."""
        if target == old["target"]:
            return
        self._see_broken(old, now)
        held = old["deadline"] - old["start"] - old["target"]
        old["state"] = "stopped"
        new = self._start(old["name"], target, old["start"], old["lane"])
        new.update(deadline=new["deadline"] + held, made=now, before=old, since=old["since"])
        new.update(paused=old["paused"], until=old["until"], reminded=old["reminded"])
        if old["name"] == "allocate" and self.first_until is not None:
            self.first_until = min(self.first_until, new["deadline"] - target / 4)
        old["paused"] = None

    # -- what time does

    def tick(self, now: int) -> None:
        self.is_reply_late = self.is_reply_late or (self.reply_due is not None and self.reply_due <= now)
        while due := [(at, n) for n, clock in enumerate(self.clocks) if (at := self._pending(clock)) and at <= now]:
            at, n = min(due)
            self._fire(self.clocks[n], at, now)
        if self.release_at is not None and self.release_at <= now:
            self.release(now)
        self._end_wish(now)
        if self.status == "claimed" and self.lease is not None and self.lease < now:
            self.to_pool(now)

    def _end_wish(self, now: int) -> None:
        """The time of whom the clinic named is over: whoever has heard nothing of it by now hears of it."""
        if self.first_until is not None and self.first_until <= now:
            self.first_until = None
            if self.status == "submitted":
                self.is_named_late = True
                self._tell(POOLS[self.specialty], now)

    def _tell(self, people: Sequence[str], now: int) -> None:
        self.told_of_it += [(now, who) for who in people if who not in self.heard]
        self.heard |= set(people)

    def next_deadline(self) -> int | None:
        found = min((at for clock in self.clocks if (at := self._pending(clock)) is not None), default=None)
        return None if found is None else round(found)

    def is_broken_untold(self, now: int) -> bool:
        return any(clock["deadline"] <= now and clock["level"] < 100 for clock in self._open("first_reply"))

    def open_clocks(self) -> dict[tuple[str, int], tuple[str, int, bool]]:
        """Lane, deadline and whether it is held, of every clock that has not stopped."""
        return {
            (clock["name"], clock["cycle"]): (clock["lane"], clock["deadline"], clock["paused"] is not None)
            for clock in self.clocks
            if clock["state"] == "open"
        }

    def _fire(self, clock: dict[str, Any], at: float, now: int) -> None:
        if self._is_held(clock):
            if not clock["reminded"]:
                clock["reminded"] = True
                return
            self._unpause(clock, clock["until"])
            if self.status == "needs_info":
                self.status, self.lease = "claimed", max(now + self._grace(now), self.lease or 0)
            return
        level = self._level(clock)
        clock["level"] = level
        self._break(clock, level, round(at))
        kind = "breached" if level == 100 else "warned" if level < 90 else "escalated"
        self.fired.append((clock["name"], clock["cycle"], kind, level, round(at)))
        if clock["name"] == "allocate" and (self.first_until is None or self.first_until <= now):
            # That nobody has taken it is told to everybody.
            self.heard |= set(POOLS[self.specialty])

    def _grace(self, now: float) -> float:
        """A quarter of what is left until the first reply, but between half an hour and four."""
        ends = [clock["deadline"] for clock in self._open("first_reply")]
        return max(1800.0, min(14400.0, (min(ends) - now) / 4))

    def _level(self, clock: dict[str, Any]) -> int:
        return next((step for step in self.rules["steps"] if step > clock["level"]), (clock["level"] // 100 + 1) * 100)

    def _pending(self, clock: dict[str, Any]) -> float | None:
        if clock["state"] != "open":
            return None
        if self._is_held(clock):
            middle = clock["paused"] + (clock["until"] - clock["paused"]) / 2
            return clock["until"] if clock["reminded"] else middle
        return self._step_at(clock)

    def _is_held(self, clock: dict[str, Any]) -> bool:
        """A pause holds what comes after its beginning, and nothing that was due by then."""
        return clock["paused"] is not None and clock["paused"] < self._step_at(clock)

    def _step_at(self, clock: dict[str, Any]) -> float:
        level, target = self._level(clock), clock["target"]
        if level <= 100:
            return clock["deadline"] - target * (100 - level) / 100
        return clock["deadline"] + (level // 100 - 1) * min(max(target, 4 * HOUR), DAY)

    def _offer(self, now: int, known: Sequence[int] = ()) -> None:
        """Due at the latest when the desk would have heard of it anyway.

        Whom the clinic named is told alone for three quarters of that, and no longer than before.
        """
        self._stop("allocate", now)
        within = min([self.rules["allocate"], *(at - now for at in known)])
        self._start("allocate", within, now)
        self.waits_since, self.heard = now if self.waits_since is None else self.waits_since, set()
        self.clocks[-1]["since"] = self.waits_since
        pool = POOLS[self.specialty]
        if self.named not in pool or self.was_had or self.is_named_late or self.urgency == "urgent":
            self.first_until = None
        else:
            self.first_until = min(now + within * 3 / 4, self.first_until or math.inf)
        self._tell(pool if self.first_until is None else [str(self.named)], now)

    def _start(self, name: str, target: int, now: int, lane: str = "") -> dict[str, Any]:
        cycle = 1 + sum(clock["name"] == name for clock in self.clocks)
        clock = {"name": name, "cycle": cycle, "lane": lane, "start": now, "target": target, "deadline": now + target}
        clock |= {"state": "open", "level": 0, "paused": None, "until": None, "reminded": False}
        clock |= {"made": now, "since": now, "before": None, "broken": None, "stopped": None, "kept": False}
        self.clocks.append(clock)
        self.asked_of.append((name, cycle, "started", self.asked_now()))
        return clock

    def _open(self, name: str) -> list[dict[str, Any]]:
        return [clock for clock in self.clocks if clock["name"] == name and clock["state"] == "open"]

    def _stop(self, name: str, now: int, lane: str | None = None, *, is_kept: bool = False) -> None:
        for clock in self._open(name):
            if lane is None or clock["lane"] == lane:
                self._halt(clock, now, is_kept=is_kept)

    def _halt(self, clock: dict[str, Any], now: int, *, is_kept: bool = False) -> None:
        if clock["state"] == "open":
            self._see_broken(clock, now)
            self._unpause(clock, now)
            self._see_broken(clock, now)
            clock.update(state="stopped", stopped=now, kept=is_kept)

    def _see_broken(self, clock: dict[str, Any], now: int) -> None:
        """Whoever ends a clock after its time, before the next tick, leaves the line that the tick would have left."""
        until = now if clock["paused"] is None else clock["paused"]
        if clock["deadline"] < until and clock["level"] < 100:
            clock["level"] = 100
            self._break(clock, 100, clock["deadline"])
            self.fired.append((clock["name"], clock["cycle"], "breached", 100, clock["deadline"]))

    def _resume(self, name: str, now: int) -> None:
        for clock in self._open(name):
            self._unpause(clock, now)

    def _unpause(self, clock: dict[str, Any], now: int) -> None:
        if clock["paused"] is not None:
            if clock["deadline"] < clock["paused"]:
                # It broke before the pause, which moves when the next step is due and not that.
                self._break(clock, 100, clock["deadline"])
            clock["deadline"] += min(now, clock["until"]) - clock["paused"]
            clock["paused"] = None

    @staticmethod
    def _break(clock: dict[str, Any], level: int, at: int) -> None:
        """It breaks once."""
        if level == 100 and clock["broken"] is None:
            clock["broken"] = at

    # -- what the figures tell of it

    def broke(self) -> dict[tuple[str, int], int]:
        """When each clock that broke was due as it did."""
        return {(each["name"], each["cycle"]): each["broken"] for each in self.clocks if each["broken"] is not None}

    def promises(self, now: int) -> Iterator[Promise]:
        """Each promise that was kept, or broken and never kept, by its last cycle."""
        went_over = [clock["before"]["cycle"] for clock in self.clocks if clock["before"] is not None]
        names = [clock["name"] for clock in self.clocks if clock["before"] is not None]
        for clock in self.clocks:
            if (clock["name"], clock["cycle"]) in set(zip(names, went_over, strict=True)):
                continue
            broken = min((at for each in _chain(clock) if (at := self._broken_by(each, now)) is not None), default=None)
            at = clock["stopped"] if clock["kept"] else broken
            if at is None:
                continue
            end = now if clock["stopped"] is None else clock["stopped"]
            held = clock["deadline"] - clock["start"] - clock["target"]
            held += 0 if clock["paused"] is None else max(0, end - clock["paused"])
            asked = self._asked_at(at if broken is None else broken)
            wall = end - clock["since"] if clock["name"] == "allocate" else end - clock["start"]
            yield Promise(clock["name"], asked, at, broken is None, wall, end - clock["start"] - held)

    def _broken_by(self, clock: dict[str, Any], now: int) -> int | None:
        """Nobody breaks a promise before it is made: one that is made late breaks as it is made."""
        at = clock["broken"]
        if at is None and clock["state"] == "open":
            until = now if clock["paused"] is None else clock["paused"]
            at = clock["deadline"] if clock["deadline"] < until else None
        return None if at is None else int(max(at, clock["made"]))

    def _asked_at(self, at: int) -> Asked:
        return [asked for since, asked in self.turns if since <= at][-1]


class Promise(NamedTuple):
    """One promise as the figures count it: of whom, when, whether it was kept in time, and how long it took."""

    clock: str
    asked: Asked
    at: int
    is_within: bool
    wall: int
    net: int


def _chain(clock: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    while clock is not None:
        yield clock
        clock = clock["before"]
