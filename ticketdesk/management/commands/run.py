"""`make run`: the whole product on one machine, in the foreground."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connections

from contactcenter.models import Exchange
from ticketdesk import embedded, env
from ticketdesk.run import checks
from ticketdesk.run.privileges import CannotStart
from ticketdesk.run.supervisor import Part, Supervisor
from tickets import demo

WEB_STARTS_WITHIN = 60.0


class Command(BaseCommand):
    """Prepares everything, then looks after the parts until Ctrl-C."""

    help = "Run the whole product: database, pages, worker, clock and mail door. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; every reason not to is one sentence."""
        began = time.monotonic()
        config: env.Config = settings.CONFIG
        servers = embedded.Servers(config.var_dir, postgres=config.is_embedded_database, redis=config.is_embedded_redis)
        try:
            claim = checks.claim(config.var_dir)
            checks.check_port_is_free("PORT", config.bind_address, config.port)
            checks.check_port_is_free("SMTP_PORT", config.bind_address, config.smtp_port)
            servers.start()
        except CannotStart as reason:
            env.exit_with(str(reason), 1)
        except KeyboardInterrupt:
            servers.stop()
            raise
        os.environ[embedded.KEPT] = str(config.var_dir)
        supervisor = Supervisor(
            parts=_parts(),
            servers=servers,
            log_dir=config.var_dir / "log",
            environment=dict(os.environ),
            say=self._say,
            parent=os.getppid() if os.environ.get("STOP_WITH_PARENT") else None,
        )
        try:
            supervisor.watch_signals()
            self._say(_where("PostgreSQL", config.is_embedded_database, "DATABASE_URL"))
            self._say(_where("Redis", config.is_embedded_redis, "REDIS_URL"))
            self._prepare(config)
            if not supervisor.stopping:
                supervisor.parts[-1:-1] = _telephony()
                supervisor.start()
                supervisor.run(
                    until=lambda: _answers(config) or time.monotonic() - supervisor.began > WEB_STARTS_WITHIN
                )
            if not supervisor.stopping:
                self._welcome(config, supervisor, time.monotonic() - began)
                supervisor.run()
        except KeyboardInterrupt:
            pass
        finally:
            self._say("Stopping ...")
            supervisor.stop()
            stayed = not servers.stop()
            claim.close()
        if stayed:
            self._say("PostgreSQL and Redis go on running for another process that uses them; it will stop them.")
        self._say("Stopped. The data is kept.")

    def _prepare(self, config: env.Config) -> None:
        """Bring the database, the demo and the static files up to date."""
        call_command("migrate", verbosity=0, interactive=False)
        self._say("The tables are up to date.")
        self._collect_static(config)
        if config.demo and not get_user_model()._default_manager.exists():
            self._say("Filling the empty database with the demo ...")
            demo.plant()
        connections.close_all()

    def _collect_static(self, config: env.Config) -> None:
        """Collect and compress the static files when one of them has changed."""
        found = [
            Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list(["CVS", ".*", "*~"])
        ]
        stamp_file = config.var_dir / "static.stamp"
        stamp = f"{checks.stamp_of(found)} {config.debug}"
        if stamp_file.exists() and stamp_file.read_text() == stamp and Path(settings.STATIC_ROOT).is_dir():
            return
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)  # clear: old hashes go
        stamp_file.write_text(stamp)
        self._say("The static files were collected.")

    def _welcome(self, config: env.Config, supervisor: Supervisor, seconds: float) -> None:
        for part in supervisor.parts:
            state = "runs" if supervisor.is_running(part.name) else f"does not run, see {supervisor.log_of(part)}"
            self._say(f"{part.name:<11} {state}")
        logs = config.var_dir / "log"
        if not _answers(config):
            self._say(f"The web server does not answer yet; why may stand in {logs}.")
        self._say("")
        self._say(f"Ticketdesk is at {config.site_url}  (started in {seconds:.1f} s)")
        if _has_command("mail_door"):
            self._say(f"Mail is taken at {config.bind_address}, port {config.smtp_port} (SMTP).")
        for role, address, password in demo.logins() if config.demo else ():
            self._say(f"  {role:<22} {address:<36} {password}")
        connections.close_all()
        self._say(f"Logs are in {logs}. Ctrl-C stops everything.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _has_command(name: str) -> bool:
    return name in get_commands()


def _parts() -> list[Part]:
    """In the order they start. They stop the other way round, so the ways in close first and the worker last."""
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    parts = [Part("worker", [*manage, "worker"], 20), Part("beat", [*manage, "beat"], 5)]
    if _has_command("mail_door"):
        parts.append(Part("mail door", [*manage, "mail_door"], 15))
    return [*parts, Part("web", [*manage, "web"], 15)]


def _telephony() -> list[Part]:
    """Connections to exchanges, where any are set up."""
    is_needed = Exchange.objects.filter(kind=Exchange.Kind.AMI, is_active=True).exists()
    connections.close_all()
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    return [Part("telephony", [sys.executable, manage, "telephony"], 10)] if is_needed else []


def _where(name: str, is_embedded: bool, variable: str) -> str:
    return f"{name:<11} runs" if is_embedded else f"{name:<11} is the one of {variable}"


def _answers(config: env.Config) -> bool:
    """Whether the web server answers."""
    host = "127.0.0.1" if config.bind_address in {"0.0.0.0", "::"} else config.bind_address
    shown = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(f"http://{shown}:{config.port}/health/live", headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
