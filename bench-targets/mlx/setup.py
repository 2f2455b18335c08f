"""What pyproject.toml can't say: the list of workloads lies outside, where Rust reads it, and is installed with the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LIST = Path(__file__).resolve().parents[1] / "workloads.json"


class WithList(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:
            shutil.copy(LIST, Path(self.build_lib) / "bench_targets_mlx" / "workloads.json")


setup(cmdclass={"build_py": WithList})
