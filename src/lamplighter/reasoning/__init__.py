"""Thinking with language models. Optional at run time: nothing needs it."""
