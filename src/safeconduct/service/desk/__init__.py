"""The coordination desk of one node: every use case of the second river, one transaction each."""

from safeconduct.service.desk.books import Written
from safeconduct.service.desk.desk import Desk

__all__ = ["Desk", "Written"]
