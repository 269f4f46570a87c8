"""The wire oracles: official API specs and recorded traffic, to hold the emulator to what Azure says."""
