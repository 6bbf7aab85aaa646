"""Persons and their addresses."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from tests import make
from tickets import people
from tickets.errors import Refused
from tickets.models import Address, AddressState, Right, Team, User


def test_a_person_is_found_by_any_of_his_addresses_whatever_the_case(carla: User) -> None:
    people.add_address(carla, "Marta.Privat@Example.org ")
    assert people.find_person("MARTA.privat@example.ORG") == carla
    assert people.find_person("carla@duna.example") == carla
    assert people.find_person("nobody@example.org") is None


def test_a_new_sender_becomes_a_customer_once(db: None) -> None:
    first = people.find_or_add_person("New@Example.org", name="Új Ember")
    assert people.find_or_add_person("new@example.org", name="Más Név") == first
    assert (first.name, first.is_customer, first.is_agent) == ("Új Ember", True, False)
    assert people.find_or_add_person("nameless@example.org").name == "nameless"


def test_eight_first_mails_of_one_sender_make_one_person(transactional_db: None) -> None:
    at_once = threading.Barrier(8)

    def arrive() -> int:
        at_once.wait()
        try:
            return people.find_or_add_person("race@example.org").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        found = {done.result() for done in [threads.submit(arrive) for _thread in range(8)]}
    assert len(found) == 1
    assert User.objects.count() == Address.objects.count() == 1


def test_an_address_belongs_to_one_person(carla: User, karl: User) -> None:
    assert people.add_address(carla, "carla@duna.example").user == carla
    with pytest.raises(Refused) as refusal:
        people.add_address(karl, "carla@duna.example")
    assert refusal.value.field == "email"
    with pytest.raises(IntegrityError), transaction.atomic():
        people.add_person(name="X", email="carla@duna.example")


def test_the_first_address_of_a_person_known_by_phone_becomes_his_sign_in(db: None) -> None:
    person = make.person("Telefonos", email=None)
    people.add_address(person, "tel@example.org")
    person.refresh_from_db()
    assert person.email == "tel@example.org"


def test_rights_are_set_not_added(helpdesk: Team, anna: User) -> None:
    people.give_rights(anna, team=helpdesk, rights=[Right.NOTE, Right.READ])
    assert anna.memberships.get().rights == ["note", "read"]


def test_bounced_addresses_are_known_whatever_their_case(db: None) -> None:
    from django.utils import timezone

    AddressState.objects.create(email="gone@example.org", bounced_at=timezone.now())
    AddressState.objects.create(email="fine@example.org")
    assert people.bounced_addresses(["Gone@Example.org", "fine@example.org", "x@example.org"]) == {"gone@example.org"}


def test_preferences_have_to_exist(carla: User) -> None:
    people.change_preferences(carla, language="en", time_zone="Asia/Tokyo")
    carla.refresh_from_db()
    assert (carla.language, carla.time_zone) == ("en", "Asia/Tokyo")
    for language, zone, field in (("xx", "UTC", "language"), ("hu", "Mars/Olympus", "time_zone")):
        with pytest.raises(Refused) as refusal:
            people.change_preferences(carla, language=language, time_zone=zone)
        assert refusal.value.field == field
