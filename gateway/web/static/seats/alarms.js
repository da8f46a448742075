// What needs the lead: the gateway's alarms, worst first, acknowledged, put off or passed on in one click. A gateway that sends
// no alarms leaves the page to find the seats itself that have been in one state for too long.

import { get } from '../api.js';
import { inOrder, words } from '../i18n.js';
import { ask, field } from '../lead/dialog.js';
import { clockAt, make } from '../lead/shell.js';
import { clockText, lateness, shownSeconds } from '../states.js';
import { html, useSignal } from '../vendor/preact.js';
import { Icon, Since, T } from './parts.js';

const MOST = 60;
const SNOOZES = [10, 30, 60];
/** A cleared alarm stays for a moment, so that one sees that it is over. */
const CLEARED_S = 8;

const byWeight = (a, b) => (a.state === 'open' ? 0 : 1) - (b.state === 'open' ? 0 : 1) || a.level - b.level || b.since - a.since;

/** The alarms to show now, worst and newest first; the open ones before those somebody has taken. */
export function shownAlarms(hall, now) {
  return [...hall.alarms.values()].filter((one) => one.state !== 'cleared' || now - one.seen_at < CLEARED_S).sort(byWeight);
}

/** Open alarms, or seats to look at where the gateway knows no alarms. */
export function attention(page) {
  if (page.hall.hasAlarms) return [...page.hall.alarms.values()].filter((one) => one.state === 'open').length;
  return late(page).length;
}

const late = (page) =>
  page
    .here()
    .map((seat) => ({ seat, why: lateness(seat, page.reasons, page.now.value), seconds: shownSeconds(seat, page.now.value) ?? 0 }))
    .filter((one) => one.why)
    .sort((a, b) => b.seconds - a.seconds);

/** 'seat:A001' -> open the seat; 'queue:hotline' -> open the queue; anything else has no place on the map. */
function openSubject(page, subject) {
  const [kind, id] = (subject ?? '').split(':');
  if ((kind === 'seat' && page.hall.seats.has(id)) || (kind === 'queue' && page.hall.queues.has(id))) return () => page.open(kind, id);
  return null;
}

/** Who can be told is the configuration's: the roles of the alarms' rules. */
async function escalate(page, alarm) {
  const known = await get('/api/v1/alarms/rules').then((answer) => answer.roles ?? [], () => []); // prettier-ignore
  const names = Array.isArray(known) ? known : Object.keys(known);
  const to = make('select', { name: 'to', required: true }, ...names.map((name) => make('option', { value: name }, name)));
  return ask({
    title: [alarm.title, alarm.title_en], text: [alarm.text, alarm.text_en], body: [field('ask.escalate', to)], go: words('go.escalate'),
    act: (form) => page.acts.escalate(alarm, form.get('to')),
  }); // prettier-ignore
}

function Said({ page, alarm }) {
  const time = alarm.until ? clockAt(new Date(alarm.until * 1000), page.time.zone).slice(0, 5) : '';
  if (alarm.state === 'acknowledged') return html`<span class="chip">${words('alarm.acknowledged', { who: alarm.by ?? '' })[0]}</span>`;
  if (alarm.state === 'snoozed') return html`<span class="chip">${words('alarm.snoozed', { time })[0]}</span>`;
  return alarm.state === 'cleared' ? html`<span class="chip" data-level="0">${words('alarm.cleared')[0]}</span>` : null;
}

/** Put off for some minutes, or passed on to somebody: what is rarely done, behind one more press. */
function More({ page, alarm, close }) {
  const snooze = (minutes) => () => {
    close();
    page.acts.alarm(alarm, 'snooze', { minutes });
  };
  return html`<div class="snoozes" role="group" aria-label=${words('alarm.snooze').join(' ')}>
    ${SNOOZES.map((n) => html`<button type="button" key=${n} data-minutes=${n} onClick=${snooze(n)}>${words('alarm.snooze')[0]} ${words('alarm.minutes', { n })[0]}</button>`)}
    <button type="button" data-act="escalate" onClick=${() => escalate(page, alarm)}>${words('alarm.escalate')[0]}</button></div>`;
}

function Alarm({ page, alarm }) {
  const open = useSignal(false);
  const show = openSubject(page, alarm.subject);
  const acts = page.acts.leads && alarm.state !== 'cleared';
  const going = page.acts.pending.value.has(`${alarm.id}.acknowledge`);
  const title = html`<${Icon} name=${alarm.state === 'cleared' ? 'check' : 'warn'} /><b>${inOrder([alarm.title, alarm.title_en])[0]}</b>`;
  return html`<li class="alarm" data-alarm=${alarm.id} data-level=${alarm.level} data-state=${alarm.state}>
    <div class="who" title=${[words(`alarm.level${alarm.level}`).join(' '), alarm.title_en].join(' · ')}>
      ${show ? html`<button type="button" class="title" onClick=${show}>${title}</button>` : html`<span class="title">${title}</span>`}
      ${alarm.count > 1 ? html`<span class="chip">${words('alarm.times', { n: alarm.count })[0]}</span>` : null}
      <${Since} page=${page} since=${alarm.since} /></div>
    <div class="how"><span class="sub" title=${`${alarm.text} ${alarm.text_en}`}>${inOrder([alarm.text, alarm.text_en])[0]}</span><${Said} page=${page} alarm=${alarm} />
      ${acts && alarm.state === 'open' ? html`<button type="button" data-act="acknowledge" disabled=${going} title=${words('alarm.acknowledge')[1]} onClick=${() => page.acts.alarm(alarm, 'acknowledge')}>${words('alarm.acknowledge')[0]}</button>` : null}
      ${acts ? html`<button type="button" class="quiet" data-act="more" aria-expanded=${open.value} title=${words('wait.more').join(' ')} onClick=${() => (open.value = !open.value)}><${Icon} name="more" /></button>` : null}</div>
    ${open.value && acts ? html`<${More} page=${page} alarm=${alarm} close=${() => (open.value = false)} />` : null}</li>`;
}

function Late({ page, seat, why, seconds }) {
  return html`<li class="alarm" data-level="2" data-state="open" data-seat-late=${seat.id}>
    <div class="who"><button type="button" class="title" onClick=${() => page.open('seat', seat.id)}><${Icon} name="warn" /><b>${seat.id} ${seat.agent_name ?? ''}</b></button>
      <span class="t">${clockText(seconds)}</span></div>
    <p class="sub">${words(`late.${why}`)[0]}</p></li>`;
}

export function Alarms({ page }) {
  page.alarmsBeat.value;
  const { hasAlarms } = page.hall;
  const all = hasAlarms ? shownAlarms(page.hall, page.now.value) : late(page);
  const count = attention(page);
  const rows = hasAlarms
    ? all.slice(0, MOST).map((alarm) => html`<${Alarm} key=${alarm.id} page=${page} alarm=${alarm} />`)
    : all.slice(0, MOST).map((one) => html`<${Late} key=${one.seat.id} page=${page} ...${one} />`);
  return html`<section class="attention"><h2><${T} k=${hasAlarms ? 'alarm.title' : 'side.attention'} /><output id="attention-count" data-some=${count > 0}>${count}</output></h2>
    <ol id="attention">${all.length ? rows : html`<li class="none"><${T} k=${hasAlarms ? 'alarm.none' : 'side.nothing'} /></li>`}</ol></section>`;
}
