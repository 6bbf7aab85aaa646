"""Statuses, priorities and kinds: added, renamed, ordered and retired, and never so that the product stands still."""

from __future__ import annotations

import pytest

from tests import make
from tickets import lifecycle, vocabulary_setup
from tickets.errors import Refused
from tickets.models import Kind, Priority, Status, Team, Ticket, User
from tickets.vocabulary import read_vocabulary

NAMES = {"hu": "Gyártónál", "en": "At the maker"}

pytestmark = pytest.mark.django_db


def status(code: str) -> Status:
    return Status.objects.get(code=code)


def rename(row: Status, **changes: object) -> Status:
    given: dict[str, object] = {
        "names": row.names, "waits_for": row.waits_for, "is_active": row.is_active, "closes_to": row.closes_to,
    }  # fmt: skip
    return vocabulary_setup.change_status_setting(row, **(given | changes))  # type: ignore[arg-type]


def refused(field: str, row: Status, **changes: object) -> None:
    with pytest.raises(Refused) as refusal:
        rename(row, **changes)
    assert refusal.value.field == field


def test_a_status_is_added_at_the_end_with_a_code_of_its_english_name() -> None:
    made = vocabulary_setup.add_status(names=NAMES, status_type="pending_reminder", waits_for="third_party")
    assert (made.code, made.names["hu"], made.is_active) == ("at-the-maker", "Gyártónál", True)
    assert read_vocabulary().statuses[-1] == made
    twin = vocabulary_setup.add_status(
        names={"hu": "Gyárban", "en": "At the maker!"}, status_type="open", waits_for="us"
    )
    assert twin.code == "at-the-maker-2"


def test_a_name_is_needed_in_each_language_and_only_once() -> None:
    for names, field in (
        ({"hu": "Gyártónál"}, "name_en"),
        ({"hu": " \x00 ", "en": "x"}, "name_hu"),
        ({"hu": "MEGOLDVA", "en": "x"}, "name_hu"),
        ({"hu": "x" * 61, "en": "x"}, "name_hu"),
    ):
        with pytest.raises(Refused) as refusal:
            vocabulary_setup.add_status(names=names, status_type="open", waits_for="us")
        assert refusal.value.field == field


def test_what_the_product_uses_is_renamed_but_not_retired() -> None:
    for code in ("new", "open", "solved", "merged"):
        refused("is_active", status(code), is_active=False)
    renamed = rename(status("solved"), names={"hu": "Kész", "en": "Done"})
    assert (renamed.code, renamed.names["en"]) == ("solved", "Done")
    for code in ("question", "incident", "request"):
        kind = Kind.objects.get(code=code)
        with pytest.raises(Refused):
            vocabulary_setup.change_kind_setting(kind, names=kind.names, is_active=False)
    normal = Priority.objects.get(code="normal")
    with pytest.raises(Refused):
        vocabulary_setup.change_priority_setting(normal, names=normal.names, level=2, is_active=False)


def test_a_ticket_keeps_a_status_that_was_retired(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk, status="waiting")
    assert vocabulary_setup.open_tickets_with(status("waiting")) == 1
    rename(status("waiting"), is_active=False)
    ticket.refresh_from_db()
    assert ticket.status.code == "waiting"
    assert status("waiting") not in read_vocabulary().choosable_statuses
    with pytest.raises(Refused):
        lifecycle.change_status(make.ticket(team=helpdesk), to=status("waiting"), by=anna)


def test_of_each_needed_type_one_stays_in_use() -> None:
    rename(status("waiting"), is_active=False)
    refused("is_active", status("third-party"), is_active=False)


def test_what_an_auto_close_turns_into_stays_in_use() -> None:
    refused("is_active", status("closed"), is_active=False)
    rename(status("closes"), is_active=False)
    assert not rename(status("closed"), is_active=False).is_active


def test_an_auto_close_turns_into_a_closed_status_in_use() -> None:
    refused("closes_to", status("closes"), closes_to=None)
    refused("closes_to", status("closes"), closes_to=status("open"))
    assert rename(status("closes"), closes_to=status("solved")).closes_to == status("solved")
    assert rename(status("waiting"), closes_to=status("solved")).closes_to is None, "only auto close has a target"


def test_the_type_is_fixed_once_a_ticket_has_had_the_status(helpdesk: Team, anna: User) -> None:
    made = vocabulary_setup.add_status(names=NAMES, status_type="open", waits_for="us")
    assert rename(made, status_type="pending_reminder").type == "pending_reminder"
    rename(made, status_type="open")
    ticket = make.ticket(team=helpdesk)
    lifecycle.change_status(ticket, to=status("at-the-maker"), by=anna)
    refused("status_type", made, status_type="new")
    lifecycle.change_status(ticket, to=status("open"), by=anna)
    assert not Ticket.objects.filter(status=made).exists()
    refused("status_type", made, status_type="new")


def test_terms_are_put_in_order_one_place_at_a_time() -> None:
    def order() -> list[str]:
        return [kind.code for kind in read_vocabulary().kinds]

    assert order()[:3] == ["question", "incident", "request"]
    vocabulary_setup.move_term(Kind.objects.get(code="request"), up=True)
    assert order()[:3] == ["question", "request", "incident"]
    vocabulary_setup.move_term(Kind.objects.get(code="question"), up=True)
    assert order()[0] == "question", "there is no place above the first"
    vocabulary_setup.move_term(Kind.objects.get(code="question"), up=False)
    assert order()[:3] == ["request", "question", "incident"]


def test_priorities_move_within_their_level_alone() -> None:
    made = vocabulary_setup.add_priority(names={"hu": "Kiemelt", "en": "Important"}, level=3)
    assert [each.code for each in read_vocabulary().priorities] == ["urgent", "high", "important", "normal", "low"]
    vocabulary_setup.move_term(made, up=True)
    assert [each.code for each in read_vocabulary().priorities] == ["urgent", "important", "high", "normal", "low"]
    vocabulary_setup.move_term(made, up=True)
    assert [each.code for each in read_vocabulary().priorities][:2] == ["urgent", "important"]
