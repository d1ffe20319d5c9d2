"""All pages of the staff: the clinic's, the specialist's and the care coordinator's."""

from __future__ import annotations

from web.pages.ages import ages
from web.pages.allocation import allocation
from web.pages.as_family import as_family
from web.pages.billing import billing
from web.pages.calls import phoning
from web.pages.clinic.case import clinic_case
from web.pages.clinic.children import clinic_children
from web.pages.clinic.death import death
from web.pages.clinic.details import details
from web.pages.clinic.families import families
from web.pages.clinic.home import clinic
from web.pages.clinic.homes import homes
from web.pages.clinic.kin import kin
from web.pages.clinic.mail import clinic_mail
from web.pages.clinic.mail_answers import mail_answers
from web.pages.clinic.phone import by_phone
from web.pages.clinic.request import clinic_request
from web.pages.clinic.sending_on import clinic_sending
from web.pages.consult import consult
from web.pages.consult_answer import answering
from web.pages.coordination import coordination
from web.pages.correction import correction
from web.pages.identity import identity
from web.pages.invitations import invitations
from web.pages.lanes import lanes
from web.pages.marks import marks
from web.pages.notes import notes
from web.pages.outcomes import outcomes
from web.pages.passing import passing_on
from web.pages.privacy import privacy
from web.pages.privacy_names import names
from web.pages.privacy_officers import officers
from web.pages.program.accounts import accounts
from web.pages.program.billing import monthly
from web.pages.program.duty import duty
from web.pages.program.figures import promise
from web.pages.program.people import people
from web.pages.program.results import results
from web.pages.program.roster import roster
from web.pages.program.rules import rules
from web.pages.program.sessions import sessions
from web.pages.program.unasking import unasking
from web.pages.records import records
from web.pages.reviews import reviews
from web.pages.sealing import sealing
from web.pages.second import seconds
from web.pages.sentences import sentences_page
from web.pages.several import several
from web.pages.steps import steps
from web.pages.stops import stops
from web.pages.too_late import keep_words
from web.pages.turning_down import turning_down
from web.pages.unreached import unreached
from web.pages.visits import visits
from web.pages.worklist import worklist

keep_words(consult, passing_on, lanes, seconds, clinic_case, clinic_sending, coordination, allocation, turning_down)
STAFF = (
    worklist,
    consult,
    lanes,
    marks,
    answering,
    as_family,
    correction,
    clinic,
    clinic_mail,
    mail_answers,
    clinic_request,
    by_phone,
    clinic_case,
    clinic_sending,
    clinic_children,
    turning_down,
    details,
    death,
    families,
    homes,
    kin,
    coordination,
    stops,
    phoning,
    several,
    allocation,
    ages,
    passing_on,
    duty,
    roster,
    unasking,
    people,
    accounts,
    sessions,
    rules,
    promise,
    results,
    reviews,
    privacy,
    names,
    officers,
    identity,
    invitations,
    sealing,
    records,
    notes,
    unreached,
    steps,
    visits,
    outcomes,
    seconds,
    sentences_page,
    billing,
    monthly,
)
