"""An Azure Machine Learning workspace that responds to HTTP requests inside the process that sends them.

``emulator.client.activate`` is all a client needs; ``docs/emulator.md`` says what is supported.
"""
