"""An Azure Machine Learning workspace that answers at the wire, inside the process that asks.

``emulator.client.activate`` is all a client needs; ``docs/emulator.md`` says what is supported.
"""
