"""The life of an incident, and the correlator that starts it."""
