"""Keeps aircraft from being shot down by mistake where parties who do not trust each other share the air."""

__version__ = "0.1.0"
