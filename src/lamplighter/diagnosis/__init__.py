"""From raw evidence to ranked causes. Pure computation: no input, no output, no clock, no framework."""

from lamplighter.diagnosis.investigator import RulesInvestigator, diagnose

__all__ = ["RulesInvestigator", "diagnose"]
