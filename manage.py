#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL and Redis started for commands that need them."""

from __future__ import annotations

import os
import sys

# Commands that speak to no server, or (run) start them by themselves.
WITHOUT_SERVERS = {
    "help",
    "version",
    "run",
    "compile_messages",
    "collect_messages",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "diffsettings",
    "startapp",
    "startproject",
}

EX_TEMPFAIL = 75  # sysexits.h: try again later


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketdesk.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not command.startswith("-") and command not in WITHOUT_SERVERS and not {"-h", "--help"} & set(sys.argv):
        _start_servers()
    if command == "run":
        _compile_translations()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _compile_translations() -> None:
    """Before Django is there: it asks for the house's language while it gets ready, and keeps what it found then."""
    from pathlib import Path

    from ticketdesk.run.messages import compile_catalogues

    if compile_catalogues(Path(__file__).resolve().parent / "ticketdesk" / "locale"):
        sys.stdout.write("The translations were compiled.\n")
        sys.stdout.flush()


def _start_servers() -> None:
    from ticketdesk import embedded, env
    from ticketdesk.run.privileges import CannotStart

    config = env.load_or_exit()
    try:
        embedded.start_for_this_process(
            config.var_dir, postgres=config.is_embedded_database, redis=config.is_embedded_redis
        )
    except CannotStart as reason:
        # A mail server that pipes mail into us must keep it and try again, not send it back.
        env.exit_with(str(reason), EX_TEMPFAIL if "receive_mail" in sys.argv else env.EX_CONFIG)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
