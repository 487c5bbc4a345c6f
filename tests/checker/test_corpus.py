"""The corpus: every file has the verdict of its folder, and every accepted one a second opinion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sddeverify.checker import Status, check
from tests import oracles, second_opinion, truth

FOLDER = Path(__file__).parent
VERDICTS = {"accepted": Status.ACCEPTED, "rejected": Status.REJECTED, "malformed": Status.MALFORMED}
FILES = sorted(path for folder in VERDICTS for path in (FOLDER / folder).glob("*.json"))
ACCEPTED = [path for path in FILES if path.parent.name == "accepted"]
REJECTED = [path for path in FILES if path.parent.name == "rejected"]


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_verdict_is_that_of_the_folder(path: Path) -> None:
    verdict = check(path.read_bytes())
    assert verdict.status is VERDICTS[path.parent.name], verdict.reason
    if verdict.status is Status.ACCEPTED:
        document = json.loads(path.read_bytes())
        assert (verdict.reason, verdict.statement) == ("", document["statement"])
        assert verdict.digest == document["claim_sha256"]
    else:
        assert (verdict.statement, verdict.digest) == ("", "")
        assert verdict.reason
        assert "while checking" not in verdict.reason, "a check should say what is wrong, not an accident"


def test_every_rule_and_every_law_is_accepted_and_rejected_somewhere() -> None:
    claims = [json.loads(path.read_bytes())["claim"] for path in ACCEPTED]
    assert {claim["type"] for claim in claims} >= set(second_opinion.CLAIMS)
    assert {json.loads(path.read_bytes())["claim"]["type"] for path in REJECTED} >= set(second_opinion.CLAIMS)
    laws = {next(iter(claim["delay"])) for claim in claims if "delay" in claim}
    assert laws == {
        "constant", "exponential", "erlang", "uniform", "truncated_exponential",
        "lattice", "empirical", "band", "mixture", "sum",
    }  # fmt: skip


@pytest.mark.parametrize("path", ACCEPTED, ids=name)
def test_second_opinion(path: Path) -> None:
    """Every witness is verified again, by balls, on the whole of every piece; and the claim is true."""
    document = json.loads(path.read_bytes())
    second_opinion.confirm(document)
    assert truth.is_true(document["claim"])


def test_second_opinion_does_not_confirm_what_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second opinion can say no: it refuses every rejected witness, too."""
    monkeypatch.setattr(oracles, "MAX_PRECISION", 64)  # it gives up sooner
    confirmed = []
    for path in REJECTED:
        document = json.loads(path.read_bytes())
        if path.stem.startswith(("hash", "statement", "model", "boundary_model")):
            continue  # right proofs of other claims; the second opinion looks at the proof alone
        try:
            second_opinion.confirm(document)
        except AssertionError:
            continue
        confirmed.append(path.stem)
    # the claims of these are true: a sharper arithmetic proves more, keeps no codes, and integrates by itself
    assert set(confirmed) <= {
        "boundary_code_3_by_curvature", "rightmost_too_few_bits", "count_last_code_is_not_1",
        "rightmost_pair_with_imag_from_0", "variance_too_short", "variance_piece_with_a_large_disc",
        "variance_piece_with_a_small_disc", "variance_unknown_method",
    }  # fmt: skip
    for stem in confirmed:
        assert truth.is_true(json.loads((FOLDER / "rejected" / f"{stem}.json").read_bytes())["claim"])


FALSE = {
    "count_left_of_abscissa", "count_line_too_short", "stability_wrong_code", "stability_of_an_unstable_law",
    "stability_of_a_stable_law", "stability_code_holds_in_the_middle_only", "stability_code_fails_by_curvature",
    "count_other_number", "count_of_a_stable_law", "enclosure_of_no_zero", "enclosure_disc_too_large",
    "enclosure_simple_zero_as_cluster", "rightmost_second_zero", "rightmost_other_zeros", "rightmost_disc_without_zero",
    "all_roots_disc_over_the_axis", "all_roots_one_disc_twice", "all_roots_disc_without_zero", "all_roots_one_missing",
    "decay_rate_lo", "decay_rate_hi", "optimum_best_is_slow", "optimum_other_is_fast",
    "model_other_damping", "model_mean_too_small", "model_mean_too_large",
    "tube_hi_is_stable", "tube_lo_is_unstable", "variance_lo", "variance_hi", "variance_of_an_unstable_law",
    "variance_closed_form_of_another_law", "variance_closed_form_with_an_undelayed_term",
    "variance_rational_wrong_solution", "mean_square_stable_in_the_mean", "mean_square_model_other_step",
    "discrete_lo_is_unstable", "discrete_hi_is_stable", "discrete_geometric_lo_is_unstable",
    "discrete_geometric_hi_is_stable", "memoryless_lo_is_unstable", "memoryless_hi_is_stable",
    "time_lo", "time_hi",
}  # fmt: skip


@pytest.mark.parametrize("stem", sorted(FALSE))
def test_oracle_knows_false_claims(stem: str) -> None:
    """The oracle of the tamper tests is no yes-man: of the rejected claims that are false, it knows it."""
    claim = json.loads((FOLDER / "rejected" / f"{stem}.json").read_bytes())["claim"]
    try:
        assert not truth.is_true(claim)
    except truth.Undecided:
        assert stem in {"count_left_of_abscissa"}  # where the count has no meaning


def test_files_are_plain_text() -> None:
    for path in FILES:
        assert path.read_bytes().isascii(), path
        assert path.stat().st_size < 200_000, path
