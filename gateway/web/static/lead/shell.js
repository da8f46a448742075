// What every page of the shift lead begins with: `const { me, plan, time } = await shell('reports')` fills the page's
// <header class="bar" id="bar"> with brand, navigation, the hall's clock, who is logged in and the way out. What the
// page itself has put into the header stays, between the navigation and the clock. A browser that is not logged in goes
// to the log-in; a gateway that does not answer is said so, with a button to try again.

import { get, post, Problem, toLogin } from '../api.js';
import { add, english, fill, label, speak, words } from '../i18n.js';
import { icon } from '../icons.js';
import { WORDS } from './words.js';

add(WORDS);

const PAGES = [
  ['seats', 'map'],
  ['reports', 'report'],
  ['people', 'people'],
  ['recordings', 'record'],
  ['wall', 'wall'],
];

/** An element in one line: make('a', {class: 'x', href: '/'}, child, 'text'). A value of null or false is left out. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined));
  return made;
}

/** A button with an icon and both languages' words. */
export function button(key, picture, onclick, attributes = {}) {
  return make('button', { type: 'button', onclick, ...attributes }, picture ? icon(picture) : null, make('span', {}, label(words(key))));
}

/** The wall clock of a time zone, 24 hours. */
export const clockAt = (time, timeZone) => time.toLocaleTimeString('zh-CN', { hour12: false, timeZone });

function navigation(page) {
  const links = PAGES.map(([name, picture]) =>
    make('a', { href: `/${name}`, 'aria-current': name === page ? 'page' : null }, icon(picture), make('span', {}, label(words(`shell.${name}`)))),
  );
  return make('nav', { class: 'pages', 'aria-label': words('shell.nav').join(' ') }, ...links);
}

function brand() {
  const picture = make('img', { src: '/static/icon.svg', alt: '' });
  return make('a', { class: 'home', href: '/', 'aria-label': '12345' }, picture, make('b', {}, words('shell.brand')[0]));
}

async function leave() {
  await post('/api/v1/logout', {});
  location.assign('/login');
}

/** Ticks once a second by the hall's time: `time.offset` (seconds to add to this machine's clock) and `time.zone` are the
 * page's to set when it learns better. */
function clock(time) {
  const shown = make('time', { class: 'clock', id: 'clock' });
  const tick = () => {
    const text = clockAt(new Date(Date.now() + time.offset * 1000), time.zone);
    if (shown.textContent !== text) shown.textContent = text;
  };
  tick();
  setInterval(tick, 1000);
  return shown;
}

function person(me) {
  const out = make('button', { id: 'leave', type: 'button', onclick: leave }, label(words('shell.leave')));
  const desk = me.agent ? make('a', { class: 'own', href: '/desk' }, icon('desk'), words('shell.desk')[0]) : null;
  const [other, name] = english ? ['zh', '中文'] : ['en', 'English'];
  const tongue = make('button', { id: 'tongue', class: 'quiet', type: 'button', lang: other, onclick: () => speak(other) }, name);
  return [desk, make('span', { class: 'who', id: 'who' }, me.name), tongue, out].filter(Boolean);
}

function failed(failure) {
  const again = button('shell.again', null, () => location.reload());
  const text = failure instanceof Problem ? [failure.message, ''] : words('shell.failed');
  document.body.prepend(make('div', { class: 'banner', role: 'alert' }, icon('warn'), make('span', {}, label(text)), again));
}

async function asked() {
  try {
    return await Promise.all([get('/api/v1/me'), get('/api/v1/plan')]);
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 401) {
      toLogin();
      return new Promise(() => {}); // the browser is leaving: nothing of the page may run
    }
    failed(failure);
    throw failure;
  }
}

/** Fill the bar; returns {me, plan, time}. `me.role` is 'agent', 'supervisor', 'admin' or 'reader'. */
export async function shell(page) {
  fill();
  const [me, plan] = await asked();
  if (english) document.title = `${words(`shell.${page}`)[0]} · 12345`;
  const time = { offset: 0, zone: plan.halls[0]?.zone ?? 'Asia/Shanghai' };
  const bar = document.getElementById('bar');
  bar.prepend(brand(), navigation(page));
  bar.append(make('span', { class: 'space' }), clock(time), ...person(me));
  return { me, plan, time };
}
