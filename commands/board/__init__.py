"""The case as a board: what a page in the room's app shows of it, signed by the bot."""
