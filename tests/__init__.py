"""The tests mirror the source; they read like examples."""
