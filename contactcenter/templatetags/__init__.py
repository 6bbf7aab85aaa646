"""Template tags and filters of the contact centre."""
