"""Visits in words: how far each is, what a family says about it and brings to it, and why it did not take place."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.consults.visits import Reply, VisitState

STATES = {
    VisitState.LISTED: _l("On a waiting list"),
    VisitState.BOOKED: _l("Booked"),
    VisitState.CAME: _l("The child came"),
    VisitState.MISSED: _l("Did not take place"),
    VisitState.OFF: _l("Called off"),
    VisitState.MOVED: _l("Changed"),
}
TONES = {VisitState.CAME: "tag-act", VisitState.MISSED: "tag-warm", VisitState.OFF: "tag-warm"}
AHEAD = _l("A visit is booked: %(when)s.")
WAITED_FOR = _l("The child is on a waiting list for a visit.")
PAST = _l("Did the child come?")
REPLIES = {
    Reply.COMING: _l("The family comes"),
    Reply.RIDE: _l("The family needs a ride"),
    Reply.CANNOT: _l("The family cannot come"),
}
FAMILYS = {
    Reply.COMING: _l("We will come"),
    Reply.RIDE: _l("We need a ride"),
    Reply.CANNOT: _l("We cannot come that day"),
}
"""The same as the family says it."""
YOUTHS = {
    Reply.COMING: _l("I will come"),
    Reply.RIDE: _l("I need a ride"),
    Reply.CANNOT: _l("I cannot come that day"),
}
"""The same as a young person says it, who may be the only one that knows of it."""
HEARD = {
    Reply.COMING: _l("Thank you. We know that you will come."),
    Reply.RIDE: _l("Thank you. Your clinic knows that you need a ride, and will call you."),
    Reply.CANNOT: _l("Thank you. Your clinic knows that you cannot come, and will call you about another day."),
}
BRING = {
    "medicines": _l("All medicines"),
    "list": _l("A list of the medicines"),
    "papers": _l("Papers and results of other doctors"),
    "photos": _l("Photos of how it was"),
    "insurance": _l("The insurance card"),
    "glasses": _l("Glasses, hearing aids, braces"),
}
WHY = {
    "ride": _l("No ride"),
    "sick": _l("The child was sick"),
    "family": _l("The family chose not to"),
    "place": _l("The place called it off"),
    "better": _l("Not needed any more"),
    "unknown": _l("Not known"),
}
NEEDED = {
    "died": _l("The child has died. Call it off there, so that nobody calls the family about it."),
    "withdrawn": _l("The family took its consent back. Ask at the place whether the visit stands."),
    "changed": _l("The plan does not ask for this visit any more. Call it off, or leave it as it is."),
    "past": _l("Its day has come. Write down whether the child came."),
    "cannot": _l("The family cannot come that day. Find another one with them."),
    "ride": _l("The family needs a ride."),
    "call": _l("The family has no account here. Call them with the day and the place, and write down what they say."),
    "unread": _l("It is soon, and the family cannot read the answer yet. Call them with the day and the place."),
    "alone": _l("The young person cannot read this here. Tell them alone, and write down what they say."),
    "list": _l("Two weeks on the waiting list or longer. Ask there again."),
}
"""What somebody must do about a visit."""
ENDS = {"came": _l("The child came"), "missed": _l("Did not come"), "off": _l("Call it off")}
SAID = {
    "visit_booked": _l("Written down. The family reads it as soon as it can read the answer."),
    "visit_call": _l("Written down. The family has no account here and gets no letter: call them now."),
    "visit_alone": _l("Written down. The young person has no account here and gets no letter: tell them alone."),
}
"""What a page says after a visit was written down."""
