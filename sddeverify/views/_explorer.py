"""An explorer: sliders, one figure of fixed size and axes, and the same in words below it."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from sddeverify.errors import SddeverifyError
from sddeverify.views import style
from sddeverify.views._widgets import bundle, status, style_sheet, widgets

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from matplotlib.figure import Figure

_DPI = 90


class Explorer:
    """Controls and a picture that follows them.

    Attributes:
        widget: The ipywidgets box.
        controls: Name -> widget.
        caption: The picture in words.
    """

    def __init__(self, name: str, controls: dict[str, Any], draw: Callable[..., tuple[Figure, str]]) -> None:
        """Build the widget and draw once.

        Args:
            name: Part of the CSS class, ``sddeverify-<name>``.
            controls: Name of an argument of ``draw`` -> its control.
            draw: Returns the figure, always with the same axes, and its caption.
        """
        self.controls, self._draw = controls, draw
        self.caption = ""
        self._positions: list[tuple[float, float, float, float]] | None = None
        self._image = widgets.Image(format="png")
        self._image.add_class("sddeverify-figure")
        self._words = widgets.HTML()
        self._words.add_class("sddeverify-caption")
        for argument, control in controls.items():
            control.add_class(f"sddeverify-{argument.replace('_', '-')}")
            control.observe(lambda _: self.refresh(), "value")
        self.widget = widgets.VBox([style_sheet(), *controls.values(), self._image, self._words])
        self.widget.add_class("sddeverify-explorer")
        self.widget.add_class(f"sddeverify-{name}")
        self.refresh()

    def refresh(self) -> None:
        """Draw what the controls say; where there is no answer, say why and leave the picture."""
        try:
            figure, self.caption = self._draw(**{name: control.value for name, control in self.controls.items()})
        except SddeverifyError as error:
            self._words.value = status(f"No picture. {error}", "wrong")
            return
        self._place(figure)
        self._image.value = style.to_png(figure, dpi=_DPI)
        self._words.value = f'<div role="status">{html.escape(self.caption)}</div>'

    def _place(self, figure: Figure) -> None:
        # The layout of the first figure stays, so that the axes stand still; it also takes a quarter of the time.
        if self._positions is None:
            figure.draw_without_rendering()
            self._positions = [panel.get_position().bounds for panel in figure.axes]
        figure.set_layout_engine("none")
        for panel, bounds in zip(figure.axes, self._positions, strict=True):
            panel.set_position(bounds)

    @property
    def png(self) -> bytes:
        """The picture."""
        return bytes(self._image.value)

    def set(self, **values: Any) -> None:
        """Set controls by name, as a reader would with the mouse."""
        for name, value in values.items():
            self.controls[name].value = value

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        picture = base64.b64encode(self.png).decode("ascii")
        return bundle(self.widget, {"text/plain": self.caption, "text/markdown": self.caption, "image/png": picture})


def slider(description: str, value: float, least: float, most: float, step: float) -> Any:
    """Return a slider that answers when it is let go of, and by the arrow keys."""
    kind = widgets.IntSlider if all(isinstance(one, int) for one in (value, least, most, step)) else widgets.FloatSlider
    options = {} if kind is widgets.IntSlider else {"readout_format": ".3g"}
    return kind(
        value=value,
        min=least,
        max=most,
        step=step,
        description=description,
        continuous_update=False,
        style={"description_width": "9em"},
        layout={"width": "34em"},
        **options,
    )


def menu(description: str, options: list[str]) -> Any:
    """Return a menu of texts."""
    return widgets.Dropdown(options=options, description=description, style={"description_width": "9em"})


def exact(value: float) -> Fraction:
    """Return the number a slider shows: its steps are decimals, its values floats."""
    from fractions import Fraction

    return Fraction(str(round(value, 6)))


LAWS = (
    "constant(1)",
    "erlang(10, 1)",
    "erlang(3, 1)",
    "uniform(0, 2)",
    "exponential(1)",
    "sum(constant(1/2), exponential(1/2))",
    "9/10*constant(1/2) + 1/10*constant(11/2)",
)
"""Laws of mean 1 that behave differently."""
