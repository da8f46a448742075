"""A hall in play: simulated citizens and agents against a running gateway, so that a newcomer sees life.

``plan`` decides beforehand, from a seed, who calls when and how each behaves; ``sippers`` lets SIPp do it; ``life`` is
what the agents do at their seats through the API (``hotline``); ``story`` reads back what SIPp saw of each call and
compares it with the ledger; ``show`` puts them together. Nothing here is needed to run a hotline.
"""
