"""One file for each step, named for what it brings."""
