"""Who is in the house, changed while the bot runs: people come, move and leave, agencies too (practice, section 5)."""
