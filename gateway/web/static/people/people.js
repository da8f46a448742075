// The page of people: who works when (a week, people by days), who is on duty now, what one shift tells the next, and the
// roster as a file in and out.

import { add, COMMA, english, say, words } from '../i18n.js';
import { shell } from '../lead/shell.js';
import { html, render, useState } from '../vendor/preact.js';
import { Import } from './import.js';
import { Notes, Now } from './now.js';
import { Icon, W } from './parts.js';
import { monday, plus, Store } from './store.js';
import { Week } from './week.js';
import { WORDS } from './words.js';

function Trouble({ store }) {
  const roster = store.roster.value;
  if (!roster) return null;
  const planned = new Set(roster.duties.map((one) => one.day));
  const gaps = roster.gaps.filter((one) => planned.has(one.day)).length;
  const clashes = roster.clashes.length;
  if (!gaps && !clashes) return roster.gaps.length ? null : html`<span class="chip" data-level="0"><${W} k="ros.right" /></span>`;
  return html`${gaps > 0 && html`<span class="chip" data-level="2"><${W} k="ros.gaps" /> ${gaps}</span>`}
    ${clashes > 0 && html`<span class="chip" data-level="1" title=${roster.clashes.map((one) => `${one.name} ${one.day}`).join(COMMA)}><${W} k="ros.clashes" /> ${clashes}</span>`}`;
}

/** 2026 年 11 月 23 日 – 11 月 29 日; 23 Nov – 29 Nov 2026 */
function span(first, last) {
  const [, month, day] = first.split('-').map(Number);
  const [, month_, day_] = last.split('-').map(Number);
  if (!english) return `${first.slice(0, 4)} 年 ${month} 月 ${day} 日 – ${month_} 月 ${day_} 日`;
  const short = (at) => new Date(`${at}T12:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return `${short(first)} – ${short(last)} ${last.slice(0, 4)}`;
}

function Bar({ store, open }) {
  const first = store.first.value;
  const last = plus(first, 6);
  const step = (n) => store.show(plus(first, 7 * n));
  return html`<div class="tools"><div class="segments"><button type="button" aria-label=${words('ros.week.before').join(' ')} onClick=${() => step(-1)}>‹</button>
      <button type="button" aria-pressed=${first === monday(store.today)} onClick=${() => store.show(monday(store.today))}><${W} k="ros.today" /></button>
      <button type="button" aria-label=${words('ros.week.next').join(' ')} onClick=${() => step(1)}>›</button></div>
    <h1>${span(first, last)}</h1>
    <${Trouble} store=${store} /><span class="space"></span>
    <input type="search" id="find" placeholder=${say('ros.find')} aria-label=${words('ros.find').join(' ')} value=${store.find.value} onInput=${(event) => (store.find.value = event.target.value)} />
    <button type="button" id="import" onClick=${open}><${Icon} name="up" /><span><${W} k="ros.import" /></span></button>
    <a class="button" href=${`/api/v1/roster/export?from=${first}&to=${last}&format=xlsx`} download><${Icon} name="down" /><${W} k="ros.export" /></a></div>`;
}

function Page({ store }) {
  const [importing, setImporting] = useState(false);
  return html`<${Bar} store=${store} open=${() => setImporting(true)} /><${Week} store=${store} />
    <aside><${Now} store=${store} /><${Notes} store=${store} /></aside>
    ${importing && html`<${Import} store=${store} close=${() => setImporting(false)} />`}`;
}

add(WORDS);
const store = new Store(await shell('people'));
render(html`<${Page} store=${store} />`, document.getElementById('main'));
await store.start();
