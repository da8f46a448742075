// Who waits, longest first: the number's shown part, how long against the promise, from which number and in which language, how
// long it will still take, and in one click to one's own telephone.

import { COLON, named, words } from '../i18n.js';
import { clockText } from '../states.js';
import { html, useSignal } from '../vendor/preact.js';
import { Icon, levelOf, Since, T, WaitBar } from './parts.js';
import { whyNotAnswer, whyNotQueue } from './why.js';

const MOST = 60;
const LANGUAGES = { zh: '', yue: 'lang.yue', hak: 'lang.hak', en: 'lang.en' };

export function languageOf(caller) {
  const key = LANGUAGES[caller.language ?? 'zh'];
  return key ? words(key)[0] : (key ?? caller.language);
}

/** Where a caller may be moved: to the front of the own queue, or to another. */
function Moves({ page, queue, caller, close }) {
  const move = (to, position) => () => {
    close();
    page.acts.move(caller, to, position);
  };
  const others = [...page.hall.queues.values()].filter((one) => one.id !== queue.id);
  return html`<div class="moves">
    ${caller.position === 1 ? null : html`<button type="button" data-act="front" onClick=${move(queue.id, 'front')}><${Icon} name="up" /><span>${words('wait.front')[0]}</span></button>`}
    ${others.map((one) => html`<button type="button" key=${one.id} data-to=${one.id} disabled=${one.open === false} onClick=${move(one.id, 'back')}><${Icon} name="move" /><span>${named(one)}</span></button>`)}
  </div>`;
}

export function Caller({ page, queue, caller, place = false }) {
  const open = useSignal(false);
  const why = whyNotAnswer(page.acts);
  const cannot = whyNotQueue(page.acts);
  const going = page.acts.pending.value.has(`${caller.call_id}.answer`);
  const sub = [place ? null : named(queue), caller.entry_number, languageOf(caller)].filter(Boolean).join(' · ');
  return html`<li data-call=${caller.call_id} data-wait=${levelOf(page, caller.since, queue.answer_within_s)}>
    <div class="who">${place ? html`<b class="n">${caller.position}</b>` : null}<b>${caller.caller || words('wait.hidden')[0]}</b>
      <${Since} page=${page} since=${caller.since} /></div>
    <${WaitBar} page=${page} since=${caller.since} promise=${queue.answer_within_s} />
    <span class="sub" title=${caller.expected_s ? `${sub} · ${words('wait.expected', { t: clockText(caller.expected_s) })[0]}` : sub}>${sub}${caller.expected_s ? html` · ${words(place ? 'wait.expected' : 'wait.about', { t: clockText(caller.expected_s) })[0]}` : null}</span>
    ${page.acts.leads
      ? html`<span class="do"><button type="button" class="answer" disabled=${Boolean(why) || going} title=${words(why || 'wait.answer').join(' ')} data-act="answer" onClick=${() => page.acts.answer(caller)}>${words('wait.answer')[0]}</button>
          <button type="button" class="quiet" aria-expanded=${open.value} disabled=${Boolean(cannot)} title=${words(cannot || 'wait.more').join(' ')} data-act="more" onClick=${() => (open.value = !open.value)}><${Icon} name="more" /></button></span>`
      : null}
    ${open.value && !cannot ? html`<${Moves} page=${page} queue=${queue} caller=${caller} close=${() => (open.value = false)} />` : null}
  </li>`;
}

export function Waiting({ page }) {
  page.queuesBeat.value;
  const all = page.hall.waiting();
  const why = page.acts.leads && all.length ? whyNotAnswer(page.acts) : '';
  return html`<section class="waiting"><h2><${T} k="side.waiting" /><output id="waiting-count">${all.length}</output></h2>
    ${why ? html`<p class="why">${words('wait.answer')[0]}${COLON}${words(why)[0]}</p>` : null}
    <ol id="waiting">${all.length
      ? all.slice(0, MOST).map(({ queue, caller }) => html`<${Caller} key=${caller.call_id} page=${page} queue=${queue} caller=${caller} />`)
      : html`<li class="none"><${T} k="side.nobody" /></li>`}</ol></section>`;
}
