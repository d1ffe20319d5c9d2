"""What somebody of the staff is, as an administrator chooses and reads it; `terms.ROLES` is what families read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.people.persons import Role

JOBS = {
    Role.PCP: _l("Clinician of a clinic (PCP)"),
    Role.TELEPRESENTER: _l("Nurse of a clinic who presents the child"),
    Role.SPECIALIST: _l("Specialist"),
    Role.COORDINATOR: _l("Care coordinator"),
    Role.DIRECTOR: _l("Program director"),
    Role.PRIVACY: _l("Privacy officer"),
    Role.ADMIN: _l("Administrator"),
}
