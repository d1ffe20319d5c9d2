"""What a staff page says after a form did something, or did nothing: a sentence for each code in its address."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.words import visits

SAID = {
    "session_ended": _l("Signed out there"),
    "token_ended": _l("Ended. That program opens nothing any more."),
    "member_out": _l("Signed out everywhere"),
    "opened": _l("The account is open. Now hand over the first link."),
    "signed": _l("Signed. The clinic is told in a moment."),
    "signed_now": _l("Signed. The clinic, the desk and the family are told now."),
    "corrected": _l("Signed. The clinic and the family are told in a moment that it was corrected."),
    "sentence_gone": _l("Removed. Answers that used it stay as they are."),
    "correction_gone": _l("Thrown away. The signed answer stands as it was."),
    "undone": _l("Taken back. Nobody was told. It is your draft again."),
    "left": _l("Sent as a note to who has it now."),
    "undo_late": _l("It could not be taken back any more: people know of the answer. Write a correction instead."),
    "undo_died": _l("It could not be taken back: the child has been marked as dead since. Write a correction instead."),
    "signed_to_family": _l("Signed. The family can read it now."),
    "all_answered": _l("Nothing more waits for you now."),
    "kept_for_named": _l("What still waits is asked of somebody by name first. You may open it and take it."),
    "released": _l("Given back to the pool."),
    "declined": _l("Declined. This request has ended, and the clinic has been told."),
    "claimed": _l("You hold this now."),
    "assigned_several": _l("Assigned. Your colleague has been told of each."),
    "assigned": _l("Assigned. Your colleague has been told."),
    "rerouted": _l("Passed on to the other specialty."),
    "taken": _l("Somebody was faster. The page says who has it."),
    "at_capacity": _l("Your hands are full: you hold as many as you may hold at once. Finish one, or give one back."),
    "conflict": _l("You have a conflict of interest with this child. A colleague must take this."),
    "no_licence": _l("This child lives where you have no licence. A colleague must take this."),
    "no_language": _l(
        "You do not answer in this family's language. A colleague must take this, or the desk gives it to you."
    ),
    "only_clinician": _l("This was not done: only a clinician makes a request less urgent."),
    "no_consent": _l("This was not done: the family took its consent back."),
    "not_second": _l("This was not done: you do not have your colleague's question any more."),
    "unasked": _l("Taken back. Those whom you asked hear of it."),
    "asked": _l("Asked. The clock stands still until an answer comes."),
    "sent": _l("Message sent."),
    "second_asked": _l("Asked. You hear when the reply is there."),
    "second_nobody": _l("Nothing was changed: this person cannot reply now. Choose somebody else."),
    "second_replied": _l("Replied. Your colleague has been told."),
    "asked_to_show": _l("Asked. The child's clinic decides whether the face is shown."),
    "decided": _l("Decided. A file that stays is being prepared that way."),
    "saved": _l("Saved."),
    "swap_taken_back": _l("Taken back. Nobody is asked to take this shift any more."),
    "swap_answered": _l("This was not taken back: there is an answer already."),
    "swap_unasked": _l("The question was taken back: you are not asked to take this shift any more."),
    "swap_gone": _l("This question was taken back already."),
    "swap_other": _l("This question stands no more: somebody else was asked instead, or the shift was taken off."),
    "gone_already": _l("It was gone already: somebody else removed it."),
    "saved_in_part": _l("Saved. Many open requests went over, not all of them yet."),
    "saved_without": _l(
        "Saved. A request that cannot be read now stays as it was. It follows by itself once it is mended."
    ),
    "request_sent": _l("Request sent."),
    "results_sent": _l("Results sent. The question is open again."),
    "sent_on": _l("Sent on to the specialists."),
    "acknowledged": _l("Thank you. The family can read the answer now."),
    "informed": _l("Written down: the family has heard the answer."),
    "not_reached": _l("Written down: the family was not reached. Try again before the time is over."),
    "told": _l("Written down: the family has been told."),
    "tried": _l("Written down. Try again: the reminders go on until somebody is reached."),
    "details_saved": _l("Saved. What it said before is kept below."),
    "born_otherwise": _l("Saved. Who may act for the child, and until when, follows the new birth date. Check it."),
    "death_marked": _l(
        "Written down. Nobody calls or writes to the family any more. Those who must know get a letter."
    ),
    "death_taken_back": _l("Taken back. What had ended goes on, and those who were told hear of it."),
    "details_same": _l("Nothing was changed."),
    "called": _l("Written down: you called the family."),
    **visits.SAID,
    "noted": _l("Written down."),
    "done_by_other": _l("Somebody else did this a moment before you. What you wrote was not kept."),
    "adopted": _l("Written down. You can answer it."),
    "invited": _l("The invitation is ready. Print it, or read it to the family."),
    "revoked": _l("Taken back. The link and its device are closed."),
    "right_ended": _l("Ended. With the next request this caregiver is out."),
    "sealed": _l("Sealed. Nobody opens these files now."),
    "erasure_asked": _l("Written down. The record is erased when the waiting time is over, unless it is undone."),
    "erasure_undone": _l("Undone. The record stays."),
    "held": _l("Held. Nothing of this record is erased until the hold is lifted."),
    "lifted": _l("Lifted. The rule decides again."),
    "reviewed": _l("Written down: you reviewed it."),
    "closed": _l("Closed."),
    "withdrawn": _l("Taken back."),
    "registered": _l("The child is registered."),
    "signed_out_others": _l("Signed out everywhere else."),
    "password_changed": _l("Your password is changed. All other devices were signed out."),
    "passkey_added": _l("The passkey is added. You can sign in with it from now on."),
    "passkey_removed": _l("The passkey is gone."),
    "factor_off": _l("Signing in takes your password alone again."),
    "app_off": _l("The app is turned off. Your passkey is your second step now."),
    "code_sent": _l("A code is on its way to the phone. It works for 10 minutes."),
    "number_confirmed": _l("The phone is confirmed. It gets our text messages from now on."),
    "number_removed": _l("The phone number is gone."),
    "account_opened": _l("The account is open. A letter tells the young person how to come in."),
    "caregiver_added": _l("Added. A letter tells them how to come in."),
    "caregiver_linked": _l("Added. This address has an account already; the child is in it now."),
    "kept_away": _l("They are out, with every link and device that may be theirs. Check the contact on file."),
    "account_closed": _l("The account is closed. Nobody comes in by it any more."),
    "kept": _l("Kept from caregivers. Nobody of the family but the young person learns of it."),
    "shown": _l("Caregivers can see it now."),
    "told_otherwise": _l("Written down: they were told in another way."),
    "files_sent": _l("The files arrived and are being prepared."),
}
BARRED = frozenset({"at_capacity", "conflict", "no_licence", "no_language"})
"""The codes of the rules that keep somebody who sees a request from taking it; `SAID` has a sentence for each."""
RULES = BARRED | {"only_clinician", "no_consent", "not_second"}
"""The codes of all rules that refuse a button of a case, and say more than that it was pressed too late."""

REFUSED = BARRED | {"taken", "second_nobody", "undo_late", "undo_died"}
"""What is said of a form that changed nothing."""
