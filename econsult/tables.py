"""Every module that declares a table, so that migrations and tests see the whole schema."""

from econsult import audit, heartbeats, jobs, notices
from econsult.consults import answers, attachments, clocks, intake, records, repeats, threads
from econsult.database import Base
from econsult.people import consent, patients, persons, signin

MODULES = (
    answers,
    attachments,
    audit,
    clocks,
    consent,
    heartbeats,
    intake,
    jobs,
    notices,
    patients,
    persons,
    records,
    repeats,
    signin,
    threads,
)
METADATA = Base.metadata
