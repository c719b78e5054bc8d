"""How fast the product is, always beside something that everybody knows. Run it with `make bench`."""
