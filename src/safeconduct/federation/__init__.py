"""How nodes speak to each other: signed cards, signed requests, and messages that are never lost."""
