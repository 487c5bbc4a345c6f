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
    from sddeverify.derivations import Derivation, DerivationCheck
    from sddeverify.report.figures import Picture
    from sddeverify.report.study import Study

_SECTIONS = {
    "answers": "Answers",
    "figures": "Figures",
    "agreement": "Does the run agree?",
    "derivation": "Derivation",
    "certificates": "Certificates",
    "limits": "Assumptions and limits",
}
_SHOWN_STATEMENT = 700


def render(study: Study, rows: list[Row], pictures: list[Picture], now: datetime | None = None) -> str:
    """Return the report as one self-contained HTML page.

    Args:
        study: Everything that is shown.
        rows: The summary.
        pictures: The figures.
        now: Date of the report.
    """
    style = (files("sddeverify.report") / "page.css").read_text(encoding="utf-8")
    date = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    links = "".join(f'<a href="#{key}">{title}</a>' for key, title in _SECTIONS.items())
    body = {
        "answers": _answers(rows),
        "figures": "".join(_figure(one) for one in pictures),
        "agreement": _agreement(study),
        "derivation": _derivation(study),
        "certificates": _certificates(study),
        "limits": _limits(study),
    }
    sections = "".join(f'<section id="{key}"><h2>{_SECTIONS[key]}</h2>{body[key]}</section>' for key in _SECTIONS)
    notes = "".join(f"<p>{escape(note)}</p>" for note in study.source.notes)
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
<h1>Asynchronous SGD with {_workers(study)}: what is stable, how fast, how many workers</h1>
<p class="soft">{date} · sddeverify {escape(sddeverify.__version__)} · {escape(_question(study))}</p>
{notes}
<nav>{links}</nav>
</header>
<main>{sections}</main>
<footer>{_colophon(study)}</footer>
</body>
</html>
"""


def badge(status: Status) -> str:
    """Return the badge of a status: a word, a sign and a border, not colour alone."""
    kind = status.value.replace(" ", "-")
    return f'<span class="badge {kind}"><span aria-hidden="true">{MARK[status]}</span> {status.value}</span>'


def _workers(study: Study) -> str:
    count = study.source.scenario.workers
    return f"{count} worker{'s' * (count != 1)}"


def _question(study: Study) -> str:
    scenario = study.source.scenario
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
    parts = [
        "<p>Every step is computed by a named SymPy operation, and re-checked by SymPy and at random rational points. "
        f"{verdict} What is believed and not proved is an assumption with a name.</p>"
    ]
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
    parts = [
        "<p>Each certificate is a JSON file with a claim and a witness. A copy of the kernel, in a process of its "
        f"own that sees no other package (<code>{escape(COMMAND)}</code>), has checked every one of them. To check "
        "them again:</p><pre><code>sddeverify check .</code></pre>"
    ]
    for name, certificate in study.proofs.certificates.items():
        ok = study.rechecks[name].accepted
        said = "accepted by the separate process" if ok else study.rechecks[name].said[:_SHOWN_STATEMENT]
        parts.append(
            f'<div class="card{"" if ok else " refused"}"><h3><a href="certificates/{name}.cert.json">'
            f"{name}.cert.json</a></h3><p>{escape(_shortened(certificate.statement))}</p>"
            f'<p class="soft">claim sha256 <code>{escape(certificate.digest)}</code> · {escape(said)}</p></div>'
        )
    for name, reason in study.proofs.undecided.items():
        parts.append(f'<div class="card open"><h3>{name}</h3><p>{escape(str(reason))}</p></div>')
    return "".join(parts)


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
    return (
        f"<p>Python {escape(platform.python_version())}, {escape(platform.machine())}. Time: {escape(times)}. "
        "Cite with <code>citation.tex</code> and <code>citation.bib</code>; the question is in "
        "<code>scenario.toml</code>, the numbers of this page are in <code>report.json</code>.</p>"
        "<p>The model is that of S. Yu, W. Chen and H. V. Poor, <i>Distributed Stochastic Gradient Descent with "
        "Staleness: A Stochastic Delay Differential Equation Based Framework</i>, arXiv:2406.11159.</p>"
    )
