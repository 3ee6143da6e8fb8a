import numpy as np


def kernel(g):
    """`dy_dx`_<i i1> = g_<i i1>"""
    return g.copy()
