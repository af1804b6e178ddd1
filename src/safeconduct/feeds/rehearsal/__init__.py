"""Rehearsals: simulated aircraft seen by simulated sensors. Marked as such everywhere (law 9)."""
