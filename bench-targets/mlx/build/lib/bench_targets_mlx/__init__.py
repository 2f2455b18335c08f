"""The workloads of bench-targets in MLX, with results in Criterion's layout. The README of bench-targets describes both."""
