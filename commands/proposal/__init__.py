"""What one agency proposes to another, which accepts or declines it."""
