"""What this repository describes: files, variants, and what is compiled from them."""
