"""The history of the set-up: a line for each change, in the act's transaction, without secrets, and kept for good."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests import make
from tickets import answer_texts, configuration, departures, people, tag_setup, teams, vocabulary_setup
from tickets.configuration import Act, line_of_right, lines_about, record_change, snapshot
from tickets.configuration_words import summary, tell_changes
from tickets.errors import Refused
from tickets.mail import sources
from tickets.models import (
    ConfigurationChange,
    ImapSource,
    Kind,
    Mailbox,
    Membership,
    Organisation,
    Right,
    Team,
    User,
)

NAMES = {"hu": "Panasz", "en": "Complaint"}


def last() -> ConfigurationChange:
    return ConfigurationChange.objects.order_by("-pk")[0]


def test_a_change_is_one_line_with_who_what_and_from_what_to_what(helpdesk: Team, root: User) -> None:
    teams.change_team(
        helpdesk,
        name="Segélyvonal",
        description="",
        closed_follow_up=Team.ClosedFollowUp.NEW_TICKET,
        is_active=True,
        by=root,
    )
    line = last()
    assert (line.by, line.act, line.thing, line.thing_id, line.name) == (
        root, Act.CHANGED, "team", helpdesk.pk, "Segélyvonal",
    )  # fmt: skip
    assert line.changes == {"name": ["Ügyfélszolgálat", "Segélyvonal"], "closed_follow_up": ["reopen", "new_ticket"]}


def test_what_changes_nothing_writes_no_line(helpdesk: Team, root: User) -> None:
    before = ConfigurationChange.objects.count()
    teams.change_team(helpdesk, name=helpdesk.name, description="", closed_follow_up="reopen", is_active=True, by=root)
    assert ConfigurationChange.objects.count() == before


def test_a_refused_change_writes_no_line(helpdesk: Team, network: Team, root: User) -> None:
    before = ConfigurationChange.objects.count()
    with pytest.raises(Refused):
        teams.change_team(
            helpdesk, name=network.name, description="", closed_follow_up="reopen", is_active=True, by=root
        )
    assert ConfigurationChange.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_a_line_is_written_only_within_a_transaction(helpdesk: Team) -> None:
    with pytest.raises(RuntimeError):
        record_change(helpdesk, act=Act.ADDED, before={}, after=snapshot(helpdesk), by=None)


def test_the_database_refuses_to_change_or_remove_a_line(helpdesk: Team, root: User) -> None:
    people.give_rights(root, team=helpdesk, rights=[Right.READ], by=root)
    for attack in (
        lambda: ConfigurationChange.objects.update(by=None),
        lambda: ConfigurationChange.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


def test_a_password_is_never_in_a_line(mailbox: Mailbox, root: User) -> None:
    source = ImapSource(mailbox=mailbox, host="imap.world.example", user_name="support")
    sources.save_source(source, password="titok-szo", by=root)
    sources.save_source(source, password="masik-titok", by=root)
    lines = ConfigurationChange.objects.filter(thing="imapsource")
    assert [line.changes["secret"] for line in lines] == ["changed", "changed"]
    assert "titok" not in str(list(lines.values()))
    sources.save_source(source, by=root)
    assert lines.count() == 2, "nothing changed"
    told = tell_changes([lines[0]])[0]
    assert [difference.is_secret for difference in told.differences] == [True]


def change_all(root: User, anna: User, helpdesk: Team, duna: Organisation, mailbox: Mailbox) -> dict[str, Any]:
    """Each act of the set-up rooms by its name, as one call that changes something."""
    person: dict[str, Any] = {
        "phone": "1", "job_title": "", "place": "2. emelet", "organisation": None, "roles": ["agent"], "language": "hu",
        "time_zone": "Europe/Budapest",
    }  # fmt: skip
    box: dict[str, Any] = {
        "team": helpdesk,
        "name": "Más",
        "is_default": True,
        "sends_auto_reply": True,
        "is_active": True,
    }
    kind = Kind.objects.get(code="task")
    return {
        "add_team": lambda: teams.add_team(name="Raktár", by=root),
        "change_team": lambda: teams.change_team(
            helpdesk, name="X", description="", closed_follow_up="reopen", is_active=True, by=root
        ),
        "write_signatures": lambda: teams.write_signatures(helpdesk, {"hu": "Üdv"}, by=root),
        "add_mailbox": lambda: teams.add_mailbox(address="a@desk.example", team=helpdesk, by=root),
        "change_mailbox": lambda: teams.change_mailbox(mailbox, **box, by=root),
        "give_rights": lambda: people.give_rights(anna, team=helpdesk, rights=[Right.READ], by=root),
        "change_rights": lambda: people.change_rights([(anna, helpdesk, [Right.NOTE])], by=root),
        "invite_person": lambda: people.invite_person(name="Új", email="uj@x.example", by=root),
        "change_person": lambda: people.change_person(anna, name="Más", **person, by=root),
        "add_address": lambda: people.add_address(anna, "masik@x.example", by=root),
        "make_primary": lambda: people.make_primary(anna, "masik@x.example", by=root),
        "deactivate_person": lambda: departures.deactivate_person(anna, by=root),
        "reactivate_person": lambda: people.reactivate_person(anna, by=root),
        "add_organisation": lambda: people.add_organisation(name="Új Kft.", by=root),
        "change_organisation": lambda: people.change_organisation(
            duna, name="Y", shares_tickets=True, is_active=True, by=root
        ),
        "save_source": lambda: sources.save_source(
            ImapSource(mailbox=mailbox, host="h", user_name="u"), password="p", by=root
        ),
        "add_kind": lambda: vocabulary_setup.add_kind(names=NAMES, by=root),
        "change_kind_setting": lambda: vocabulary_setup.change_kind_setting(
            kind, names={"hu": "A", "en": "B"}, is_active=True, by=root
        ),
        "add_priority": lambda: vocabulary_setup.add_priority(names=NAMES, level=3, by=root),
        "add_status": lambda: vocabulary_setup.add_status(names=NAMES, status_type="open", waits_for="us", by=root),
        "move_term": lambda: vocabulary_setup.move_term(kind, up=True, by=root),
        "add_template": lambda: answer_texts.add_template(name="T", team=None, texts={"hu": "Szia"}, by=root),
        "write_auto_replies": lambda: answer_texts.write_auto_replies(mailbox, {"hu": "{number}"}, by=root),
        "add_tag": lambda: tag_setup.add_tag(name="vpn", by=root),
    }


def test_every_act_of_the_set_up_rooms_writes_a_line_with_who(
    root: User, anna: User, helpdesk: Team, duna: Organisation, mailbox: Mailbox
) -> None:
    silent = []
    for name, act in change_all(root, anna, helpdesk, duna, mailbox).items():
        mark = configuration.mark()
        act()
        lines = configuration.lines_since(mark, by=root)
        if not lines or any(line.by != root for line in lines):
            silent.append(name)
        assert all(told.differences or told.change.act == Act.ADDED for told in tell_changes(lines)), name
    assert silent == []


def test_making_another_mailbox_the_default_is_told_of_both(mailbox: Mailbox, network: Team, root: User) -> None:
    teams.add_mailbox(address="net@desk.example", team=network, is_default=True, by=root)
    line = ConfigurationChange.objects.get(thing="mailbox", thing_id=mailbox.pk, act=Act.CHANGED)
    assert line.changes == {"is_default": [True, False]}


def test_names_are_kept_beside_ids_and_told_in_words(helpdesk: Team, anna: User, root: User) -> None:
    people.give_rights(anna, team=helpdesk, rights=[Right.READ, Right.NOTE], by=root)
    told = tell_changes([last()])[0]
    assert told.thing
    assert told.change.name == f"{anna} · {helpdesk}"
    assert [(each.came, each.went) for each in told.differences] == [(["Olvasás", "Megjegyzés"], ["Minden jog"])]
    assert summary([last()]).startswith("Mentve: ")
    teams.write_signature(helpdesk, language="hu", text="Egy\nKettő", by=root)
    teams.write_signature(helpdesk, language="hu", text="Egy\nHárom", by=root)
    lines = tell_changes([last()])[0].differences[0].lines
    assert [(line.sign, line.text) for line in lines] == [(" ", "Egy"), ("-", "Kettő"), ("+", "Három")]


def test_the_history_of_a_team_holds_its_rights_and_signatures(
    helpdesk: Team, network: Team, anna: User, root: User
) -> None:
    people.give_rights(anna, team=helpdesk, rights=[Right.READ], by=root)
    people.give_rights(anna, team=network, rights=[Right.READ], by=root)
    teams.write_signature(helpdesk, language="hu", text="Üdv", by=root)
    assert {line.thing for line in lines_about(helpdesk)} == {"membership", "signature"}
    assert all("Hálózat" not in line.name for line in lines_about(helpdesk))
    assert {line.name for line in lines_about(anna) if line.thing == "membership"} == {
        f"{anna} · {helpdesk}", f"{anna} · {network}",
    }  # fmt: skip


def test_the_line_of_a_right_is_the_one_that_gave_it_last(helpdesk: Team, ben: User, root: User, anna: User) -> None:
    def give(*rights: Right, by: User) -> None:
        people.give_rights(ben, team=helpdesk, rights=rights, by=by)

    wanted = frozenset({Right.READ, Right.ALL})
    give(Right.READ, by=root)
    membership = Membership.objects.get(user=ben, team=helpdesk)
    give(Right.READ, Right.NOTE, by=anna)
    first = line_of_right(membership, wanted)
    assert first is not None
    assert first.by == root
    give(Right.NOTE, by=root)
    give(Right.ALL, by=anna)
    second = line_of_right(membership, wanted)
    assert second is not None
    assert (second.by, second.changes["rights"][1]) == (anna, ["all"])


def test_two_who_change_one_thing_at_once_leave_two_true_lines(transactional_db: None) -> None:
    team = make.team("Egy")
    at_once = threading.Barrier(2)

    def rename(name: str) -> None:
        at_once.wait()
        try:
            teams.change_team(team, name=name, description="", closed_follow_up="reopen", is_active=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rename, ["Kettő", "Három"]))
    lines = [line.changes["name"] for line in ConfigurationChange.objects.filter(thing="team").order_by("pk")]
    assert lines[0][0] == "Egy"
    assert lines[1][0] == lines[0][1], "the second line begins where the first ended"
