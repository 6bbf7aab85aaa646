"""The set-up's doors and its history: every form writes a line with who, and the page shows it in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import make
from tests.permission_table import TABLE
from tickets import answer_texts, arrival_rules, people, tag_setup, teams
from tickets.models import (
    AnswerTemplate,
    ConfigurationChange,
    ImapSource,
    Kind,
    Mailbox,
    Organisation,
    Right,
    Status,
    Tag,
    Team,
    User,
)

Enter = Callable[[User], Client]

# What the set-up's addresses take by POST without changing a setting, and why.
CHANGES_NOTHING = {
    "setup_auto_reply_preview": "shows",
    "setup_signature_preview": "shows",
    "setup_template_preview": "shows",
    "setup_mailbox_test": "sends a mail",
    "setup_resend": "sends a mail",
    "setup_try_imap": "looks",
}
PERSON = {"name": "Új Ember", "roles": ["agent"], "language": "en", "time_zone": "Europe/Paris", "phone": "1"}
TEAM = {"name": "Más", "description": "x", "closed_follow_up": "new_ticket", "absent_owner": "keep", "is_active": "on"}
RULE = {
    "do": "save", "name": "VPN", "tags": "vpn", "is_active": "on", "how.0": "all", "node": "0.0", "field.0.0": "title",
    "op.0.0": "contains", "value.0.0": "vpn",
}  # fmt: skip
IMAP = {
    "host": "127.0.0.1", "port": 993, "security": "tls", "user_name": "box", "password": "kulcs-szo", "folder": "Be",
    "after": "seen", "is_active": "on", "sign_in": "password",
}  # fmt: skip


def page(name: str, *args: object) -> str:
    return reverse(f"tickets:{name}", args=args)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def forms(
    helpdesk: Team, network: Team, mailbox: Mailbox, duna: Organisation, anna: User, ben: User, carla: User
) -> dict[str, tuple[list[object], dict[str, Any]]]:
    """A changed value for each form of the set-up: its arguments and what is typed."""
    people.add_address(carla, "masik@duna.example")
    sleeping = make.person("Alvó")
    User.objects.filter(pk=sleeping.pk).update(is_active=False)
    source = ImapSource.objects.create(mailbox=mailbox, host="h", user_name="u")
    tag = tag_setup.add_tag(name="vpn")
    condition = {"all": [{"field": "title", "op": "contains", "value": "vpn"}]}
    rule = arrival_rules.add_rule(name="VPN", condition=condition, tags=["vpn"])
    arrival_rules.add_rule(name="Másik", condition=condition, tags=["vpn"])
    template = answer_texts.add_template(name="Sablon", team=None, texts={"hu": "Szia"})
    kind = Kind.objects.get(code="task")
    box = {"name": "Más", "team": network.pk, "is_default": "on", "is_active": "on"}
    names = {"name_hu": "Panasz", "name_en": "Complaint", "is_active": "on"}
    return {
        "setup_add_address": ([carla.pk], {"email": "uj@duna.example"}),
        "setup_add_imap": ([], IMAP | {"mailbox": mailbox.pk}),
        "setup_add_mailbox": ([], {"address": "net@desk.example", "team": network.pk}),
        "setup_add_member": ([helpdesk.pk], {"agent": ben.pk}),
        "setup_add_organisation": ([], {"name": "Új Kft."}),
        "setup_add_person": ([], PERSON | {"email": "uj.ember@x.example"}),
        "setup_add_tag": ([], {"name": "wifi", "colour": "4"}),
        "setup_add_team": ([], TEAM | {"name": "Raktár"}),
        "setup_add_template": ([], {"name": "Új", "position": 0, "text_hu": "Kedves {customer}!"}),
        "setup_add_term": (["kind"], names),
        "setup_auto_replies": ([mailbox.pk], {"text_hu": "Jegy: {number}"}),
        "setup_deactivate": ([carla.pk], {}),
        "setup_imap_source": ([source.pk], IMAP | {"mailbox": mailbox.pk, "folder": "Másik"}),
        "setup_mailbox": ([mailbox.pk], box),
        "setup_move_term": (["kind", kind.pk], {"up": "1"}),
        "setup_organisation": ([duna.pk], {"name": "Duna", "is_active": "on"}),
        "setup_person": ([carla.pk], PERSON),
        "setup_person_rights": ([anna.pk], {"row": network.pk, f"rights-{network.pk}": ["read"]}),
        "setup_primary_address": ([carla.pk], {"email": "masik@duna.example"}),
        "setup_reactivate": ([sleeping.pk], {}),
        "setup_signatures": ([helpdesk.pk], {"hu": "Üdv"}),
        "setup_tag": ([tag.pk], {"name": "VPN", "is_active": "on"}),
        "setup_join_tag": ([tag_setup.add_tag(name="alagút").pk], {"into": "vpn"}),
        "setup_add_arrival_rule": ([], RULE | {"name": "Új szabály"}),
        "setup_arrival_rule": ([rule.pk], RULE | {"tags": "vpn, wifi"}),
        "setup_switch_arrival_rule": ([rule.pk], {"to": "off"}),
        "setup_move_arrival_rule": ([rule.pk], {"down": "1"}),
        "setup_team": ([helpdesk.pk], TEAM),
        "setup_team_rights": ([helpdesk.pk], {"row": anna.pk, f"rights-{anna.pk}": ["read", "note"]}),
        "setup_template": ([template.pk], {"name": "Más", "position": 1, "text_hu": "Szia", "is_active": "on"}),
        "setup_term": (["kind", kind.pk], names | {"name_hu": "Teendő", "name_en": "To do"}),
    }


def test_every_form_of_the_set_up_writes_a_line_with_who(
    as_user: Enter, root: User, forms: dict[str, tuple[list[object], dict[str, Any]]]
) -> None:
    posted = {
        name.removeprefix("tickets:")
        for name, (_get, post) in TABLE.items()
        if name.startswith("tickets:setup") and not post.startswith("405")
    }
    assert posted == set(forms) | set(CHANGES_NOTHING), "say what the new form changes"
    client = as_user(root)
    silent = []
    for name, (args, given) in forms.items():
        before = ConfigurationChange.objects.count()
        answer = client.post(page(name, *args), given)
        assert answer.status_code == 302, (name, text_of(answer))
        lines = ConfigurationChange.objects.order_by("-pk")[: ConfigurationChange.objects.count() - before]
        if not lines or {line.by for line in lines} != {root}:
            silent.append(name)
    assert silent == []
    shown = text_of(client.get(page("setup_history")))
    assert "Panasz" in shown
    assert "kulcs-szo" not in shown


def test_a_form_names_what_changed_after_saving(as_user: Enter, root: User, helpdesk: Team) -> None:
    client = as_user(root)
    given = TEAM | {"name": helpdesk.name, "closed_follow_up": "reopen", "absent_owner": "deputy"}
    answer = client.post(page("setup_team", helpdesk.pk), given, follow=True)
    assert "Mentve: Leírás." in text_of(answer)
    answer = client.post(page("setup_team", helpdesk.pk), given, follow=True)
    assert "Semmi sem változott." in text_of(answer)


def test_the_history_is_filtered_by_thing_person_name_and_day(
    as_user: Enter, root: User, anna: User, helpdesk: Team
) -> None:
    teams.add_team(name="Raktár", by=root)
    tag_setup.add_tag(name="kilépő", by=anna)
    client = as_user(root)

    def shown(query: str) -> tuple[bool, bool]:
        text = text_of(client.get(page("setup_history") + query))
        main = text[text.index('<ol class="log">') :] if '<ol class="log">' in text else ""
        return "Raktár" in main, "kilépő" in main

    assert shown("") == (True, True)
    assert shown("?thing=team") == (True, False)
    assert shown(f"?by={anna.pk}") == (False, True)
    assert shown("?name=rakt") == (True, False)
    assert shown("?until=2020-01-01") == (False, False)
    assert shown("?since=2020-01-01") == (True, True)
    for nonsense in (
        "?thing=nothing",
        "?by=x",
        "?since=soon",
        "?before=x",
        "?before=99999999999999999999",
        "?thing_id=-1",
    ):
        assert client.get(page("setup_history") + nonsense).status_code == 200, nonsense
    assert shown("?before=1") == (False, False)


def test_the_history_is_paged_and_costs_the_same_however_long_it_is(
    as_user: Enter, root: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(45):
        tag_setup.add_tag(name=f"tag {number:02}", by=root)
    client = as_user(root)
    with django_assert_max_num_queries(12):
        first = text_of(client.get(page("setup_history")))
    assert "tag 44" in first
    assert "tag 04" not in first
    oldest = ConfigurationChange.objects.get(name="tag 05").pk
    assert f"before={oldest}" in first
    assert "tag 04" in text_of(client.get(page("setup_history") + f"?before={oldest}"))


def test_markup_in_a_setting_is_shown_as_text(as_user: Enter, root: User) -> None:
    tag_setup.add_tag(name="<script>x</script>", description="<b>", by=root)
    shown = text_of(as_user(root).get(page("setup_history")))
    assert "&lt;script&gt;" in shown
    assert "<script>x" not in shown


# --- rights --------------------------------------------------------------------------------------------------------


def test_rights_that_do_not_exist_change_nothing(as_user: Enter, root: User, anna: User, helpdesk: Team) -> None:
    before = ConfigurationChange.objects.count()
    client = as_user(root)
    for given in (
        {"row": [anna.pk, 999999], f"rights-{anna.pk}": ["read"]},
        {"row": "x"},
        {"row": anna.pk, f"rights-{anna.pk}": ["fly"]},
    ):
        assert client.post(page("setup_team_rights", helpdesk.pk), given).status_code == 302
    assert ConfigurationChange.objects.count() == before


def test_whoever_had_no_rights_and_gets_none_stays_outside(
    as_user: Enter, root: User, anna: User, network: Team
) -> None:
    as_user(root).post(page("setup_person_rights", anna.pk), {"row": network.pk})
    assert not network.memberships.exists()


def test_the_page_of_all_rights_costs_the_same_for_many(
    as_user: Enter, root: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for _number in range(20):
        make.agent(team=helpdesk, rights=[Right.READ])
    client = as_user(root)
    client.get(page("setup_rights"))  # what a process keeps at hand is at hand now
    with django_assert_max_num_queries(10):
        assert client.get(page("setup_rights")).status_code == 200


# --- vocabulary, texts, tags ---------------------------------------------------------------------------------------


def test_bad_input_keeps_everything_typed_with_a_sentence_at_its_field(as_user: Enter, root: User) -> None:
    client = as_user(root)
    solved = Status.objects.get(code="solved")
    for name, args, given, kept in (
        (
            "setup_term",
            ["status", solved.pk],
            {"name_hu": "Kész van", "name_en": "Done", "waits_for": "nobody"},
            "Kész van",
        ),
        (
            "setup_add_term",
            ["status"],
            {"name_hu": "Új", "name_en": "Fresh", "status_type": "open", "waits_for": "us"},
            "Fresh",
        ),
        ("setup_add_term", ["priority"], {"name_hu": "Sor", "name_en": "", "level": "3"}, "Sor"),
        ("setup_add_term", ["kind"], {"name_hu": "x" * 61, "name_en": "Kept"}, "Kept"),
        ("setup_add_template", [], {"name": "Neve", "position": 0, "text_hu": "Kedves {ugyfel}!"}, "Kedves {ugyfel}!"),
        ("setup_add_tag", [], {"name": "jó", "description": "y" * 301}, "jó"),
    ):
        answer = client.post(page(name, *args), given)
        assert answer.status_code == 422, name
        assert kept in text_of(answer), name
        assert "error-summary" in text_of(answer), name
    assert client.get("/setup/vocabulary/nothing/").status_code == 404
    assert client.get(page("setup_term", "kind", 999999)).status_code == 404


def test_a_term_moves_by_its_button_and_the_button_keeps_the_focus(as_user: Enter, root: User) -> None:
    kind = Kind.objects.get(code="incident")
    answer = as_user(root).post(page("setup_move_term", "kind", kind.pk), {"up": "1"}, follow=True)
    assert Kind.objects.order_by("position")[0] == kind
    assert f'value="1" autofocus aria-label="{kind.label} feljebb"' in text_of(answer)


def test_the_list_of_statuses_counts_its_open_tickets_in_one_query(
    as_user: Enter, root: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for _number in range(3):
        make.ticket(team=helpdesk, status="waiting")
    client = as_user(root)
    client.get(page("setup_terms", "status"))  # what a process keeps at hand is at hand now
    with django_assert_max_num_queries(8):
        shown = text_of(client.get(page("setup_terms", "status")))
    assert '<td class="n">3</td>' in shown


def test_a_template_is_found_by_the_words_of_its_text(as_user: Enter, root: User, helpdesk: Team) -> None:
    answer_texts.add_template(name="Egyik", team=helpdesk, texts={"hu": "festékpatron"})
    answer_texts.add_template(name="Másik", team=None, texts={"en": "password"})
    shown = text_of(as_user(root).get(page("setup_templates") + "?q=patron"))
    assert "Egyik" in shown
    assert "Másik" not in shown


def test_previews_follow_what_is_typed(as_user: Enter, root: User, mailbox: Mailbox, carla: User) -> None:
    ticket = make.ticket(team=mailbox.team, customer=carla)
    client = as_user(root)
    shown = text_of(client.post(page("setup_template_preview"), {"text_hu": "Kedves {customer}, {number}"}))
    assert f"Kedves {carla.name}, {ticket.number}" in shown
    shown = text_of(client.post(page("setup_auto_reply_preview", mailbox.pk), {"text_hu": "Szám: {number}"}))
    assert f"Szám: {ticket.number}" in shown
    assert "We have received your message" in shown
    shown = text_of(client.post(page("setup_signature_preview", mailbox.team.pk), {"hu": "<b>Üdv</b>"}))
    assert "&lt;b&gt;Üdv&lt;/b&gt;" in shown
    assert AnswerTemplate.objects.count() == 0


def test_the_list_of_tags_costs_the_same_for_many(
    as_user: Enter, root: User, django_assert_max_num_queries: Any
) -> None:
    Tag.objects.bulk_create(Tag(name=f"t{number:03}") for number in range(100))
    client = as_user(root)
    client.get(page("setup_tags"))  # what a process keeps at hand is at hand now
    with django_assert_max_num_queries(10):
        first = text_of(client.get(page("setup_tags")))
    assert "t059" in first
    assert "t060" not in first
    assert "t060" in text_of(client.get(page("setup_tags") + "?after=t059"))


# --- the mailbox's test --------------------------------------------------------------------------------------------


def test_a_test_of_a_mailbox_is_sent_and_followed(as_user: Enter, root: User, mailbox: Mailbox) -> None:
    client = as_user(root)
    answer = client.post(page("setup_mailbox_test", mailbox.pk), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in text_of(answer), "it asks again while something is on its way"
    again = client.post(page("setup_mailbox_test", mailbox.pk), headers={"HX-Request": "true"})
    assert 'data-tone="bad"' in text_of(again)
    assert str(root.email) in text_of(client.get(page("setup_mailbox", mailbox.pk)))


# --- who sees what -------------------------------------------------------------------------------------------------


def test_why_is_answered_on_the_ticket_for_those_who_lead_its_team(
    as_user: Enter, anna: User, ben: User, cora: User, carla: User, helpdesk: Team
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert page("why", ticket.number) in text_of(as_user(anna).get(page("ticket", ticket.number)))
    assert page("why", ticket.number) not in text_of(as_user(cora).get(page("ticket", ticket.number)))
    assert as_user(cora).get(page("why", ticket.number)).status_code == 403
    assert as_user(ben).get(page("why", ticket.number)).status_code == 404
    client = as_user(anna)
    assert carla.name in text_of(client.get(page("why", ticket.number)))
    shown = text_of(client.get(page("why", ticket.number) + "?q=szalai"))
    assert "Szalai Ben nem látja a jegyet" in shown
    assert "látja a jegyet, megjegyzések nélkül" in text_of(client.get(page("why", ticket.number) + f"?who={carla.pk}"))
    for nonsense in ("?who=x", "?who=99999999999999999999", "?who=999999", "?q=%00", "?q=zzzz"):
        assert client.get(page("why", ticket.number) + nonsense).status_code == 200


def test_why_is_answered_in_the_set_up_about_any_ticket(as_user: Enter, root: User, ben: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    client = as_user(root)
    assert "nem látja a jegyet" in text_of(client.get(page("setup_why") + f"?q=szalai&ticket={ticket.number}"))
    assert "Nincs ilyen számú jegy." in text_of(client.get(page("setup_why") + "?q=szalai&ticket=123"))
