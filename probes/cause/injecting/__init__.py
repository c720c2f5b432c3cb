"""Words put into listeners' ears: by symbol, listener, kinship, moment and dose, and where they send them."""
