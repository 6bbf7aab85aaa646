"""Hungarian dates with the spaces that the spelling asks for: 2026. 11. 23."""

from __future__ import annotations

SHORT_DATE_FORMAT = "Y. m. d."
SHORT_DATETIME_FORMAT = "Y. m. d. H:i"
