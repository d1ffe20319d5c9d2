"""Files of patients are not decoded behind less than the settings ask for."""

from __future__ import annotations

import pytest

from econsult.errors import SettingError
from econsult.settings import load_settings
from econsult.values import CONFINEMENTS
from imaging.jail import levels
from workers.confinement import check_confinement


def test_the_house_and_the_jail_call_the_levels_by_the_same_names() -> None:
    assert CONFINEMENTS == levels.LEVELS


def test_a_machine_with_process_limits_alone_is_refused_and_told_why() -> None:
    with pytest.raises(SettingError, match="install bubblewrap"):
        check_confinement(load_settings({}), levels.RLIMITS)
    check_confinement(load_settings({"ECONSULT_CONFINEMENT": "rlimits"}), levels.RLIMITS)
    check_confinement(load_settings({}, is_demo=True), levels.RLIMITS)


def test_an_unknown_level_is_a_wrong_setting() -> None:
    with pytest.raises(SettingError, match="must be one of rlimits, bubblewrap, landlock"):
        load_settings({"ECONSULT_CONFINEMENT": "trust"})


def test_the_least_level_here_is_reached() -> None:
    check_confinement(load_settings({"ECONSULT_CONFINEMENT": levels.SEALED}))
