"""Opens the whole house in order: lock, address, Redis, schema, processes; then says where it is."""

from __future__ import annotations

import logging
import os
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError

from econsult.errors import SettingError
from econsult.installation import check_ring
from econsult.people.madeup import PASSWORD, refuse_made_up
from econsult.people.signin import LINK_PATH
from econsult.settings import Settings
from econsult.values import LOOPBACK
from workers import demo
from workers.confinement import check_confinement
from workers.embedded import plan_redis, wait_for
from workers.house import Lock, listen
from workers.process import read_clock, start_log
from workers.runtime import Runtime, open_runtime
from workers.supervisor import Program, Supervisor

log = logging.getLogger("supervisor")

GRACE_SECONDS = 20
"""How long the HTTP process may take to finish requests; the supervisor's own patience is longer."""


@dataclass(frozen=True)
class Opening:
    """What the one command was asked for. `app` is how gunicorn finds the application."""

    settings: Settings
    host: str
    port: int
    app: str


def run_house(opening: Opening) -> int:
    """Run everything until SIGTERM or SIGINT, then drain and return 0.

    Raises SettingError with one sentence for what stands in the way of a start.
    """
    start_log("supervisor")
    # Whatever this process and its children write is for the owner alone: database, mails and logs as well as keys.
    os.umask(0o077)
    settings = opening.settings
    check_confinement(settings)
    if settings.is_demo:
        demo.check_place(settings, opening.host)
    elif not settings.is_https and opening.host not in LOOPBACK:
        raise SettingError(
            "Others could reach this address, but no browser would keep their sign-in over plain http: "
            "set ECONSULT_BASE_URL to the https:// address that people use."
        )
    # The address first: where the port is taken, nothing is left behind in a folder that was not there before.
    sockets = listen(opening.host, opening.port)
    lock = Lock(settings.data)
    port: int = sockets[0].getsockname()[1]
    with Supervisor() as supervisor:
        environ = _environ(settings, port) | _start_redis(supervisor, settings)
        runtime = _open_records(settings)
        _start_programs(supervisor, opening, environ, [listener.fileno() for listener in sockets])
        links = _furnish(supervisor, opening, runtime, environ)
        # After the furnishing: the demo's stories happened days ago, and their uploads must not expire meanwhile.
        supervisor.start(Program("clock", (sys.executable, "-m", "workers.clock"), environ))
        runtime.close()
        supervisor.watch(lambda: _is_ready(sockets[0]), every=0.05)
        if not supervisor.is_stopping:
            _announce(port, links)
        supervisor.watch()
    lock.release()
    return 0


def _environ(settings: Settings, port: int) -> dict[str, str]:
    """What the children read: the same settings, with the folder and the address made plain."""
    ours = {"ECONSULT_DATA": str(settings.data), "ECONSULT_CONFINEMENT": settings.confinement, "PYTHONUNBUFFERED": "1"}
    if "ECONSULT_BASE_URL" not in os.environ:
        ours["ECONSULT_BASE_URL"] = f"http://localhost:{port}"
    return {**os.environ, **ours}


def _start_redis(supervisor: Supervisor, settings: Settings) -> dict[str, str]:
    """Start a Redis unless one is named; returns what the other processes must know of it."""
    if settings.redis_url:
        return {}
    plan = plan_redis(settings.data)
    if plan is None:
        log.info("No Redis server was found; workers poll the job table instead.")
        return {}
    supervisor.start(Program("redis", plan.command, dict(os.environ), is_last=True))
    if not wait_for(plan.url):
        log.warning("Redis does not answer; workers poll the job table until it does.")
    return {"ECONSULT_REDIS_URL": plan.url}


def _open_records(settings: Settings) -> Runtime:
    """Bring the schema up to date before anything reads it."""
    runtime = open_runtime(settings)
    try:
        runtime.database.migrate()
        # An older schema may not have told at first.
        check_ring(runtime.installation)
        if settings.is_demo:
            demo.check_records(runtime)
        else:
            refuse_made_up(runtime.database)
    except OperationalError:
        raise SettingError("The database does not answer; see ECONSULT_DATABASE_URL.") from None
    return runtime


def _start_programs(supervisor: Supervisor, opening: Opening, environ: dict[str, str], descriptors: list[int]) -> None:
    python = sys.executable
    supervisor.start(Program("web", _gunicorn(opening, descriptors), environ, tuple(descriptors)))
    for lane in ("fast", "slow"):
        supervisor.start(Program(f"worker {lane}", (python, "-m", "workers", lane), environ))


def _gunicorn(opening: Opening, descriptors: list[int]) -> tuple[str, ...]:
    """One process with many threads: a slow phone that uploads holds one of them and nothing else."""
    options = {
        "worker-class": "workers.server.PatientWorker",
        "workers": "1",
        "threads": str(opening.settings.http_threads),
        "timeout": "120",
        "graceful-timeout": str(GRACE_SECONDS),
        "keep-alive": "5",
        "log-level": "warning",
        # Only ECONSULT_PROXY_HOPS may make us believe a header about who is asking.
        "forwarded-allow-ips": "",
    }
    command = [sys.executable, "-m", "gunicorn", opening.app, "--no-control-socket"]
    command += [f"--{name}={value}" for name, value in options.items()]
    command += [f"--bind=fd://{descriptor}" for descriptor in descriptors]
    return tuple(command)


def _furnish(supervisor: Supervisor, opening: Opening, runtime: Runtime, environ: dict[str, str]) -> list[str]:
    """Fill the demo clinic while the other processes are starting; returns the sign-in links to print."""
    if not opening.settings.is_demo:
        return []
    now: datetime = read_clock()
    demo.seed(runtime, now)
    if demo.is_unfinished(runtime):
        supervisor.start(Program("demo media", (sys.executable, "-m", "workers.demo"), environ, is_once=True))
    base = environ["ECONSULT_BASE_URL"]
    links = [f"{email:<24} {base}{LINK_PATH}{token}" for email, token in demo.sign_in_links(runtime, now)]
    return [*links, f"The password of each of them, at {base}/sign-in, is: {PASSWORD}"]


def _is_ready(listener: socket.socket) -> bool:
    """Whether the pages, and everything behind them, answer."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to ask, not to listen.
    address = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _announce(port: int, links: list[str]) -> None:
    """The one thing that people wait for."""
    print(f"Ready: http://localhost:{port}", flush=True)  # noqa: T201 - the answer to the command.
    for line in links:
        print(f"  {line}", flush=True)  # noqa: T201 - the answer to the command.
