"""The live side of the hall: pure reducers that fold facts into calls, queues and the seat map."""
