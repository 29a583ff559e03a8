"""Coming, moving and leaving while the bot runs."""
