"""Runbooks, playbooks and past incidents: parsing, indexing, finding. Pure."""
