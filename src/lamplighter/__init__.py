"""Lamplighter: an on-call engineer in software."""

__version__ = "0.1.0"
