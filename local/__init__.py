"""The embedded stack: what a laptop has instead of AWS. Nothing in `app/` imports it."""
