"""Every certificate that a test gets the kernel to accept is verified again, by python-flint's balls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sddeverify import checker

_confirmed: set[str] = set()


@pytest.fixture(autouse=True)
def second_opinions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Collect what the kernel accepts during a test, and confirm it afterwards, once in a process."""
    accepted: dict[str, dict[str, Any]] = {}
    check = checker.check

    def listening(document: str | bytes | dict[str, Any]) -> checker.Verdict:
        verdict = check(document)
        if verdict.status is checker.Status.ACCEPTED:
            content = document if isinstance(document, dict) else json.loads(document)
            text = json.dumps([content["claim"], content["witness"]], sort_keys=True)
            accepted[hashlib.sha256(text.encode()).hexdigest()] = json.loads(text)
        return verdict

    monkeypatch.setattr(checker, "check", listening)
    yield
    for key, (claim, witness) in accepted.items():
        if key not in _confirmed:
            from tests import second_opinion  # most tests accept nothing, and need no flint

            second_opinion.confirm({"claim": claim, "witness": witness})
            _confirmed.add(key)
