"""Looks at all that Lamplighter needs, with or without a running server. What the looks come to, the domain judges."""

from lamplighter.doctor.rounds import Inside, Sight, as_tree, examine, sight

__all__ = ["Inside", "Sight", "as_tree", "examine", "sight"]
