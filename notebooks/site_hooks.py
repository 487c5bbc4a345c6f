"""What the site build adds to the pages: formulas that need no network, and the real --help texts."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

log = logging.getLogger("mkdocs.hooks.sddeverify")

KATEX_VERSION = "0.16"
FILES = ("katex.min.css", "katex.min.js", "contrib/auto-render.min.js")
# Debian's libjs-katex
INSTALLED = (
    Path("/usr/share/javascript/katex"),
    Path("/usr/share/nodejs/katex/dist"),
)
CACHE = Path(sys.prefix) / "share" / "katex"
STYLES = re.compile(r"\x1b\[[0-9;]*m")  # colours of a terminal
START = r"""
document.addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll(".arithmatex")) {
    renderMathInElement(element, {delimiters: [
      {left: "\\[", right: "\\]", display: true}, {left: "\\(", right: "\\)", display: false}]});
  }
});
"""


def on_config(config: Any) -> Any:
    """Name KaTeX's files in every page, if KaTeX is to be had; formulas stay readable TeX otherwise."""
    config.extra["katex"] = katex()
    if config.extra["katex"] is None:
        log.info("KaTeX is not to be had (no libjs-katex, no npm): formulas are shown as TeX")
        return config
    config.extra_css.append("assets/katex/katex.min.css")
    for name in (*FILES[1:], "start.js"):
        config.extra_javascript.append(f"assets/katex/{name}")
    return config


def on_files(files: Any, config: Any) -> Any:
    """Make a page of every lesson, from the copy that the tests executed, or as it is where there is none."""
    from mkdocs.structure.files import File

    docs = Path(config.docs_dir)
    for path in sorted((docs / "lessons").glob("*.ipynb")):
        source = f"lessons/{path.name}"
        files.remove(files.get_file_from_path(source))
        executed = docs.parent / "build" / "lessons" / path.name
        markdown, pictures = lesson(executed if executed.is_file() else path)
        files.append(File.generated(config, f"lessons/{path.stem}.md", content=markdown))
        for name, data in pictures.items():
            files.append(File.generated(config, f"lessons/{path.stem}/{name}", content=data))
    for name, data in archives(docs / "reference" / "papers").items():
        files.append(File.generated(config, f"reference/papers/{name}", content=data))
    return files


def archives(folder: Path) -> dict[str, bytes]:
    """Return an archive of the certificates of every published statement that has several, by its path."""
    from sddeverify.commands import papers

    found = {}
    for row in papers.read(folder.parents[2] / "paper_checks"):
        if len(row.certificates) > 1:
            content = io.BytesIO()
            with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in row.certificates:  # with the time of ZipInfo, 1980: the same bytes from every build
                    archive.writestr(zipfile.ZipInfo(Path(name).name), (folder / name).read_bytes())
            found[papers.archive(row)] = content.getvalue()
    return found


def derivations() -> str:
    """Return all derivations for one scenario, with the badges of their checks."""
    from sddeverify.derivations import DERIVATIONS, check, to_markdown
    from sddeverify.scenario import Scenario

    scenario = Scenario("1/50", 8, "shifted_exponential(1/2, 1/2)", hessian=["1/2", "1"], noise_variance=1)
    parts = []
    for name, write in DERIVATIONS.items():
        derivation = write(scenario)
        title, _, rest = to_markdown(derivation, check(derivation)).partition("\n")
        parts.append(f"{title} {{#{name}}}\n\n`sddeverify derive SCENARIO --only {name}`\n{rest}")
    return "\n\n".join(parts)


def lesson(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown, and the pictures that it shows by their names."""
    parts = [
        f'!!! note "This is a page of a notebook"\n    Widgets run in JupyterLab: `make lab`, then `{path.name}`.\n'
    ]
    pictures: dict[str, bytes] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            # A solution inside <details> is Markdown, too.
            parts.append(source.replace("<details>", '<details markdown="1">'))
            continue
        parts.append(f"```python\n{source}\n```")
        for output in joined(cell["outputs"]):
            data = output.get("data", {})
            if "image/png" in data:
                name = f"figure-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode("".join(data["image/png"]))
                words = "".join(data.get("text/plain", "")).replace("[", "(").replace("]", ")")
                parts.append(f"![{words}]({path.stem}/{name})")
            elif "text/markdown" in data:
                # Python-Markdown has no escape for the one character that HTML needs escaped.
                parts.append("".join(data["text/markdown"]).replace("\\<", "&lt;"))
            elif "text/latex" in data:
                parts.append("".join(data["text/latex"]))
            elif text := "".join(output.get("text", data.get("text/plain", ""))):
                parts.append(f"```text\n{STYLES.sub('', text).rstrip()}\n```")
    title, _, rest = parts[1].partition("\n")
    return "\n\n".join([title, parts[0], rest, *parts[2:]]) + "\n", pictures


def joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a cell's outputs with what it printed in several pieces as one."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        if found and output.get("name") is not None and output["name"] == found[-1].get("name"):
            found[-1] = found[-1] | {"text": ["".join(found[-1]["text"]), "".join(output["text"])]}
        else:
            found.append(output)
    return found


def on_post_build(config: Any) -> None:
    """Copy KaTeX beside the pages."""
    source = config.extra["katex"]
    if source is None:
        return
    target = Path(config.site_dir) / "assets" / "katex"
    for name in FILES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
    shutil.copytree(source / "fonts", target / "fonts", dirs_exist_ok=True)
    (target / "start.js").write_text(START, encoding="utf-8")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace ``<!-- help: COMMAND -->`` by what the command's --help prints, and other such marks by their tables."""
    if "<!-- papers -->" in markdown or "<!-- paper sources -->" in markdown:
        from sddeverify.commands import papers

        checks = papers.read(Path(__file__).parents[1] / "paper_checks")
        markdown = markdown.replace("<!-- papers -->", papers.markdown(checks))
        markdown = markdown.replace("<!-- paper sources -->", papers.sources(checks))
    if "<!-- derivations -->" in markdown:
        markdown = markdown.replace("<!-- derivations -->", derivations())
    if "<!-- results -->" in markdown:
        folder = Path(__file__).parents[1] / "benchmarks"
        texts = [path.read_text("utf-8").replace("\n# ", "\n## ") for path in sorted(folder.glob("*.md"))]
        markdown = markdown.replace("<!-- results -->", "\n\n".join(f"#{text}" for text in texts))
    if "<!-- atlas -->" in markdown:
        from sddeverify.commands import atlas

        rows = atlas.table(Path(__file__).parent / "reference" / "atlas")
        markdown = markdown.replace("<!-- atlas -->", atlas.markdown(rows, "atlas"))
    return re.sub(r"<!-- help: ?([a-z ]*) -->", lambda match: _help(match.group(1).split()), markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Show the references of docstrings (``:class:`~package.Name```) as plain names."""
    return re.sub(r":[a-z]+:<code>~?(?:[\w.]*\.)?(\w+)</code>", r"<code>\1</code>", html)


def katex() -> Path | None:
    """Return a folder with KaTeX's distribution: Debian's, a cached one, or one fetched now by npm."""
    for folder in (*INSTALLED, CACHE):
        if all((folder / name).is_file() for name in FILES):
            return folder
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        fetch = [npm, "pack", "--silent", "--pack-destination", scratch, f"katex@{KATEX_VERSION}"]
        try:
            subprocess.run(fetch, check=True, capture_output=True, timeout=60, cwd=scratch)  # noqa: S603 - fixed
            with tarfile.open(next(Path(scratch).glob("katex-*.tgz"))) as package:
                package.extractall(scratch, filter="data")
        except (subprocess.SubprocessError, OSError, tarfile.TarError, StopIteration) as error:
            log.info("npm pack katex: %s", error)
            return None
        shutil.copytree(Path(scratch) / "package" / "dist", CACHE, dirs_exist_ok=True)
    return CACHE


def _help(arguments: list[str]) -> str:
    from typer.testing import CliRunner

    from sddeverify.__main__ import app

    result = CliRunner().invoke(app, [*arguments, "--help"], prog_name="sddeverify", env={"COLUMNS": "100"})
    if result.exit_code != 0:
        raise RuntimeError(f"sddeverify {' '.join(arguments)} --help ended with status {result.exit_code}")
    return f"```text\n{result.stdout.strip()}\n```"
