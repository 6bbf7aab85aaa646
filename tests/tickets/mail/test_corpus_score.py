"""The corpus of real mails, when it lies beside the repository: the score must not fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.mail_quality import CORPUS, SCORER, run, score

FLOOR_CHECKS = 0.99
FLOOR_CLEAN_MAILS = 0.97


@pytest.mark.skipif(
    not (CORPUS / "expectations.json").exists() or not SCORER.exists(),
    reason="the mail corpus is not beside the repository",
)
def test_real_mails_are_read_at_least_as_well_as_before(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    run(CORPUS, out)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["file"] for line in lines if line.get("error")] == []
    total = json.loads(score(CORPUS, out, "--json"))["total"]
    assert total["passed"] >= FLOOR_CHECKS * total["checks"]
    assert total["clean"] >= FLOOR_CLEAN_MAILS * total["mails"]
