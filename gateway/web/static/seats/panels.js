// The side (who waits, what is wrong) and the panel of the chosen seat or queue, drawn by Preact from the page's signals. A part
// that fails says so and leaves the rest alone.

import { words } from '../i18n.js';
import { Component, html, render } from '../vendor/preact.js';
import { Alarms } from './alarms.js';
import { QueuePanel } from './queuepanel.js';
import { SeatPanel } from './seatpanel.js';
import { Waiting } from './waiting.js';

class Fence extends Component {
  componentDidCatch(failure) {
    console.error('seats: a part failed', failure);
    this.setState({ failed: true });
  }

  render() {
    return this.state.failed ? html`<p class="none" role="alert">${words('shell.failed').join(' ')}</p>` : this.props.children;
  }
}

function Near({ page, root }) {
  page.nearBeat.value;
  const chosen = page.chosen.value;
  root.hidden = chosen === null;
  if (!chosen) return null;
  const Panel = chosen.kind === 'seat' ? SeatPanel : QueuePanel;
  return html`<div class="panel-of" data-kind=${chosen.kind} data-id=${chosen.id} key=${chosen.kind}><${Panel} page=${page} id=${chosen.id} /></div>`;
}

export function showPanels(page, side, near) {
  render(html`<${Fence}><${Waiting} page=${page} /></${Fence}><${Fence}><${Alarms} page=${page} /></${Fence}>`, side);
  render(html`<${Fence}><${Near} page=${page} root=${near} /></${Fence}>`, near);
}
