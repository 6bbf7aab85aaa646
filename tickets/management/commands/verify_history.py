"""Proves that no ticket, message or line of a history was removed or changed; says what broke, and where.

    manage.py verify_history                        everything
    manage.py verify_history 2026112310000012       one ticket
    manage.py verify_history --files                also reads every stored file again
    manage.py verify_history --expect-seal HASH     a seal kept elsewhere has to be among the seals

Ends with 0 when all is intact, with 1 when a link is broken.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

from tickets import proof
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Prove that nothing was removed from the tickets' history or changed in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="?", help="one ticket's number; all tickets without it")
        parser.add_argument("--files", action="store_true", help="read every stored file again")
        parser.add_argument("--expect-seal", default="", metavar="HASH", help="a seal's hash that was kept elsewhere")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        with override("en"):
            report = self._verify(options)
            if options["json"]:
                self.stdout.write(json.dumps(as_json(report), indent=2))
            else:
                self._print(report)
        if not report.is_intact:
            sys.exit(1)

    def _verify(self, options: dict[str, Any]) -> proof.Report:
        if not options["number"]:
            return proof.verify_all(with_files=options["files"], expect_seal=options["expect_seal"])
        if options["expect_seal"]:
            raise CommandError("--expect-seal is about everything; leave the number out.")
        ticket = Ticket.objects.filter(number=options["number"]).first()
        if ticket is None:
            raise CommandError(
                f"There is no ticket {options['number']}. If there was one, verify_history without a number says so."
            )
        return proof.verify_ticket(ticket, with_files=options["files"])

    def _print(self, report: proof.Report) -> None:
        counts = report.counts
        self.stdout.write(
            f"{counts.tickets} tickets, {counts.events} lines of history, {counts.messages} messages "
            f"({counts.erased} erased), {counts.attachments} attachments, {counts.raw_mails} raw mails, "
            f"{counts.seals} seals; {counts.unsealed} chains wait for the next seal."
        )
        if report.files_checked is not None:
            self.stdout.write(f"{report.files_checked} stored files read.")
        if report.sealed_at is not None:
            self.stdout.write(f"Last seal {report.sealed_at:%Y-%m-%d %H:%M:%S} UTC: {report.last_seal}")
        if report.is_intact:
            self.stdout.write(self.style.SUCCESS(f"Intact. {report.seconds:.2f} s."))
            return
        self.stdout.write(self.style.ERROR(_("Broken: %(count)s.") % {"count": len(report.breaks)}))
        for broken in report.breaks:
            self.stdout.write(f"  {broken}")
        self.stdout.write(f"{report.seconds:.2f} s.")


def as_json(report: proof.Report) -> dict[str, Any]:
    """The report with plain values."""
    return {
        "intact": report.is_intact,
        "counts": dataclasses.asdict(report.counts),
        "files_checked": report.files_checked,
        "last_seal": report.last_seal,
        "sealed_at": report.sealed_at.isoformat() if report.sealed_at else None,
        "seconds": round(report.seconds, 3),
        "breaks": [{**dataclasses.asdict(broken), "sentence": str(broken)} for broken in report.breaks],
    }
