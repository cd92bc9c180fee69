"""Solvers: targets in, joint angles out."""
