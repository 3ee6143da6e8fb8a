"""The array level: what a machine runs. See :mod:`tensorcalc.arrays.nodes` for the node kinds."""

from tensorcalc.arrays.builder import Builder, Value
from tensorcalc.arrays.lower import Graph, lower

__all__ = ["Builder", "Graph", "Value", "lower"]
