"""The mailroom: a process of its own that receives and reads mail, so that 20 MB mails never stall the gateway's loop.

gateway (room)  ==socketpair, frames (handing)==  child (office): receiver and mailboxes -> desk -> link
"""
