"""Ready answers: which a team has, in whose language, and what their placeholders become."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from tests import make
from tickets import tagging
from tickets.answer_templates import PLACEHOLDERS, fill_text, first_name, templates_for, unknown_in
from tickets.models import AnswerTemplate, Tag, Team, Ticket, User


@pytest.fixture
def ticket(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def write(name: str, team: Team | None = None, **texts: str) -> AnswerTemplate:
    return AnswerTemplate.objects.create(name=name, team=team, texts=texts)


def test_a_team_has_its_own_and_those_for_all_in_the_customers_language(
    ticket: Ticket, anna: User, helpdesk: Team, network: Team
) -> None:
    write("all", hu="Kedves {first_name}!", en="Dear {first_name},")
    write("ours", helpdesk, hu="Üdv: {agent}", en="Regards, {agent}")
    write("theirs", network, hu="x", en="x")
    AnswerTemplate.objects.create(name="old", texts={"hu": "x"}, is_active=False)
    with translation.override("en"):
        assert [each.text for each in templates_for(ticket, anna)] == ["Kedves Márta!", "Üdv: Varga Anna"]


def test_where_a_language_is_missing_another_one_serves(ticket: Ticket, anna: User) -> None:
    write("english only", en="Dear {first_name},")
    assert [each.text for each in templates_for(ticket, anna)] == ["Dear Márta,"]


def test_every_placeholder_has_a_value_on_a_usual_ticket(ticket: Ticket, anna: User) -> None:
    anna.job_title = "csapatvezető"
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    filled = fill_text(text, ticket, anna, "hu")
    assert unknown_in(filled) == []
    assert ticket.number in filled
    assert "Duna Könyvelő" in filled
    assert f"/portal/requests/{ticket.number}/" in filled


def test_what_can_not_be_filled_stays_visible(helpdesk: Team, anna: User) -> None:
    nobody = make.ticket(team=helpdesk, customer=None)
    text = fill_text("{customer} {visit_time} {NUMBER} {a b} {number}", nobody, anna, "en")
    assert text == f"{{customer}} {{visit_time}} {{NUMBER}} {{a b}} {nobody.number}"
    assert unknown_in(text) == ["{customer}", "{visit_time}"]


def test_a_value_is_never_taken_for_a_placeholder(ticket: Ticket, anna: User) -> None:
    ticket.title = "{agent} and \\1"
    assert fill_text("{title}", ticket, anna, "en") == "{agent} and \\1"


@pytest.mark.parametrize(
    ("name", "language", "given"),
    [
        ("Kovács Anna", "hu", "Anna"),
        ("dr. Kovács Anna Mária", "hu", "Anna"),
        ("Mark Ellis", "en", "Mark"),
        ("Madonna", "hu", "Madonna"),
        ("", "hu", ""),
    ],
)
def test_given_names(name: str, language: str, given: str) -> None:
    assert first_name(User(name=name, language=language), language) == given


def test_the_standing_answers_of_the_tickets_tags_come_first_and_bear_the_tags_names(
    ticket: Ticket, anna: User
) -> None:
    write("all", hu="Kedves {first_name}!")
    taken = write("vpn text", hu="Kedves {first_name}! Indítsa újra.", en="Restart it.")
    vpn = Tag.objects.create(name="vpn", answer_template=taken)
    outage = Tag.objects.create(name="kiesés", answer={"hu": "Dolgozunk rajta, {number}."})
    silent, other = Tag.objects.create(name="néma"), Tag.objects.create(name="más", answer={"hu": "Más."})
    for tag in (vpn, outage, silent):
        tagging.tag_ticket(ticket, tag, by=anna)
    found = templates_for(ticket, anna)
    assert [(each.name, each.tag) for each in found] == [("kiesés", outage), ("vpn", vpn), ("all", None)]
    assert found[0].text == f"Dolgozunk rajta, {ticket.number}."
    assert found[1].text == "Kedves Márta! Indítsa újra."
    assert len({each.key for each in found}) == 3
    assert other.name not in [each.name for each in found]


def test_the_standing_answer_of_a_tag_is_listed_first_and_put_in_without_script_too(
    as_user: Callable[[User], Client], anna: User, ticket: Ticket
) -> None:
    AnswerTemplate.objects.create(name="Hello", texts={"hu": "Kedves {first_name}!"})
    tag = Tag.objects.create(name="vpn", answer={"hu": "{first_name}, dolgozunk rajta."})
    client, url = as_user(anna), f"/ticket/{ticket.number}/"
    assert "dolgozunk" not in client.get(f"{url}templates/", headers={"HX-Request": "true"}).content.decode()
    tagging.tag_ticket(ticket, tag, by=anna)
    listed = client.get(f"{url}templates/", headers={"HX-Request": "true"}).content.decode()
    assert listed.index("<b>vpn</b>") < listed.index("<b>Hello</b>")
    assert "Állandó válasz" in listed
    page = client.get(url, {"template": f"tag-{tag.pk}"}).content.decode()
    assert "Márta, dolgozunk rajta.</textarea>" in page
