"""Tests with real mail servers; each says why it is skipped where a program is missing."""
