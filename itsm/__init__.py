"""Service management: incidents, problems, changes, catalogue, approvals and procedures.

Its rooms arrive with service management itself; the app stands here so that the direction of
imports (ticketdesk -> contactcenter, itsm -> tickets) is held from the first day.
"""
