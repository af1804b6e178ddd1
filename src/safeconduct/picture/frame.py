"""Moved to `safeconduct.kernels.frame`; this line goes when its importers have followed."""

from safeconduct.kernels.frame import SectorFrame

__all__ = ["SectorFrame"]
