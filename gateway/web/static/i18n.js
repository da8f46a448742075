// The one catalogue of the pages' words: Chinese first, English second. No word of a page is written anywhere else. A page
// shows Chinese with English beside it where there is room; pages that offer the choice (`data-tongues` of <html>: those of the
// shift lead) can be had in English alone, and this browser remembers it.

const WORDS = {
  'home.title': ['12345 热线接入网关', 'Hotline gateway'],
  'home.sub': ['政务服务便民热线', 'Government service hotline'],
  'login.login': ['账号', 'Login'],
  'login.password': ['密码', 'Password'],
  'login.enter': ['登录', 'Log in'],
  'login.foot': ['登录与失败均记入审计日志', 'log-ins and failures are audited'],
  'login.failed': ['无法连接网关，请稍后再试', 'the gateway cannot be reached, try again'],
  'map.title': ['座席地图', 'Seat map'],
  'map.leave': ['退出', 'Log out'],
  'link.up': ['线路正常', 'Line up'],
  'link.down': ['线路中断', 'Line down'],
  'link.lost': ['连接中断', 'Disconnected'],
  'link.wait': ['连接中', 'Connecting'],
  'stale.down': ['与话务交换机的连接中断，座席状态可能已过时', 'The link to Asterisk is down: states may be out of date'],
  'stale.lost': ['与网关的连接中断，正在重连；画面停留在', 'Connection to the gateway lost, reconnecting; as of'],
  'side.waiting': ['等候来电', 'Waiting'],
  'side.attention': ['需要关注', 'Attention'],
  'side.nobody': ['无人等候', 'nobody waits'],
  'side.nothing': ['一切正常', 'all is well'],
  'late.talking': ['通话过长', 'long call'],
  'late.held': ['保持过长', 'long hold'],
  'late.not_ready': ['休息超时', 'rest over time'],
  'late.offline': ['话机离线', 'phone offline'],
  'late.ringing': ['久未应答', 'not answering'],
  'queue.longest': ['最长', 'longest'],
  'queue.waiting': ['等候', 'waiting'],
  'queue.ready': ['就绪', 'ready'],
  'queue.talking': ['通话', 'talking'],
  'queue.resting': ['休整', 'away'],
  'queue.answered': ['接通', 'answered'],
  'queue.lost': ['呼损', 'lost'],
  'legend.total': ['座席', 'seats'],
  'legend.in': ['签入', 'signed in'],
  'state.ready': ['就绪', 'Ready'],
  'state.reserved': ['预占', 'Reserved'],
  'state.ringing': ['振铃', 'Ringing'],
  'state.talking': ['通话', 'Talking'],
  'state.held': ['保持', 'Hold'],
  'state.consulting': ['咨询', 'Consulting'],
  'state.three_way': ['三方', 'Three-way'],
  'state.outbound': ['外呼', 'Outbound'],
  'state.monitored': ['监听', 'Monitored'],
  'state.wrap_up': ['话后', 'Wrap-up'],
  'state.not_ready': ['示忙', 'Not ready'],
  'state.offline': ['离线', 'Offline'],
  'state.signed_out': ['签出', 'Signed out'],
  'tile.today': ['今日 % 通', '% today'],
  'tile.count': ['% 通', '% calls'],
};

const KEPT = 'lead.lang';
const offered = document.documentElement.hasAttribute('data-tongues');

/** Whether this page is in English alone. */
export const english = offered && localStorage.getItem(KEPT) === 'en';
if (english) document.documentElement.lang = 'en';

/** The same page in the other language, now and from now on. */
export function speak(lang) {
  localStorage.setItem(KEPT, lang);
  location.reload();
}

/** A pair [Chinese, English] as this page shows it: in English alone where that was chosen and there is any. A third text is
 * what English says when it stands alone. */
export const inOrder = ([zh, en, alone]) => (english && en ? [alone ?? en, ''] : [zh, en]);

/** What people have called a thing, {name, name_en}: by its English name on an English page, if it has one. */
export const named = (thing) => inOrder([thing.name, thing.name_en])[0];

/** What joins texts: a colon, the parts of a list, sentences. */
export const [COLON, COMMA, STOP] = english ? [': ', ', ', '; '] : ['：', '，', '；'];

/** Take a page's own words, {key: [Chinese, English]}, into the catalogue. */
export function add(words) {
  Object.assign(WORDS, words);
}

/** The pair [Chinese, English] of a key, its %names filled in from `values`; a key nobody knows shows itself, so that it
 * is noticed. */
export function words(key, values = null) {
  const pair = inOrder(WORDS[key] ?? [key, '']);
  return values ? pair.map((text) => text.replace(/%(\w+)/g, (whole, name) => values[name] ?? whole)) : pair;
}

/** Chinese alone, for where there is room for no more. */
export const say = (key, values = null) => words(key, values)[0];

/** Both as nodes: Chinese, then small English. */
export function label(pair) {
  const [zh, en] = inOrder(pair);
  const made = document.createDocumentFragment();
  made.append(zh);
  if (en) {
    const small = document.createElement('small');
    small.lang = 'en';
    small.textContent = en;
    made.append(' ', small);
  }
  return made;
}

/** Fill every element that names a key in data-t. */
export function fill(root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.replaceChildren(label(words(element.dataset.t)));
}
