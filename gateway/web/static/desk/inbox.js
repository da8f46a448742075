// The inbox: the written tickets that are offered to this agent or taken, each with its channel, who waits how long against
// the limit, and what is unread. A conversation opens beside the form (thread.js), over the form, and makes way when the telephone rings.

import { html, render, useEffect, useMemo, useRef } from '../vendor/preact.js';
import { boxOf } from './box.js';
import { Key, useKeys } from './keys.js';
import { ChannelIcon, Wait } from './letters.js';
import { Thread } from './thread.js';
import { say, W } from './words-inbox.js';

/** A last message that only says the title again takes no line. */
const SAME = 12;

function Item({ item, box, store }) {
  const offered = item.state === 'offered';
  const left = offered ? Math.max(0, Math.floor(item.offer_until - store.now.value)) : 0;
  const on = box.open.value === item.ticket_no;
  const place = useRef(null);
  useEffect(() => {
    if (on) place.current.scrollIntoView({ block: 'nearest' });
  }, [on]);
  return html`<li ref=${place}>
    <button class="letter" data-state=${item.state} data-on=${on} aria-current=${on} title=${item.ticket_no} onClick=${() => box.show(item.ticket_no)}>
      <span class="by" data-channel=${item.channel}><${ChannelIcon} name=${item.channel} /><small>${say(`channel.${item.channel}`)[0]}</small></span>
      <span class="what">
        <span class="line"><b>${item.title || item.ticket_no}</b>
          ${item.urgency !== '一般' && html`<i class="mark urgent">${item.urgency}</i>`}
          ${item.is_secret && html`<i class="mark">${say('box.secret')[0]}</i>`}
          ${item.unread > 0 && html`<i class="unread" aria-label=${say('box.unread', { n: item.unread })[0]}>${item.unread}</i>`}</span>
        ${!item.title.startsWith(item.last.slice(0, SAME)) && html`<span class="line dim"><span class="last">${item.last_from === 'citizen' ? '' : '↩ '}${item.last}</span></span>`}
        <span class="line"><${Wait} item=${item} store=${store} />
          ${offered && html`<span class="take">${say('box.take')[0]} <b>${left}s</b></span>`}</span>
      </span>
    </button>
  </li>`;
}

/** The conversation stands in a place of its own: nothing of the column that it belongs to may clip or grey it. */
function useThread(store, box) {
  useEffect(() => {
    const place = document.createElement('div');
    place.className = 'thread-place';
    document.body.append(place);
    render(html`<${Thread} store=${store} box=${box} />`, place);
    return () => {
      render(null, place);
      place.remove();
    };
  }, []);
}

export function Inbox({ store }) {
  const box = useMemo(() => boxOf(store), [store]);
  useThread(store, box);
  useKeys([['Alt+A', say('box.open'), () => box.next()]], say('keys.inbox'));
  const items = box.ordered();
  const limit = box.view.value?.limit ?? 0;
  const pool = box.view.value?.waiting ?? 0;
  return html`<section class="card inbox" data-part="Inbox" aria-label=${say('box.title').join(' ')}>
    <header><h3><${W} k="box.title" /> <${Key} name="Alt+A" /></h3>
      ${pool > 0 && html`<span class="pool"><${W} k="box.waiting" n=${pool} /></span>`}
      ${limit > 0 && html`<span class="count" data-full=${items.length >= limit}>${items.length} / ${limit}</span>`}</header>
    ${items.length
      ? html`<ul>${items.map((item) => html`<${Item} key=${item.ticket_no} item=${item} box=${box} store=${store} />`)}</ul>`
      : html`<p class="nothing"><${W} k=${box.off.value ? 'box.off' : store.seat.value ? 'box.none' : 'box.none.out'} /></p>`}
  </section>`;
}
