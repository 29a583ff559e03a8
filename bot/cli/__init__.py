"""The command line, a file for each command: what can be typed, and what a person is asked and told.

What a command does stands elsewhere in ``bot`` and is loaded when it is carried out. So help and completion are there
at once, and asking a busy machine for the bot's health takes no longer than it must.
"""
