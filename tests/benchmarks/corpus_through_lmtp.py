"""Sends the corpus of real mails through the LMTP door of a running house, twice, and prints the account of mail.

    VAR_DIR=... SMTP_PORT=... python -m tests.benchmarks.corpus_through_lmtp [--to support@...] [--once]

Run it beside `manage.py run` with the same VAR_DIR and SMTP_PORT and without EMAIL_URL: nothing is ever sent out, since
the house then captures its mail. The corpus lies beside the repository, or where MAIL_CORPUS points.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import smtplib
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPUS = Path(os.environ.get("MAIL_CORPUS", SHARED / "corpus" / "mail"))
RETURN_PATH = re.compile(rb"^return-path:[ \t]*<([^<>\s@]*@?[^<>\s@]*)>", re.IGNORECASE | re.MULTILINE)
PATIENCE = 900.0  # seconds until all is filed


def mails() -> list[Path]:
    """The corpus's mails, as its list of expectations names them."""
    expectations: dict[str, Any] = json.loads((CORPUS / "expectations.json").read_bytes())
    return [CORPUS / name for name in sorted(expectations)]


def send_all(files: list[Path], *, port: int, to: str) -> tuple[float, list[str]]:
    """Offers every mail over one session. Returns the seconds it took and the refusals."""
    refusals = []
    began = time.monotonic()
    with smtplib.LMTP("127.0.0.1", port, local_hostname="localhost") as client:
        client.ehlo()  # LMTP says LHLO
        for file in files:
            raw = file.read_bytes()
            found = RETURN_PATH.search(raw[:20_000])
            sender = found[1].decode("latin-1") if found else "somebody@corpus.example"
            client.rset()
            code, text = client.mail(sender)
            if code < 400:
                code, text = client.rcpt(to)
            if code < 400:
                code, text = client.data(raw)
            if code >= 400:
                refusals.append(f"{file.relative_to(CORPUS)}: {code} {text.decode()}")
    return time.monotonic() - began, refusals


def wait_until_filed() -> float:
    """Seconds until no mail waits any more, counted by the house's own worker doing its work."""
    from tickets.models import InboundMail

    began = time.monotonic()
    while InboundMail.objects.filter(state=InboundMail.State.WAITING).exists():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError("mail is still waiting")
        time.sleep(0.25)
    return time.monotonic() - began


def print_account() -> bool:
    """The account and the reasons; whether it adds up."""
    from tickets.mail.account import mail_account
    from tickets.models import Event, InboundMail, OutboundMail, Verb

    account = mail_account()
    print(f"account: {account}\nadds up: {account.adds_up}")
    print("reasons:", dict(Counter(InboundMail.objects.exclude(reason="").values_list("state", "reason"))))
    held = Event.objects.filter(verb=Verb.AUTO_REPLY_HELD).values_list("data__reason", flat=True)
    print("auto replies:", OutboundMail.objects.filter(is_automatic=True).count(), "held:", dict(Counter(held)))
    print("outbox:", dict(Counter(OutboundMail.objects.values_list("purpose", "state", "is_captured"))))
    return account.adds_up


def main() -> int:
    """0 when nothing was refused, the account adds up, and the second offer added nothing."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--to", default="")
    arguments.add_argument("--once", action="store_true")
    chosen = arguments.parse_args()
    if not (CORPUS / "expectations.json").is_file():
        print(f"skipped: there is no corpus at {CORPUS}")
        return 0

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketdesk.settings")
    import django

    django.setup()
    from django.conf import settings

    from ticketdesk import embedded
    from tickets.models import InboundMail, Mailbox

    config = settings.CONFIG
    embedded.start_for_this_process(
        config.var_dir, postgres=config.is_embedded_database, redis=config.is_embedded_redis
    )
    if settings.OUTGOING_SMTP is not None:
        print("refused: EMAIL_URL is set, and the corpus names real people")
        return 2
    box = Mailbox.objects.filter(is_default=True).first()
    to = chosen.to or (box.address if box else "")
    files = mails()
    before = InboundMail.objects.count()
    seconds, refusals = send_all(files, port=settings.SMTP_PORT, to=to)
    filed = wait_until_filed()
    came = InboundMail.objects.count() - before
    print(f"{len(files)} mails to {to} in {seconds:.1f} s, {len(refusals)} refused, {came} rows")
    print(f"all filed {filed:.1f} s after the last")
    print(*refusals, sep="\n")
    adds_up = print_account()
    if chosen.once:
        return 0 if adds_up and not refusals else 1
    between = InboundMail.objects.count()
    seconds, again = send_all(files, port=settings.SMTP_PORT, to=to)
    added = InboundMail.objects.count() - between
    print(f"offered again in {seconds:.1f} s: {len(again)} refused, {added} rows added")
    return 0 if adds_up and not refusals and not again and not added else 1


if __name__ == "__main__":
    sys.exit(main())
