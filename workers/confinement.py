"""Whether this machine can shut untrusted files in well enough for files of patients."""

from __future__ import annotations

from econsult.errors import SettingError
from econsult.settings import Settings
from imaging.jail import levels


def check_confinement(settings: Settings, level: str | None = None) -> None:
    """Raise SettingError where files would be decoded behind less than the settings ask for.

    Without `level` this machine is asked for the best it has.
    """
    level = level or levels.best_level()
    if not levels.is_enough(level, settings.confinement):
        raise SettingError(
            f"ECONSULT_CONFINEMENT asks for {settings.confinement}, "
            f"and this machine can shut files in only by {level}; "
            "give it a kernel with landlock and seccomp, or install bubblewrap."
        )
