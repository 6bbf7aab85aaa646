"""The addresses of a house that is measured."""

from __future__ import annotations

from tests.benchmarks.floor import addresses

urlpatterns = addresses()
