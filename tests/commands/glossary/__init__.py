"""The glossary."""

WALK = ["ada: !term threshold when we can act without being called", "ada: !term threshold", "ada: !term"]
