"""The commands, as a script uses them: exit status, files, one line on stderr."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imaging import DEIDENTIFIED, TREATMENT_USE
from imaging.__main__ import main
from imaging.comparison import compare
from imaging.identifiers import Identifiers
from tests.imaging import documents, files, films
from tests.spread import spread

ROOT = Path(__file__).parents[2]


def command(*arguments: object) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "imaging", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_20240506.jpg"
    path.write_bytes(files.soaked_jpeg())
    return path


def test_prepare_writes_renditions_and_a_report_and_verify_agrees(photo: Path, tmp_path: Path) -> None:
    done = command("prepare", photo, "--out", tmp_path / "out", "--seed", 7)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "full.jpg",
        "report.json",
        "thumb.jpg",
        "view.jpg",
    ]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["verdict"], report["policy"]["seed"], report["policy"]["faces"]) == ("ready", 7, "mask_all")
    checked = command("verify", *(tmp_path / "out").glob("*.jpg"), "--report", tmp_path / "out" / "report.json")
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.wide
def test_prepare_guesses_the_kind_from_the_bytes(tmp_path: Path) -> None:
    for name, data, expected in (("a", documents.pdf("x"), "page-1.jpg"), ("b", films.film([0, 0.1]), "play.mp4")):
        (tmp_path / name).write_bytes(data)
        assert command("prepare", tmp_path / name, "--out", tmp_path / f"{name}-out").returncode == 0
        assert (tmp_path / f"{name}-out" / expected).exists()


def test_a_refused_file_exits_2_with_its_reason_twice(tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_bytes(b"<html>")
    done = command("prepare", tmp_path / "page.jpg", "--out", tmp_path / "out", "--kind", "photo")
    assert (done.returncode, done.stderr) == (2, "rejected: not_an_image\n")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["reason"] == "not_an_image"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.json"]


@pytest.mark.parametrize("flag", spread(["--faces", "--text"], 1))
@pytest.mark.wide
def test_masking_is_the_default_and_keeping_it_a_choice(photo: Path, tmp_path: Path, flag: str) -> None:
    for word, label in (("mask", DEIDENTIFIED), ("keep", TREATMENT_USE)):
        assert command("prepare", photo, "--out", tmp_path / word, flag, word).returncode == 0
        assert json.loads((tmp_path / word / "report.json").read_text())["label"] == label


def test_a_file_that_cannot_be_read_exits_3_in_one_line(tmp_path: Path) -> None:
    done = command("prepare", tmp_path / "nothing", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1


def test_verify_exits_1_with_a_line_per_finding(photo: Path) -> None:
    done = command("verify", photo)
    assert done.returncode == 1
    assert f"{photo}: segment COM" in done.stdout.splitlines()


def test_verify_ends_quietly_when_nobody_reads_on(photo: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    line = [sys.executable, "-m", "imaging", "verify", str(photo)]
    done = subprocess.run(line, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=120)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, b"")


def test_verify_of_a_file_that_is_not_there_is_no_clean_answer(tmp_path: Path) -> None:
    assert command("verify", tmp_path / "nothing").returncode == 3


def test_the_words_of_a_case_come_in_a_file_and_are_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "words.json"
    words.write_text('{"names": ["Maruja Ocampo"], "birth_dates": ["2019-03-04"]}', encoding="utf-8")
    picture = files.encode(files.corners(), "JPEG")
    (tmp_path / "told.jpg").write_bytes(picture + "Maruja Ocampo".encode("utf-16-le"))
    (tmp_path / "clean.jpg").write_bytes(picture)
    told, clean = str(tmp_path / "told.jpg"), str(tmp_path / "clean.jpg")
    assert main(["verify", told, clean, "--identifiers", str(words)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "a word of the case" in line] == [f"{told}: a word of the case in UTF-16"]
    assert "Maruja" not in "".join(lines)
    assert main(["verify", clean, "--identifiers", str(words)]) == 0


@pytest.mark.parametrize("given", ["{", "[]", '{"names": "Ana"}', '{"names": [" "]}', '{"people": []}', None])
def test_words_that_cannot_be_read_are_told_in_a_line_without_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str | None
) -> None:
    words = tmp_path / "words.json"
    if given is not None:
        words.write_text(given, encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        main(["verify", str(words), "--identifiers", str(words)])
    said = capsys.readouterr().err.splitlines()[-1]
    assert "must be JSON" in said or "cannot read it: No such file" in said
    assert "Ana" not in said


def test_a_third_party_checks_files_against_their_signed_report(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command("prepare", photo, "--out", out, "--faces", "keep", "--text", "keep")
    report, copies = out / "report.json", sorted(out.glob("*.jpg"))
    assert command("verify", *copies, "--report", report).returncode == 0
    other = tmp_path / "other.jpg"
    other.write_bytes(files.encode(files.corners(), "JPEG"))
    assert command("verify", *copies, other, "--report", report).stdout == f"{other}: not in the report\n"
    assert "not signed by this key" in command("verify", *copies, "--report", report, "--key", "AAAA").stdout
    nameless = json.loads(report.read_text())
    del nameless["renditions"][0]["media_type"]
    for wrong in ("[]", '{"renditions": [], "masks": [{}]}', json.dumps(nameless)):
        (tmp_path / "wrong.json").write_text(wrong)
        assert "not a report" in command("verify", *copies, "--report", tmp_path / "wrong.json").stdout
    told, case = json.loads(report.read_text()), Identifiers(names=("Jonathan Quispe",))
    for more, what in (
        ({"note": "x"}, "a field that no"), ({"usage": {"cpu": "Jo"}}, "words where"),
        ({"detail": "QUISPE"}, "a word of"),
        ({"source": {**told["source"], "name": "x"}}, "a field"), ({"usage": "Jo"}, "not a report"),
        ({"tools": {"Jonathan": "1"}}, "a word of"),
    ):  # fmt: skip
        report.write_text(json.dumps({**told, **more}))
        assert [what in found.what for found in compare(copies, report, None, case)] == [True], more
    report.write_text(json.dumps(told)[:-1] + ', "detail": null}')
    assert [found.what for found in compare(copies, report)] == ["not a report"], "a field that is told twice"


@pytest.mark.wide
def test_a_third_party_hears_what_is_missing_exchanged_or_was_never_covered(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command("prepare", photo, "--out", out, "--faces", "keep", "--text", "keep")
    report, copies = out / "report.json", sorted(out.glob("*.jpg"))
    full, thumb, view = copies
    missing = command("verify", full, view, "--report", report)
    assert (missing.returncode, missing.stdout) == (1, f"{report}: thumb is missing\n")
    told = json.loads(report.read_text())
    mask = {"what": "face", "left": 0.2, "top": 0.2, "width": 0.4, "height": 0.4}
    report.write_text(json.dumps({**told, "masks": [mask]}))
    bare = command("verify", *copies, "--report", report)
    assert (bare.returncode, set(bare.stdout.splitlines())) == (1, {f"{one.stem}: uncovered" for one in copies})
    here, there = view.read_bytes(), thumb.read_bytes()
    view.write_bytes(there)
    thumb.write_bytes(here)
    exchanged = command("verify", *copies, "--report", report)
    assert exchanged.stdout == "".join(f"{one}: in the report under another name\n" for one in (thumb, view))
