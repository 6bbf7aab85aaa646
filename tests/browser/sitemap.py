"""Every page of the product with somebody who may look at it; addresses that are no pages, with what they are.

`test_pages` fails when an address of the product stands in neither list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver

from tests.house import House

ADMIN = "root"  # reads Hungarian
ENGLISH_ADMIN = "cora"  # is switched to English when the tests begin
ENGLISH_AGENT = "grace"
CUSTOMER = "kovacs.anna"
ENGLISH_CUSTOMER = "mark.ellis"
NOBODY = ""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page: its name in the resolver, its address with samples in braces, and who looks.

    `is_main`: also tried by the accessibility checker on a phone.
    """

    name: str
    address: str
    who: str = ADMIN
    is_main: bool = False
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.name.removeprefix('tickets:')}{self.hint and '-' + self.hint}"


PAGES = (
    # agents
    PageEntry("tickets:inbox", "/inbox/", is_main=True),
    PageEntry("tickets:inbox_view", "/inbox/all/"),
    PageEntry("tickets:inbox_view", "/inbox/due/", "anna", hint="own-due"),
    PageEntry("tickets:inbox_view", "/inbox/all/?q=zzzz", hint="nothing-matches"),
    PageEntry("tickets:inbox_view", "/inbox/all/?q=nyomtat", hint="found", is_main=True),
    PageEntry("tickets:inbox_view", "/inbox/all/?f=colour:is:red", hint="impossible-filter"),
    PageEntry("tickets:filter", "/inbox/filter/all/?f=opened:last:7d;tag:not_empty", is_main=True),
    PageEntry("tickets:list_columns", "/inbox/columns/all/"),
    PageEntry("tickets:bulk", "/inbox/bulk/"),
    PageEntry("tickets:save_view", "/inbox/saved/add/all/?f=opened:last:7d"),
    PageEntry("tickets:saved_views", "/inbox/saved/", is_main=True),
    PageEntry("tickets:saved_view", "/inbox/saved/{saved}/"),
    PageEntry("tickets:saved_condition", "/inbox/saved/{saved}/filter/"),
    PageEntry("tickets:rename_view", "/inbox/saved/{saved}/name/"),
    PageEntry("tickets:groups", "/groups/", is_main=True),
    PageEntry("tickets:groups", "/groups/?state=closed", hint="closed"),
    PageEntry("tickets:groups", "/groups/?q=zzzz", hint="nothing-matches"),
    PageEntry("tickets:new_group", "/groups/new/"),
    PageEntry("tickets:group_from_tag", "/groups/from-tag/{tag}/"),
    PageEntry("tickets:group", "/groups/{group}/", is_main=True),
    PageEntry("tickets:group", "/groups/{closed_group}/", hint="closed", is_main=True),
    PageEntry("tickets:group_history", "/groups/{group}/history/"),
    PageEntry("tickets:add_to_group", "/groups/{group}/add/"),
    PageEntry("tickets:alike_to_group", "/groups/{group}/alike/"),
    PageEntry("tickets:edit_group", "/groups/{group}/edit/"),
    PageEntry("tickets:group_outage", "/groups/{group}/outage/", is_main=True),
    PageEntry("tickets:close_group", "/groups/{group}/close/", is_main=True),
    PageEntry("tickets:group_closing", "/groups/{closed_group}/closing/", is_main=True),
    PageEntry("tickets:inbox_view", "/inbox/all/?by=group", hint="by-group"),
    PageEntry("tickets:group_broadcasts", "/groups/{group}/broadcasts/", is_main=True),
    PageEntry("tickets:compose_broadcast", "/groups/{group}/broadcasts/new/", is_main=True),
    PageEntry("tickets:broadcast", "/broadcasts/{broadcast}/", is_main=True),
    PageEntry("tickets:portal_broadcasts", "/portal/broadcasts/{opting_out}/", NOBODY, is_main=True),
    PageEntry("tickets:tags", "/tags/", "anna", is_main=True),
    PageEntry("tickets:tags", "/tags/?q=zzzz", hint="nothing-matches"),
    PageEntry("tickets:tag_list", "/tags/{answered_tag}/", "anna", is_main=True),
    PageEntry("tickets:search", "/search/", hint="help"),
    PageEntry("tickets:search", "/search/?q=nyomtat", hint="found", is_main=True),
    PageEntry("tickets:search", "/search/?q=zzzz+team:nowhere", hint="nothing-found", is_main=True),
    PageEntry("tickets:new", "/new/", is_main=True),
    PageEntry("tickets:ticket", "/ticket/{busy}/", is_main=True),
    PageEntry("tickets:alike", "/ticket/{busy}/alike/", is_main=True),
    PageEntry("tickets:ticket", "/ticket/{bounced}/", hint="bounced"),
    PageEntry("tickets:ticket", "/ticket/{closed}/", hint="closed"),
    PageEntry("tickets:ticket", "/ticket/{waiting}/", hint="unconfirmed"),
    PageEntry("tickets:ticket", "/ticket/{erasing}/", hint="erasure"),
    PageEntry("tickets:ticket", "/ticket/{foreign}/", "ben", hint="read-only"),
    PageEntry("tickets:history", "/ticket/{busy}/history/", is_main=True),
    PageEntry("tickets:print_ticket", "/ticket/{busy}/print/?notes=1&history=1", is_main=True),
    PageEntry("tickets:forward_conversation", "/ticket/{busy}/forward/", is_main=True),
    PageEntry("tickets:forward_message", "/ticket/{busy}/message/{message}/forward/"),
    PageEntry("tickets:redirect_message", "/ticket/{mailed}/message/{mail}/redirect/"),
    PageEntry("tickets:split_message", "/ticket/{busy}/message/{message}/split/", is_main=True),
    PageEntry("tickets:message_source", "/ticket/{mailed}/message/{mail}/source/", is_main=True),
    PageEntry("tickets:link_ticket", "/ticket/{busy}/link/"),
    PageEntry("tickets:merge", "/ticket/{busy}/merge/", is_main=True),
    PageEntry("tickets:person", "/people/{person}/", is_main=True),
    PageEntry("tickets:person", "/people/{person}/?whose=organisation&state=open", "ben", hint="organisation"),
    PageEntry("tickets:person_note", "/people/{person}/notes/{person_note}/"),
    PageEntry("tickets:record_call", "/ticket/{busy}/call/"),
    PageEntry("tickets:rename", "/ticket/{busy}/title/"),
    PageEntry("tickets:change_customer", "/ticket/{busy}/customer/"),
    PageEntry("tickets:ask_erasure", "/ticket/{busy}/message/{message}/erase/"),
    PageEntry("tickets:promises", "/promises/", "anna", is_main=True),
    PageEntry("tickets:notices", "/notices/", "anna", is_main=True),
    PageEntry("tickets:notices", "/notices/?show=unseen", hint="unseen"),
    PageEntry("tickets:notice_choices", "/account/notices/", "anna", is_main=True),
    PageEntry("tickets:stop_notices", "/account/notices/stop/{stop}/", NOBODY),
    PageEntry("tickets:away", "/away/", "anna", is_main=True),
    PageEntry("tickets:away_of", "/away/{colleague}/"),
    PageEntry("tickets:templates", "/ticket/{busy}/templates/"),
    PageEntry("tickets:drafts", "/drafts/", "anna", is_main=True),
    PageEntry("tickets:signed_in", "/signed-in/"),
    PageEntry("tickets:profile", "/profile/", is_main=True),
    PageEntry("tickets:profile", "/profile/", CUSTOMER, hint="customer", is_main=True),
    # contact centre
    PageEntry("contactcenter:desk", "/centre/desk/", "anna", is_main=True),
    PageEntry("contactcenter:desk", "/centre/desk/", hint="no-agent"),
    PageEntry("contactcenter:desk_wrap_up", "/centre/desk/contacts/{contact}/result/", "anna", is_main=True),
    # portal
    PageEntry("tickets:portal_home", "/portal/", CUSTOMER, is_main=True),
    PageEntry("tickets:portal_requests", "/portal/requests/", CUSTOMER, is_main=True),
    PageEntry("tickets:portal_requests", "/portal/requests/?state=closed&whose=all", CUSTOMER, hint="closed"),
    PageEntry("tickets:portal_requests", "/portal/requests/?q=zzzz", CUSTOMER, hint="nothing-matches"),
    PageEntry("tickets:portal_new", "/portal/new/", CUSTOMER, is_main=True),
    PageEntry("tickets:portal_ticket", "/portal/requests/{own}/", CUSTOMER, is_main=True),
    PageEntry("contactcenter:portal_chat_door", "/portal/chat/", CUSTOMER, is_main=True),
    PageEntry("contactcenter:portal_chat", "/portal/chat/{chat}/", CUSTOMER, is_main=True),
    PageEntry("contactcenter:portal_callback", "/portal/callback/", CUSTOMER, is_main=True),
    # contact centre
    PageEntry("contactcenter:chat", "/centre/chat/{chat}/", "ben", is_main=True),
    PageEntry("contactcenter:telephony", "/centre/telephony/", is_main=True),
    PageEntry("contactcenter:telephony_exchange", "/centre/telephony/{exchange}/", is_main=True),
    # set-up
    PageEntry("tickets:setup", "/setup/", is_main=True),
    PageEntry("tickets:setup_styleguide", "/setup/styleguide/"),
    # the contact centre
    PageEntry("contactcenter:board", "/centre/board/", is_main=True),
    PageEntry("contactcenter:board", "/centre/board/#fal", hint="wall"),
    PageEntry("contactcenter:agent_acts", "/centre/board/agent/{agent}/"),
    PageEntry("contactcenter:move_agent", "/centre/board/agent/{agent}/move/"),
    PageEntry("contactcenter:pull_in", "/centre/board/queue/{queue}/pull-in/"),
    PageEntry("contactcenter:setup", "/centre/setup/", is_main=True),
    PageEntry("contactcenter:setup_add_queue", "/centre/setup/queues/add/"),
    PageEntry("contactcenter:setup_queue", "/centre/setup/queues/{queue}/", is_main=True),
    PageEntry("contactcenter:setup_add_hours", "/centre/setup/hours/add/"),
    PageEntry("contactcenter:setup_hours", "/centre/setup/hours/{hours}/"),
    PageEntry("contactcenter:setup_add_activity", "/centre/setup/activities/add/"),
    PageEntry("contactcenter:setup_activity", "/centre/setup/activities/{activity}/"),
    PageEntry("contactcenter:setup_add_agent", "/centre/setup/agents/add/"),
    PageEntry("contactcenter:setup_agent", "/centre/setup/agents/{agent}/"),
    PageEntry("tickets:setup_teams", "/setup/teams/"),
    PageEntry("tickets:setup_add_team", "/setup/teams/add/"),
    PageEntry("tickets:setup_team", "/setup/teams/{team}/", is_main=True),
    PageEntry("tickets:setup_people", "/setup/people/", is_main=True),
    PageEntry("tickets:setup_add_person", "/setup/people/add/"),
    PageEntry("tickets:setup_person", "/setup/people/{person}/"),
    PageEntry("tickets:setup_organisations", "/setup/organisations/"),
    PageEntry("tickets:setup_add_organisation", "/setup/organisations/add/"),
    PageEntry("tickets:setup_organisation", "/setup/organisations/{organisation}/"),
    PageEntry("tickets:setup_mailboxes", "/setup/mailboxes/"),
    PageEntry("tickets:setup_add_mailbox", "/setup/mailboxes/add/"),
    PageEntry("tickets:setup_mailbox", "/setup/mailboxes/{mailbox}/"),
    PageEntry("tickets:setup_imap", "/setup/imap/"),
    PageEntry("tickets:setup_add_imap", "/setup/imap/add/"),
    PageEntry("tickets:setup_imap_source", "/setup/imap/{source}/"),
    PageEntry("tickets:setup_auto_replies", "/setup/mailboxes/{mailbox}/reply/", is_main=True),
    PageEntry("tickets:setup_rights", "/setup/rights/", is_main=True),
    PageEntry("tickets:setup_why", "/setup/why/"),
    PageEntry("tickets:setup_why", "/setup/why/?who={person}&ticket={busy}", hint="explained", is_main=True),
    PageEntry("tickets:why", "/ticket/{busy}/why/"),
    PageEntry("tickets:setup_terms", "/setup/vocabulary/status/", is_main=True),
    PageEntry("tickets:setup_terms", "/setup/vocabulary/priority/", hint="priorities"),
    PageEntry("tickets:setup_add_term", "/setup/vocabulary/status/add/"),
    PageEntry("tickets:setup_term", "/setup/vocabulary/status/{status}/"),
    PageEntry("tickets:setup_tags", "/setup/tags/", is_main=True),
    PageEntry("tickets:setup_add_tag", "/setup/tags/add/"),
    PageEntry("tickets:setup_tag", "/setup/tags/{tag}/"),
    PageEntry("tickets:setup_arrival_rules", "/setup/arrival/", is_main=True),
    PageEntry("tickets:setup_add_arrival_rule", "/setup/arrival/add/"),
    PageEntry("tickets:setup_arrival_rule", "/setup/arrival/{rule}/", is_main=True),
    PageEntry("tickets:setup_templates", "/setup/templates/"),
    PageEntry("tickets:setup_add_template", "/setup/templates/add/"),
    PageEntry("tickets:setup_template", "/setup/templates/{template}/", is_main=True),
    PageEntry("tickets:setup_history", "/setup/history/", is_main=True),
    PageEntry("tickets:setup_history", "/setup/history/?name=zzzz", hint="nothing-matches"),
    PageEntry("tickets:setup_mail", "/setup/mail/", is_main=True),
    PageEntry("tickets:setup_outbox", "/setup/outbox/"),
    PageEntry("tickets:setup_outbound", "/setup/outbox/{outbound}/"),
    PageEntry("tickets:setup_system", "/setup/system/", is_main=True),
    PageEntry("tickets:setup_erasures", "/setup/erasures/"),
    PageEntry("tickets:quarantine", "/setup/quarantine/", is_main=True),
    PageEntry("tickets:quarantined", "/setup/quarantine/{quarantined}/"),
    # sign-in and account
    PageEntry("account_login", "/account/login/", NOBODY, is_main=True),
    PageEntry("account_request_login_code", "/account/login/code/", NOBODY),
    PageEntry("account_reset_password", "/account/password/reset/", NOBODY),
    PageEntry("account_reset_password_done", "/account/password/reset/done/", NOBODY),
    PageEntry("account_reset_password_from_key", "/account/password/reset/key/1-none/", NOBODY, hint="bad-key"),
    PageEntry("account_reset_password_from_key_done", "/account/password/reset/key/done/", NOBODY),
    PageEntry("account_inactive", "/account/inactive/", NOBODY),
    PageEntry("account_signup", "/account/signup/", NOBODY),
    PageEntry("account_logout", "/account/logout/"),
    PageEntry("account_change_password", "/account/password/change/"),
    PageEntry("account_reauthenticate", "/account/reauthenticate/"),
    PageEntry("mfa_index", "/account/2fa/"),
    PageEntry("mfa_list_webauthn", "/account/2fa/webauthn/"),
    # the contact centre's advice and reports
    PageEntry("contactcenter:advice", "/centre/advice/", is_main=True),
    PageEntry("contactcenter:advice_why", "/centre/advice/{advice}/", is_main=True),
    PageEntry("contactcenter:reports", "/centre/reports/", is_main=True),
    PageEntry("contactcenter:reports", "/centre/reports/?from=2020-01-01&to=2020-01-02", hint="nothing-came"),
    PageEntry("contactcenter:adherence", "/centre/reports/adherence/", is_main=True),
    # errors
    PageEntry("404", "/ticket/20200101000000000/", hint="no-such-ticket"),
    PageEntry("404", "/nowhere/", CUSTOMER, hint="portal"),
    PageEntry("403", "/setup/teams/", "anna", hint="agent-in-setup"),
)

NOT_OURS = ("admin:", "api-1:")

FIND_SAMPLES = """
import json
from django.db.models import Count
from contactcenter.models import Contact
from tickets.models import *
from tickets.models.mail import ImapSource
from tickets.telling.letters import stop_token
busy = (Ticket.objects.filter(team__name="Helpdesk", closed_at=None, messages__html__gt="")
    | Ticket.objects.filter(team__name="Helpdesk", closed_at=None))
busy = busy.annotate(n=Count("messages", distinct=True)).order_by("-n", "pk").first()
waiting = Message.objects.filter(is_unconfirmed=True).order_by("pk").first()
erasure = Erasure.objects.order_by("pk").first()
mail = Message.objects.filter(inbound__isnull=False, erasure=None).order_by("pk").first()
box = Mailbox.objects.order_by("pk").first()
source, _made = ImapSource.objects.get_or_create(
    host="imap.world.example", defaults=dict(mailbox=box, user_name="support", is_active=False))
from tickets import groups
from tickets.broadcasts import drain, opting_out, plan, sending
group = TicketGroup.objects.filter(broadcasts__isnull=False).order_by("pk").first()
if group is None:
    desk = Team.objects.get(name="Helpdesk")
    group = TicketGroup.objects.filter(status="open", team=desk).order_by("pk").first()
    free = Ticket.objects.filter(team=desk, closed_at=None, customer__isnull=False, group_memberships__isnull=True)
    anna = User.objects.get(email__startswith="anna@")
    group = group or groups.open_group("Lassú a levelezés", team=desk, by=anna, tickets=free.order_by("-pk")[:6])
    said = plan.Order(kind="reply", texts={"hu": "Kedves {first_name}! Dolgozunk rajta."})
    sent = sending.send_broadcast(group, said, by=anna)
    Broadcast.objects.filter(pk=sent.pk).update(held_until=sent.planned_at)
    drain.deliver_broadcasts()
own = Ticket.objects.filter(customer__email__startswith="kovacs.anna@")
root = User.objects.get(email__startswith="root@")
ellis = User.objects.get(email__startswith="mark.ellis@")
from contactcenter.models import Advice, Queue
from tests.contactcenter import centre
line = Queue.objects.order_by("pk").first() or centre.queue(team=Team.objects.get(name="Helpdesk"))
advice = Advice.objects.order_by("pk").first() or centre.advice(line)
saved, _made = SavedView.objects.get_or_create(
    name="Lejáró", team=Team.objects.get(name="Helpdesk"),
    defaults=dict(condition={"field": "due", "op": "next", "value": "1d"}, created_by=root))
from contactcenter import activities, memberships, setting_up
from contactcenter.models import Activity, Agent, OpeningHours, Queue
hours = OpeningHours.objects.first() or setting_up.save_hours(
    None, by=root, name="Hétköznap", time_zone="Europe/Budapest", holidays_of="HU",
    spans={day: [(480, 960)] for day in range(5)}, special={})
helpdesk = Team.objects.get(name="Helpdesk")
queue = Queue.objects.first() or setting_up.add_queue(by=root, delays={2: 30}, name="Ügyfélvonal", team=helpdesk)
agent = Agent.objects.first()
if agent is None:
    grace = User.objects.get(email__startswith="grace@")
    agent = setting_up.add_agent(user=grace, home_team=helpdesk, extension="", is_supervisor=False, by=root)
    memberships.join_queue(agent, queue=queue, by=root)
    activities.sign_in(agent, by=root)
print("SAMPLES", json.dumps(dict(
    busy=busy.number,
    message=busy.messages.order_by("pk").first().pk,
    mail=mail.pk,
    mailed=mail.ticket.number,
    bounced=OutboundMail.objects.filter(state="bounced").first().ticket.number,
    closed=Ticket.objects.exclude(closed_at=None).order_by("pk").first().number,
    waiting=(waiting.ticket if waiting else busy).number,
    erasing=(erasure.message.ticket if erasure else busy).number,
    foreign=Ticket.objects.filter(team__name="Helpdesk").order_by("pk").first().number,
    own=own.annotate(n=Count("messages")).order_by("-n", "pk").first().number,
    english=Ticket.objects.filter(customer__email__startswith="mark.ellis@").order_by("pk").first().number,
    team=Team.objects.get(name="Helpdesk").pk,
    person=User.objects.get(email__startswith="kovacs.anna@").pk,
    person_note=PersonNote.objects.get_or_create(
        person=User.objects.get(email__startswith="kovacs.anna@"), text="Délelőtt éri el.", defaults=dict(author=root)
    )[0].pk,
    colleague=User.objects.get(email__startswith="ben@").pk,
    organisation=Organisation.objects.order_by("pk").first().pk,
    mailbox=box.pk,
    source=source.pk,
    status=Status.objects.get(code="waiting").pk,
    tag=Tag.objects.exclude(colour=None).order_by("pk").first().pk,
    answered_tag=Tag.objects.get(name="vpn").pk,
    rule=ArrivalRule.objects.order_by("pk").first().pk,
    template=AnswerTemplate.objects.order_by("pk").first().pk,
    contact=Contact.objects.filter(agent__user__email__startswith="anna@", state="closed").order_by("pk").first().pk,
    english_contact=Contact.objects.filter(
        agent__user__email__startswith="grace@", state="closed").order_by("pk").first().pk,
    outbound=OutboundMail.objects.filter(state="bounced").first().pk,
    saved=saved.pk,
    advice=advice.pk,
    closed_group=TicketGroup.objects.filter(status="closed").order_by("pk").first().pk,
    group=group.pk,
    broadcast=group.broadcasts.order_by("pk").first().pk,
    opting_out=opting_out.link_for(own.first().customer_id).rstrip("/").rpartition("/")[2],
    stop=stop_token(root, ["assigned"]),
    english_opting_out=opting_out.link_for(ellis.pk).rstrip("/").rpartition("/")[2],
    english_stop=stop_token(User.objects.get(email__startswith="grace@"), ["assigned"]),
    queue=queue.pk,
    agent=agent.pk,
    hours=hours.pk,
    activity=Activity.objects.order_by("position").first().pk,
    quarantined=InboundMail.objects.filter(state="quarantined").order_by("pk").first().pk,
)))
"""

FIND_DOORS = """
import json
from tests.browser import door_samples
print("SAMPLES", json.dumps(door_samples.samples()))
"""


def find_samples(house: House) -> dict[str, Any]:
    """Numbers and keys of things in the house's demo, for the addresses in `PAGES`."""
    samples: dict[str, Any] = {}
    for script in (FIND_SAMPLES, FIND_DOORS):
        found = house.manage("shell", "-v", "0", "-c", script)
        line = next((line for line in found.stdout.splitlines() if line.startswith("SAMPLES ")), None)
        if line is None:
            raise LookupError(found.stdout + found.stderr)
        samples |= json.loads(line.removeprefix("SAMPLES "))
    return samples


def names_of_addresses() -> set[str]:
    """All named addresses of the product that are ours to show."""
    return {name for name in _names(get_resolver()) if not name.startswith(NOT_OURS)}


def _names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield f"{space}{pattern.name}"
