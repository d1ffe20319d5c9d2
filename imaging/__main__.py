"""`python -m imaging`: prepare one file without the web, or check prepared files again."""

import argparse
import json
import os
import sys
from dataclasses import fields
from pathlib import Path

from imaging.comparison import compare
from imaging.identifiers import Identifiers
from imaging.kinds import KINDS, guess
from imaging.limits import VIDEO_SECONDS
from imaging.magic import HEAD_BYTES, sniff
from imaging.policy import KEEP, MASK, MASK_ALL, Policy
from imaging.preparation import prepare
from imaging.report import FAILED, HELD, READY, REJECTED
from imaging.second_opinion import second_opinion
from imaging.verification import Finding, verify

_EXITS = {READY: 0, REJECTED: 2, FAILED: 3, HELD: 4}
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}


class Folder:
    """A target that writes each rendition into a folder, named after itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None:  # noqa: ARG002 - Target's.
        """Write one rendition."""
        (self._folder / (name + _SUFFIXES[media_type])).write_bytes(data)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    return _prepare(options) if options.command == "prepare" else _verify(options)


def _prepare(options: argparse.Namespace) -> int:
    """Write renditions and `report.json`; 0 ready, 2 rejected or wrong usage, 3 failed, 4 held for a person."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with options.file.open("rb") as source:
            kind = options.kind or guess(sniff(source.read(HEAD_BYTES)))
            policy = Policy(
                video_seconds=VIDEO_SECONDS,
                seed=options.seed,
                faces=MASK_ALL if options.faces == MASK else KEEP,
                text=options.text,
                keeps_voice=options.voice == KEEP,
                chosen_by="command",
            )
            report = prepare(kind, source, Folder(options.out), policy)
        (options.out / "report.json").write_text(report.to_json() + "\n", encoding="utf-8")
    except OSError as error:
        print(f"cannot read or write: {error.strerror}", file=sys.stderr)
        return 3
    if report.reason is not None:
        print(f"{report.verdict}: {report.reason}", file=sys.stderr)
    return _EXITS[report.verdict]


def _verify(options: argparse.Namespace) -> int:
    """Print a line per finding; 0 clean, 1 not, 3 where a file cannot be read."""
    try:
        heard = _allows_sound(options.report)
        findings = verify(options.files, options.identifiers, allows_sound=heard)
        findings += second_opinion(options.files, allows_sound=heard)
        if options.report is not None:
            findings += compare(options.files, options.report, options.key, options.identifiers)
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 3
    _print(findings)
    return 1 if findings else 0


def _allows_sound(report: Path | None) -> bool:
    """Whether the report says that a film was given out with its sound; without one no film may have any."""
    try:
        return report is not None and json.loads(report.read_bytes())["has_sound"] is True
    except (ValueError, KeyError, TypeError):
        return False


def _print(findings: list[Finding]) -> None:
    """A line per finding, until whoever reads them, such as `head`, has read enough."""
    try:
        for finding in findings:
            print(finding)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends; nobody hears that either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _identifiers(path: str) -> Identifiers:
    """What is in the file; a word of the case never stands in a command line, which everybody on a machine can read."""
    kinds = {field.name for field in fields(Identifiers)}
    try:
        given = json.loads(Path(path).read_bytes())
        is_whole = given.keys() <= kinds and all(
            isinstance(words, list) and all(isinstance(word, str) and word.strip() for word in words)
            for words in given.values()
        )
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read it: {error.strerror}") from None
    except (ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        named = ", ".join(f'"{kind}"' for kind in sorted(kinds))
        raise argparse.ArgumentTypeError(f"it must be JSON with lists of words under any of {named}")
    return Identifiers(**{kind: tuple(words) for kind, words in given.items()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m imaging", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("prepare", help="prepare one file: write its renditions and report.json into a folder")
    one.add_argument("file", type=Path)
    one.add_argument("--out", type=Path, required=True, metavar="DIR")
    one.add_argument(
        "--kind", choices=sorted(KINDS), help="what the file is; guessed from its first bytes if not given"
    )
    one.add_argument("--faces", choices=[MASK, KEEP], default=MASK)
    one.add_argument("--text", choices=[MASK, KEEP], default=MASK)
    one.add_argument("--voice", choices=[MASK, KEEP], default=MASK, help="keep the sound of a film; silent otherwise")
    one.add_argument("--seed", type=int, default=0, help="recorded in the report")
    many = commands.add_parser("verify", help="check prepared files: a line per thing that should not be there")
    many.add_argument("files", type=Path, nargs="+", metavar="FILE")
    many.add_argument("--report", type=Path, metavar="JSON", help="the report of all these files")
    many.add_argument(
        "--identifiers",
        type=_identifiers,
        metavar="JSON",
        help='a file with words of the case that must not be found: {"names": [...], "birth_dates": [...], ...}',
    )
    many.add_argument("--key", metavar="BASE64", help="the public key that must have signed the report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
