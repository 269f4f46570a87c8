"""Other versions of the clients of Azure ML, each with the same small line against one served workspace."""
