"""How far an agency is in a case: lead, active, background, or only asked (practice, section 1)."""
