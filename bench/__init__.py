"""Measurements: each prints what it found and keeps it in bench/results."""
