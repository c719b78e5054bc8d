"""How healthy an account is, and why."""
