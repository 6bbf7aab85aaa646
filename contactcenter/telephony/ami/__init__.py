"""Asterisk's manager interface: its lines (protocol), its words in ours (translating), who belongs in its queues
(members), and the connection that comes back by itself (connector)."""
