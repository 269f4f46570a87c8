"""How new data differs from the data that the default was trained on."""
