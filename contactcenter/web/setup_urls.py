"""The addresses of setting up queues and agents, under `/centre/setup/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from contactcenter.web import setup, setup_agents

urlpatterns: list[URLPattern] = [
    path("centre/setup/", setup.setup, name="setup"),
    path("centre/setup/queues/add/", setup.setup_add_queue, name="setup_add_queue"),
    path("centre/setup/queues/<int:queue_id>/", setup.setup_queue, name="setup_queue"),
    path("centre/setup/hours/add/", setup.setup_add_hours, name="setup_add_hours"),
    path("centre/setup/hours/<int:hours_id>/", setup.setup_hours, name="setup_hours"),
    path("centre/setup/activities/add/", setup_agents.setup_add_activity, name="setup_add_activity"),
    path("centre/setup/activities/<int:activity_id>/", setup_agents.setup_activity, name="setup_activity"),
    path("centre/setup/agents/add/", setup_agents.setup_add_agent, name="setup_add_agent"),
    path("centre/setup/agents/<int:agent_id>/", setup_agents.setup_agent, name="setup_agent"),
    path("centre/setup/agents/<int:agent_id>/join/", setup_agents.setup_join_queue, name="setup_join_queue"),
    path(
        "centre/setup/agents/<int:agent_id>/leave/<int:queue_id>/",
        setup_agents.setup_leave_queue,
        name="setup_leave_queue",
    ),
]
