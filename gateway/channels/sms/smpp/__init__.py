"""SMPP 3.4, the protocol of carriers' short message centres (SMSC) abroad and of most aggregators.

What is used of aiosmpplib 0.7.4 is its codec, for all that we write (``pdus``) and for the standard's numbers. Its
session (``ESME``) is not, because it cannot be made to keep first and acknowledge second, nor to hand over octets. Its
source, read for this (esme.py, protocol.py, correlator.py):

- Parts of a long message are answered one by one and held in memory until the last has come: a restart loses them. They
  are known by their reference alone, whoever sent them, so two citizens' parts are mixed; ten or more are put together
  in the order of their numbers' spelling; a 16-bit reference is read as 32 bits.
- The text is decoded before the hook sees it, by its own guess; octets are not handed over. data_coding 4 and 15, an
  empty text, an unknown type of number, a non-ASCII address are a ValueError, answered with generic_nack before any
  hook is called: the message is lost. Other damage (struct.error, IndexError) ends ``start()`` with its tasks.
- An exception of the hook, or a receipt with ``err:`` in other than digits, ends the receiving task likewise. Vendors'
  own error codes (0x400 and above) have no place in its enumeration: each costs the connection.
- PDUs are handled one at a time, so a slow commit delays answers to enquire_link; data_sm is refused; there is no TLS;
  a refused bind leaves its socket open; any length up to 4 GB is waited for; octets of messages that it cannot read go
  to stderr through a logger of its own.

So the session is ours, the one that CMPP and SMGP have (``gateway.channels.sms.session``, ``carrier``), and so is the
reading (``wire``). What differs here from those two:

- There is no id of a message, so its repeats are told by octets and time (``repeats``).
- The ids in status reports may be spelt otherwise than in the answers to our messages (``ids``).
"""
