"""Questions that are answered by a tap, where everybody who sees them is asked (MSC3381)."""
