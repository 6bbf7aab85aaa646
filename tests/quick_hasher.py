"""Passwords of tests: the product's own hasher with few rounds, so that the product can check them."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Not for passwords that matter."""

    iterations = 1
