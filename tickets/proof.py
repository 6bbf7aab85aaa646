"""Proves the history: every link of every chain, every seal, every message and file, and the guards themselves.

Set-based: the database compares, only what is broken comes back. All questions are asked of one snapshot, so
acts that go on meanwhile raise no false alarm. See docs/never-disappears.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets import files, history
from tickets.models import Blob, Event, Seal, SealedHead, Ticket
from tickets.proof_queries import CHECKS, COUNTS, FUNCTIONS, TRIGGERS

MOST_BREAKS = 100  # a check names this many at most
SHORTEST_WITNESS = 16  # hex digits of a seal's hash that are enough to recognise it

WORDS = {
    "event_missing": gettext_lazy("a line of the history is missing"),
    "link_broken": gettext_lazy("a line does not follow from the one before"),
    "event_changed": gettext_lazy("a line of the history was changed"),
    "ticket_missing": gettext_lazy("the ticket was removed"),
    "history_missing": gettext_lazy("the ticket has no history"),
    "number_changed": gettext_lazy("the ticket's number or channel is not the one it was opened with"),
    "ticket_changed": gettext_lazy("the ticket was changed without a line in its history"),
    "pointer_changed": gettext_lazy("the ticket points at another one than its history says"),
    "message_changed": gettext_lazy("a message was changed"),
    "message_missing": gettext_lazy("a message was removed"),
    "message_moved": gettext_lazy("a message was moved to another ticket"),
    "message_parts_changed": gettext_lazy("a message's files or raw mail are not those that came with it"),
    "message_unrecorded": gettext_lazy("a message has no line in the history"),
    "acceptance_unrecorded": gettext_lazy("an acceptance has no line in the history"),
    "acceptance_missing": gettext_lazy("an acceptance was removed"),
    "attachment_changed": gettext_lazy("an attachment was changed"),
    "file_missing": gettext_lazy("a file is missing"),
    "file_erased": gettext_lazy("a file was erased though an attachment still needs it"),
    "file_changed": gettext_lazy("a stored file is missing or has another content"),
    "erasure_unapproved": gettext_lazy("a content is gone without an erasure approved by two people"),
    "erasure_undone": gettext_lazy("the history says erased, the message does not"),
    "raw_mail_changed": gettext_lazy("a raw mail was changed"),
    "raw_mail_missing": gettext_lazy("a raw mail was removed"),
    "sealed_event_missing": gettext_lazy("a sealed line of the history is missing"),
    "sealed_event_changed": gettext_lazy("a sealed line of the history was changed"),
    "seal_missing": gettext_lazy("a seal over the end of this history was removed"),
    "seal_removed": gettext_lazy("a seal was removed"),
    "seal_link_broken": gettext_lazy("a seal does not follow from the one before"),
    "seal_changed": gettext_lazy("a seal or the list of what it seals was changed"),
    "seal_count_wrong": gettext_lazy("a seal counts another number of tickets"),
    "witness_missing": gettext_lazy("the seal kept outside is not among the seals"),
    "trigger_missing": gettext_lazy("a guard of the database is missing or switched off"),
    "function_changed": gettext_lazy("a guard of the database was rewritten"),
}

# SHA-256 of the guards' source, as the migrations leave them; a test says the new values when a migration changes one.
SOURCES = {
    "attachment_content_hash": "177b326ac326166e60d8da0de794c2c21ceee59e621059ba66de8422677fa94f",
    "chain_event": "7be4cdbcf9db60f123435062da84f96fcef1384d342941c69626c273aa64f6b7",
    "erasure_is_approved": "184073188322189b862046f08b888077fbdfcbcd76661d16718d0c61d3edb10b",
    "event_hash": "dc002c625d1497aecd8e0bc2b36f71004da4ad1dd3ed3df43f8bd76a2f5ad872",
    "guard_attachment": "b5556dbc2a3cebd64707965fc3e49ba153aab839b0b2e23f289072e07dbfaeae",
    "guard_erasure": "80fbca238e6f58bb4e50084a230802a48e7ce60443e642bcf8c398fac067ee47",
    "guard_inbound": "8d8f6fcd8015530dae42c5e8fd42504e501e311b615e11130099c1b382500830",
    "guard_message": "9b159757d6eb2015eb4d7f446a4127715a1c519e5cfe6f5b81f26636be3c0219",
    "guard_ticket": "a2c7fe368cd42bcafdaad72325302531c068abe0eb8830cd49627140dc190487",
    "hash_attachment": "5cc202c6f8899ea9433f8f93757f4abb4fdb59d8fdccbf2a3005975c086865d8",
    "guard_person_note": "6b8cd1efb2739814d37bb754faa3d2570c458664a0d872f680956a034995de67",
    "hash_person_note": "4efc8666304c649e651d2d8d784ab95d21a9211a979a9a1dfcbfd6f4ef8b8af9",
    "note_erasure_is_approved": "579d79b1a97ca254a161bea262a44d5ad8a905bd76fea7a82d2c862de7a4193d",
    "person_note_hash": "4306515ddfdc4fca908bf60e04ca9486f77be5d5b918b8e5d85e4513660b26bb",
    "hash_message": "12e1a760ddbc9a4de3419024c0f28236a7050f89241f60ebb773fcda241ab575",
    "message_content_hash": "f4bdb8e3e77ce80ef8a6fdab28481976e7a6795924484e9c73d4f1fd2d498fef",
    "message_whole_hash": "ddc77a923a4767bffc90996642901efe36a0249ebf0ab9aed48f3e5774ff7fad",
    "refuse_merge_ring": "d6c7451c73efba4e5ec38972c0c879f7f189902d3a72b712741da7c0cf1a5c81",
    "refuse_removal": "54cb23a1a84264b142b208cd0ce711a5d25b2085711beb7f935fd32fe43d5d67",
    "tag_learns_of_ticket": "c627c04eae2ed61565984b43e642341d6edec85465b203e6a397a5eab74950a1",
    "tags_follow_ticket": "9dbaa207d6ccc72080b8bbe46cb962374de14fe1d04e897a3c45d62fc286f3be",
    "close_interval_only": "82ed638f86ad8ffe7a1cface2cc572cde49ad9fe64344b60470c59704c6ceb19",
    "follow_without_gap": "ce75b640b31d3513ead80be44a1362dbdf57a8b4d3eaaa2eaefdfde7036fd340",
    "keep_outcome": "9df7081c1a2ba0e2496499f3265fcae4ea4cf4f5d9f485950818977d6df95fea",
    "settle_advice_only": "c739c43cd88a1458ca5b82aca8a8508fa1ce570a118ee0885d6d2b8bc6243fbd",
    "verdict_only_once": "4169964f6c7bb36ec8085664f35635fe5709cee0e007576121e9423dac9e0e9e",
    "renew_stamp": "d3584b26c9081eb32743bff7f24e52c29e5a3a02c19a24ae4374575459a6eddd",
    "search_keep": "b9b55af2b52ee99f311e54856e3134f50d6454da792cddf938bd8ee07d27a2e5",
    "refuse_rewriting": "48cb2f247ce3d168c722439521e620bc5972e8d68493ab784efe5fb39a0fa40a",
}

_GUARDS = {
    "tickets_message": "guard_message",
    "tickets_attachment": "guard_attachment",
    "tickets_inboundmail": "guard_inbound",
    "tickets_ticket": "guard_ticket",
    "tickets_erasure": "guard_erasure",
    "tickets_personnote": "guard_person_note",
    "tickets_personnoteerasure": "guard_erasure",
}

# (table, trigger) to the function it calls.
EXPECTED_TRIGGERS: dict[tuple[str, str], str] = {
    **{(table, "refuse_delete"): "refuse_removal" for table in history.PROTECTED_TABLES},
    **{(table, "refuse_truncate"): "refuse_removal" for table in history.PROTECTED_TABLES},
    **{
        (table, "refuse_rewriting"): _GUARDS.get(table, "refuse_rewriting")
        for table in history.PROTECTED_TABLES
        if table not in history.CHANGING_TABLES
    },
    ("tickets_message", "hash_message"): "hash_message",
    ("tickets_personnote", "hash_person_note"): "hash_person_note",
    ("tickets_attachment", "hash_attachment"): "hash_attachment",
    ("tickets_event", "chain_event"): "chain_event",
    ("tickets_ticket", "refuse_merge_ring"): "refuse_merge_ring",
    # The index of the search is kept by the database too.
    ("tickets_ticket", "search_ticket"): "search_keep",
    ("tickets_message", "search_message"): "search_keep",
    ("tickets_attachment", "search_file"): "search_keep",
    ("tickets_tickettag", "search_tag"): "search_keep",
    # The tags as lists know of their tickets by the database, too.
    ("tickets_tickettag", "tag_learns_of_ticket"): "tag_learns_of_ticket",
    ("tickets_ticket", "tags_follow_ticket"): "tags_follow_ticket",
    ("tickets_tag", "search_tag_name"): "search_keep",
    ("tickets_organisation", "search_organisation_name"): "search_keep",
    ("tickets_user", "search_person_name"): "search_keep",
    # What processes keep at hand is stamped by the database.
    **{
        (f"tickets_{table}", "renew_stamp"): "renew_stamp"
        for table in ("absence", "kind", "membership", "priority", "status", "team")
    },
    **{("tickets_user", f"renew_stamp_of_{what}"): "renew_stamp" for what in ("new", "changed", "gone")},
    # Agents' states follow one another without a gap, and what came of a contact is said once.
    **{
        (f"contactcenter_{axis}interval", guard): guard
        for axis in ("activity", "work")
        for guard in ("follow_without_gap", "close_interval_only")
    },
    ("contactcenter_contact", "keep_outcome"): "keep_outcome",
    ("contactcenter_contactsegment", "keep_outcome"): "keep_outcome",
    ("contactcenter_callevent", "verdict_only_once"): "verdict_only_once",
    ("contactcenter_advice", "settle_advice_only"): "settle_advice_only",
}


@dataclass(frozen=True, slots=True)
class Break:
    """One broken link.

    `number` is the ticket's, "#id" when nothing that is left knows it, '' when the break is no ticket's.
    """

    check: str
    what: str
    number: str
    seq: int | None
    expected: str
    found: str

    def __str__(self) -> str:
        where = _("Ticket %(number)s") % {"number": self.number} if self.number else _("Installation")
        if self.seq is not None:
            where += ", " + _("line %(seq)s") % {"seq": self.seq}
        text = f"{where}: {WORDS[self.what]}."
        if self.expected or self.found not in ("", "-"):
            text += " " + _("Expected %(expected)s, found %(found)s.") % {
                "expected": self.expected or "-",
                "found": self.found or "-",
            }
        return text


@dataclass(frozen=True, slots=True)
class Counts:
    """What was looked at."""

    tickets: int
    events: int
    messages: int
    erased: int
    attachments: int
    raw_mails: int
    seals: int
    unsealed: int


@dataclass(slots=True)
class Report:
    """The outcome of a proof. `breaks` holds at most MOST_BREAKS per check, the first link of each chain first."""

    counts: Counts
    breaks: list[Break] = field(default_factory=list)
    seconds: float = 0.0
    files_checked: int | None = None
    last_seal: str = ""
    sealed_at: datetime | None = None

    @property
    def is_intact(self) -> bool:
        return not self.breaks

    @property
    def first(self) -> Break | None:
        return self.breaks[0] if self.breaks else None


@dataclass(frozen=True, slots=True)
class TicketSeal:
    """Where a ticket's chain stands, for its page: the head, and the last seal over it (None: not sealed yet)."""

    seq: int
    hash: str
    sealed_seq: int
    seal_hash: str
    sealed_at: datetime | None

    @property
    def is_sealed(self) -> bool:
        """The seal covers the newest line too."""
        return self.seq == self.sealed_seq


def verify_all(*, with_files: bool = False, expect_seal: str = "") -> Report:
    """Proves everything. `with_files` also reads every stored file again.

    `expect_seal`: a seal's hash, or its first 16 hex digits or more, that was kept outside of the database;
    it has to be among the seals.
    """
    with _one_snapshot():
        report = _verify(None)
        report.breaks += _check_guards()
        if expect_seal:
            report.breaks += _check_witness(expect_seal)
        if with_files:
            _check_files(report, None)
    return report


def verify_ticket(ticket: Ticket, *, with_files: bool = False) -> Report:
    """Proves one ticket: its chain, row, messages, files, and the seals' heads over it."""
    with _one_snapshot():
        report = _verify(ticket.pk)
        if with_files:
            _check_files(report, ticket.pk)
    return report


def seal_of(ticket: Ticket) -> TicketSeal:
    """What the ticket's page shows as its seal. Reads two rows, proves nothing."""
    head = Event.objects.filter(ticket=ticket).order_by("-seq").first()
    sealed = SealedHead.objects.select_related("seal").filter(ticket=ticket).order_by("-seal_id").first()
    return TicketSeal(
        seq=head.seq if head else 0,
        hash=bytes(head.hash).hex() if head else "",
        sealed_seq=sealed.seq if sealed else 0,
        seal_hash=bytes(sealed.seal.hash).hex() if sealed else "",
        sealed_at=sealed.seal.made_at if sealed else None,
    )


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """One state of the database for all questions. Inside a caller's transaction, the caller's."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL work_mem = '64MB'")
            cursor.execute("SET LOCAL jit = off")
        yield


def _verify(ticket_id: int | None) -> Report:
    started = time.monotonic()
    seal = Seal.objects.order_by("-id").first()
    found: list[tuple[str, tuple[Any, ...]]] = []
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"ticket": ticket_id})
        report = Report(
            counts=Counts(*(cursor.fetchone() or ())),
            last_seal=bytes(seal.hash).hex() if seal else "",
            sealed_at=seal.made_at if seal else None,
        )
        for check in CHECKS:
            if ticket_id is None or not check.whole:
                cursor.execute(f"{check.sql} LIMIT {MOST_BREAKS}", {"ticket": ticket_id})
                found += [(check.code, row) for row in cursor.fetchall()]
    numbers = _numbers({row[0] for _code, row in found if row[0] is not None})
    report.breaks = [
        Break(code, row[2], numbers.get(row[0], ""), row[1], row[3] or "", row[4] or "") for code, row in found
    ]
    report.seconds = time.monotonic() - started
    return report


def _numbers(ticket_ids: set[int]) -> dict[int, str]:
    """Tickets' numbers, from their first event where the row is gone, else "#id"."""
    numbers = {pk: f"#{pk}" for pk in ticket_ids}
    first = Event.objects.filter(ticket_id__in=ticket_ids, seq=1).values_list("ticket_id", "data")
    numbers |= {pk: str(data["number"]) for pk, data in first if "number" in data}
    numbers |= dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "number"))
    return numbers


def _check_guards() -> list[Break]:
    """The triggers stand and are switched on, and the functions are those of the migrations."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        standing = {(table, name): (function, enabled) for table, name, function, enabled, _source in cursor.fetchall()}
        cursor.execute(FUNCTIONS)
        sources = dict(cursor.fetchall())
    breaks = []
    for (table, name), function in EXPECTED_TRIGGERS.items():
        if standing.get((table, name)) not in ((function, "O"), (function, "A")):
            now = " ".join(standing.get((table, name), ("-",)))
            breaks.append(Break("guards", "trigger_missing", "", None, f"{table}.{name} {function} O", now))
    for function, source in SOURCES.items():
        if sources.get(function) != source:
            now = sources.get(function, "-")
            breaks.append(Break("guards", "function_changed", "", None, f"{function} {source}", now))
    return breaks


def _check_witness(expect_seal: str) -> list[Break]:
    wanted = expect_seal.strip().lower()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tickets_seal WHERE starts_with(encode(hash, 'hex'), %s) AND length(%s) >= %s",
            [wanted, wanted, SHORTEST_WITNESS],
        )
        if cursor.fetchone() != (0,):
            return []
    return [Break("witness", "witness_missing", "", None, wanted, "-")]


def _check_files(report: Report, ticket_id: int | None) -> None:
    """Reads the stored contents again, one after the other, and hashes them."""
    started = time.monotonic()
    blobs = Blob.objects.filter(erased_at__isnull=True)
    if ticket_id is not None:
        blobs = blobs.filter(attachments__message__ticket=ticket_id).distinct()
    report.files_checked = 0
    for blob in blobs.order_by("pk").iterator(500):
        report.files_checked += 1
        if not files.blob_is_intact(blob):
            number = blob.attachments.order_by("pk").values_list("message__ticket__number", flat=True).first() or ""
            report.breaks.append(Break("files", "file_changed", number, None, blob.sha256, "-"))
    report.seconds += time.monotonic() - started
