"""Draft a problem from a table: read it as people have it, infer what it holds, and write the problem's folders."""
