"""The glossary: what each agency means by a word, side by side (practice, section 1: shared language)."""
