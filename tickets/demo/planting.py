"""Plants the demo: people, teams, addresses, and the stories, all in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import answer_texts, arrival_rules, demo, people, person_notes, tag_setup, teams
from tickets.demo import groups, letters, stories_closed, stories_english, stories_outage, stories_today, stories_week
from tickets.demo.clock import stopped_at
from tickets.demo.people import (
    CLIENTS,
    COLLEAGUES,
    LOGINS,
    LOOKS,
    MAILBOXES,
    MOST,
    ORGANISATIONS,
    PASSWORD,
    SIGNATURES,
    TEAMS,
    email_of,
)
from tickets.demo.play import Stage, opening_of, play
from tickets.demo.texts import ARRIVAL_RULES, AUTO_REPLIES, PERSON_NOTES, TAG_CARE, TAGS, TEMPLATES
from tickets.errors import Refused
from tickets.models import AnswerTemplate, Kind, Mailbox, Organisation, Priority, Right, Status, Team, Ticket, User

# The house was set up before its first ticket.
SET_UP_BEFORE = timedelta(days=40)

STORIES = (
    *stories_closed.STORIES,
    *stories_week.STORIES,
    *stories_english.STORIES,
    *stories_today.STORIES,
    *stories_outage.STORIES,
)


def plant_demo() -> int:
    """Returns how many tickets there are. Raises Refused where tickets exist: a real help desk is left alone.

    One transaction: a demo is there as a whole or not at all. Its mails are settled as captured within it,
    so that none of them can reach a mail server.
    """
    if Ticket.objects.exists():
        raise Refused(_("There are tickets already. The demo is only planted on an empty database."))
    with transaction.atomic():
        now = timezone.now()
        with stopped_at(now - SET_UP_BEFORE):
            stage = _set_stage(now)
            _write_texts(stage)
        for story in sorted(STORIES, key=lambda story: opening_of(story, stage.now)):
            play(story, stage)
        groups.plant_groups(stage)
        letters.deliver_letters(stage)
        letters.settle_mails()
        for plant_part in demo.parts():
            plant_part(stage)
    return Ticket.objects.count()


def _set_stage(now: datetime) -> Stage:
    made_teams = {key: teams.add_team(name=name, description=text) for key, (name, text) in TEAMS.items()}
    addresses: dict[str, str] = {}
    for address, (name, team, is_default) in MAILBOXES.items():
        teams.add_mailbox(address=address, name=name, team=made_teams[team], is_default=is_default)
        addresses.setdefault(team, address)
    for team, (hungarian, english) in SIGNATURES.items():
        teams.write_signature(made_teams[team], language="hu", text=hungarian)
        teams.write_signature(made_teams[team], language="en", text=english)
    return Stage(
        now=now,
        people=_invite_people(made_teams),
        teams=made_teams,
        statuses={status.code: status for status in Status.objects.all()},
        priorities={priority.code: priority for priority in Priority.objects.all()},
        kinds={kind.code: kind for kind in Kind.objects.all()},
        mailboxes=addresses,
    )


def _write_texts(stage: Stage) -> None:
    """Templates, automatic replies and tags, as the administrator set them up."""
    root = stage.people["root"]
    for place, template in enumerate(TEMPLATES):
        team = stage.teams[template.team] if template.team else None
        texts = {"hu": template.hungarian, "en": template.english}
        answer_texts.add_template(name=template.name, team=team, texts=texts, position=place, by=root)
    for address, (hungarian, english) in AUTO_REPLIES.items():
        mailbox = Mailbox.objects.get(address=address)
        answer_texts.write_auto_replies(mailbox, {"hu": hungarian, "en": english}, by=root)
    for name, (description, colour, team_key) in TAGS.items():
        team = stage.teams[team_key] if team_key else None
        owner, words, answer = TAG_CARE.get(name, ("", (), ""))
        tag_setup.add_tag(
            name=name,
            description=description,
            colour=colour,
            team=team,
            owner=stage.people[owner] if owner else None,
            synonyms=words,
            answer_template=AnswerTemplate.objects.get(name=answer) if answer else None,
            by=root,
        )
    for name, (title, tag) in ARRIVAL_RULES.items():
        condition = {"all": [{"field": "title", "op": "contains", "value": title}]}
        arrival_rules.add_rule(name=name, condition=condition, tags=[tag], by=root)
    for (customer, author), text in PERSON_NOTES.items():
        person_notes.note_person(stage.people[customer], text=text, by=stage.people[author])


def _invite_people(made_teams: dict[str, Team]) -> dict[str, User]:
    organisations: dict[str, Organisation] = {
        key: people.add_organisation(name=name, shares_tickets=shares) for key, (name, shares) in ORGANISATIONS.items()
    }
    cast: dict[str, User] = {}
    for key, colleague in COLLEAGUES.items():
        cast[key] = people.add_person(
            name=colleague.name,
            email=email_of(key),
            job_title=colleague.job_title,
            roles=colleague.roles,
            language=colleague.language,
        )
        for team in colleague.teams:
            people.give_rights(
                cast[key], team=made_teams[team], rights=[Right.ALL] if colleague.leads else MOST, by=cast["root"]
            )
        for team in colleague.looks_into:
            people.give_rights(cast[key], team=made_teams[team], rights=LOOKS, by=cast["root"])
    for key, client in CLIENTS.items():
        cast[key] = people.add_person(
            name=client.name,
            email=email_of(key),
            phone=client.phone,
            job_title=client.job_title,
            place=client.place,
            organisation=organisations.get(client.organisation),
            language=client.language,
        )
    # One slow hash for all of them: it is the same word anyway.
    User.objects.filter(pk__in=[cast[key].pk for _role, key in LOGINS]).update(password=make_password(PASSWORD))
    return cast
