"""What a command tells: its result, its stages with their times, and tables."""
