// Questions and answers of the shift lead's pages: a dialog that asks before something ends, and toasts that say in words
// what was done or why it could not be.

import { Problem } from '../api.js';
import { label, words } from '../i18n.js';
import { icon } from '../icons.js';
import { make } from './shell.js';

const TOAST_MS = 6000;
const BAD_TOAST_MS = 15000;
const MOST_TOASTS = 4;

/** What went wrong, as a pair of words: the gateway's own, the page's (`failure.pair`), else that it does not answer. */
export function wordsOf(failure) {
  if (failure instanceof Problem) return [failure.message, ''];
  return failure.pair ?? words('shell.net');
}

function shelf() {
  return document.querySelector('.toasts') ?? document.body.appendChild(make('div', { class: 'toasts', popover: null }));
}

/** Show a pair of words for a while; `kind` is 'good', 'bad' or ''. */
export function toast(pair, kind = 'good') {
  const close = () => made.remove();
  const again = make('button', { class: 'quiet', type: 'button', onclick: close, 'aria-label': words('toast.close').join(' ') }, icon('close'));
  const made = make('div', { class: 'toast', role: kind === 'bad' ? 'alert' : 'status', 'data-kind': kind },
    icon(kind === 'bad' ? 'warn' : 'check'), make('span', {}, label(pair)), again); // prettier-ignore
  const all = shelf();
  all.append(made);
  while (all.children.length > MOST_TOASTS) all.firstElementChild.remove();
  setTimeout(close, kind === 'bad' ? BAD_TOAST_MS : TOAST_MS);
  return made;
}

function foot(made, go, danger) {
  const cancel = make('button', { type: 'button', value: 'cancel', onclick: () => made.close() }, label(words(go ? 'dialog.cancel' : 'dialog.close')));
  if (!go) return make('div', { class: 'acts' }, cancel);
  const yes = make('button', { class: danger ? 'danger' : 'main', type: 'submit' }, label(go));
  return make('div', { class: 'acts' }, cancel, yes);
}

/**
 * Ask in a dialog: `title`, `text` and `go` (the button; null: it only shows something) are pairs, `body` nodes of a form. `act(FormData)` is awaited; what it
 * throws is said in the dialog, which then stays open. Resolves to true when it was done, false when it was left.
 */
export function ask({ title, text = null, body = [], go = null, act = async () => {}, danger = false, wide = false }) {
  if (document.querySelector('dialog[open]')) return Promise.resolve(false); // a second click is no second question
  return new Promise((resolve) => {
    const made = make('dialog', { class: 'ask', 'data-wide': wide });
    const wrong = make('p', { class: 'wrong', role: 'alert', hidden: true });
    const form = make('form', { method: 'dialog', novalidate: false }, make('h2', {}, label(title)),
      text ? make('p', {}, label(text)) : null, ...body, wrong, foot(made, go, danger)); // prettier-ignore
    let done = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const yes = form.querySelector('.acts button[type=submit]');
      if (!yes) return;
      yes.disabled = true;
      wrong.hidden = true;
      try {
        await act(new FormData(form));
        done = true;
        made.close();
      } catch (failure) {
        if (!(failure instanceof Problem || failure.pair)) console.error(failure);
        wrong.replaceChildren(label(wordsOf(failure)));
        wrong.hidden = false;
      } finally {
        yes.disabled = false;
      }
    });
    made.addEventListener('close', () => {
      made.remove();
      resolve(done);
    });
    made.append(form);
    document.body.append(made);
    made.showModal();
    (form.querySelector('[autofocus]') ?? form.querySelector(danger ? '.acts button' : 'input, select, textarea, .acts .main'))?.focus();
  });
}

/** A labelled field: `field('queue.why', make('input', {name: 'why'}))`. */
export const field = (key, control) => make('label', { class: 'field' }, make('span', {}, label(words(key))), control);

/** One of several, side by side: options are [value, pair]. */
export function choices(key, name, options, chosen) {
  const made = options.map(([value, pair]) =>
    make('label', {}, make('input', { type: 'radio', name, value, checked: value === chosen }), make('span', {}, label(pair))),
  );
  return make('div', { class: 'field', role: 'radiogroup', 'aria-label': words(key).join(' ') }, make('span', {}, label(words(key))),
    make('div', { class: 'choices' }, ...made)); // prettier-ignore
}
