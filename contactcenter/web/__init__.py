"""The contact centre's pages and addresses."""
