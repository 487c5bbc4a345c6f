"""BibTeX entries, and the RO-Crate that makes a folder of certificates an archive."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sddeverify
from sddeverify.citing._latex import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sddeverify.citing._sources import Source


def bibtex(now: datetime | None = None, found: Iterable[Source] = ()) -> str:
    """Return ``citation.bib``: this software, the paper whose model it certifies, and the certificates as a dataset."""
    year = (now or datetime.now(UTC)).year
    claims = ", ".join(f"{source.file} (claim {source.digest[:16]})" for source in found)
    dataset = f"""
@dataset{{sddeverify-certificates,
  author = {{{{The authors of this archive}}}},
  title  = {{Certificates for sddeverify}},
  year   = {{{year}}},
  note   = {{{escape(claims)}}}
}}
"""
    return f"""@software{{sddeverify,
  author  = {{{{The sddeverify developers}}}},
  title   = {{sddeverify: deriving, certifying and cross-checking the delay theory of asynchronous {{SGD}}}},
  version = {{{sddeverify.__version__}}},
  year    = {{{year}}},
  license = {{BSD-3-Clause}}
}}

@article{{yu2025sdde,
  author        = {{Yu, Siyuan and Chen, Wei and Poor, H. Vincent}},
  title         = {{Distributed Stochastic Gradient Descent with Staleness: A Stochastic Delay Differential
                   Equation Based Framework}},
  journal       = {{IEEE Transactions on Signal Processing}},
  year          = {{2025}},
  doi           = {{10.1109/TSP.2025.3546574}},
  eprint        = {{2406.11159}},
  archiveprefix = {{arXiv}}
}}
""" + (dataset if claims else "")


def crate(found: list[Source], others: dict[str, bytes], now: datetime | None = None) -> str:
    """Return ``ro-crate-metadata.json`` (RO-Crate 1.1) for a folder with certificates and the files made from them.

    Args:
        found: The certificates.
        others: Name and content of the other files.
        now: The date of publication; now by default.
    """
    date = (now or datetime.now(UTC)).date().isoformat()
    forms = {".tex": "text/x-tex", ".bib": "text/x-bibtex"}
    files: list[dict[str, Any]] = [
        {
            "@id": source.file,
            "@type": "File",
            "name": f"Certificate {source.file}",
            "description": source.statement,
            "identifier": f"urn:sha256:{source.digest}",
            "encodingFormat": "application/json",
            "contentSize": str(len(source.content)),
            "sha256": hashlib.sha256(source.content).hexdigest(),
        }
        for source in found
    ]
    files += [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "encodingFormat": forms[Path(name).suffix],
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in others.items()
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "Certificates of delay equations",
        "description": "Machine-checkable proofs, each a JSON document that sddeverify's kernel accepts.",
        "datePublished": date,
        "license": "to be chosen by the authors of this archive",
        "hasPart": [{"@id": file["@id"]} for file in files],
        "mentions": [{"@id": "#sddeverify"}],
        "citation": [{"@id": "https://doi.org/10.1109/TSP.2025.3546574"}],
    }
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        root,
        {
            "@id": "#sddeverify",
            "@type": "SoftwareApplication",
            "name": "sddeverify",
            "version": sddeverify.__version__,
            "license": "https://spdx.org/licenses/BSD-3-Clause",
        },
        {
            "@id": "https://doi.org/10.1109/TSP.2025.3546574",
            "@type": "ScholarlyArticle",
            "name": "Distributed Stochastic Gradient Descent with Staleness: A Stochastic Delay Differential Equation "
            "Based Framework",
        },
        *files,
    ]
    content = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
