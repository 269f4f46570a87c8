"""What becomes of each field of the SDK's schemas in the embedded workspace, with the witness of each."""
