from __future__ import annotations

from gateway.asterisk.templates.supervision import contexts
from gateway.asterisk.templates.text import begin


def rendered() -> str:
    conf = begin("extensions.conf")
    contexts(conf, "QueueLog(gone)")
    return conf.text()


def test_each_way_of_monitoring_has_an_extension_that_ends_with_whom_it_monitors() -> None:
    text = rendered()
    for letter, options in (("l", "uqES"), ("w", "uqESw"), ("b", "uqESB")):
        assert f"_{letter}_.,1,ChanSpy(${{FILTER(.0-9a-zA-Z-,${{CUT(EXTEN,_,2)}})}},{options})" in text
    assert text.count("Hangup(16)") == 4


def test_who_is_taken_over_goes_back_when_the_lead_is_not_there_and_is_told_of_in_every_end() -> None:
    text = rendered().partition("[gw-take]")[2]
    assert "CHANNEL_EXISTS(${GW_LEAD})}=0]?lost)" in text
    assert text.index("UserEvent(GWTaken") < text.index("Bridge(${GW_LEAD},x)")
    assert text.count("Goto(gw-back,s,1)") == 2
    assert "gw-talked,s,1(caller)" in text and "QueueLog(gone)" in text
