"""Frozen types, one concept a file. Nothing here knows of files, sockets, clocks or frameworks."""
