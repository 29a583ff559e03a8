"""The process: the only Matrix client, scheduler and command line."""
