"""The addresses of the wallboard, under `/centre/board/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from contactcenter.web import board, board_acts, board_lending

urlpatterns: list[URLPattern] = [
    path("centre/board/", board.board, name="board"),
    path("centre/board/rows/", board.board_rows, name="board_rows"),
    path("centre/board/advice/", board.board_advice, name="board_advice"),
    path("centre/board/backlog/", board.board_backlog, name="board_backlog"),
    path("centre/board/queue/<int:queue_id>/pull-in/", board_lending.pull_in, name="pull_in"),
    path("centre/board/loans/end/", board_lending.end_loans, name="end_loans"),
    path("centre/board/loans/<int:loan_id>/extend/", board_lending.extend_loan, name="extend_loan"),
    path("centre/board/agent/<int:agent_id>/", board_acts.agent_acts, name="agent_acts"),
    path("centre/board/agent/<int:agent_id>/move/", board_acts.move_agent, name="move_agent"),
    path(
        "centre/board/agent/<int:agent_id>/move/<int:out_of>/<int:into>/<int:level>/",
        board_acts.move_back,
        name="move_back",
    ),
    path(
        "centre/board/agent/<int:agent_id>/activity/<int:activity_id>/",
        board_acts.set_activity,
        name="set_activity",
    ),
]
