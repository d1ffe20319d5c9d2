"""The one command: `python -m web [--demo]` runs pages, workers, clock and Redis under one supervisor."""

from __future__ import annotations

import argparse
import os
import sys

from econsult.errors import SettingError

APP, DEMO_APP = "web:create_app()", "web.application:demo_app()"


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C. Exit 0 drained, 1 with one line for what stands in the way, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    if options.data is not None:
        os.environ["ECONSULT_DATA"] = options.data
    try:
        port = _port(options.port or os.environ.get("PORT", "") or "8000")
        # Whoever asked for help, or typed what is no port, need not wait a second for the house.
        from econsult.settings import load_settings  # noqa: PLC0415
        from workers.opening import Opening, run_house  # noqa: PLC0415

        settings = load_settings(is_demo=options.demo)
        app = DEMO_APP if options.demo else APP
        return run_house(Opening(settings, options.host, port, app))
    except SettingError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m web", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="fill a made-up clinic and print sign-in links")
    parser.add_argument("--host", default="localhost", help="address to listen on; localhost means both loopbacks")
    parser.add_argument("--port", default="", help="port to listen on; PORT does the same, the default is 8000")
    parser.add_argument("--data", metavar="DIR", help="folder for everything that is kept; ECONSULT_DATA does the same")
    return parser


def _port(text: str) -> int:
    """A port number; 0 lets the system choose one. Raises SettingError."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingError(f"The port must be a number from 0 to 65535, not {text!r}.")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
