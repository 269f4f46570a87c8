"""Every request of every command that writes, with every kind of fault: what one rerun leaves, beside no fault."""
