"""The wire format of Azure ML: names, times, ids, bodies, errors and access tokens."""
