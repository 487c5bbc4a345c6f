"""What the widgets of this package share: the import with its sentence, and what is shown where widgets do not run."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from sddeverify.errors import MissingExtra

try:
    import ipywidgets as widgets
except ImportError as error:  # pragma: no cover - depends on the installation
    raise MissingExtra("notebooks need ipywidgets: install sddeverify[notebook]") from error

__all__ = ["bundle", "button", "row", "status", "style_sheet", "widgets"]

_STYLE = Path(__file__).with_name("widgets.css")


def bundle(widget: Any, fallback: dict[str, Any]) -> dict[str, Any]:
    """Return the MIME bundle of a widget with what is to be shown where it does not run.

    Args:
        widget: The outermost widget.
        fallback: MIME type -> content; must hold ``text/plain``.
    """
    live = widget._repr_mimebundle_() or {}
    return {**live, **fallback}


def button(description: str, action: Any, name: str, tooltip: str = "") -> Any:
    """Return a button with a CSS class of its own, ``sddeverify-<name>``; it is reached by Tab, pressed by Enter."""
    made = widgets.Button(description=description, tooltip=tooltip or description, layout={"width": "auto"})
    made.add_class(f"sddeverify-{name}")
    made.on_click(lambda _: action())
    return made


def row(*children: Any) -> Any:
    """Return widgets beside one another; in a narrow window they go to the next line."""
    box = widgets.HBox(list(children))
    box.add_class("sddeverify-buttons")
    return box


def status(text: str, kind: str = "note") -> str:
    """Return one line of HTML that screen readers announce; the kind is a word in it as well as a colour."""
    return f'<div role="status" class="sddeverify-status sddeverify-{kind}">{html.escape(text)}</div>' if text else ""


def style_sheet() -> Any:
    """Return a widget that carries the style sheet of this package."""
    return widgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>", layout={"display": "none"})
