"""What both sides of a request speak: names, times, ids, bodies and errors."""
