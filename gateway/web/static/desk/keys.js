// The register of the desk's keys. Every action of the page is bound here with its words, so F1 can show all of them and
// no two parts fight for one key: the latest binding whose `when` holds gets it. Keys are named by modifiers in the order
// Ctrl, Alt, Shift and then the key: 'F1', 'Ctrl+Enter', 'Alt+1', 'Alt+N', 'Escape'.

import { html, signal, useLayoutEffect, useRef } from '../vendor/preact.js';

const bound = [];
const shown = signal(false);
/** Whether F1's overview lies over the page: what is under it takes no focus then. */
export const overviewShown = shown;
const changed = signal(0);
let listening = false;

const always = () => true;

/** The name of the key that an event pressed. Letters and digits go by their place: an input method may change the text. */
export function nameOf(event) {
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code ?? '');
  const base = place ? place[1] : event.key?.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && (event.key?.length !== 1 || place);
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${base}`;
}

/** True where a key without Ctrl or Alt is text and not a command. */
export const typing = (target) => Boolean(target?.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select'));

/** True for keys that write something: those reach a field that has the focus before any command. */
const writes = (name) => /^(Shift\+)?(.|Enter|Backspace|Delete|Tab|Arrow\w+|Home|End|PageUp|PageDown)$/.test(name);

function press(event) {
  // while an input method composes, keys belong to it
  if (event.isComposing || event.keyCode === 229) return;
  const name = nameOf(event);
  if (writes(name) && typing(event.target)) return;
  const found = bound.findLast((one) => one.key === name && one.when());
  if (!found) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) found.act(event);
}

/**
 * Bind a key to an action. `word` is [Chinese, English] for the overview, `when` says whether the key works now, `group`
 * is a heading of the overview ([Chinese, English]). Returns the function that takes the binding back.
 */
export function bind(key, word, act, when = always, group = ['通用', 'General']) {
  const one = { key, word, act, when, group };
  bound.push(one);
  if (!listening) listen();
  changed.value++;
  return () => {
    bound.splice(bound.indexOf(one), 1);
    changed.value++;
  };
}

/** Bind for as long as the component is on the page: a list of [key, word, act, when]. */
export function useKeys(list, group) {
  const latest = useRef(list);
  latest.current = list; // the closures of this drawing, not of the first
  // with the drawing and not after it: what is seen can be pressed
  useLayoutEffect(() => {
    const of = (n) => latest.current[n] ?? [];
    const undo = list.map(([key, word], n) =>
      bind(key, word, (event) => of(n)[2]?.(event), () => Boolean(of(n)[2]) && (of(n)[3] ?? always)(), group),
    );
    return () => undo.forEach((take) => take());
  }, [list.map(([key, word]) => key + word[0]).join(' ')]);
}

function listen() {
  listening = true;
  window.addEventListener('keydown', press, true);
  bind('F1', ['全部按键', 'All keys'], () => (shown.value = !shown.value));
  bind('Escape', ['关闭', 'Close'], () => (shown.value = false), () => shown.value);
}

/** All bindings by heading, each key once: [[heading, [binding]]]. */
export function overview() {
  const groups = new Map();
  for (const one of bound) {
    const heading = one.group.join(' ');
    const list = groups.get(heading) ?? [];
    if (!list.some((known) => known.key === one.key && known.word[0] === one.word[0])) list.push(one);
    groups.set(heading, list);
  }
  return [...groups];
}

const SYMBOLS = { Enter: '↵', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

/** A key as it is printed on the board. */
export const Key = ({ name }) =>
  html`<span class="key">${name.split('+').map((part) => html`<kbd key=${part}>${SYMBOLS[part] ?? part}</kbd>`)}</span>`;

/** The overview that F1 opens. */
export function Keys() {
  const close = useRef(null);
  changed.value; // drawn anew when a binding comes or goes
  useLayoutEffect(() => close.current?.focus(), [shown.value]);
  if (!shown.value) return null;
  return html`<div class="keys-shade" onClick=${() => (shown.value = false)}>
    <section class="keys" role="dialog" aria-modal="true" aria-label="全部按键 All keys" onClick=${(event) => event.stopPropagation()}>
      <header><h2>全部按键 <small lang="en">All keys</small></h2>
        <button ref=${close} onClick=${() => (shown.value = false)}>关闭 <kbd>Esc</kbd></button></header>
      <div class="keys-groups">
        ${overview().map(
          ([heading, list]) => html`<div key=${heading} class="keys-group"><h3>${list[0].group[0]} <small lang="en">${list[0].group[1]}</small></h3>
            <dl>${list.map((one) => html`<div key=${one.key + one.word[0]} data-off=${!one.when()}><dt><${Key} name=${one.key} /></dt><dd>${one.word[0]} <small lang="en">${one.word[1]}</small></dd></div>`)}</dl></div>`,
        )}
      </div>
    </section>
  </div>`;
}
