"""One file a step of the schema, numbered; never changed once released."""
