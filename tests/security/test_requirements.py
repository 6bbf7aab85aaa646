"""What is installed is what was looked at: every package has a version and hashes, and comes from no named place."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "requirements"


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (FOLDER / name).read_text()
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()  # a requirement goes on behind a backslash
    packages = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(packages) > 50
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+ ", package), package[:80]
        assert "--hash=sha256:" in package, package[:80]
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host", text)


def test_the_developers_packages_are_the_products_own() -> None:
    """The tests run on what is shipped: what both lists hold has one version."""

    def versions(name: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,-]+\])?==(\S+)", (FOLDER / name).read_text(), re.MULTILINE)
        )

    base, dev = versions("base.txt"), versions("dev.txt")
    assert base.items() <= dev.items()
