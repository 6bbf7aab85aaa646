"""Telling: event -> who hears of it -> one bundle.

`tell_event` and `tell_group_event` hang on the two histories; `tell` and `tell_team` tell what is no event of them.
All write `Notice` rows in the act's transaction: at once behind the bell, later by mail as the person chose.
`send_due_notices` drains the mails.
"""

from __future__ import annotations

from tickets.telling.bundles import send_due_notices, tidy_notices
from tickets.telling.choices import choices_of, save_choices, switch_off, teams_of, when_for
from tickets.telling.following import (
    followers_of,
    is_muted,
    is_watching_group,
    mute,
    unmute,
    unwatch_group,
    watch_group,
)
from tickets.telling.hearing import who_hears, who_hears_of_group
from tickets.telling.reporters import is_same_text, was_told
from tickets.telling.writing import Kind, tell, tell_event, tell_group_event, tell_team

__all__ = [
    "Kind",
    "choices_of",
    "followers_of",
    "is_muted",
    "is_same_text",
    "is_watching_group",
    "mute",
    "save_choices",
    "send_due_notices",
    "switch_off",
    "teams_of",
    "tell",
    "tell_event",
    "tell_group_event",
    "tell_team",
    "tidy_notices",
    "unmute",
    "unwatch_group",
    "was_told",
    "watch_group",
    "when_for",
    "who_hears",
    "who_hears_of_group",
]
