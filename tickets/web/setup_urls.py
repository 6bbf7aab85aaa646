"""Addresses of the set-up pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from tickets.web import (
    quarantine,
    setup_arrival_rules,
    setup_history,
    setup_index,
    setup_mail,
    setup_mailboxes,
    setup_outbox,
    setup_people,
    setup_rights,
    setup_system,
    setup_tags,
    setup_teams,
    setup_templates,
    setup_vocabulary,
    why,
)

urlpatterns: list[URLPattern] = [
    path("setup/", setup_index.setup, name="setup"),
    path("setup/styleguide/", setup_index.styleguide, name="setup_styleguide"),
    # people and teams
    path("setup/teams/", setup_teams.setup_teams, name="setup_teams"),
    path("setup/teams/add/", setup_teams.setup_add_team, name="setup_add_team"),
    path("setup/teams/<int:team_id>/", setup_teams.setup_team, name="setup_team"),
    path("setup/teams/<int:team_id>/signatures/", setup_teams.setup_signatures, name="setup_signatures"),
    path(
        "setup/teams/<int:team_id>/signatures/preview/",
        setup_teams.setup_signature_preview,
        name="setup_signature_preview",
    ),
    path("setup/teams/<int:team_id>/rights/", setup_rights.setup_team_rights, name="setup_team_rights"),
    path("setup/teams/<int:team_id>/members/add/", setup_rights.setup_add_member, name="setup_add_member"),
    path("setup/rights/", setup_rights.setup_rights, name="setup_rights"),
    path("setup/why/", why.setup_why, name="setup_why"),
    path("setup/people/", setup_people.setup_people, name="setup_people"),
    path("setup/people/add/", setup_people.setup_add_person, name="setup_add_person"),
    path("setup/people/<int:person_id>/", setup_people.setup_person, name="setup_person"),
    path("setup/people/<int:person_id>/rights/", setup_rights.setup_person_rights, name="setup_person_rights"),
    path("setup/people/<int:person_id>/address/", setup_people.setup_add_address, name="setup_add_address"),
    path("setup/people/<int:person_id>/primary/", setup_people.setup_primary_address, name="setup_primary_address"),
    path("setup/people/<int:person_id>/deactivate/", setup_people.setup_deactivate, name="setup_deactivate"),
    path("setup/people/<int:person_id>/reactivate/", setup_people.setup_reactivate, name="setup_reactivate"),
    path("setup/organisations/", setup_people.setup_organisations, name="setup_organisations"),
    path("setup/organisations/add/", setup_people.setup_add_organisation, name="setup_add_organisation"),
    path("setup/organisations/<int:organisation_id>/", setup_people.setup_organisation, name="setup_organisation"),
    # tickets
    path("setup/vocabulary/<slug:table>/", setup_vocabulary.setup_terms, name="setup_terms"),
    path("setup/vocabulary/<slug:table>/add/", setup_vocabulary.setup_add_term, name="setup_add_term"),
    path("setup/vocabulary/<slug:table>/<int:term_id>/", setup_vocabulary.setup_term, name="setup_term"),
    path("setup/vocabulary/<slug:table>/<int:term_id>/move/", setup_vocabulary.setup_move_term, name="setup_move_term"),
    path("setup/tags/", setup_tags.setup_tags, name="setup_tags"),
    path("setup/tags/add/", setup_tags.setup_add_tag, name="setup_add_tag"),
    path("setup/tags/<int:tag_id>/", setup_tags.setup_tag, name="setup_tag"),
    path("setup/tags/<int:tag_id>/join/", setup_tags.setup_join_tag, name="setup_join_tag"),
    path("setup/arrival/", setup_arrival_rules.setup_arrival_rules, name="setup_arrival_rules"),
    path("setup/arrival/add/", setup_arrival_rules.setup_add_arrival_rule, name="setup_add_arrival_rule"),
    path("setup/arrival/<int:rule_id>/", setup_arrival_rules.setup_arrival_rule, name="setup_arrival_rule"),
    path(
        "setup/arrival/<int:rule_id>/switch/",
        setup_arrival_rules.setup_switch_arrival_rule,
        name="setup_switch_arrival_rule",
    ),
    path(
        "setup/arrival/<int:rule_id>/move/", setup_arrival_rules.setup_move_arrival_rule, name="setup_move_arrival_rule"
    ),
    path("setup/templates/", setup_templates.setup_templates, name="setup_templates"),
    path("setup/templates/add/", setup_templates.setup_add_template, name="setup_add_template"),
    path("setup/templates/preview/", setup_templates.setup_template_preview, name="setup_template_preview"),
    path("setup/templates/<int:template_id>/", setup_templates.setup_template, name="setup_template"),
    # mail
    path("setup/mailboxes/", setup_mailboxes.setup_mailboxes, name="setup_mailboxes"),
    path("setup/mailboxes/add/", setup_mailboxes.setup_add_mailbox, name="setup_add_mailbox"),
    path("setup/mailboxes/<int:mailbox_id>/", setup_mailboxes.setup_mailbox, name="setup_mailbox"),
    path("setup/mailboxes/<int:mailbox_id>/test/", setup_mailboxes.setup_mailbox_test, name="setup_mailbox_test"),
    path("setup/mailboxes/<int:mailbox_id>/reply/", setup_mailboxes.setup_auto_replies, name="setup_auto_replies"),
    path(
        "setup/mailboxes/<int:mailbox_id>/reply/preview/",
        setup_mailboxes.setup_auto_reply_preview,
        name="setup_auto_reply_preview",
    ),
    path("setup/imap/", setup_mail.setup_imap, name="setup_imap"),
    path("setup/imap/add/", setup_mail.setup_add_imap, name="setup_add_imap"),
    path("setup/imap/<int:source_id>/", setup_mail.setup_imap_source, name="setup_imap_source"),
    path("setup/imap/<int:source_id>/try/", setup_mail.setup_try_imap, name="setup_try_imap"),
    path("setup/mail/", setup_mail.setup_mail, name="setup_mail"),
    path("setup/outbox/", setup_outbox.setup_outbox, name="setup_outbox"),
    path("setup/outbox/<int:outbound_id>/", setup_outbox.setup_outbound, name="setup_outbound"),
    path("setup/outbox/<int:outbound_id>/resend/", setup_outbox.setup_resend, name="setup_resend"),
    # for every agent: mail that was set aside
    path("setup/quarantine/", quarantine.quarantine, name="quarantine"),
    path("setup/quarantine/<int:inbound_id>/", quarantine.quarantined, name="quarantined"),
    path("setup/quarantine/<int:inbound_id>/raw/", quarantine.quarantined_raw, name="quarantined_raw"),
    path("setup/quarantine/<int:inbound_id>/ticket/", quarantine.release, name="release"),
    path("setup/quarantine/<int:inbound_id>/ignore/", quarantine.ignore, name="ignore"),
    path("setup/quarantine/<int:inbound_id>/retry/", quarantine.retry, name="retry"),
    # the house
    path("setup/history/", setup_history.setup_history, name="setup_history"),
    path("setup/system/", setup_system.setup_system, name="setup_system"),
    path("setup/erasures/", setup_system.setup_erasures, name="setup_erasures"),
]
