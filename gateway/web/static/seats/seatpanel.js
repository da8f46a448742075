// A seat, near: who sits there, what happens, and what a shift lead can do about it. Each act asks where it ends something, and
// says why where it cannot.

import { named, words } from '../i18n.js';
import { ask } from '../lead/dialog.js';
import { shownSeconds, stateOf, wordOf, clockText } from '../states.js';
import { html, useSignal } from '../vendor/preact.js';
import { ActButton, Icon, T, Zh } from './parts.js';
import { whyNotHangUp, whyNotMessage, whyNotState, whyNotTake, whyNotWatch } from './why.js';

const MODES = ['listen', 'whisper', 'barge'];
const PHONE = 'lead.phone';
const MESSAGE_LENGTH = 200;

/** Seats whose telephone a lead may take who sits nowhere: nobody is signed in and it can be called, or is listening now. */
const freePhones = (page) =>
  [...page.hall.seats.values()].filter((seat) => seat.presence === 'signed_out' && seat.reachable && (seat.activity === 'idle' || seat.monitoring));

function Head({ page, seat }) {
  const seconds = shownSeconds(seat, page.now.value);
  return html`<header data-state=${stateOf(seat)}>
    <span class="sign"><${Icon} name=${stateOf(seat)} /></span>
    <div class="what"><h2><b>${seat.id}</b> <span class="word"><${T} pair=${wordOf(seat, page.reasons)} /></span></h2>
      <p>${seat.agent_name || seat.agent ? html`${seat.agent_name} <small>${seat.agent}</small>` : html`<${T} k="seat.nobody" />`}</p></div>
    <output class="time">${seconds === null || stateOf(seat) === 'signed_out' ? '' : clockText(seconds)}</output>
    <button class="quiet" type="button" onClick=${() => page.close()} aria-label=${words('seat.close').join(' ')}><${Icon} name="close" /></button>
  </header>`;
}

function Facts({ page, seat }) {
  const entry = page.plan.entries[seat.entry_number ?? '']?.name;
  const rows = [
    ['seat.caller', seat.caller],
    ['seat.entry', [seat.entry_number, entry].filter(Boolean).join(' ')],
    ['seat.queue', page.hall.queueName(seat.queue)],
    ['seat.extension', `${seat.extension} · ${words(seat.device === 'softphone' ? 'seat.softphone' : 'seat.phone')[0]}`],
    ['seat.today', words('seat.calls', { n: seat.calls_today })[0]],
  ];
  return html`<dl class="facts">${rows.filter(([, value]) => value).map(([key, value]) => html`<div key=${key}><dt><${Zh} k=${key} /></dt><dd>${value}</dd></div>`)}</dl>`;
}

function Watched({ page, seat }) {
  const all = seat.monitored_by ?? [];
  if (!all.length) return null;
  const said = (one) => (page.acts.rings(one.seat) ? words('seat.calling', { seat: one.seat }) : words('seat.watching', { who: one.name || one.agent || one.seat, mode: words(`mode.${one.mode}`)[0] }));
  return html`<p class="watched">${all.map((one) => html`<span class="chip" data-level="3" key=${one.seat}><${Icon} name=${one.mode} />${said(one)[0]}</span>`)}</p>`;
}

function Phones({ page, phone }) {
  const mine = page.acts.mySeat();
  if (mine) return html`<p class="by"><${Zh} k="act.by" /> <b>${words('act.by_own', { id: mine.id })[0]}</b></p>`;
  const choose = (event) => {
    phone.value = event.target.value;
    localStorage.setItem(PHONE, phone.value);
  };
  return html`<label class="by"><${Zh} k="act.by" />
    <select value=${phone.value} onChange=${choose} aria-label=${words('act.by').join(' ')}><option value="">${words('act.by_ask')[0]}</option>
      ${freePhones(page).map((seat) => html`<option key=${seat.id} value=${seat.id}>${seat.id} · ${seat.extension}</option>`)}</select></label>`;
}

function Supervise({ page, seat }) {
  const phone = useSignal(localStorage.getItem(PHONE) ?? '');
  const by = page.acts.mySeat() ? null : freePhones(page).find((one) => one.id === phone.value)?.id;
  const present = page.acts.modeAt(seat) || (by ? seat.monitored_by?.[0]?.mode : '');
  const why = whyNotWatch(page.acts, seat, by);
  const take = () =>
    ask({
      title: words('ask.take', { seat: seat.id }), text: words('ask.take_text'), go: words('go.take'), danger: true,
      act: () => page.acts.takeOver(seat.id),
    }); // prettier-ignore
  return html`<section><h3><${T} k="act.watch" /></h3>
    <div class="acts four">
      ${MODES.map(
        (mode) => html`<${ActButton} key=${mode} page=${page} id=${`${seat.id}.${mode}`} name=${mode} picture=${mode} why=${why}
          pressed=${present === mode} onClick=${() => page.acts.monitor(seat.id, mode, by ?? null)} />`,
      )}
      <${ActButton} page=${page} id=${`${seat.id}.take`} name="take" picture="take" why=${whyNotTake(page.acts, seat)} onClick=${take} danger />
    </div>
    <div class="line">${page.acts.leads ? html`<${Phones} page=${page} phone=${phone} />` : null}
      ${present ? html`<button type="button" class="act-stop" data-act="stop" onClick=${() => page.acts.stop(seat.id)}><${Icon} name="close" /><span><${Zh} k="act.stop" /></span></button>` : null}</div>
  </section>`;
}

function State({ page, seat }) {
  const open = useSignal(false);
  const reasons = page.reasonsOf(seat.hall);
  const why = whyNotState(page.acts, seat, 'not_ready');
  const rest = (id) => {
    open.value = false;
    page.acts.notReady(seat.id, id);
  };
  const out = () =>
    ask({
      title: words('ask.sign_out', { seat: seat.id, name: seat.agent_name || seat.agent }),
      text: words(seat.call_id ? 'ask.sign_out_call' : 'ask.sign_out_text'), go: words('go.sign_out'), danger: true,
      act: () => page.acts.signOut(seat.id),
    }); // prettier-ignore
  return html`<section><h3><${T} k="act.state" /></h3>
    <div class="acts three">
      <${ActButton} page=${page} id=${`${seat.id}.ready`} name="ready" picture="ready" why=${whyNotState(page.acts, seat, 'ready')} onClick=${() => page.acts.ready(seat.id)} />
      <${ActButton} page=${page} id=${`${seat.id}.not_ready`} name="not_ready" picture="not_ready" why=${why} pressed=${open.value} onClick=${() => (open.value = !open.value)} />
      <${ActButton} page=${page} id=${`${seat.id}.sign_out`} name="sign_out" picture="signed_out" why=${whyNotState(page.acts, seat, 'sign_out')} onClick=${out} danger />
    </div>
    ${open.value && !why
      ? html`<div class="reasons">${reasons.map((one) => html`<button type="button" key=${one.id} data-reason=${one.id} onClick=${() => rest(one.id)}>
          <${T} pair=${[named(one), '']} />${one.max_minutes ? html` <small>${words('seat.limit', { n: one.max_minutes })[0]}</small>` : null}</button>`)}</div>`
      : null}
  </section>`;
}

function Call({ page, seat }) {
  const end = () =>
    ask({
      title: words('ask.hangup', { seat: seat.id }), text: words('ask.hangup_text', { caller: seat.caller || words('wait.hidden')[0] }),
      go: words('go.hangup'), danger: true, act: () => page.acts.hangUp(seat.id),
    }); // prettier-ignore
  return html`<section><h3><${T} k="act.call" /></h3>
    <div class="acts one"><${ActButton} page=${page} id=${`${seat.id}.hangup`} name="hangup" picture="hangup" why=${whyNotHangUp(page.acts, seat)} onClick=${end} danger /></div>
  </section>`;
}

function Message({ page, seat }) {
  const text = useSignal('');
  const why = whyNotMessage(page.acts, seat);
  const send = async (event) => {
    event.preventDefault();
    const typed = text.value;
    if (!typed.trim() || page.acts.pending.value.has(`message.${seat.id}`)) return; // Enter twice is one message
    if ((await page.acts.message([seat.id], typed.trim())) && text.value === typed) text.value = '';
  };
  return html`<section><h3><${T} k="act.text" /></h3>
    <form class="say" onSubmit=${send}>
      <input name="text" value=${text.value} maxlength=${MESSAGE_LENGTH} disabled=${Boolean(why)} placeholder=${words(why || 'act.message')[0]}
        aria-label=${words('act.message').join(' ')} onInput=${(event) => (text.value = event.target.value)} />
      <button class="main" disabled=${Boolean(why) || !text.value.trim()}><${Icon} name="message" /><span><${Zh} k="act.send" /></span></button>
    </form></section>`;
}

export function SeatPanel({ page, id }) {
  const seat = page.hall.seats.get(id);
  if (!seat) return html`<p class="none"><${T} k="seat.gone" /></p>`;
  return html`<${Head} page=${page} seat=${seat} />
    <div class="body"><${Facts} page=${page} seat=${seat} /><${Watched} page=${page} seat=${seat} />
      <${Supervise} page=${page} seat=${seat} key=${`w${id}`} /><${State} page=${page} seat=${seat} key=${`s${id}`} />
      <${Message} page=${page} seat=${seat} key=${`m${id}`} /><${Call} page=${page} seat=${seat} /></div>
    <footer><small><${Zh} k="seat.next" /></small></footer>`;
}
