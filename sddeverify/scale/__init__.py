"""Many runs and many proofs, on all cores or on a Dask cluster: the results do not depend on who computed them."""

from sddeverify.scale.folder import Results
from sddeverify.scale.plan import Plan, Task, chart, ensemble, sweep
from sddeverify.scale.running import Unfinished, run
from sddeverify.scale.summary import summarise

__all__ = ["Plan", "Results", "Task", "Unfinished", "chart", "ensemble", "run", "summarise", "sweep"]
