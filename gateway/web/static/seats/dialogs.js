// The questions that are asked from the tools and from a queue: message to seats, emergency broadcast, closing a queue, calling
// in the standby, and what-if.

import { get } from '../api.js';
import { english, label, named, words } from '../i18n.js';
import { ask, choices, field, toast, wordsOf } from '../lead/dialog.js';
import { button, clockAt, make } from '../lead/shell.js';
import { clockText } from '../states.js';
import { untilOf, untilSelect } from './times.js';

const MESSAGE_LENGTH = 500;
const BROADCAST_LENGTH = 200;
const WHATIF_PAUSE_MS = 250;

/** A message to all, or to the seats that the filter shows. */
export function messageDialog(page) {
  const signedIn = [...page.hall.seats.values()].filter((seat) => seat.presence !== 'signed_out');
  const shown = page.here().filter((seat) => seat.presence !== 'signed_out' && page.filter.fits(seat));
  const to = [['all', words('ask.message_all', { n: signedIn.length })]];
  if (page.filter.on) to.push(['shown', words('ask.message_shown', { n: shown.length })]);
  const body = [
    choices('ask.message_to', 'to', to, page.filter.on ? 'shown' : 'all'),
    field('ask.message_text', make('textarea', { name: 'text', required: true, maxlength: MESSAGE_LENGTH, autofocus: true })),
    field('ask.message_until', untilSelect(page.hall.now(), page.time.zone)),
  ];
  const act = (form) => {
    const seats = form.get('to') === 'shown' ? shown.map((seat) => seat.id) : null;
    return page.acts.message(seats, form.get('text').trim(), untilOf(form.get('until'), page.hall.now(), page.time.zone), { quiet: false });
  };
  return ask({ title: words('ask.message'), body, go: words('go.send'), act });
}

function running(page, found) {
  const line = (one) => {
    const stop = button('ask.broadcast_stop', 'close', () => {
      page.acts.stopBroadcast(one.id);
      row.remove();
    }, { 'data-stop': one.id }); // prettier-ignore
    const names = one.queues ? one.queues.map((id) => page.hall.queueName(id)).join(english ? ', ' : '、') : words('tool.all_queues')[0];
    const until = words('queue.until', { time: clockAt(new Date(one.until * 1000), page.time.zone).slice(0, 5) })[0];
    const row = make('li', {}, make('span', {}, `${names} · ${until} · ${one.text || one.sound}`), stop);
    return row;
  };
  return make('div', { class: 'field running', hidden: !found.length }, make('span', {}, label(words('ask.now_on'))), make('ul', {}, ...found.map(line)));
}

function queueBoxes(page, chosen) {
  const boxes = [...page.hall.queues.values()].map((queue) =>
    make('label', {}, make('input', { type: 'checkbox', name: 'queue', value: queue.id, checked: !chosen || chosen === queue.id }), make('span', {}, named(queue))),
  );
  return make('div', { class: 'field', role: 'group', 'aria-label': words('ask.queues').join(' ') }, make('span', {}, label(words('ask.queues'))),
    make('div', { class: 'choices' }, ...boxes)); // prettier-ignore
}

/** What callers hear before they wait; `queue` alone, or any. */
export async function broadcastDialog(page, queue = '') {
  const found = await get('/api/v1/broadcasts').catch(() => ({ items: [], sounds: [] }));
  const sounds = make('select', { name: 'sound' }, make('option', { value: '' }, words('ask.sound_none')[0]), ...found.sounds.map((name) => make('option', { value: name }, name)));
  const body = [
    running(page, found.items),
    queueBoxes(page, queue),
    field('ask.words', make('textarea', { name: 'text', maxlength: BROADCAST_LENGTH, autofocus: true })),
    make('div', { class: 'row' }, field('ask.sound', sounds), field('ask.until', untilSelect(page.hall.now(), page.time.zone))),
  ];
  const act = (form) => {
    const [text, sound, chosen] = [form.get('text').trim(), form.get('sound').trim(), form.getAll('queue')];
    if (!text && !sound) throw Object.assign(new Error(), { pair: words('why.empty') });
    const all = chosen.length === page.hall.queues.size;
    return page.acts.broadcast({
      queues: all ? null : chosen, ...(text ? { text } : { sound }),
      until: untilOf(form.get('until'), page.hall.now(), page.time.zone),
    }); // prettier-ignore
  };
  return ask({ title: words('ask.broadcast'), text: words('ask.broadcast_text'), body, go: words('go.broadcast'), act, danger: true });
}

export function closeDialog(page, queue) {
  const others = [...page.hall.queues.values()].filter((one) => one.id !== queue.id && one.open !== false);
  const to = make('select', { name: 'to' }, make('option', { value: '' }, words('ask.to_none')[0]), ...others.map((one) => make('option', { value: one.id }, named(one))));
  const body = [
    field('ask.why', make('input', { name: 'why', required: true, maxlength: 100, autofocus: true })),
    make('div', { class: 'row' }, field('ask.to', to), field('ask.until', untilSelect(page.hall.now(), page.time.zone, { open: true, chosen: '' }))),
  ];
  const act = (form) => {
    const until = untilOf(form.get('until'), page.hall.now(), page.time.zone);
    return page.acts.close(queue, { why: form.get('why').trim(), to: form.get('to'), ...(until ? { until } : {}) });
  };
  return ask({ title: words('ask.close', { queue: named(queue) }), text: words('ask.close_text'), body, go: words('go.close'), act, danger: true });
}

/** Call in the people on standby, all ticked. */
export async function standbyDialog(page, queue) {
  let people;
  try {
    people = (await get('/api/v1/roster/now')).standby.filter((one) => one.agent);
  } catch (failure) {
    return toast(wordsOf(failure), 'bad');
  }
  const boxes = people.map((one) => make('label', {}, make('input', { type: 'checkbox', name: 'who', value: one.agent, checked: true }), make('span', {}, `${one.name} ${one.agent}`)));
  const body = [people.length ? make('div', { class: 'choices' }, ...boxes) : make('p', { class: 'none' }, label(words('ask.standby_none')))];
  const act = (form) => {
    const who = form.getAll('who');
    if (!who.length) throw Object.assign(new Error(), { pair: words('ask.standby_none') });
    return page.acts.standby(queue.id, who);
  };
  return ask({ title: words('ask.standby'), text: words('ask.standby_text'), body, go: words('go.standby'), act });
}

const WHATIF = [['calls', 'calls_an_hour'], ['handling', 'handling_s'], ['patience', 'patience_s'], ['agents', 'agents']]; // prettier-ignore
const percent = (share) => (share === null || share === undefined ? '—' : `${Math.round(share * 1000) / 10} %`);

function whatifRow(one, agents) {
  const bar = make('span', { class: 'level' }, make('i'));
  bar.firstChild.style.width = `${Math.round((one.service_level ?? 0) * 100)}%`;
  const cells = [String(one.agents), null, one.mean_wait_s === null ? '—' : clockText(one.mean_wait_s), percent(one.occupancy), percent(one.lost)];
  return make('tr', { 'aria-selected': String(one.agents === agents) },
    ...cells.map((text, n) => (n === 1 ? make('td', {}, bar, percent(one.service_level)) : make('td', { class: 'n' }, text)))); // prettier-ignore
}

/** Numbers to play with, and for each number of agents what would come of it. */
export function whatifDialog(page, queue) {
  const inputs = WHATIF.map(([key, name]) => [name, make('input', { type: 'number', name, min: 0, step: 'any' }), key]);
  const head = ['agents', 'level', 'wait', 'busy', 'lost'].map((key) => make('th', { scope: 'col', class: key === 'level' ? null : 'n' }, make('span', {}, label(words(`whatif.${key}`)))));
  const rows = make('tbody');
  const table = make('table', { class: 'sheet whatif' }, make('thead', {}, make('tr', {}, ...head)), rows);
  const wrong = make('p', { class: 'wrong', hidden: true });
  const needed = make('p', { class: 'needed', role: 'status' });
  let turn = 0;
  const draw = async () => {
    turn += 1;
    const mine = turn;
    const asked = new URLSearchParams({ queue: queue.id });
    for (const [name, input] of inputs) if (input.value) asked.set(name, input.value);
    try {
      const found = await get(`/api/v1/whatif?${asked}`);
      if (mine !== turn) return; // typed on meanwhile: a newer question is under way
      for (const [name, input] of inputs) if (!input.value) input.placeholder = Math.round(found[name] * 10) / 10;
      rows.replaceChildren(...found.by_agents.map((one) => whatifRow(one, found.agents)));
      rows.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'center' });
      needed.textContent = words(found.needed === null ? 'whatif.none' : 'whatif.needed', { n: found.needed, share: Math.round(found.target * 100), s: found.answer_within_s })[0];
      wrong.hidden = true;
    } catch (failure) {
      if (mine !== turn) return;
      wrong.replaceChildren(label(wordsOf(failure)));
      wrong.hidden = false;
    }
  };
  let pause;
  for (const [, input] of inputs) {
    input.addEventListener('input', () => {
      clearTimeout(pause);
      pause = setTimeout(draw, WHATIF_PAUSE_MS);
    });
  }
  draw();
  const fields = make('div', { class: 'row' }, ...inputs.map(([, input, key]) => field(`whatif.${key}`, input)));
  const body = [fields, needed, make('div', { class: 'whatif-rows' }, table), wrong];
  return ask({ title: words('whatif.title', { queue: named(queue) }), body, wide: true });
}
