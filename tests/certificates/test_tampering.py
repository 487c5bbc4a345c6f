"""Tampered certificates: whatever the kernel still accepts is true, says an oracle that has not seen the proof.

Hash and statement of each mutant are computed anew, so that nothing but the mathematics can refuse it.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sddeverify.checker import Status, check
from sddeverify.checker.document import Malformed
from sddeverify.checker.interval import Refusal
from tests import oracles, second_opinion, truth
from tests.certificates.tampering import tampered

CORPUS = Path(__file__).parents[1] / "checker" / "accepted"
MUTANTS = 140  # of each claim, 2520 in all, besides those that are no claims any more
MUTANTS_SLOW = 600
DECIDED = ("accepted, new claim", "accepted, same claim", "rejected", "malformed")


def short(document: dict[str, Any]) -> bool:
    """Whether a certificate is checked in a few milliseconds."""
    return len(json.dumps(document["witness"])) < 4000 and document["claim"]["type"] in second_opinion.CLAIMS


BASES = [x for x in (json.loads(path.read_bytes()) for path in sorted(CORPUS.glob("*.json"))) if short(x)]
KINDS = sorted({base["claim"]["type"] for base in BASES})


def confirm(document: dict[str, Any]) -> None:
    """Fail unless an accepted mutant is true.

    Where the oracle cannot decide a claim about infinitely many functions at once, the mutant's own proof is verified
    by balls, and the claim is decided for single functions.
    """
    claim = document["claim"]
    try:
        assert truth.is_true(claim), f"accepted, but false: {claim}"
    except truth.Undecided:
        second_opinion.confirm(document)
        for pick in (min, max, oracles.middle):
            one: dict[str, Any] = copy.deepcopy(claim)
            for function in [x for entry in one["table"] for x in entry["functions"]] if "table" in one else [one]:
                function["delay"] = oracles.member(function["delay"], pick)
                if "undelayed" in function:
                    for name in ("damping", "undelayed"):
                        function[name] = [str(pick(*oracles.bounds(function[name])))] * 2
            one.pop("model", None)
            assert truth.is_true(one), f"accepted, but false: {one}"


def tally(kind: str, count: int, seed: int, decide: Callable[[dict[str, Any]], Any] = confirm) -> Counter[str]:
    """Tamper with the certificates of one kind and confirm what is accepted."""
    rng = random.Random(f"{kind} {seed}")
    bases = [base for base in BASES if base["claim"]["type"] == kind]
    known = {base["claim_sha256"] for base in bases}  # the corpus is confirmed by its own tests
    result: Counter[str] = Counter()
    while sum(result[name] for name in DECIDED) < count:
        base = rng.choice(bases)
        try:
            mutant = tampered(rng, base, BASES)
        except Malformed:
            result["no claim"] += 1
            continue
        except (Refusal, ZeroDivisionError):
            result["no model"] += 1
            continue
        if {**mutant, "statement": ""} == {**base, "statement": ""}:
            continue  # undamaged
        verdict = check(mutant)
        if verdict.status is not Status.ACCEPTED:
            result[verdict.status.name.lower()] += 1
        elif mutant["claim_sha256"] in known:
            result["accepted, same claim"] += 1
        else:
            decide(mutant)
            result["accepted, new claim"] += 1
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_accepted_mutants_are_true(kind: str, record_property: Callable[[str, object], None]) -> None:
    result = tally(kind, MUTANTS, 1)
    for name, number in result.items():
        record_property(name, number)
    assert result["accepted, new claim"] >= MUTANTS // 40, result  # the test would be empty if all were refused
    assert result["rejected"] + result["malformed"] >= MUTANTS // 10, result


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_accepted_mutants_are_true(kind: str, record_property: Callable[[str, object], None]) -> None:
    result = tally(kind, MUTANTS_SLOW, 2)
    for name, number in result.items():
        record_property(name, number)
    assert result["accepted, new claim"] > 0, result


def test_all_kinds_are_tampered_with() -> None:
    assert set(KINDS) == set(second_opinion.CLAIMS)
    assert MUTANTS * len(KINDS) >= 2000
    assert MUTANTS_SLOW * len(KINDS) >= 10_000


def test_the_oracle_would_notice() -> None:
    """Mutants with a changed verdict, given to the oracle as if they had been accepted, are called false."""
    rng, false = random.Random(3), 0
    for base in BASES:
        claim = json.loads(json.dumps(base["claim"]))
        if "stable" in claim:
            claim["stable"] = not claim["stable"]
        elif "roots" in claim:
            claim["roots"] = (
                3 - claim["roots"] if claim["type"] != "root_count" else claim["roots"] + rng.choice([1, 2])
            )
        else:
            continue
        with pytest.raises(AssertionError):
            confirm(base | {"claim": claim})
        false += 1
    assert false > 50
