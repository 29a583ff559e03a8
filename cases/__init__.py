"""What a case is: pure Python, no input or output, the standard library only."""
