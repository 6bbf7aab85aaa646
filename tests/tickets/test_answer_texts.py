"""Ready texts: placeholders filled in one pass, bad ones refused, automatic replies by mailbox and language; tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tickets import answer_texts, tag_setup, tagging
from tickets.answer_templates import PLACEHOLDERS, fill_text
from tickets.errors import Refused
from tickets.mail.acknowledgement import compose_acknowledgement
from tickets.mail.outgoing import acknowledge
from tickets.models import AnswerTemplate, AutoReplyText, Mailbox, OutboundMail, Tag, Team, Ticket, User
from tickets.tag_setup import TagCount


def test_every_placeholder_is_filled(helpdesk: Team, carla: User, anna: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    anna.job_title = "csapatvezető"
    for language in ("hu", "en"):
        filled = fill_text(text, ticket, anna, language)
        assert "{" not in filled
        assert ticket.number in filled
        assert carla.name in filled
    assert "Új" in fill_text("{status}", ticket, anna, "hu")
    assert "New" in fill_text("{status}", ticket, anna, "en")


def test_what_a_value_holds_is_never_read_as_a_placeholder(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket("A {number} {agent} nem megy", team=helpdesk)
    assert fill_text("{title}", ticket, anna, "hu") == "A {number} {agent} nem megy"
    assert fill_text("{nothing} {", ticket, anna, "hu") == "{nothing} {"


def test_a_template_with_an_unknown_placeholder_or_without_text_is_refused(helpdesk: Team) -> None:
    for texts, field in (
        ({"hu": "Kedves {ugyfel}!", "en": ""}, "text_hu"),
        ({"hu": "", "en": "Dear {custmer}"}, "text_en"),
        ({"hu": " ", "en": ""}, "text_hu"),
        ({"hu": "x" * 8001}, "text_hu"),
    ):
        with pytest.raises(Refused) as refusal:
            answer_texts.add_template(name="Sablon", team=helpdesk, texts=texts)
        assert refusal.value.field == field
    assert not AnswerTemplate.objects.exists()


def test_a_templates_name_is_taken_once_per_team(helpdesk: Team, network: Team) -> None:
    answer_texts.add_template(name="Sablon", team=helpdesk, texts={"hu": "Szia"})
    answer_texts.add_template(name="Sablon", team=network, texts={"hu": "Szia"})
    answer_texts.add_template(name="Sablon", team=None, texts={"hu": "Szia"})
    for team in (helpdesk, None):
        with pytest.raises(Refused):
            answer_texts.add_template(name=" Sablon ", team=team, texts={"hu": "Szia"})


def test_an_own_text_acknowledges_in_its_language_and_the_houses_words_in_all_others(
    mailbox: Mailbox, carla: User, karl: User
) -> None:
    answer_texts.write_auto_replies(mailbox, {"hu": "Jegy: {number}, {title}, {team}, {customer}\n{link}", "en": ""})
    ticket = make.ticket(team=mailbox.team, customer=carla)
    text = compose_acknowledgement(ticket, language="hu")
    assert f"Jegy: {ticket.number}, {ticket.title}, {mailbox.team}, {carla.name}" in text
    assert "/portal/" in text
    assert text.rstrip().endswith(mailbox.team.name), "the signature closes it"
    english = compose_acknowledgement(make.ticket(team=mailbox.team, customer=karl), language="en")
    assert "We have received your message" in english


def test_an_own_text_goes_out_with_all_brakes(mailbox: Mailbox, carla: User) -> None:
    answer_texts.write_auto_replies(mailbox, {"hu": "Saját szöveg, {number}."})
    for _number in range(4):
        ticket = make.ticket("Ugyanaz", team=mailbox.team, customer=carla)
        acknowledge(ticket, ticket.messages.get())
    sent = OutboundMail.objects.filter(is_automatic=True)
    assert sent.count() == 2, "the same subject is answered twice at most"
    assert all(mail.body.startswith("Saját szöveg, ") for mail in sent)


def test_an_emptied_text_falls_back_to_the_houses_words(mailbox: Mailbox, carla: User) -> None:
    answer_texts.write_auto_replies(mailbox, {"hu": "Saját", "en": ""})
    answer_texts.write_auto_replies(mailbox, {"hu": "  ", "en": ""})
    text = compose_acknowledgement(make.ticket(team=mailbox.team, customer=carla), language="hu")
    assert "Saját" not in text
    assert answer_texts.auto_replies_of(mailbox) == {"hu": "", "en": ""}
    assert AutoReplyText.objects.count() == 1


def test_bad_placeholders_of_one_language_keep_all_others_from_being_written(mailbox: Mailbox) -> None:
    with pytest.raises(Refused) as refusal:
        answer_texts.write_auto_replies(mailbox, {"hu": "Jó {number}", "en": "Bad {agent}"})
    assert refusal.value.field == "text_en"
    assert not AutoReplyText.objects.exists()


# --- tags ----------------------------------------------------------------------------------------------------------


def test_a_tag_is_renamed_on_all_its_tickets_at_once(helpdesk: Team, carla: User, anna: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    tag = tagging.tag_ticket(ticket, "nyomtato", by=anna)
    changed = tag_setup.change_tag(
        tag,
        name="nyomtató",
        description="Papír, festék",
        colour=2,
        team=helpdesk,
        owner=anna,
        synonyms=["printer"],
        answer_template=None,
        answer={},
        is_active=True,
    )
    assert [each.name for each in ticket.tags.all()] == ["nyomtató"]
    assert changed.pk == tag.pk
    assert tagging.find_or_add_tag("Nyomtató").pk == tag.pk
    with pytest.raises(Refused):
        tag_setup.add_tag(name="NYOMTATÓ")
    with pytest.raises(Refused):
        tag_setup.add_tag(name=" , ")
    with pytest.raises(Refused):
        tag_setup.add_tag(name="x", colour=7)


def test_tags_are_counted_open_and_in_all(helpdesk: Team, anna: User) -> None:
    for status in (None, "solved"):
        tagging.tag_ticket(make.ticket(team=helpdesk, status=status), "vpn", by=anna)
    tag = Tag.objects.get(name="vpn")
    assert tag_setup.count_tickets([tag]) == {tag.pk: TagCount(open=1, all=2)}
    assert Ticket.objects.filter(tags=tag).count() == 2


def test_counting_a_tags_old_tickets_stops_and_says_so(
    helpdesk: Team, anna: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(tag_setup, "MOST_COUNTED", 3)
    tags = [Tag.objects.create(name=name) for name in ("sok", "kevés", "semmi")]
    for _number in range(4):
        tagging.tag_ticket(make.ticket(team=helpdesk, status="solved"), tags[0], by=anna)
    tagging.tag_ticket(make.ticket(team=helpdesk), tags[1], by=anna)
    with django_assert_num_queries(1):
        counts = tag_setup.count_tickets(tags)
    assert [(counts[tag.pk].open, counts[tag.pk].all_said) for tag in tags] == [(0, "2+"), (1, "1"), (0, "0")]
