"""All that speaks to an Azure ML workspace through its SDK."""
