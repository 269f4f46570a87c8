"""Tables of many rows: they lie on disk by column, and are read a block of rows or a column at a time."""
