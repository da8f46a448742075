// The other side of a simulated shift, in the page before its own code: a live stream that nobody sends, a desk API that
// answers at once, and the agent's hands. Whatever is not of the shift goes to the real gateway (pages, plan, desk, partners).
// It keeps nothing but counts, so that what the page holds after eight hours is the page's own.

(() => {
  const real = window.fetch.bind(window);
  const RealSocket = window.WebSocket;
  const SEATS = 200;
  const DONE = new Set(['take', 'release', 'done']);
  const WORDS = '龙华区某路十号门前的路灯不亮已有三天，晚上行人经过很危险，请尽快派人修好。';
  const shift = (window.shift = { filed: 0, kept: 0, replied: 0, pressed: 0, asked: 0, frames: 0 });
  const now = () => Date.now() / 1000;
  let socket = null;
  let n = 0;
  let seats = new Map();
  let queues = [];
  let own = null;
  let callId = '';
  let transfer = null;
  let letter = null;

  // The stream ------------------------------------------------------------------------------------------------------

  const send = (type, more) => {
    shift.frames += 1;
    if (type === 'diff') n += 1;
    const head = { type, epoch: 1, n, at: now(), link: 'up', seats: [], queues: [], transfers: [], partners: [], desk: [] };
    socket?.hear(JSON.stringify({ ...head, ...more }));
  };
  const snapshot = () => send('snapshot', { seats: [...seats.values()], queues });

  class Stream extends EventTarget {
    constructor(url, ...more) {
      super();
      if (!String(url).includes('/api/v1/live')) return new RealSocket(url, ...more);
      socket = this;
      this.readyState = 0;
      this.open();
    }

    async open() {
      if (!seats.size) await hall();
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
      snapshot();
    }

    hear(data) {
      this.dispatchEvent(new MessageEvent('message', { data }));
    }

    send() {
      snapshot();
    }

    close() {
      this.readyState = 3;
    }
  }
  Stream.OPEN = 1;
  window.WebSocket = Stream;

  /** The seats that the node has, and as many more as a large hall needs. */
  async function hall() {
    const list = (await (await real('/api/v1/seats')).json()).seats;
    queues = (await (await real('/api/v1/queues')).json()).queues;
    seats = new Map(list.map((one) => [one.id, one]));
    for (let at = list.length + 1; at <= SEATS; at += 1) {
      const id = `A${String(at).padStart(3, '0')}`;
      seats.set(id, { ...list[1], id, agent: `9${at}`, agent_name: `坐席${at}`, presence: 'ready', reachable: true });
    }
    own = list.find((one) => one.agent);
  }

  const tell = (fields) => {
    own = { ...own, ...fields, since: now() };
    seats.set(own.id, own);
    send('diff', { seats: [own] });
  };

  /** Somebody else's seat moves, as some do each second in a hall of two hundred. */
  shift.others = (count) => {
    const moved = [];
    for (let one = 0; one < count; one += 1) {
      const id = `A${String(2 + Math.floor(Math.random() * (SEATS - 2))).padStart(3, '0')}`;
      const seat = seats.get(id);
      const talking = seat.activity !== 'talking';
      const call = talking ? { call_id: `${now()}.o${one}`, caller: '139****0000', queue: 'hotline' } : { call_id: null, caller: null };
      seats.set(id, { ...seat, activity: talking ? 'talking' : 'idle', since: now(), ...call });
      moved.push(seats.get(id));
    }
    const waiting = Array.from({ length: Math.floor(Math.random() * 6) }, (_, at) => (
      { call_id: `${now()}.w${at}`, position: at + 1, since: now() - at, caller: '137****0000', entry_number: '12345' }));
    queues = queues.map((one) => ({ ...one, waiting }));
    send('diff', { seats: moved, queues });
  };

  // The desk's API ----------------------------------------------------------------------------------------------------

  const no = (at) => `460000-20261122-${String(at).padStart(7, '0')}`;
  const known = (at) => ({ ticket_no: no(at), no: no(at), title: `路灯不亮 ${at}`, state: at % 3 ? 'closed' : 'sent', opened_at: now() - 9e4 * at,
    open: at % 3 === 0, category: '0403', department: '城管' });
  const pop = (id) => ({
    call_id: id, caller: '138****5678', caller_full: null, entry: { number: '12345', name: '政务热线', track: 'own' }, queue: 'hotline',
    waited_s: 7, language: 'zh', place: { area_code: '460106', name: '龙华区' }, secret: false,
    tickets: Array.from({ length: 12 }, (_, at) => known(at + 1)),
    calls: Array.from({ length: 10 }, (_, at) => ({ call_id: `${at}.${id}`, at: now() - 8e4 * at, outcome: 'answered', agent: '8002', talk_s: 90, direction: 'in' })),
    watch: shift.filed % 5 ? null : { level: 'alert', note: '多次来电，情绪激动，请耐心', by: '陈班长' }, context: null, ticket_no: null,
    revision: null, draft: null,
  });
  const letterView = () => ({ ...letter, last: '海秀路十二号的路灯坏了', last_from: 'citizen', urgency: '一般', is_secret: false, account: 'hainan', due_at: now() + 90 });
  const said = (at, by) => ({ id: `${letter.ticket_no}.${at}`, at: now() - 60 + at, from: by, author: 'a8001', kind: 'text', text: WORDS, flags: [], attachments: [],
    sent: by === 'agent' ? { id: `d${at}`, state: 'delivered', error: '', due_at: null, attempts: 1 } : null });
  const thread = () => ({
    ticket: { ticket_no: letter.ticket_no, channel: 'wechat', title: letter.title, kind: '求助', name: '' }, state: letter.state, due_at: now() + 90, first_at: now(),
    messages: Array.from({ length: 8 }, (_, at) => said(at, at % 2 ? 'agent' : 'citizen')), way: { ok: true, why: '', channel: 'wechat', until: now() + 1e5, left: 4, longest: 600 },
  });
  const moved = (act) => {
    letter = act === 'take' && letter ? { ...letter, state: 'taken', offer_until: null } : null;
    return {};
  };
  const ANSWERS = [
    [/^GET \/api\/v1\/desk\/pop\/(.+)/, (id) => pop(id)],
    [/^GET \/api\/v1\/desk\/drafts/, () => ({ items: [] })],
    [/^PUT \/api\/v1\/desk\/drafts\/(.+)/, (key, body) => ((shift.kept += 1), { key, revision: body.revision, at: now() })],
    [/^DELETE \/api\/v1\/desk\/drafts/, () => null],
    [/^POST \/api\/v1\/desk\/tickets/, () => ({ ticket_no: no((shift.filed += 1)), revision: 2, state: 'open' })],
    [/^GET \/api\/v1\/desk\/similar/, () => ({ items: [1, 2, 3, 4, 5].map((at) => ({ ...known(at), why: '同一地点' })) })],
    [/^GET \/api\/v1\/desk\/inbox$/, () => ({ limit: 4, mine: letter ? [letterView()] : [], waiting: 3 })],
    [/^GET \/api\/v1\/desk\/inbox\/.+/, () => (letter ? thread() : {})],
    [/^POST \/api\/v1\/desk\/inbox\/.+\/(\w+)$/, (act) => (DONE.has(act) ? moved(act) : {})],
    [/^POST \/api\/v1\/tickets\/.+\/replies/, () => ((shift.replied += 1), { id: `r${shift.replied}` })],
    [/^GET \/api\/v1\/transfers\//, () => transfer],
    [/^POST \/api\/v1\/transfers$/, (_, body) => ({ accepted: true, transfer_id: begun(body) })],
    [/^POST \/api\/v1\/(seats|desk\/phone)\//, () => ({ accepted: true })],
  ];
  /** The gateway's own answers are asked for once: the browser's debugger, by which we drive the page, keeps every body
      that comes over the network in the page's process, and those are not the page's. */
  const answers = new Map();
  const once = async (request, path, given) => {
    if (!request.startsWith('GET ')) return real(path, given);
    if (!answers.has(request)) {
      const answer = await real(path, given);
      answers.set(request, [await answer.text(), { status: answer.status, headers: answer.headers }]);
    }
    return new Response(...answers.get(request));
  };
  window.fetch = (path, given = {}) => {
    shift.asked += 1;
    const request = `${given.method ?? 'GET'} ${path}`;
    const found = ANSWERS.map(([form, answer]) => [form.exec(request), answer]).find(([fits]) => fits);
    if (!found) return once(request, path, given);
    const data = found[1](found[0][1], given.body ? JSON.parse(given.body) : null);
    return Promise.resolve(data === null ? new Response(null, { status: 204 }) : Response.json(data));
  };

  // What happens ------------------------------------------------------------------------------------------------------

  const begun = (body) => {
    shift.pressed += 1;
    transfer = {
      id: `t${shift.pressed}`, call_id: callId, ticket_no: '', mode: 'three_way', kind: 'partner', to: body.partner, partner: body.partner, seat: own.id,
      agent: own.agent, phase: 'calling', outcome: null, with_agent: '', started_at: now(), answered_at: null, joined_at: null, released_at: null,
      ended_at: null, cause: null, why: '正在呼叫对方 / calling', version: 1, acts: ['cancel'], tried: [], push: null,
    };
    return transfer.id;
  };
  shift.transfer = (fields) => {
    if (!transfer) return;
    transfer = { ...transfer, ...fields, version: transfer.version + 1 };
    if (fields.outcome) transfer.ended_at = now();
    send('diff', { transfers: [transfer] });
  };
  shift.ring = () => {
    callId = `${now()}.1`;
    tell({ presence: 'ready', activity: 'ringing', call_id: callId, queue: 'hotline', entry_number: '12345', caller: '138****5678' });
  };
  shift.answer = () => tell({ activity: 'talking' });
  shift.hangUp = () => {
    const until = { presence: 'wrap_up', presence_since: now(), wrap_up_until: now() + 20 };
    tell({ activity: 'idle', call_id: null, caller: null, queue: null, entry_number: null, ...until });
    transfer = null;
  };
  shift.presence = (presence, reason = null) => tell({ presence, reason, presence_since: now(), wrap_up_until: null });
  shift.write = (at) => {
    letter = { ticket_no: no(900000 + at), channel: 'wechat', title: `路灯坏了 ${at}`, last_at: now(), first_at: now(), unread: 1, state: 'offered', since: now(), offer_until: now() + 60 };
    send('diff', { desk: [{ agent: own.agent, kind: 'message', n: 1 }] });
  };

  // The agent's hands -------------------------------------------------------------------------------------------------

  shift.key = (key, code, held = {}) => {
    const at = document.activeElement ?? document.body;
    at.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true, ...held }));
  };
  /** Letter by letter, as a hand does. */
  shift.type = (from, to) => {
    const field = document.activeElement;
    if (!field || !('value' in field)) return false;
    for (const letter of WORDS.slice(from, to)) {
      field.value += letter;
      field.dispatchEvent(new InputEvent('input', { data: letter, bubbles: true }));
    }
    return true;
  };
  shift.at = (name) => {
    const field = document.getElementById(`f-${name}`);
    field?.focus();
    return Boolean(field);
  };
})();
