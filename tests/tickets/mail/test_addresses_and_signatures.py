"""Numbers in addresses, subjects and Message-IDs: what we made is believed, what others make up is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail import addressing, signing
from tickets.numbering import check_digit

NUMBER = "202611231000001"
NUMBER += str(check_digit(NUMBER))


def test_our_own_message_id_names_its_ticket() -> None:
    assert signing.read_mail_id(signing.make_mail_id(NUMBER, "desk.example")) == NUMBER


def test_a_message_id_survives_a_system_that_changes_its_case() -> None:
    assert signing.read_mail_id(signing.make_mail_id(NUMBER, "desk.example").upper()) == NUMBER


def test_a_mail_without_a_ticket_is_ours_but_names_none() -> None:
    assert signing.read_mail_id(signing.make_mail_id("", "desk.example")) == ""


def test_no_two_message_ids_are_alike() -> None:
    assert len({signing.make_mail_id(NUMBER, "desk.example") for _ in range(100)}) == 100


def test_the_number_of_a_signed_id_cannot_be_exchanged() -> None:
    mail_id = signing.make_mail_id(NUMBER, "desk.example")
    assert signing.read_mail_id(mail_id.replace(NUMBER, NUMBER[:-1] + "0")) is None


@given(st.text(max_size=120))
def test_no_made_up_id_or_tag_is_believed(text: str) -> None:
    assert signing.read_mail_id(text) is None
    assert signing.read_plus_tag(text) is None


def test_what_a_former_secret_key_signed_is_still_believed(settings: Any) -> None:
    mail_id, tag = signing.make_mail_id(NUMBER, "desk.example"), signing.make_plus_tag(NUMBER)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 60
    assert signing.read_mail_id(mail_id) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert signing.read_mail_id(mail_id) == NUMBER
    assert signing.read_plus_tag(tag) == NUMBER


def test_a_plus_address_leads_back_to_its_ticket() -> None:
    address = addressing.plus_address("support@desk.example", NUMBER)
    assert address.startswith(f"support+{NUMBER}.")
    assert addressing.number_in_addresses(["other@desk.example", address.upper()]) == NUMBER
    assert addressing.plain_address(address) == "support@desk.example"


def test_a_plus_address_with_a_made_up_tag_leads_nowhere() -> None:
    assert addressing.number_in_addresses([f"support+{NUMBER}.aaaaaaaaaaaaa@desk.example"]) is None


def test_a_local_part_never_grows_beyond_what_mail_systems_take() -> None:
    long = "a" * 50 + "@desk.example"
    assert addressing.plus_address(long, NUMBER) == long


def test_plus_addresses_can_be_switched_off(settings: Any) -> None:
    settings.MAIL_PLUS_ADDRESSES = False
    assert addressing.plus_address("support@desk.example", NUMBER) == "support@desk.example"


@pytest.mark.parametrize(
    "subject",
    [
        f"[Ticket#{NUMBER}] A nyomtató",
        f"Re: AW: [Ticket#{NUMBER}] A nyomtató",
        f"RE: [EXTERNAL] [ticket# {NUMBER}] x",
        f"Ticket#{NUMBER}",
    ],
)
def test_the_hook_is_found_wherever_mail_programs_leave_it(subject: str) -> None:
    assert addressing.numbers_in_subject(subject) == [NUMBER]


@pytest.mark.parametrize(
    "subject",
    [
        f"[Ticket#{NUMBER[:-1]}{(int(NUMBER[-1]) + 1) % 10}] wrong check digit",
        f"[Ticket#{NUMBER.replace('20261123100', '20261123990')}] another installation",
        f"Invoice {NUMBER}",
        "[Ticket#12]",
    ],
)
def test_a_number_that_we_never_gave_is_not_taken_for_one(subject: str) -> None:
    assert addressing.numbers_in_subject(subject) == []


def test_a_subject_carries_one_hook_and_no_heap_of_prefixes() -> None:
    first = addressing.subject_for(NUMBER, "Re: AW: A nyomtató")
    assert first == f"[Ticket#{NUMBER}] A nyomtató"
    assert addressing.subject_for(NUMBER, f"Re: {first}") == first


def test_a_forward_keeps_its_prefix() -> None:
    assert addressing.bare_subject("Fwd: számla") == "Fwd: számla"
