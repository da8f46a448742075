"""What the dialplan says by itself, in each language: the prompts that need no flow and no gateway.

The names are those of ``gateway.ivr.names.DIALPLAN_PROMPTS``; ``gateway.asterisk.prompts`` speaks them.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.ivr.config import Text

DIALPLAN_TEXTS: Mapping[str, Text] = {
    "static-greeting": Text(
        zh="您好，这里是12345政务服务便民热线，本次通话将被录音。正在为您转接人工服务，请稍候。",
        yue="你好，呢度係12345政務服務便民熱線，今次通話會錄音。而家幫你轉駁人工服務，請稍等。",
        en="Hello, this is the government service hotline, 12345. This call is recorded. "
        "We are connecting you, please hold.",
    ),
    "not-in-service": Text(
        zh="您好，您拨打的号码是空号，请核对后再拨。",
        yue="你好，你打嘅號碼係空號，請核對後再打。",
        en="Sorry, the number you dialled does not exist. Please check it and dial again.",
    ),
    "sorry-timeout": Text(
        zh="很抱歉，现在来电较多，让您久等了。我们已记录您的来电，请您稍后再拨。",
        yue="好抱歉，而家來電較多，要你等咗咁耐。我哋已經記錄你嘅來電，請你稍後再打。",
        en="We are sorry that you had to wait. Your call has been noted. Please call again later.",
    ),
    "sorry-full": Text(
        zh="很抱歉，现在排队的来电较多。我们已记录您的来电，请您稍后再拨。",
        yue="好抱歉，而家排隊嘅來電較多。我哋已經記錄你嘅來電，請你稍後再打。",
        en="We are sorry, too many calls are waiting. Your call has been noted. Please call again later.",
    ),
    "sorry-no-seat": Text(
        zh="很抱歉，现在没有热线员在岗。我们已记录您的来电，请您稍后再拨。",
        yue="好抱歉，而家冇熱線員當值。我哋已經記錄你嘅來電，請你稍後再打。",
        en="We are sorry, nobody can take your call now. Your call has been noted. Please call again later.",
    ),
    "sorry-system": Text(
        zh="很抱歉，系统暂时无法接通您的电话，请您稍后再拨。",
        yue="好抱歉，系統暫時無法接通你嘅電話，請你稍後再打。",
        en="We are sorry, your call cannot be connected at present. Please call again later.",
    ),
    "hold-wait": Text(
        zh="您好，热线员正忙，请您稍候，我们会尽快接听。",
        yue="你好，熱線員而家好忙，請你稍等，我哋會盡快接聽。",
        en="All our staff are busy. Please hold, we will take your call as soon as we can.",
    ),
    "hold-thanks": Text(
        zh="感谢您的耐心等待，请不要挂机。",
        yue="多謝你耐心等候，請唔好收線。",
        en="Thank you for waiting. Please stay on the line.",
    ),
    "queue-closed": Text(
        zh="您好，您选择的专席现在暂停服务。",
        yue="你好，你揀嘅專席而家暫停服務。",
        en="The service that you have chosen is closed at present.",
    ),
    "queue-closed-on": Text(
        zh="正在为您转接其他热线员，请稍候。",
        yue="而家幫你轉駁其他熱線員，請稍等。",
        en="We are connecting you to other staff, please hold.",
    ),
    "queue-closed-end": Text(
        zh="请您稍后再拨，也可以通过网站或微信留言。感谢您的来电，再见。",
        yue="請你稍後再打，亦可以透過網站或者微信留言。多謝你嘅來電，再見。",
        en="Please call again later, or write to us on our website. Thank you for calling, goodbye.",
    ),
    "transfer-hold": Text(
        zh="正在为您联系有关单位，请稍候，请不要挂机。",
        yue="而家幫你聯絡有關單位，請稍等，請唔好收線。",
        en="We are speaking to the office in charge. Please hold, and please stay on the line.",
    ),
    "transfer-back": Text(
        zh="您好，正在为您转回热线员，请稍候。",
        yue="你好，而家幫你轉返熱線員，請稍等。",
        en="We are connecting you to our staff again. Please hold.",
    ),
    "transfer-ended": Text(
        zh="对方已挂机。感谢您的来电，再见。",
        yue="對方已經收線。多謝你嘅來電，再見。",
        en="The other side has hung up. Thank you for calling, goodbye.",
    ),
    "virtual-notice": Text(
        zh="您好，本次通话由12345热线转接，通话将被录音。",
        yue="你好，今次通話由12345熱線轉駁，通話會錄音。",
        en="This call is connected by the government hotline, 12345. It is recorded.",
    ),
    "virtual-refused": Text(
        zh="您好，您的电话不能拨打该号码。如需帮助，请拨打12345。",
        yue="你好，你嘅電話唔可以打呢個號碼。如需幫助，請打12345。",
        en="Sorry, this number cannot be reached from your telephone. For help, please dial 12345.",
    ),
    "virtual-expired": Text(
        zh="您好，该号码的有效期已过，正在为您转接12345热线员，请稍候。",
        yue="你好，呢個號碼已經過咗有效期，而家幫你轉駁12345熱線員，請稍等。",
        en="This number is no longer in use. We are connecting you to the hotline, 12345. Please hold.",
    ),
    "virtual-away": Text(
        zh="您好，暂时无法直接接通对方，正在为您转接12345热线员，请稍候。",
        yue="你好，暫時未能直接接通對方，而家幫你轉駁12345熱線員，請稍等。",
        en="We cannot connect you directly at present. We are connecting you to the hotline, 12345. Please hold.",
    ),
}
