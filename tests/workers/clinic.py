"""A small real clinic in a folder of its own, with real worker processes to start and to kill."""

from __future__ import annotations

import io
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, select

from econsult.consults import requests
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.records import Consult
from econsult.heartbeats import latest
from econsult.jobs import Job, JobState
from econsult.people.patients import Patient, add_patient, link_caregiver
from econsult.people.persons import Person, Role, add_organization, add_person
from econsult.settings import load_settings
from tests.schema import lay_schema
from tests.services.processes import Launch, Service, start
from uploads.door import Door
from uploads.kinds import Wanted
from uploads.verbs import receive
from workers.runtime import Runtime, open_runtime

PATIENCE = 60.0


def now() -> datetime:
    return datetime.now(UTC)


def wait_until(is_true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Poll until it is true, less often by and by: what is waited for needs the processor. Raises TimeoutError."""
    deadline, pause = time.monotonic() + patience, 0.02
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {patience} s: {getattr(is_true, '__name__', '?')}")
        time.sleep(pause)
        pause = min(pause * 1.1, 0.1)


@dataclass
class Clinic:
    """A mother, her child, a consult to attach files to, and processes that work on them."""

    folder: Path
    environ: dict[str, str]
    runtime: Runtime
    mother: Person
    child: Patient
    consult: Consult
    started: list[Service] = field(default_factory=list)

    def send(
        self, data: bytes, kind: MediaKind = MediaKind.PHOTO, sha256: str | None = None, view: str | None = None
    ) -> int:
        """Send a file through the upload door; returns the attachment's id.

        Each is another view unless one is named, for the same file as the same view is kept only once.
        """
        door = Door(self.runtime.database, self.runtime.vault, self.runtime.settings.staging)
        view = view or secrets.token_hex(8)
        wanted = Wanted(self.consult.public_id, kind, len(data), sha256=sha256, view=view)
        return receive(door, self.mother, wanted, io.BytesIO(data), clock=now).id

    def start(self, *module: str) -> Service:
        """Start `python -m module ...` with the clinic's settings."""
        log = self.folder / f"{module[0]}-{len(self.started)}.log"
        service = start(Launch([sys.executable, "-m", *module], log, environ=self.environ))
        self.started.append(service)
        return service

    def jobs(self) -> list[Job]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    def job_of(self, attachment_id: int) -> Job:
        return next(job for job in self.jobs() if job.kind == "prepare" and job.subject_id == attachment_id)

    def attachment(self, number: int) -> Attachment:
        with self.runtime.database.reading() as session:
            return session.get_one(Attachment, number)

    def is_ready(self, *numbers: int) -> bool:
        return all(self.attachment(number).state == AttachmentState.READY for number in numbers)

    def is_done(self) -> bool:
        return all(job.state == JobState.DONE for job in self.jobs())

    def roles(self) -> set[str]:
        """The roles that have a heartbeat."""
        with self.runtime.database.reading() as session:
            return set(latest(session))

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for service in self.started:
            service.stop()
        self.runtime.close()


def open_clinic(folder: Path, **settings: str) -> Clinic:
    """Make the clinic; `settings` are lower-case names without the prefix."""
    ours = {f"ECONSULT_{name.upper()}": value for name, value in settings.items()}
    environ = {"ECONSULT_DATA": str(folder / "var"), **ours}
    runtime = open_runtime(load_settings(environ))
    lay_schema(runtime.database)
    with runtime.database.writing() as session:
        program = runtime.vault.ensure_program(session, "Test program", now())
        home = add_organization(session, program, "Test clinic")
        cipher = runtime.database.cipher
        mother = add_person(
            session, cipher, program, email="mother@example.test", name="Mother", role=Role.CAREGIVER, now=now()
        )
        child = add_patient(
            session,
            program,
            key_wrapped=runtime.vault.new_patient_key(session, program),
            name="Child",
            birth_date="2021-05-04",
            now=now(),
            organization=home,
        )
        link_caregiver(session, child, mother, "mother", now())
        # There are no papers yet that could be read again for her name.
        session.execute(delete(Job))
        consult = requests.create(
            session, mother, child, requests.RequestForm(details={"body_site": "arm", "red_flags": []}), now=now()
        )
    return Clinic(folder, {**os.environ, **environ}, runtime, mother, child, consult)


def clinic_in(folder: Path, **settings: str) -> Iterator[Clinic]:
    """The clinic for as long as a fixture lives."""
    clinic = open_clinic(folder, **settings)
    yield clinic
    clinic.close()
