"""What this repository describes: its files and variants, and how variants are compiled."""
