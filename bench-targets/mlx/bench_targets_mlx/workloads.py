"""The list of workloads, which the Rust side reads as well, and checks against itself."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
# An installed package brings its copy along (setup.py); in the repository there is the one that Rust reads too.
IN_REPOSITORY = HERE.parents[1] / "workloads.json"
LIST = next((path for path in (HERE / "workloads.json", IN_REPOSITORY) if path.exists()), IN_REPOSITORY)


@dataclass(frozen=True)
class Workload:
    """One entry of workloads.json; bench-targets/src/workload.rs says what each field means."""

    id: str
    group: str
    value: str
    op: str
    shape: tuple
    dtype: str
    seed: int
    flops: int
    bytes: int
    elements: int
    tolerance: float
    large: bool

    def smaller(self):
        """Half of the work, for `--plant smaller`: the second number of the shape is halved."""
        return replace(self, shape=(self.shape[0], self.shape[1] // 2, *self.shape[2:]))


def read(path=LIST):
    entries = json.loads(Path(path).read_text())
    if entries["version"] != 1:
        raise ValueError(f"{path} has version {entries['version']}, and this reads version 1")
    return [Workload(**{**entry, "shape": tuple(entry["shape"])}) for entry in entries["workloads"]]
