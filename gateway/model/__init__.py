"""The words of the hotline as plain data: identifiers, facts, orders, records.

Standard library only, no async and no IO, so that everything above can be tested without a server.
"""
