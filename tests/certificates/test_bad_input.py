"""Bad input gets one sentence that names the field and says what to write; it never reaches the search."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sddeverify import certificates
from sddeverify.certificates import (
    Reason,
    rightmost_root,
    root_count,
    root_enclosure,
    stability,
    stability_boundary,
)
from sddeverify.delays import Constant, Exponential, Lattice, Mixture, Sum
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import undecided

H = CharacteristicFunction("3/10", Constant(1))
MODEL = {"learning_rate": "3/80", "hessian": 1, "workers": 8, "mean_delay": 1}

CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "float damping": (lambda: CharacteristicFunction(0.3, Constant(1)), r"damping: 0\.3 .* a string such as \"0\.3\""),
    "nan damping": (lambda: CharacteristicFunction(float("nan"), Constant(1)), "damping: nan"),
    "inf damping": (lambda: CharacteristicFunction(float("inf"), Constant(1)), "damping: inf"),
    "text nan": (lambda: CharacteristicFunction("nan", Constant(1)), "damping: 'nan'"),
    "decimal nan": (lambda: CharacteristicFunction(Decimal("nan"), Constant(1)), "damping: 'NaN'"),
    "no number": (lambda: CharacteristicFunction("three", Constant(1)), "damping: 'three'"),
    "empty text": (lambda: CharacteristicFunction("", Constant(1)), "damping: ''"),
    "division by zero": (lambda: CharacteristicFunction("1/0", Constant(1)), "damping: '1/0'"),
    "boolean": (lambda: CharacteristicFunction(True, Constant(1)), "damping: True"),
    "none": (lambda: CharacteristicFunction(None, Constant(1)), "damping: None"),
    "complex": (lambda: CharacteristicFunction(1j, Constant(1)), "damping: 1j"),
    "zero damping": (lambda: CharacteristicFunction(0, Constant(1)), "damping: "),
    "interval across zero": (lambda: CharacteristicFunction((-1, 1), Constant(1)), "damping: "),
    "interval upside down": (lambda: CharacteristicFunction((2, 1), Constant(1)), "damping: "),
    "three ends": (lambda: CharacteristicFunction((1, 2, 3), Constant(1)), "damping: "),
    "float in an interval": (lambda: CharacteristicFunction((1, 2.5), Constant(1)), r"damping\.hi: 2\.5"),
    "too many digits": (lambda: CharacteristicFunction("1" * 5000, Constant(1)), "damping: "),
    "huge integer": (lambda: CharacteristicFunction(10**4001, Constant(1)), "damping: a number|damping: 'a number"),
    "huge exponent": (lambda: CharacteristicFunction("1e99999", Constant(1)), "damping: '1e99999'"),
    "float undelayed": (lambda: CharacteristicFunction(1, Constant(1), 0.5), r"undelayed: 0\.5"),
    "law of mean 0": (lambda: CharacteristicFunction(1, Constant(0)), r"delay: 'constant\(0\)'"),
    "mixture of mean 0": (
        lambda: CharacteristicFunction(1, Mixture([("1/2", Constant(0)), ("1/2", Constant(0))])),
        "delay: .* positive mean",
    ),
    "sum of mean 0": (lambda: CharacteristicFunction(1, Sum(Constant(0), Constant(0))), "delay: .* positive mean"),
    "lattice of mean 0": (lambda: Lattice(1, [3]), "lattice"),
    "law as text": (lambda: CharacteristicFunction(1, "constant(1)"), "delay: 'constant"),
    "law as number": (lambda: CharacteristicFunction(1, 1), "delay: 1"),
    "float abscissa": (lambda: root_count.prove(H, abscissa=-0.5), r"abscissa: -0\.5"),
    "nan abscissa": (lambda: root_count.prove(H, abscissa="NaN"), "abscissa: 'NaN'"),
    "no abscissa": (lambda: root_count.prove(H, abscissa="left"), "abscissa: 'left'"),
    "interval abscissa": (lambda: root_count.prove(H, abscissa=(-1, 1)), "abscissa: "),
    "near is empty": (lambda: root_enclosure.prove(H, near=()), r"near: \(\)"),
    "near has one part": (lambda: root_enclosure.prove(H, near=("1",)), "near: "),
    "near has three parts": (lambda: root_enclosure.prove(H, near=(1, 2, 3)), "near: "),
    "near is text": (lambda: root_enclosure.prove(H, near="-1"), "near: '-1'"),
    "near is none": (lambda: root_enclosure.prove(H, near=None), "near: None"),
    "near is nan": (lambda: root_enclosure.prove(H, near=float("nan")), "near: nan"),
    "near is infinite": (lambda: root_enclosure.prove(H, near=complex(0, float("inf"))), "near: infj|near: "),
    "near has no numbers": (lambda: root_enclosure.prove(H, near=("a", "b")), r"near\.re: 'a'"),
    "near has floats in a pair": (lambda: root_enclosure.prove(H, near=(-0.5, 0.5)), r"near\.re: -0\.5"),
    "up_to is 0": (lambda: stability_boundary.prove(Constant(1), up_to=0), "up_to: '0'"),
    "up_to is negative": (lambda: stability_boundary.prove(Constant(1), up_to="-3"), "up_to: '-3'"),
    "up_to is a float": (lambda: stability_boundary.prove(Constant(1), up_to=3.0), r"up_to: 3\.0"),
    "boundary of no law": (lambda: stability_boundary.prove("constant(1)"), "delay: "),
    "boundary of a law of mean 0": (lambda: stability_boundary.prove(Constant(0)), "delay: "),
    "model without members": (lambda: stability.prove(H, model={}), "model: .*learning_rate, hessian, workers"),
    "model lacks a member": (lambda: stability.prove(H, model={"workers": 8}), "model: .*mean_delay"),
    "model with another member": (lambda: stability.prove(H, model={**MODEL, "staleness": 7}), "model: .*staleness"),
    "model with a float": (lambda: stability.prove(H, model={**MODEL, "hessian": 1.5}), r"model\.hessian: 1\.5"),
    "model with text": (lambda: stability.prove(H, model={**MODEL, "workers": "many"}), r"model\.workers: 'many'"),
    "model of a boundary with a rate": (
        lambda: stability_boundary.prove(Constant(1), model=MODEL),
        "model: .*hessian, workers, mean_delay",
    ),
    "model of a boundary without workers": (
        lambda: stability_boundary.prove(Constant(1), model={"hessian": 1}),
        "model: .*hessian, workers, mean_delay",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_sentence(name: str) -> None:
    call, pattern = CASES[name]
    with pytest.raises(InvalidScenario) as caught:
        call()
    message = str(caught.value)
    assert re.match(pattern, message), message
    assert "\n" not in message
    assert len(message) < 400
    assert "; write " in message  # what is allowed instead


@pytest.mark.parametrize("digits", [0, -1, 10**5, 1001, 2.0, "20", None, True, Fraction(20)])
@pytest.mark.parametrize("claim", ["rightmost_root", "root_enclosure", "stability_boundary"])
def test_digits(claim: str, digits: Any) -> None:
    provers: dict[str, Callable[[], Any]] = {
        "rightmost_root": lambda: rightmost_root.prove(H, digits),
        "root_enclosure": lambda: root_enclosure.prove(H, -0.5, digits),
        "stability_boundary": lambda: stability_boundary.prove(Constant(1), digits),
    }
    with pytest.raises(InvalidScenario, match=r"^digits: .* is not allowed; write an integer from 1 to (1000|250)$"):
        provers[claim]()


@pytest.mark.parametrize("member", ["learning_rate", "hessian", "workers", "mean_delay"])
@pytest.mark.parametrize("value", [0, -1])
def test_model_members_are_positive(member: str, value: int) -> None:
    with pytest.raises(InvalidScenario, match=rf"^model\.{member}: "):
        stability.prove(H, model={**MODEL, member: value})


@pytest.mark.parametrize(
    ("claim", "further"),
    [
        ("stability", ()), ("root_count", ()), ("rightmost_root", ()), ("decay_rate", ()), ("delay_margin", ()),
        ("stationary_variance", ()), ("all_roots", ("-1",)), ("root_enclosure", (("0", "1"),)),
        ("mean_square_stability", ("1/10",)), ("time_to_target", ()),
    ],
)  # fmt: skip
def test_a_text_is_no_characteristic_function(claim: str, further: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidScenario, match="CharacteristicFunction"):
        certificates.CLAIMS[claim].prove("x", *further)


@pytest.mark.parametrize("table", ["x", {"a": "x", "b": "y"}, {"a": [H], "b": [1]}, {"a": [H]}, {"a": [H], "b": []}])
def test_a_table_of_an_optimum_holds_characteristic_functions(table: Any) -> None:
    with pytest.raises(InvalidScenario, match="table"):
        certificates.CLAIMS["optimum"].prove(table)


def test_left_of_the_abscissa_of_convergence_is_a_matter_of_the_domain() -> None:
    """s + 5 + 1/(1 + s) has its zeros at -1.27 and -4.73, where the transform is not defined."""
    h = CharacteristicFunction(1, Exponential(1), undelayed=5)
    undecided(certificates.rightmost_root.prove(h), Reason.DOMAIN)
    undecided(certificates.decay_rate.prove(h), Reason.DOMAIN)
