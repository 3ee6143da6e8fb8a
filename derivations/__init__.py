"""The gallery: one folder for each system, everything in it generated from its source.

A folder holds what a person wrote (``row.toml`` and the formulas, ``*.tc``) and what tensorcalc
made of it: the derivation as text, LaTeX and Markdown, the kernels, the report of the check.
``python -m derivations`` makes all of it anew, ``python -m derivations --check`` says what would
change.
"""
