"""The gate: judges a candidate's evaluation by gate.yml and says in words whether it may be promoted."""
