// The words of the inbox, of conversations and of the agent's day: Chinese first, English second.

import { html } from '../vendor/preact.js';

const WORDS = {
  'keys.inbox': ['文字诉求', 'Messages'],
  'box.title': ['文字诉求', 'Messages'],
  'box.open': ['处理下一件', 'Open the next'],
  'box.waiting': ['待分派 %n', '%n waiting'],
  'box.none': ['暂无分派给您的诉求', 'nothing is yours now'],
  'box.none.out': ['签入后接收微信、短信、邮件和网页诉求', 'sign in to get messages'],
  'box.off': ['未启用文字诉求分派', 'not in use'],
  'box.take': ['接受', 'Take'],
  'box.unread': ['%n 条未读', '%n unread'],
  'box.secret': ['保密', 'secret'],
  'wait.of': ['已等 %t / %limit', 'waiting'],
  'wait.over': ['超时 %t', 'overdue'],
  'wait.answered': ['已答复', 'answered'],
  'wait.offer': ['%t 秒内接受', 'to take it'],
  'channel.wechat': ['微信', 'WeChat'],
  'channel.weibo': ['微博', 'Weibo'],
  'channel.sms': ['短信', 'SMS'],
  'channel.email': ['邮件', 'Mail'],
  'channel.web': ['网页', 'Web'],
  'channel.app': ['APP', 'App'],
  'channel.open311': ['Open311', ''],
  'channel.partner': ['联动', 'Partner'],
  'channel.phone': ['电话', 'Phone'],
  'thread.loading': ['正在载入', 'Loading'],
  'thread.close': ['关闭', 'Close'],
  'thread.done': ['处理完毕', 'Done'],
  'thread.done.sure': ['市民尚未得到答复，再按一次确认', 'not answered yet: press again'],
  'thread.release': ['退回分派', 'Give back'],
  'thread.next': ['下一个会话', 'Next'],
  'thread.previous': ['上一个会话', 'Previous'],
  'thread.citizen': ['市民', 'Citizen'],
  'thread.system': ['自动', 'Automatic'],
  'thread.nothing': ['没有文字内容', 'no text'],
  'thread.more': ['更早的内容见工单', 'see the ticket for what came before'],
  'reply.label': ['答复', 'Reply'],
  'reply.hint': ['输入答复，Ctrl+Enter 发送', 'Ctrl+Enter sends'],
  'reply.send': ['发送', 'Send'],
  'reply.sending': ['发送中', 'Sending'],
  'reply.long': ['超出 %n 字', 'too long'],
  'reply.template': ['模板', 'Templates'],
  'reply.template.none': ['没有模板', 'no templates'],
  'reply.kept': ['草稿已存本机', 'kept on this computer'],
  'way.none': ['不能主动送达，答复将显示在进度页', 'no way back: shown on the progress page'],
  'way.until': ['平台仅允许在 %t 前回复', 'replies until'],
  'way.over': ['平台的 48 小时回复时限已过，可能无法送达', 'the 48 hours are over'],
  'way.left': ['还可回复 %n 条', '%n replies left'],
  'sent.waiting': ['等待发送', 'Waiting'],
  'sent.sent': ['已发出', 'Sent'],
  'sent.delivered': ['已送达', 'Delivered'],
  'sent.failed': ['未送达', 'Failed'],
  'sent.impossible': ['无法送达', 'No way'],
  'sent.cancelled': ['已取消', 'Cancelled'],
  'sent.retry': ['再试一次', 'Try again'],
  'file.wanted': ['正在获取', 'being fetched'],
  'file.refused': ['未接收', 'refused'],
  'file.gone': ['已无法获取', 'gone'],
  'file.save': ['保存', 'Save'],
  'file.big': ['看大图', 'Enlarge'],
  'day.title': ['我的今天', 'My day'],
  'day.calls': ['通话', 'calls'],
  'day.talk': ['通话时长', 'talk'],
  'day.wrap': ['话后', 'wrap-up'],
  'day.tickets': ['工单', 'tickets'],
  'day.overdue': ['超时转办', 'late'],
  'day.rated': ['满意度', 'rated'],
  'day.hours': ['每小时通话', 'calls by hour'],
};

/** [Chinese, English] of a key with %name filled in; a key nobody knows shows itself, so that it is noticed. */
export function say(key, values = {}) {
  const fill = (text) => text.replace(/%(\w+)/g, (whole, name) => values[name] ?? whole);
  return (WORDS[key] ?? [key.replace(/^\w+\./, ''), '']).map(fill);
}

/** Both as nodes: Chinese, then small English. */
export function W({ k, ...values }) {
  const [zh, en] = say(k, values);
  return html`<span class="t">${zh}${en ? html` <small lang="en">${en}</small>` : null}</span>`;
}
