"""The foundation of the app: its tables."""

from __future__ import annotations

from tickets.models.absences import Absence
from tickets.models.arrival_rules import ArrivalMatch, ArrivalRule
from tickets.models.broadcasts import Broadcast, BroadcastOptOut, Delivery
from tickets.models.bulk import BulkItem, BulkRun
from tickets.models.configuration import ConfigurationChange
from tickets.models.drafts import Draft, DraftFile, SentForm
from tickets.models.events import Event, Seal, SealedHead, SealPending, Verb
from tickets.models.group_closings import GroupClosing, GroupClosingItem
from tickets.models.groups import GroupEvent, GroupMembership, TicketGroup
from tickets.models.mail import AddressState, ImapSource, InboundMail, Mailbox, OutboundMail
from tickets.models.messages import Acceptance, Attachment, Blob, Erasure, Message
from tickets.models.notices import GroupWatch, Mention, Mute, Notice, NoticeChoices, Watch
from tickets.models.people import Address, Membership, Organisation, Right, Role, Signature, Team, User
from tickets.models.person_notes import PersonNote, PersonNoteErasure
from tickets.models.search import SearchRow
from tickets.models.similar import (
    Burst,
    BurstReport,
    Likeness,
    RadarPending,
    RadarPosting,
    RadarTerm,
    RadarText,
    RadarTotals,
)
from tickets.models.tags import Tag, TicketTag
from tickets.models.texts import AnswerTemplate, AutoReplyText
from tickets.models.tickets import (
    Channel,
    NumberDay,
    Participant,
    Promise,
    SeenMark,
    Ticket,
    TicketLink,
)
from tickets.models.upkeep import ApiToken, JobRun, Stamp
from tickets.models.views import ListLayout, SavedView
from tickets.models.vocabulary import Kind, Priority, Status

__all__ = [
    "Absence",
    "Acceptance",
    "Address",
    "AddressState",
    "AnswerTemplate",
    "ApiToken",
    "ArrivalMatch",
    "ArrivalRule",
    "Attachment",
    "AutoReplyText",
    "Blob",
    "Broadcast",
    "BroadcastOptOut",
    "BulkItem",
    "BulkRun",
    "Burst",
    "BurstReport",
    "Channel",
    "ConfigurationChange",
    "Delivery",
    "Draft",
    "DraftFile",
    "Erasure",
    "Event",
    "GroupClosing",
    "GroupClosingItem",
    "GroupEvent",
    "GroupMembership",
    "GroupWatch",
    "ImapSource",
    "InboundMail",
    "JobRun",
    "Kind",
    "Likeness",
    "ListLayout",
    "Mailbox",
    "Membership",
    "Mention",
    "Message",
    "Mute",
    "Notice",
    "NoticeChoices",
    "NumberDay",
    "Organisation",
    "OutboundMail",
    "Participant",
    "PersonNote",
    "PersonNoteErasure",
    "Priority",
    "Promise",
    "RadarPending",
    "RadarPosting",
    "RadarTerm",
    "RadarText",
    "RadarTotals",
    "Right",
    "Role",
    "SavedView",
    "Seal",
    "SealPending",
    "SealedHead",
    "SearchRow",
    "SeenMark",
    "SentForm",
    "Signature",
    "Stamp",
    "Status",
    "Tag",
    "Team",
    "Ticket",
    "TicketGroup",
    "TicketLink",
    "TicketTag",
    "User",
    "Verb",
    "Watch",
]
