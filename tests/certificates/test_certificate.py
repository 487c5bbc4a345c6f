"""The public interface: what a certificate is, how it is saved and read, and what "undecided" refuses to be."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import sddeverify
from sddeverify import checker
from sddeverify.certificates import (
    CLAIMS,
    Certificate,
    Inconclusive,
    Reason,
    rightmost_root,
    root_count,
    root_enclosure,
    stability,
    stability_boundary,
)
from sddeverify.certificates._certificate import MIME
from sddeverify.checker.verdict import read
from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Mixture, ShiftedExponential, Uniform, parse
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved, undecided

H = CharacteristicFunction("3/10", Constant("1"))


def examples() -> dict[str, Certificate | Inconclusive]:
    return {
        "root_count": root_count.prove(H, abscissa="-2"),
        "root_enclosure": root_enclosure.prove(H, near=-0.49),
        "rightmost_root": rightmost_root.prove(H),
        "stability": stability.prove(H),
        "stability_boundary": stability_boundary.prove(Erlang(3, "1")),
    }


def test_interface_of_the_readme(tmp_path: Path) -> None:
    h = CharacteristicFunction(damping="3/10", delay=Constant("1"))
    c = rightmost_root.prove(h, digits=20)
    assert not isinstance(c, Inconclusive)
    assert all(isinstance(x, Fraction) for x in (c.real.lo, c.real.hi, c.imag.lo, c.imag.hi))
    n = root_count.prove(h, abscissa="-2")
    assert not isinstance(n, Inconclusive)
    assert type(n.count) is int
    b = stability_boundary.prove(Erlang(3, "1"))
    assert not isinstance(b, Inconclusive)
    assert b.damping.hi is not None
    assert b.damping.lo <= Fraction(8, 3) <= b.damping.hi
    assert b.frequency is not None
    assert b.frequency.lo**2 <= 3 <= b.frequency.hi**2
    s = stability.prove(h)
    assert not isinstance(s, Inconclusive)
    assert s.stable is True
    unstable = stability.prove(CharacteristicFunction(damping="2", delay=Constant("1")))
    assert not isinstance(unstable, Inconclusive)
    assert unstable.stable is False
    open_end = stability_boundary.prove(Exponential("1"), digits=12, up_to=7)
    assert not isinstance(open_end, Inconclusive)
    assert (open_end.damping.lo, open_end.damping.hi, open_end.frequency) == (7, None, None)
    assert checker.check(c.document).status is checker.Status.ACCEPTED
    c.save(tmp_path / "x.cert.json")
    assert (tmp_path / "x.cert.json").stat().st_size > 100
    assert isinstance(c.statement, str)
    assert len(c.digest) == 64
    # The names of the interface, from where it says they are.
    assert parse("shifted_exponential(1/2, 1/2)") == ShiftedExponential("1/2", "1/2")
    assert Mixture([("3/10", Constant(1)), ("7/10", Uniform(0, 2))]).mean == 1


@pytest.mark.parametrize("name", ["root_count", "root_enclosure", "rightmost_root", "stability", "stability_boundary"])
def test_save_and_load(name: str, tmp_path: Path) -> None:
    certificate = proved(examples()[name])
    path = tmp_path / f"{name}.cert.json"
    certificate.save(path)
    loaded = type(certificate).load(path)
    assert loaded == certificate
    assert type(loaded) is type(certificate)
    assert path.read_bytes().isascii()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]  # nothing half-written stays behind
    assert checker.check(path.read_bytes()).status is checker.Status.ACCEPTED
    assert CLAIMS[name].prove.__doc__


@pytest.mark.parametrize("spoil", ["statement", "claim_sha256", "witness", "claim", "empty", "text"])
def test_load_refuses_what_the_kernel_refuses(spoil: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cert.json"
    document: Any = json.loads(json.dumps(proved(rightmost_root.prove(H)).document))
    if spoil in ("statement", "claim_sha256"):
        document[spoil] = document[spoil][:-1] + "x"
    elif spoil == "witness":
        document["witness"]["disc"]["radius"] = "1"
    elif spoil == "claim":
        document["claim"]["real"] = ["0", "1"]
    path.write_text({"empty": "", "text": "no JSON"}.get(spoil, json.dumps(document)))
    with pytest.raises(InvalidScenario, match=r"x\.cert\.json"):
        Certificate.load(path)


def test_an_interrupted_write_keeps_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.cert.json"
    certificate = proved(stability.prove(H))
    certificate.save(path)
    before = path.read_bytes()

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        proved(rightmost_root.prove(H)).save(path)
    assert path.read_bytes() == before


def test_digest_is_that_of_the_claim_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = proved(root_count.prove(H, "-2"))
    second = proved(root_count.prove(H, "-2.0", provenance={"scenario_sha256": "0" * 64}))
    monkeypatch.setattr(sddeverify, "__version__", "99.0")
    third = proved(root_count.prove(CharacteristicFunction("0.3", parse("constant(1)")), -2))
    assert first.digest == second.digest == third.digest
    assert third.document["producer"]["version"] == "99.0"
    assert second.document["provenance"] == {"scenario_sha256": "0" * 64}
    assert "provenance" not in first.document
    assert first.digest != proved(root_count.prove(H, "-2.1")).digest


def test_digest_is_the_same_in_another_process() -> None:
    code = (
        "from sddeverify.certificates import rightmost_root; from sddeverify.delays import Constant;"
        "from sddeverify.models import CharacteristicFunction as H;"
        "c = rightmost_root.prove(H('3/10', Constant('1'))); print(c.digest, c.statement)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Chatham"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    here = proved(rightmost_root.prove(H))
    assert result.stdout.strip() == f"{here.digest} {here.statement}"


def test_statements_are_regenerated_from_the_claim() -> None:
    for certificate in examples().values():
        document = proved(certificate).document
        assert read(document["claim"])[0] == document["statement"]
        changed = {**document, "statement": document["statement"].replace("zero", "pole")}
        assert checker.check(changed).status is checker.Status.REJECTED


def test_statements_say_it_in_words() -> None:
    statements = {name: proved(certificate).statement for name, certificate in examples().items()}
    assert statements["stability"] == (
        "For h(s) = s + a E[exp(-s tau)], tau ~ constant(1), a in 3/10, every zero of h has Re s < 0 (stable)."
    )
    assert "exactly 2 zero(s) with Re s >= -2" in statements["root_count"]
    assert "erlang(3, 1)" in statements["stability_boundary"]
    assert "rightmost 1 zero(s)" in statements["rightmost_root"]


def test_undecided_is_neither_true_nor_false() -> None:
    answer = undecided(stability.prove(CharacteristicFunction(("1", "2"), Constant(1))), Reason.BOUNDARY_IN_BOX)
    with pytest.raises(TypeError, match="undecided"):
        bool(answer)
    assert str(answer).startswith("undecided (BOUNDARY_IN_BOX): ")
    assert all(reason.value for reason in Reason)


def test_certificates_are_frozen_and_show_themselves() -> None:
    certificate = proved(stability.prove(H))
    with pytest.raises(AttributeError):
        certificate.document = {}  # type: ignore[misc]  # that it is frozen is the point
    shown = certificate._repr_mimebundle_()
    assert certificate.digest[:12] in shown["text/markdown"]
    assert shown["text/plain"].startswith(f"Certified: {certificate.statement}")
    assert shown[MIME] == {"document": certificate.document, "verdict": {"status": "ACCEPTED", "reason": ""}}


def test_what_is_shown_is_checked_when_it_is_shown() -> None:
    certificate = proved(stability.prove(H))
    certificate.document["claim"]["stable"] = not certificate.document["claim"]["stable"]
    shown = certificate._repr_mimebundle_()
    assert "Certified" not in shown["text/plain"] + shown["text/markdown"]
    assert shown[MIME]["verdict"]["status"] in {"REJECTED", "MALFORMED"}


@pytest.mark.parametrize(
    "prove",
    [
        stability.prove,
        root_count.prove,
        rightmost_root.prove,
        lambda h, model: root_enclosure.prove(h, -0.1, model=model),
    ],
    ids=["stability", "root_count", "rightmost_root", "root_enclosure"],
)
def test_model_in_a_claim(prove: Any) -> None:
    model = {"learning_rate": "1/1000", "hessian": "12.35", "workers": 8, "mean_delay": "1/2"}
    damping = Fraction("12.35") * 8 / 1000 / Fraction(1, 2)
    certificate = proved(prove(CharacteristicFunction(damping, Erlang(3, "1/2")), model=model))
    assert certificate.claim["model"]["hessian"] == ["247/20", "247/20"]
    assert "learning rate in 1/1000" in certificate.statement
    # A damping that is not learning rate x Hessian x workers / mean delay, or a law of another mean, is refused.
    for h in (
        CharacteristicFunction(damping + Fraction("1e-30"), Erlang(3, "1/2")),
        CharacteristicFunction(damping, Erlang(3, 1)),
    ):
        undecided(prove(h, model=model), Reason.DOMAIN)


def test_model_with_intervals() -> None:
    model = {"learning_rate": ("1/1000", "2/1000"), "hessian": 12, "workers": (7, 8), "mean_delay": 1}
    h = CharacteristicFunction((Fraction(84, 1000), Fraction(192, 1000)), Constant(1))
    assert proved(stability.prove(h, model=model)).stable
    narrower = CharacteristicFunction((Fraction(84, 1000), Fraction(191, 1000)), Constant(1))
    undecided(stability.prove(narrower, model=model), Reason.DOMAIN)


def test_model_with_an_empirical_law() -> None:
    # The mean delay of a rounded trace is an interval; so is the damping.
    law = Empirical("1/10", [0, 0, 3, 5])
    mean = law.mean_enclosure()
    strength = Fraction(1, 4)
    h = CharacteristicFunction((strength / mean.hi, strength / mean.lo), law)
    model = {"learning_rate": strength, "hessian": 1, "workers": 1, "mean_delay": mean}
    assert proved(stability.prove(h, model=model)).stable


def test_details_are_short() -> None:
    # The kernel names the break points of a piece that it refuses, which may have a thousand digits.
    answer = undecided(stability.prove(CharacteristicFunction(4, Erlang(2, 1))))
    assert len(answer.detail) <= 300
