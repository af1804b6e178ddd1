"""What reading JSON strictly takes: bytes that are not JSON, and keys that nobody reads.

msgspec refuses unknown keys in its own structs, and passes over them in the model's dataclasses.
"""

from collections.abc import Mapping
from dataclasses import fields

import msgspec

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not JSON; the last for brackets nested thousands deep."""


def stray_keys(tree: Mapping[str, object], shapes: Mapping[str, type]) -> list[str]:
    """The keys in a tree's tables that their dataclasses do not have, as paths ("sensors[0].sigma_azimut_deg").

    Args:
        tree: as decoded.
        shapes: by key of the tree, the dataclass of the table, or of each table of the list, that is found there.
    """
    stray = []
    for name, shape in shapes.items():
        known = {field.name for field in fields(shape)}
        value = tree.get(name)
        tables = (
            {f"{name}[{at}]": table for at, table in enumerate(value)} if isinstance(value, list) else {name: value}
        )
        for path, table in tables.items():
            if isinstance(table, dict):
                stray += [f"{path}.{key}" for key in table if key not in known]
    return stray
