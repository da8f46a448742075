// Tickets that look like what is being typed: asked for when the typing pauses, and only the newest question's answer is
// shown. One of them can be linked: this request urges it, or is the same matter over again.

import { html, useEffect, useRef, useSignal } from '../vendor/preact.js';
import { whenText } from './finding.js';
import { Key, useKeys } from './keys.js';
import { say, W } from './words-form.js';

const PAUSE_MS = 600;
const LEAST_CHARS = 6;
const MOST_SHOWN = 4;

/** What the gateway finds alike, newest question only. */
function useSimilar(store, draft) {
  const found = useSignal([]);
  const { content = '', area_code: area = '' } = draft.fields.value;
  useEffect(() => {
    if (content.trim().length < LEAST_CHARS) {
      found.value = [];
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const asked = new URLSearchParams({ text: content.slice(0, 400) });
      if (draft.callId) asked.set('call_id', draft.callId);
      if (area) asked.set('area', area);
      try {
        const answer = await store.get(`/api/v1/desk/similar?${asked}`, { signal: stop.signal });
        if (!stop.signal.aborted) found.value = answer.items;
      } catch (failure) {
        // a help that fails must not stand in the way of typing: what was found before stays, the next pause asks again
        if (failure.status === 401) store.fail(failure);
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [content, area, draft.key]);
  return found;
}

export function Similar({ store, work, draft, set }) {
  const found = useSimilar(store, draft);
  const box = useRef(null);
  const fields = draft.fields.value;
  const linked = fields.urge_of || fields.duplicate_of || '';
  const list = found.value.filter((one) => one.ticket_no !== draft.ticketNo).slice(0, MOST_SHOWN);
  const enter = () => box.current?.querySelector('li')?.focus();
  useKeys([['Alt+S', say('go.similar'), enter, () => Boolean(box.current)]], say('keys.form'));
  if (!list.length && !linked) return null;
  const link = (no, how) => set({ urge_of: how === 'urge' ? no : '', duplicate_of: how === 'duplicate' ? no : '' });
  return html`<section class="similar" ref=${box} aria-label=${say('similar.title')[0]}>
    <h3><${W} k="similar.title" /> <${Key} name="Alt+S" /></h3>
    ${linked && html`<p class="linked"><${W} k="f.link" />：<b><${W} k=${fields.urge_of ? 'similar.urge' : 'similar.duplicate'} /></b> ${linked}
      <button type="button" onClick=${() => link('', '')}><${W} k="similar.unlink" /></button></p>`}
    <ul>${list.map((one) => html`<${One} key=${one.ticket_no} one=${one} linked=${linked} link=${link} look=${() => work.look(one.ticket_no)} />`)}</ul>
  </section>`;
}

function One({ one, linked, link, look }) {
  const key = (event) => {
    const acts = { U: () => link(one.ticket_no, 'urge'), D: () => link(one.ticket_no, 'duplicate'), Enter: look };
    const steps = { ArrowDown: event.currentTarget.nextElementSibling, ArrowUp: event.currentTarget.previousElementSibling };
    if (event.ctrlKey || event.altKey || event.target !== event.currentTarget) return;
    if (event.key in steps) steps[event.key]?.focus();
    else if (acts[event.key] ?? acts[event.code?.replace('Key', '')]) (acts[event.key] ?? acts[event.code.replace('Key', '')])();
    else return;
    event.preventDefault();
  };
  return html`<li tabindex="-1" data-no=${one.ticket_no} data-linked=${linked === one.ticket_no} onKeyDown=${key}>
    <button type="button" class="plain" onClick=${look}>${one.title || one.ticket_no}</button>
    <span class="of"><${W} k=${`ticket.${one.state}`} /> · ${whenText(one.opened_at)}${one.why ? ` · ${one.why}` : ''}</span>
    <button type="button" onClick=${() => link(one.ticket_no, 'urge')}><${W} k="similar.urge" /> <kbd>U</kbd></button>
    <button type="button" onClick=${() => link(one.ticket_no, 'duplicate')}><${W} k="similar.duplicate" /> <kbd>D</kbd></button>
  </li>`;
}
