"""Flights and zones: what is declared, where it conflicts, who has received it."""
