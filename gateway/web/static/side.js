// The side of the map: who waits, longest first, and the seats that the shift lead should look at.

import { words } from './i18n.js';
import { waitLevel } from './queues.js';
import { clockText, lateness, shownSeconds } from './states.js';

const MOST = 40;

function row(parts, level = '') {
  const li = document.createElement('li');
  if (level) li.dataset.wait = level;
  for (const [name, text] of parts) {
    const span = document.createElement('span');
    span.className = name;
    span.textContent = text;
    li.append(span);
  }
  return li;
}

function none(key) {
  const li = document.createElement('li');
  li.className = 'none';
  li.textContent = words(key).join(' ');
  return li;
}

function show(id, rows, empty) {
  document.getElementById(`${id}-count`).textContent = rows.length;
  document.getElementById(id).replaceChildren(...(rows.length ? rows.slice(0, MOST) : [none(empty)]));
}

export function drawWaiting(queues, now) {
  const waiting = queues.flatMap((queue) => queue.waiting.map((caller) => ({ queue, caller })));
  waiting.sort((a, b) => a.caller.since - b.caller.since);
  const rows = waiting.map(({ queue, caller }) => {
    const seconds = Math.max(0, now - caller.since);
    return row(
      [['main', caller.caller || '—'], ['t', clockText(seconds)], ['sub', queue.name], ['sub', caller.entry_number ?? '']],
      waitLevel(seconds, queue.answer_within_s),
    );
  });
  show('waiting', rows, 'side.nobody');
}

export function drawAttention(seats, reasons, now) {
  const found = seats
    .map((seat) => ({ seat, why: lateness(seat, reasons, now), seconds: shownSeconds(seat, now) ?? 0 }))
    .filter((one) => one.why)
    .sort((a, b) => b.seconds - a.seconds);
  const rows = found.map(({ seat, why, seconds }) =>
    row(
      [
        ['main', `${seat.id} ${seat.agent_name ?? ''}`],
        ['t', clockText(seconds)],
        ['sub', words(`late.${why}`)[0]],
        ['sub', seat.agent ?? ''],
      ],
      'near',
    ),
  );
  show('attention', rows, 'side.nothing');
}
