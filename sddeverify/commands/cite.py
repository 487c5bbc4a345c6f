"""``sddeverify cite``: certificates as LaTeX theorems, BibTeX and an archive; and the check of a paper's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify import citing

EXIT_DISAGREES = 1


def command(
    certificates: Annotated[list[Path], typer.Argument(metavar="CERT...", help="Certificates (*.cert.json).")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write an archive into this new folder.")
    ] = None,
    digits: Annotated[int, typer.Option(metavar="n", help="Significant digits of the macros.")] = 12,
    verify: Annotated[
        Path | None, typer.Option(metavar="PAPER", help="Compare the macros in a LaTeX file with the certificates.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print statements and macros as JSON.")] = False,
) -> None:
    """Cite certificates in a paper.

    Every certificate is checked by the kernel first. Without options the LaTeX is printed: a macro for every number,
    rounded outward, and a theorem for each certificate. --out writes a folder to archive: the certificates,
    citation.tex, citation.bib and ro-crate-metadata.json (RO-Crate 1.1).

    \b
    Example: sddeverify cite boundary.cert.json -o archive
    Example: sddeverify cite boundary.cert.json --verify paper.tex
    Exit status: 0 fine, 1 a macro of the paper disagrees, 2 bad input.
    """
    from sddeverify import citing
    from sddeverify.exact import integer

    integer(digits, "--digits", 1, 1000)
    if verify is not None and (out is not None or as_json):
        raise invalid("--verify", str(verify), "either --verify, or --out or --json")
    found = citing.sources(certificates)
    if verify is not None:
        problems, compared = citing.disagreements(verify, found)
        for problem in problems:
            typer.echo(f"sddeverify: {problem}", err=True)
        if not compared:
            raise invalid("--verify", str(verify), "a paper that defines \\Sdde... macros, or inputs their file")
        typer.echo(f"{compared - len(problems)} of {compared} macros agree with the certificates")
        raise typer.Exit(EXIT_DISAGREES if problems else 0)
    if as_json:
        import json

        rows = [
            {"file": one.file, "claim_sha256": one.digest, "statement": one.statement, "latex": citing.theorem(one)}
            | {"macros": citing.macros(one, digits)}
            for one in found
        ]
        typer.echo(json.dumps(rows, indent=2))
    elif out is None:
        typer.echo(citing.document(found, digits), nl=False)
    if out is not None:
        _archive(out, found, digits)


def _archive(folder: Path, found: list[citing.Source], digits: int) -> None:
    from sddeverify import citing

    others = {
        "citation.tex": citing.document(found, digits).encode(),
        "citation.bib": citing.bibtex(found=found).encode(),
    }
    files = {one.file: one.content for one in found} | others
    files["ro-crate-metadata.json"] = citing.crate(found, others).encode()
    if folder.exists() and not _may_be_written(folder, files):
        allowed = "a new or empty folder, or an earlier archive of the same claims: nothing else is overwritten"
        raise invalid("--out", str(folder), allowed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise invalid("--out", str(folder), f"a folder that can be written ({error.strerror})") from None
    typer.echo(f"{folder}: {', '.join(files)}")


def _may_be_written(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether the folder is empty, or an earlier archive of the same claims and nothing else."""
    if not folder.is_dir():
        return False
    there = {path.name: path for path in folder.iterdir()}
    return not there or (
        set(there) == set(files) and all(_stands_for(path, files[name]) for name, path in there.items())
    )


def _stands_for(path: Path, content: bytes) -> bool:
    """Whether a file says what is to be written: the same bytes, or the same claim, proved at another time."""
    import json

    if path.name in {"ro-crate-metadata.json", "citation.bib"}:  # the day and the year stand in them
        return path.is_file()
    try:
        found = path.read_bytes()
        return found == content or json.loads(found)["claim"] == json.loads(content)["claim"]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return False
