"""Kernels of tensorcalc beside their peers: ``python -m benchmarks``."""
