"""regress.json, beside a measurement: what was computed, and how. The README of bench-targets describes it."""

import ctypes
import hashlib
import os
import platform
import subprocess
from pathlib import Path

import mlx.core as mx


def sidecar(workload, implementation, sample, checksum, waits, tf32, limits):
    kind = device_kind()
    return {
        "version": 1,
        "workload": workload.id,
        "implementation": implementation,
        "sample_sha256": hashlib.sha256(sample.json().encode()).hexdigest(),
        "synchronised": True,
        "waits": waits,
        "checksum": checksum,
        "tolerance": workload.tolerance,
        "precision": "tf32" if tf32 and kind != "cpu" and workload.dtype == "f32" else workload.dtype,
        "blas": blas(kind),
        "threads": threads(kind),
        "device": {"kind": kind, "name": device_name(kind)},
        "versions": {"mlx": mx.__version__, "python": platform.python_version()},
        "flops": workload.flops,
        "bytes": workload.bytes,
        "machine": limits,
    }


def given(flops, bytes):
    """What the machine can do at most, as it was given; the Rust side measures it."""

    def figure(per_second):
        return None if per_second is None else {"per_second": per_second, "from": "given"}

    return {"flops": figure(flops), "bytes": figure(bytes)}


def device_kind():
    if mx.default_device().type == mx.DeviceType.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def device_name(kind):
    if kind == "cpu":
        return cpu_name()
    if kind == "metal":
        return f"{cpu_name()} ({mx.device_info().get('architecture', 'unknown')})"
    return mx.device_info().get("device_name", "unknown")


def cpu_name():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(": ", 1)[1]
    except OSError:
        pass
    asked = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def blas(kind):
    """Whose matrix products they are. On Linux's CPU that is whatever library was loaded first."""
    if kind != "cpu":
        return {"metal": "mlx-metal", "cuda": "cublas"}[kind]
    if platform.system() == "Darwin":
        return "accelerate"
    loaded = loaded_libraries()
    for name in ("mkl", "blis", "openblas"):
        if any(name in library for library in loaded):
            return name
    return "netlib-reference" if any("libblas" in library for library in loaded) else "unknown"


def loaded_libraries():
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return set()
    return {os.path.basename(line.split()[-1]) for line in lines if ".so" in line}


def threads(kind):
    """Threads that compute one operation; None where nobody says, and on a GPU.

    MLX computes on one thread a stream, and its BLAS may have more.
    """
    if kind != "cpu":
        return None
    name = blas(kind)
    if name == "netlib-reference":
        return 1
    if name == "openblas":
        try:
            return int(ctypes.CDLL(None).openblas_get_num_threads())
        except (AttributeError, OSError):
            return None
    return None
