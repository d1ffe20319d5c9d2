"""What the jail tells is read as a stranger's word."""

import pytest

from imaging.told import read_facts


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.3, 0.4)),
        ((-0.5, -0.1, 0.7, 0.4), (0.0, 0.0, 0.2, 0.3)),
        ((0.9, 0.8, 5.0, 7.0), (0.9, 0.8, 0.1, 0.2)),
        ((3.0, 3.0, 1.0, 1.0), (1.0, 1.0, 0.0, 0.0)),
        ((0.5, 0.5, -0.2, -0.2), (0.5, 0.5, 0.0, 0.0)),
    ],
)
def test_a_box_is_told_as_far_as_it_lies_in_its_picture(told: tuple[float, ...], kept: tuple[float, ...]) -> None:
    entry = {"what": "identifier", **dict(zip(("left", "top", "width", "height"), told, strict=True))}
    (mask,) = read_facts({"masks": [entry]}).masks
    assert (mask.left, mask.top, mask.width, mask.height) == kept
