"""What the product promises of its safety; docs/security.md lists it."""
