"""The page: one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

import base64
import platform
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import sddeverify
from sddeverify.derivations import ASSUMPTIONS, Badge
from sddeverify.report import mathml
from sddeverify.report.recheck import COMMAND
from sddeverify.report.rows import MARK, MEANING, Row, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sddeverify.agreement import Check
    from sddeverify.certificates import Certificate
    from sddeverify.derivations import Derivation, DerivationCheck
    from sddeverify.report.figures import Picture
    from sddeverify.report.mean_only import MeanOnly
    from sddeverify.report.recheck import Recheck
    from sddeverify.report.study import Study
    from sddeverify.scenario import Scenario

_SECTIONS = {
    "answers": "Answers",
    "figures": "Figures",
    "agreement": "Does the run agree?",
    "derivation": "Derivation",
    "certificates": "Certificates",
    "limits": "Assumptions and limits",
}
_SHOWN_STATEMENT = 700
_CHECKED = (
    "<p>Every step is computed by a named SymPy operation, and re-checked by SymPy and at random rational points. "
    "What is believed and not proved is an assumption with a name.</p>"
)
_RECHECKED = (
    "<p>Each certificate is a JSON file with a claim and a witness. A copy of the kernel, in a process of its "
    f"own that sees no other package (<code>{escape(COMMAND)}</code>), has checked every one of them. To check "
    "them again:</p><pre><code>sddeverify check .</code></pre>"
)
_SOURCE = (
    "<p>The model is that of S. Yu, W. Chen and H. V. Poor, <i>Distributed Stochastic Gradient Descent with "
    "Staleness: A Stochastic Delay Differential Equation Based Framework</i>, arXiv:2406.11159.</p>"
)


def render(study: Study, rows: list[Row], pictures: list[Picture], now: datetime | None = None) -> str:
    """Return the report as one self-contained HTML page.

    Args:
        study: Everything that is shown.
        rows: The summary.
        pictures: The figures.
        now: Date of the report.
    """
    body = {
        "answers": _answers(rows),
        "figures": "".join(_figure(one) for one in pictures),
        "agreement": _agreement(study),
        "derivation": _derivation(study),
        "certificates": _certificates(study),
        "limits": _limits(study),
    }
    heading = f"Asynchronous SGD with {_workers(study.source.scenario)}: what is stable, how fast, how many workers"
    return _frame(heading, _question(study.source.scenario), study.source.notes, body, _colophon(study), now)


def render_mean_only(found: MeanOnly, derivation: Derivation, checked: DerivationCheck) -> str:
    """Return the page of a report that knows nothing but a mean delay.

    Args:
        found: What is shown.
        derivation: Why the bound holds.
        checked: Its re-check.
    """
    cards = [_card(name, one, found.rechecks[name]) for name, one in found.certificates.items()]
    body = {
        "answers": _answers(found.rows),
        "derivation": _CHECKED + _one_derivation(derivation, checked),
        "certificates": _RECHECKED + "".join(cards),
    }
    heading = f"Asynchronous SGD with {_workers(found.scenario)}: what is stable whatever the delay law"
    foot = f"{_cite()}{_SOURCE}"
    return _frame(heading, _question(found.scenario), found.notes, body, foot, None)


def _frame(
    heading: str, question: str, notes: Iterable[str], body: dict[str, str], foot: str, now: datetime | None
) -> str:
    """Return the page around its sections."""
    style = (files("sddeverify.report") / "page.css").read_text(encoding="utf-8")
    date = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    links = "".join(f'<a href="#{key}">{_SECTIONS[key]}</a>' for key in body)
    sections = "".join(f'<section id="{key}"><h2>{_SECTIONS[key]}</h2>{one}</section>' for key, one in body.items())
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sddeverify report</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{heading}</h1>
<p class="soft">{date} · sddeverify {escape(sddeverify.__version__)} · {escape(question)}</p>
{said}
<nav>{links}</nav>
</header>
<main>{sections}</main>
<footer>{foot}</footer>
</body>
</html>
"""


def badge(status: Status) -> str:
    """Return the badge of a status: a word, a sign and a border, not colour alone."""
    kind = status.value.replace(" ", "-")
    return f'<span class="badge {kind}"><span aria-hidden="true">{MARK[status]}</span> {status.value}</span>'


def _workers(scenario: Scenario) -> str:
    count = scenario.workers
    return f"{count} worker{'s' * (count != 1)}"


def _question(scenario: Scenario) -> str:
    what = f"objective {scenario.objective.name}" if scenario.objective is not None else "given Hessian eigenvalues"
    return f"learning rate {float(scenario.learning_rate):.6g}, {what}, policy {scenario.policy.name}"


def _answers(rows: Iterable[Row]) -> str:
    used = {row.status for row in rows}
    always = (Status.CERTIFIED, Status.COMPUTED, Status.OBSERVED, Status.CONSISTENT)
    shown = [status for status in Status if status in always or status in used]
    legend = "".join(f"<dt>{badge(status)}</dt><dd>{escape(MEANING[status])}</dd>" for status in shown)
    lines = "".join(_row(row) for row in rows)
    return (
        f'<dl class="legend">{legend}</dl><div class="scroll"><table><thead><tr><th>quantity</th><th>answer</th>'
        f"<th>status</th><th>what it rests on</th></tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _row(row: Row) -> str:
    basis = escape(row.basis)
    if row.certificate is not None:
        basis += f' (<a href="certificates/{escape(row.certificate)}">{escape(row.certificate)}</a>)'
    return (
        f'<tr><td>{escape(row.quantity)}</td><td class="value">{escape(row.value)}</td>'
        f'<td>{badge(row.status)}</td><td class="basis">{basis}</td></tr>'
    )


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg).decode("ascii")
    return (
        f'<figure id="figure-{picture.name}"><h3>{escape(picture.title)}</h3>'
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(picture.caption)}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _agreement(study: Study) -> str:
    groups = []
    if study.of_trace is not None:
        groups.append((study.source.measured, study.of_trace.checks))
    groups.append(("the emulator", study.of_run.checks))
    lines = []
    for source, checks in groups:
        lines.append(f'<tr class="group"><td colspan="8">{escape(source)}</td></tr>')
        lines += [_check(check) for check in checks]
    head = "".join(
        f"<th>{title}</th>"
        for title in ("check", "observed", "expected", "bias", "allowance", "sampling error", "level", "verdict")
    )
    return (
        "<p>Each check asks whether |observed − bias − expected| ≤ allowance + sampling error. The bias is the known "
        "difference between finitely many workers and the theory, the allowance is for what is bounded but not "
        "known, and the sampling error belongs to the stated level: the probability of a false alarm of one check.</p>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _check(check: Check) -> str:
    status = Status(check.verdict.value)
    unit = f" {check.unit}" if check.unit else ""
    cells = [_number(check.observed) + unit, _number(check.expected) + unit]
    cells += [_number(value) for value in (check.bias, check.allowance, check.sampling_error)]
    numbers = "".join(f"<td>{escape(cell)}</td>" for cell in [*cells, f"{100 * check.level:g} %"])
    return (
        f"<tr><td>{escape(check.name)}</td>{numbers}<td>{badge(status)}</td></tr>"
        f'<tr><td class="basis" colspan="8">{escape(check.note)}</td></tr>'
    )


def _number(value: float) -> str:
    return "—" if value != value else f"{value:.5g}"


def _derivation(study: Study) -> str:
    passed = all(one.passed for one in study.checked)
    total = sum(len(one.steps) for one in study.checked)
    verdict = f"All {total} steps passed." if passed else "Some steps did not pass: they are marked."
    parts = [_CHECKED, f"<p>{verdict}</p>"]
    both = zip(study.derived.derivations, study.checked, strict=True)
    return "".join([*parts, *(_one_derivation(one, its) for one, its in both)])


def _one_derivation(derivation: Derivation, checked: DerivationCheck) -> str:
    steps = []
    for step, its in zip(derivation.steps, checked.steps, strict=True):
        kind = "refuted" if its.badge is Badge.REFUTED else "verified"
        formula = mathml.equation(step.left, step.sign.text, step.after)
        steps.append(
            f'<li id="{escape(derivation.label(step))}"><b>{escape(step.title)}.</b> '
            f'<span class="step-badge {kind}">{escape(its.badge.value)}</span> {escape(step.because)}'
            f'<div class="formula">{formula}</div></li>'
        )
    return (
        f"<details><summary>{escape(derivation.title)}</summary><p>{escape(derivation.summary)}</p>"
        f'<ol class="steps">{"".join(steps)}</ol></details>'
    )


def _certificates(study: Study) -> str:
    parts = [_RECHECKED]
    for name, certificate in study.proofs.certificates.items():
        parts.append(_card(name, certificate, study.rechecks[name]))
    for name, reason in study.proofs.undecided.items():
        parts.append(f'<div class="card open"><h3>{name}</h3><p>{escape(str(reason))}</p></div>')
    return "".join(parts)


def _card(name: str, certificate: Certificate, said: Recheck) -> str:
    words = "accepted by the separate process" if said.accepted else said.said[:_SHOWN_STATEMENT]
    return (
        f'<div class="card{"" if said.accepted else " refused"}"><h3><a href="certificates/{name}.cert.json">'
        f"{name}.cert.json</a></h3><p>{escape(_shortened(certificate.statement))}</p>"
        f'<p class="soft">claim sha256 <code>{escape(certificate.digest)}</code> · {escape(words)}</p></div>'
    )


def _shortened(text: str) -> str:
    """Cut the middle out of a very long statement, e.g. a law of a thousand cells; the file has all of it."""
    if len(text) <= 2 * _SHOWN_STATEMENT:
        return text
    return f"{text[:_SHOWN_STATEMENT]} [...] {text[-_SHOWN_STATEMENT:]}"


def _limits(study: Study) -> str:
    names = study.derived.model.assumptions
    items = "".join(
        f"<li><b>{name} {escape(ASSUMPTIONS[name].title)}.</b> {escape(ASSUMPTIONS[name].text)}</li>" for name in names
    )
    failures = "".join(f"<p>{escape(sentence)}</p>" for sentence in study.computed.failures)
    return f"""
<p>The certificates speak of the stochastic delay differential equation (SDDE): its mean, linearised at the
minimum. They do not speak of the run itself. What links the two is the derivation, under these assumptions:</p>
<ul>{items}</ul>
<ul>
<li><b>Finitely many workers.</b> The SDDE is the limit of many workers. At P workers exponents differ by a
bias of order 1/P, which is printed above and belongs to the comparison.</li>
<li><b>Mean and mean square.</b> Stability in the mean does not bound the variance. The mean-square limit is that
of the SDDE, which draws every delay anew; real workers use each read exactly once, so their own limit differs (for
memoryless workers it is larger, for equal workers it is that of the mean).</li>
<li><b>Eigenvalues.</b> Hessian eigenvalues of an objective are computed in floating point and rounded upward; certified
statements take them as a hypothesis.</li>
<li><b>Number of workers.</b> “Largest stable” and “best” number of workers keep the delay law fixed. Workers that share
cores or a network slow each other down, so the law changes with their number: record it again.</li>
</ul>{failures}"""


def _colophon(study: Study) -> str:
    times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in study.seconds.items())
    question = "the question is in <code>scenario.toml</code>, "
    return f"<p>Time: {escape(times)}.</p>{_cite(question)}{_SOURCE}"


def _cite(question: str = "") -> str:
    return (
        f"<p>Python {escape(platform.python_version())}, {escape(platform.machine())}. Cite with "
        f"<code>citation.tex</code> and <code>citation.bib</code>; {question}the numbers of this page are in "
        "<code>report.json</code>.</p>"
    )
