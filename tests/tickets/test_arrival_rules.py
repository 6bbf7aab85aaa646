"""Rules on arrival: what they catch, what they do, what stops them and what they never stop."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tickets import arrival_rules, conditions, conversation, groups, history_words, splitting, tagging
from tickets.errors import Refused
from tickets.mail.intake import process_inbound_mail
from tickets.models import (
    ArrivalMatch,
    ArrivalRule,
    Channel,
    ConfigurationChange,
    Event,
    GroupMembership,
    Mailbox,
    Tag,
    Team,
    Ticket,
    TicketGroup,
    User,
)

PRINTER = {"field": "title", "op": "contains", "value": "nyomtat"}
Problem = ArrivalMatch.Problem


def rule(condition: dict[str, Any] = PRINTER, *, tags: list[str] | None = None, **more: Any) -> ArrivalRule:
    name = more.pop("name", f"rule {ArrivalRule.objects.count()}")
    return arrival_rules.add_rule(
        name=name, condition={"all": [condition]}, tags=["nyomtató"] if tags is None else tags, **more
    )


def tags_of(ticket: Ticket) -> set[str]:
    return set(ticket.tags.values_list("name", flat=True))


def problems() -> list[str]:
    return list(ArrivalMatch.objects.order_by("pk").values_list("problem", flat=True))


# --- arriving --------------------------------------------------------------------------------------------------------


def test_a_ticket_by_any_door_is_tagged_by_what_its_first_words_say(
    helpdesk: Team, mailbox: Mailbox, carla: User, anna: User
) -> None:
    made = rule({"field": "text", "op": "contains", "value": "TONER"}, tags=["toner"])
    portal = conversation.open_request(
        title="Kérés", text="Elfogyott a tóner.", team=helpdesk, channel=Channel.WEB, by=carla, customer=carla
    )
    phone = conversation.open_request(
        title="Hívás", text="Nincs toner", team=helpdesk, channel=Channel.PHONE, by=anna, customer=carla
    )
    make.inbound(make.mail("Kifogyott a toner."), mailbox=mailbox)
    process_inbound_mail()
    mail = Ticket.objects.get(channel=Channel.MAIL)
    split = splitting.split_message(
        conversation.add_note(make.ticket(team=helpdesk), text="A toner is kell", by=anna),
        title="Toner", team=helpdesk, customer=carla, by=anna,
    )  # fmt: skip
    for ticket in (portal, phone, mail, split):
        assert tags_of(ticket) == {"toner"}
        line = next(
            line for line in history_words.tell(Event.objects.filter(ticket=ticket)) if line.event.verb == "tagged"
        )
        assert line.who is None
        assert line.event.data["rule"] == made.pk
        assert made.name in line.text
    assert problems() == [""] * 4


def test_later_words_are_none_of_the_rules_business(helpdesk: Team, carla: User) -> None:
    rule({"field": "text", "op": "contains", "value": "toner"})
    ticket = make.ticket(team=helpdesk, customer=carla, text="Jó napot!")
    make.message(ticket, "A toner fogyott el.", author=carla)
    assert tags_of(ticket) == set()


def test_a_message_costs_one_query_for_the_rules_the_first_one_too(
    helpdesk: Team, carla: User, django_assert_num_queries: Any
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    make.message(ticket, "Still nothing.", author=carla)
    first, later = ticket.events.filter(verb="message_received").order_by("seq")
    with django_assert_num_queries(1):
        arrival_rules.apply_rules(later, ticket)
    other = make.ticket(team=helpdesk, customer=carla)
    only = other.events.get(verb="message_received")
    with django_assert_num_queries(1):
        arrival_rules.apply_rules(only, other)
    assert first.message_id != later.message_id


def test_rules_ask_who_wrote_from_where_and_to_which_address(helpdesk: Team, mailbox: Mailbox, carla: User) -> None:
    other = make.mailbox("halozat@desk.example", team=helpdesk)
    rule({"field": "sender", "op": "contains", "value": "@duna.example"}, tags=["duna"])
    rule({"field": "organisation", "op": "is", "value": carla.organisation_id}, tags=["könyvelő"])
    rule({"field": "mailbox", "op": "is", "value": mailbox.pk}, tags=["support"])
    rule({"field": "mailbox", "op": "is", "value": other.pk}, tags=["halozat"])
    make.inbound(make.mail(), mailbox=mailbox)
    make.inbound(make.mail(sender="x@else.example", to="halozat@desk.example"), mailbox=other)
    process_inbound_mail()
    first, second = Ticket.objects.order_by("pk")
    assert tags_of(first) == {"duna", "könyvelő", "support"}
    assert tags_of(second) == {"halozat"}


def test_a_rule_puts_the_ticket_into_its_group(helpdesk: Team, anna: User) -> None:
    group = groups.open_group("Nyomtatók", team=helpdesk, by=anna)
    rule(tags=[], group=group)
    ticket = make.ticket(team=helpdesk)
    held = GroupMembership.objects.get(ticket=ticket)
    assert (held.group, held.how, held.joined_by) == (group, GroupMembership.How.RULE, None)
    assert problems() == [""]


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_closed_group_stops_no_ticket_and_the_rule_says_so(helpdesk: Team, anna: User) -> None:
    group = groups.open_group("Nyomtatók", team=helpdesk, by=anna)
    made = rule(group=group)
    TicketGroup.objects.filter(pk=group.pk).update(status="closed", closed_at="2026-05-05T10:00Z")
    ticket = make.ticket(team=helpdesk)
    assert tags_of(ticket) == {"nyomtató"}
    assert problems() == [Problem.GROUP_CLOSED]
    state = arrival_rules.states_of(arrival_rules.read_rules())[0]
    assert (state.matched, state.failed) == (1, 1)
    assert len(state.troubles) == 1
    assert [match.ticket for match in arrival_rules.latest_problems(made)] == [ticket]


def test_of_two_groups_the_first_rule_wins(helpdesk: Team, anna: User) -> None:
    one, two = (groups.open_group(title, team=helpdesk, by=anna) for title in ("Egy", "Kettő"))
    rule(tags=[], group=one)
    rule(tags=[], group=two)
    assert groups.group_of(make.ticket(team=helpdesk)) == one
    assert problems() == ["", Problem.IN_ANOTHER_GROUP]


def test_a_retired_tag_is_left_out_and_a_joined_one_gives_the_other(helpdesk: Team) -> None:
    rule(tags=["régi", "szinonima"])
    Tag.objects.filter(name="régi").update(is_active=False)
    Tag.objects.filter(name="szinonima").update(synonym_of=Tag.objects.create(name="valódi"), is_active=False)
    assert tags_of(make.ticket(team=helpdesk)) == {"valódi"}
    assert problems() == [Problem.TAG_RETIRED]
    assert len(arrival_rules.states_of(arrival_rules.read_rules())[0].troubles) == 1


def test_a_rule_that_is_broken_matches_nothing_and_is_shown(helpdesk: Team) -> None:
    made = rule()
    ArrivalRule.objects.filter(pk=made.pk).update(condition={"all": [{"field": "gone", "op": "is", "value": 1}]})
    rule(tags=["jó"])
    assert tags_of(make.ticket(team=helpdesk)) == {"jó"}
    assert arrival_rules.states_of(arrival_rules.read_rules())[0].troubles


def test_a_mistake_in_the_code_of_a_field_costs_the_rule_alone(helpdesk: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    rule(tags=["a"])
    rule(tags=["b"])
    real = tagging.tag_ticket

    def fails(ticket: Ticket, tag: Tag, **more: Any) -> Tag:
        if tag.name == "a":
            Tag.objects.create(name=tag.name)  # breaks a constraint, and so the transaction around it
        return real(ticket, tag, **more)

    monkeypatch.setattr(arrival_rules, "tag_ticket", fails)
    assert tags_of(make.ticket(team=helpdesk)) == {"b"}
    assert problems() == [Problem.FAILED, ""]


def test_a_field_that_cannot_be_read_costs_its_rules_alone(helpdesk: Team) -> None:
    def broken(ticket: Ticket) -> str:
        return str(Ticket.objects.extra(where=["nonsense"]).get())

    conditions.register(
        conditions.Field(name="broken", label="broken", type=conditions.Type.TEXT, column="title", read=broken)
    )
    try:
        rule({"field": "broken", "op": "is", "value": "x"}, tags=["a"])
        rule(tags=["b"])
        assert tags_of(make.ticket(team=helpdesk)) == {"b"}
    finally:
        conditions.unregister("broken")
    assert problems() == [Problem.FAILED, ""]


# --- set-up ----------------------------------------------------------------------------------------------------------


def test_what_is_no_rule(helpdesk: Team, anna: User) -> None:
    closed = groups.open_group("x", team=helpdesk, by=anna)
    TicketGroup.objects.filter(pk=closed.pk).update(status="closed", closed_at="2026-05-05T10:00Z")
    closed.refresh_from_db()
    bad: list[tuple[dict[str, Any], str]] = [
        ({"condition": {}}, "condition"),
        ({"condition": {"all": [{"field": "owner", "op": "is", "value": "me"}]}}, "condition"),
        ({"condition": {"all": [{"field": "unread", "op": "is", "value": True}]}}, "condition"),
        ({"condition": {"all": [{"field": "gone", "op": "is", "value": 1}]}}, ""),
        ({"tags": []}, "tags"),
        ({"tags": ["a" * 61]}, "tag"),
        ({"tags": [f"t{n}" for n in range(11)]}, "tags"),
        ({"group": closed}, "group"),
        ({"name": " "}, "name"),
    ]
    for given, field in bad:
        with pytest.raises(Refused) as refusal:
            arrival_rules.add_rule(**{"name": "x", "condition": {"all": [PRINTER]}, "tags": ["a"]} | given)
        assert refusal.value.field == field, given
    rule(name="Nyomtatók")
    with pytest.raises(Refused):
        rule(name="Nyomtatók")


def test_changes_are_in_the_history_of_the_set_up_in_words(root: User) -> None:
    made = rule(name="Nyomtatók", by=root)
    tag = Tag.objects.get(name="nyomtató")
    changed = arrival_rules.change_rule(
        made,
        name="Nyomtatók",
        condition={"all": [{"field": "tag", "op": "is", "value": tag.pk}]},
        tags=["toner"],
        group=None,
        is_active=True,
        by=root,
    )
    arrival_rules.switch_rule(changed, is_active=False, by=root)
    lines = ConfigurationChange.objects.filter(thing="arrivalrule", thing_id=made.pk).order_by("pk")
    assert [line.act for line in lines] == ["added", "changed", "changed"]
    assert lines[1].changes["tags"] == [["nyomtató"], ["toner"]]
    assert "nyomtató" in lines[1].changes["condition"][1]
    assert lines[2].changes == {"is_active": [True, False]}


def test_rules_are_put_in_order_and_switched_off(helpdesk: Team, root: User) -> None:
    one, two = rule(tags=["a"]), rule(tags=["b"])
    arrival_rules.move_rule(two, up=True, by=root)
    arrival_rules.move_rule(two, up=True, by=root)
    assert [each.pk for each in ArrivalRule.objects.all()] == [two.pk, one.pk]
    arrival_rules.switch_rule(two, is_active=False, by=root)
    assert tags_of(make.ticket(team=helpdesk)) == {"a"}


# --- the dry run -----------------------------------------------------------------------------------------------------


def test_the_dry_run_asks_the_latest_tickets_and_changes_nothing(helpdesk: Team, root: User) -> None:
    hits = [make.ticket(team=helpdesk) for _n in range(3)]
    make.ticket("Más", team=helpdesk)
    trial = arrival_rules.try_condition(conditions.parse(PRINTER), by=root)
    assert (trial.looked_at, trial.count) == (4, 3)
    assert trial.sample == hits[::-1]
    assert not any(tagging.tag_on(ticket, "nyomtató") for ticket in hits)


def test_the_dry_run_asks_fewer_when_many_take_too_long(
    helpdesk: Team, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _n in range(3):
        make.ticket(team=helpdesk)
    monkeypatch.setattr(arrival_rules, "TRIED", (3, 2))
    real, asked = arrival_rules._try, []

    def slow(condition: conditions.Condition, most: int, by: User) -> arrival_rules.Trial:
        asked.append(most)
        if most == 3:
            list(Ticket.objects.extra(where=["pg_sleep(30) IS NOT NULL"]))
        return real(condition, most, by)

    monkeypatch.setattr(arrival_rules, "LONGEST_TRY", 50)
    monkeypatch.setattr(arrival_rules, "_try", slow)
    trial = arrival_rules.try_condition(conditions.parse(PRINTER), by=root)
    assert (asked, trial.looked_at, trial.count) == ([3, 2], 2, 2)
    monkeypatch.setattr(arrival_rules, "TRIED", (3,))
    assert arrival_rules.try_condition(conditions.parse(PRINTER), by=root).is_slow
