"""What an incident is, and every decision about it: pure values and functions.

Nothing here reads a clock, a file, a socket or chance; times come in as arguments.
"""
