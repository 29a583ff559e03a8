"""The board's page: served by the bot itself, and shown by apps in each case room."""
