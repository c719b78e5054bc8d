"""What we do about it: what a message says, and to whom. Pure; couriers carry it."""
