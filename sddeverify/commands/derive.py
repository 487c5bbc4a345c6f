"""``sddeverify derive``: show the derivation of a scenario's delay equation, step by step, and export it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import require_output
from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from sddeverify.derivations import Derivation, DerivationCheck, Step, StepCheck
    from sddeverify.models import Model

EXIT_UNCHECKED = 1
STANDARD_OUTPUT = Path("-")


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file (.json or .toml).")],
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show one derivation only, such as stability_boundary.")
    ] = None,
    latex: Annotated[
        Path | None, typer.Option(metavar="FILE|-", help="Write equations with labels (needs amsmath and graphicx).")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE|-", help="Write Markdown with $$ mathematics.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print steps, checks and model as JSON.")] = False,
) -> None:
    """Derive the delay equation of a scenario, step by step.

    It leads from arriving gradients to the stability boundary. Every step is re-checked by SymPy and at random
    rational points; what is assumed is named. The table at the end has the exact coefficients. With --latex or
    --markdown the derivation is written to a file (- is standard output) instead of being shown.

    \b
    Example: sddeverify derive scenario.toml --latex derivation.tex
    Exit status: 0 derived and re-checked, 1 a step does not check, 2 bad input.
    """
    exports = {"--latex": latex, "--markdown": markdown}
    _check_exports(exports, as_json, force)

    from sddeverify.derivations import DERIVATIONS, MODEL, check, derive
    from sddeverify.scenario import Scenario

    if only is not None and only not in DERIVATIONS:
        raise invalid("--only", only, f"one of {', '.join(DERIVATIONS)}")
    asked = Scenario.load(scenario)
    if only is None or only in MODEL:
        everything, model = derive(asked)
        derivations = [one for one in everything if only in (None, one.name)]
    else:  # about other policies, or without numbers of its own
        derivations, model = [DERIVATIONS[only](asked)], None
    checked = [check(one) for one in derivations]
    if as_json:
        _print_json(derivations, checked, model)
    for option, path in exports.items():
        if path is not None:
            _export(option, path, derivations, checked)
    if not as_json and latex is None and markdown is None:
        _show(derivations, checked, model)
    if not all(one.passed for one in checked):
        failed = ", ".join(f"{one.derivation}: {step}" for one in checked for step in one.failures)
        typer.echo(f"sddeverify: these steps do not check: {failed}", err=True)
        raise typer.Exit(EXIT_UNCHECKED)


def _check_exports(exports: dict[str, Path | None], as_json: bool, force: bool) -> None:
    # Before the work, so that a mistyped path costs nothing.
    to_output = [option for option, path in exports.items() if path == STANDARD_OUTPUT]
    if len(to_output) + as_json > 1:
        raise InvalidScenario("standard output: only one of --latex -, --markdown - and --json can go there")
    for option, path in exports.items():
        if path != STANDARD_OUTPUT:
            require_output(option, path, force=force)


def _export(option: str, path: Path, derivations: list[Derivation], checked: list[DerivationCheck]) -> None:
    from sddeverify.derivations import to_latex, to_markdown

    if option == "--latex":
        text = "\n".join(to_latex(one) for one in derivations)
    else:
        text = "\n".join(to_markdown(one, its) for one, its in zip(derivations, checked, strict=True))
    if path == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise invalid(option, str(path), f"a file that can be written ({error.strerror})") from None
    typer.echo(f"saved: {path}", err=True)


def _assumptions(derivations: list[Derivation], model: Model | None) -> tuple[str, ...]:
    from sddeverify.derivations import in_order

    return in_order(name for one in derivations for name in one.assumptions) if model is None else model.assumptions


def _print_json(derivations: list[Derivation], checked: list[DerivationCheck], model: Model | None) -> None:
    import json

    from sddeverify.derivations import ASSUMPTIONS, to_json

    document = {
        "derivations": [to_json(one, its) for one, its in zip(derivations, checked, strict=True)],
        "assumptions": {name: ASSUMPTIONS[name].text for name in _assumptions(derivations, model)},
        "model": None if model is None else model.to_json(),
    }
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def _show(derivations: list[Derivation], checked: list[DerivationCheck], model: Model | None) -> None:
    import os

    from rich.console import Console
    from rich.text import Text

    from sddeverify.derivations import ASSUMPTIONS

    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 120  # a log has no width of its own
    for derivation, its in zip(derivations, checked, strict=True):
        _show_derivation(console, derivation, its)
    if model is not None:
        _show_model(console, derivations, model)
    console.print(Text("All this rests on:"))
    for name in _assumptions(derivations, model):
        console.print(Text(f"  {name} {ASSUMPTIONS[name].title}: {ASSUMPTIONS[name].text}"))


def _show_derivation(console: Console, derivation: Derivation, checked: DerivationCheck) -> None:
    from rich.panel import Panel
    from rich.text import Text

    console.rule(Text(derivation.title, style="bold"))
    console.print(Text(derivation.summary))
    console.print(Text(f"Rests on {', '.join(derivation.assumptions)}.\n", style="dim"))
    for number, (step, its) in enumerate(zip(derivation.steps, checked.steps, strict=True), 1):
        # Badge and colour say the same: colour is never the only signal.
        badge, style = _badge(step, its)
        console.print(
            Panel(
                _body(step, console.width - 6),
                title=Text(f"{number}. {step.title}", style="bold"),
                title_align="left",
                subtitle=Text(f"[{badge}]", style=style),
                subtitle_align="right",
                border_style="dim",
            )
        )


def _badge(step: Step, checked: StepCheck) -> tuple[str, str]:
    from sddeverify.derivations import Badge

    if checked.badge is Badge.ASSUMED:
        return f"assumption {step.assumption}", "yellow"
    if checked.badge is Badge.VERIFIED:
        return f"symbolic ok, numeric ok at {checked.points} points", "green"
    return "does not check", "red"


def _body(step: Step, width: int) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from sddeverify.derivations import pretty

    # Formulas cannot be folded like prose: they were broken at this width already.
    return Group(Text(pretty(step, width), no_wrap=True), Text(step.because, style="italic"))


def _show_model(console: Console, derivations: list[Derivation], model: Model) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Coefficients", title_justify="left")
    for name in ("quantity", "symbol", "value", "status"):
        table.add_column(name, overflow="fold")
    for row in _rows(derivations, model):
        table.add_row(*[Text(cell) for cell in row])
    console.print(table)
    console.print(Text(f"Delay law: {_short(str(model.delay))}"))


def _rows(derivations: list[Derivation], model: Model) -> list[tuple[str, str, str, str]]:
    from sddeverify.exact import Enclosure, decimal_down, spell

    def number(value: Enclosure) -> str:
        if value.width:
            return f"in {value}"
        exact = spell(value.lo)
        return exact if len(exact) <= 24 else f"{decimal_down(value.lo)}..."

    def point(value: Any) -> Enclosure:
        return Enclosure(value, value)

    curvature = "computed, rounded upward" if model.hessian_computed else "given"
    several = len(model.hessian) > 1
    rows = [
        ("learning rate", "η", number(point(model.learning_rate)), "given"),
        ("workers", "P", str(model.workers), "given"),
        ("mean delay", "m", number(model.mean_delay), "of the law"),
        ("arrival rate", "Λ = P/m", number(model.arrival_rate), "derived"),
    ]
    for index in (0, -1) if several else (0,):
        which = "" if not several else (", smallest" if index == 0 else f", largest of {len(model.hessian)}")
        strength = point(model.strength(model.hessian[index]))
        rows += [
            (f"eigenvalue{which}", "h", number(point(model.hessian[index])), curvature),
            ("  its damping coefficient", "a = ηhP/m", number(model.damping[index]), "derived"),
            ("  damping times mean delay", "c = ηhP", number(strength), "derived"),
        ]
    rows.append(("noise intensity", "η²σ²P/m", number(model.noise_intensity), "derived"))
    return rows + _closed_forms(derivations)


def _closed_forms(derivations: list[Derivation]) -> list[tuple[str, str, str, str]]:
    rows = []
    for derivation in derivations:
        names = dict(derivation.results)
        for name, text, symbol in (
            ("damping_number", "critical damping, mean", "a*"),
            ("critical_learning_rate", "critical learning rate, mean", "η*"),
        ):
            if derivation.name == "stability_boundary" and name in names:
                rows.append((text, symbol, _closed(derivation.result(name)), "derived, closed form"))
        if "no_boundary" in names:
            rows.append(("critical damping, mean", "a*", "none: stable for every damping", "derived"))
    return rows


def _closed(expression: Any) -> str:
    text = str(expression).replace("pi", "π")
    if expression.free_symbols:
        return _short(text)
    return f"{_short(text)} = {expression.evalf(10)}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
