"""Structured logs. They hold ids, codes and counts; never a message's text, an address or a password."""

from __future__ import annotations

from typing import Any

TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
JSON_FIELDS = "%(levelname)s %(name)s %(message)s %(process)d"


def logging_settings(level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING for a level and a form (`text` for people, `json` for machines), all to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": TEXT_FORMAT, "datefmt": "%H:%M:%S"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": JSON_FIELDS,
                "rename_fields": {"levelname": "level", "name": "logger", "timestamp": "time"},
                "timestamp": True,  # in UTC
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"level": level, "propagate": True, "handlers": []},
            # Every SQL statement with its parameters would hold message contents.
            "django.db.backends": {"level": "INFO", "propagate": True, "handlers": []},
            # A line for every run of every timed task; the admin page shows the last runs.
            "celery.beat": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "mail.log": {"level": "WARNING"},  # aiosmtpd logs whole dialogues at INFO
            "botocore": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
        },
    }
