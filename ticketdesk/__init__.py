"""The project: settings, addresses, servers and commands that hold the three apps together."""
