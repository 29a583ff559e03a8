"""Referrals: an agency passes somebody on to the one that can help, and hears what came of it."""
