"""The pipe: `manage.py receive_mail < mail`, for a mail server's alias or filter; answers by sysexits codes."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError

from tickets.mail.arrivals import largest_mail, receive_raw
from tickets.mail.mailbox import mailbox_for_recipient
from tickets.models import InboundMail

EX_USAGE = 64
EX_DATAERR = 65
EX_NOUSER = 67
EX_TEMPFAIL = 75


class Command(BaseCommand):
    """Says 0 only when the mail is committed; 75 asks the mail server to try again."""

    help = "Take one mail from standard input. Exit codes: 0 taken, 64 usage, 65 no mail, 67 not ours, 75 try again."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = lambda message: parser.exit(EX_USAGE, f"{message}\n")  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mailbox", help="our address that takes it when neither recipient nor header names one")
        parser.add_argument("--from", dest="sender", default="", help="the envelope's sender; <> for none")
        parser.add_argument("recipients", nargs="*", help="the envelope's recipients")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(largest_mail() + 1)
        if not raw.strip():
            self._leave(EX_DATAERR, "There is no mail on standard input.")
        if len(raw) > largest_mail():
            self._leave(EX_DATAERR, f"The mail is larger than {largest_mail()} bytes.")
        try:
            rows = self._receive(raw, options)
        except (DatabaseError, InterfaceError) as error:
            self._leave(EX_TEMPFAIL, f"The database does not take it now ({type(error).__name__}).")
        self.stdout.write("Taken as " + ", ".join(str(row.pk) for row in rows))

    def _receive(self, raw: bytes, options: dict[str, Any]) -> list[InboundMail]:
        box = None
        if options["mailbox"]:
            box = mailbox_for_recipient(options["mailbox"])
            if box is None:
                self._leave(EX_NOUSER, f"{options['mailbox']} is no address of ours.")
        recipients = [address for address in options["recipients"] if mailbox_for_recipient(address)]
        if options["recipients"] and not recipients and box is None:
            self._leave(EX_NOUSER, "None of the recipients is ours.")
        return receive_raw(
            raw,
            door=InboundMail.Door.PIPE,
            envelope_from=options["sender"],
            envelope_to=recipients,
            mailbox=box,
        )

    def _leave(self, code: int, why: str) -> NoReturn:
        self.stderr.write(why)
        raise SystemExit(code)
