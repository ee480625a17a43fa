"""Breaks real things on purpose and watches what happens."""
