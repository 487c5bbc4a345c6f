"""Certify up to which learning rate 16 workers are stable; the Hessian's top eigenvalue is at most 25/2."""

from pathlib import Path

from sddeverify.certificates import Inconclusive, stability_boundary
from sddeverify.delays import Erlang

result = stability_boundary.prove(Erlang(3, "1/5"), digits=8, model={"hessian": "25/2", "workers": 16})
if isinstance(result, Inconclusive):
    raise SystemExit(str(result))
result.save(Path(__file__).with_name("boundary.cert.json"))
print(result.statement)
