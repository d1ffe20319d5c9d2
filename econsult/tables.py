"""Every module that declares a table, so that migrations and tests see the whole schema."""

from econsult import birthdays, heartbeats, holds, jobs, notices, trail
from econsult.consults import (
    adopting,
    answers,
    attachments,
    furtherance,
    glass,
    handover,
    intake,
    ledger,
    policies,
    presence,
    records,
    repeats,
    sealing,
    telephone,
    threads,
    voice,
)
from econsult.database import Base
from econsult.people import ages, caregivers, consent, factors, halfway, invitations, links, patients, persons, signin
from econsult.queue import outbox
from econsult.reach import deliveries, mobiles
from econsult.rosters import limits, shifts, watching

MODULES = (
    adopting,
    ages,
    answers,
    attachments,
    birthdays,
    caregivers,
    consent,
    deliveries,
    factors,
    glass,
    halfway,
    handover,
    heartbeats,
    holds,
    intake,
    invitations,
    jobs,
    ledger,
    limits,
    links,
    mobiles,
    notices,
    furtherance,
    outbox,
    patients,
    persons,
    policies,
    presence,
    records,
    repeats,
    sealing,
    shifts,
    signin,
    telephone,
    threads,
    trail,
    voice,
    watching,
)
METADATA = Base.metadata
