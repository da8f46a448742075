// The softphone: one line, registered with Asterisk over its websocket, media by WebRTC. Everything that it is doing is
// in `state`; an event 'change' tells that it moved. Calls only come in: who dials out has this phone rung first.
//
// A page that goes away says no goodbye on purpose: Asterisk then takes the leg for lost (no media for 10 s) and the
// citizen goes to the front of the queue, where a goodbye would end the call.

import { UA, WebSocketInterface } from '../vendor/jssip.js';
import {
  AudioTrouble, choose, closeStream, devices, listenToLevel, openMicrophone, Ringer, Speaker,
} from './audio.js';

const REGISTER_S = 120;
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000, 30000];
/** A password that worked and is refused again and again has another owner: another page of the same seat. */
const TAKEN_AFTER = 2;
const GATHER_MS = 400;
const RENEGOTIATED_MS = 8000;
const NO_ANSWER_S = 180;
/** The gateway tells of a call by another way than Asterisk sends it: it may be shown, and answered, before it is here. */
const COMING_MS = 5000;
const LOOK_MS = 20;
const LOCK = 'gateway.softphone';

const QUIET = Object.freeze({ registered: false, link: 'off', call: null });
const NO_CALL = ['没有通话', 'there is no call'];

const seconds = () => Date.now() / 1000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Phone extends EventTarget {
  /** `credentials` resolves to what POST /api/v1/desk/phone answers. */
  constructor({ credentials }) {
    super();
    this.credentials = credentials;
    /**
     * registered; link: off, connecting, up, lost (being mended), refused (being mended), taken (another page has the
     * seat's phone: start again to take it back); call: null or {state: ringing, up, held; muted; since (epoch seconds
     * of this state); from (a name, never a number); trouble: '' or 'mic'}.
     */
    this.state = QUIET;
    this.ua = null;
    this.session = null;
    this.stream = null;
    this.ringer = new Ringer();
    this.speaker = null;
    this.round = 0;
    /** The round whose password is being asked for; 0 for none. */
    this.starting = 0;
    this.failures = 0;
    this.refusals = 0;
    this.leave = (event) => {
      if (this.state.call) event.preventDefault();
    };
    this.replug = () => this.session && this.stream?.getAudioTracks()[0]?.readyState === 'ended' && this.reopen();
  }

  // -- being there

  /** Register, and stay registered until `stop`. Resolves at once; `state` tells how it goes. */
  async start() {
    if (this.ua || (this.starting && this.starting === this.round)) return;
    addEventListener('beforeunload', this.leave);
    navigator.mediaDevices?.addEventListener('devicechange', this.replug);
    this.failures = this.refusals = 0;
    const round = ++this.round;
    this.takeLock(round);
    this.connect(round);
  }

  /** End the call if there is one, and be registered no more. */
  async stop() {
    this.round += 1;
    this.mendLater = false;
    this.release?.();
    removeEventListener('beforeunload', this.leave);
    navigator.mediaDevices?.removeEventListener('devicechange', this.replug);
    this.session?.terminate();
    this.hang();
    this.ended();
    this.change(QUIET);
  }

  /** One page of a browser has the phone: the newest. The one before learns it here and lets go; a round of this page's
   *  own that is over has nothing to let go of. */
  takeLock(round) {
    if (!navigator.locks) return;
    const held = new Promise((done) => (this.release = done));
    navigator.locks.request(LOCK, { steal: true }, () => held).catch(() => this.giveUp(round));
  }

  giveUp(round) {
    if (round !== this.round) return;
    this.round += 1;
    this.mendLater = false;
    this.hang();
    this.change({ registered: false, link: 'taken' });
  }

  hang() {
    const ua = this.ua;
    this.ua = null;
    ua?.removeAllListeners();
    ua?.stop();
  }

  /** Get a password and register with it; after a failure again, later and later, until another round begins. */
  async connect(round) {
    this.starting = round;
    this.change({ registered: false, link: 'connecting' });
    try {
      const given = await this.credentials();
      if (round === this.round) this.open(given, round);
    } catch (failure) {
      if (round !== this.round) return;
      console.warn('softphone: no credentials', failure);
      this.change({ registered: false, link: 'refused' });
      this.retry(round);
    } finally {
      if (this.starting === round) this.starting = 0;
    }
  }

  async retry(round) {
    const most = AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)];
    this.failures += 1;
    await pause(most * (0.5 + Math.random() / 2));
    if (round === this.round) this.connect(round);
  }

  open(given, round) {
    const ua = new UA({
      sockets: [new WebSocketInterface(given.ws)],
      uri: given.uri,
      contact_uri: `sip:${given.username}@${crypto.randomUUID().slice(0, 12)}.invalid;transport=ws`,
      authorization_user: given.username,
      password: given.password,
      realm: given.realm,
      display_name: '',
      register: true,
      register_expires: REGISTER_S,
      session_timers: false,
      no_answer_timeout: NO_ANSWER_S,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 15,
      user_agent: 'gateway-12345 desk',
    });
    this.ice = given.ice_servers ?? [];
    this.ua = ua;
    ua.on('disconnected', () => round === this.round && this.change({ registered: false, link: 'lost' }));
    ua.on('registered', () => this.registered());
    ua.on('registrationFailed', ({ response }) => this.refused(round, response));
    ua.on('newRTCSession', ({ originator, session, request }) => this.rung(originator, session, request));
    ua.start();
  }

  registered() {
    this.failures = 0;
    this.worked = true;
    clearTimeout(this.forgiving);
    this.forgiving = setTimeout(() => (this.refusals = 0), 2 * REGISTER_S * 1000);
    this.change({ registered: true, link: 'up' });
  }

  /** The password is no good (any more), or Asterisk cannot say: get another one, unless somebody else has done so. */
  refused(round, response) {
    if (round !== this.round) return;
    if (!response) return; // the link is gone: JsSIP mends that by itself
    if (this.worked) this.refusals += 1;
    this.worked = false;
    if (this.refusals > TAKEN_AFTER) return this.giveUp(round);
    this.change({ registered: false, link: 'refused' });
    // A call that is up does not need the registration: it goes on, and the line is mended after it.
    if (this.session) this.mendLater = true;
    else {
      this.hang();
      this.retry(round);
    }
  }

  change(some) {
    this.state = Object.freeze({ ...this.state, ...some });
    this.dispatchEvent(new Event('change'));
  }

  changeCall(some) {
    if (!this.session) return;
    const before = this.state.call;
    const since = some.state && some.state !== before?.state ? { since: seconds() } : {};
    this.change({ call: Object.freeze({ ...before, ...since, ...some }) });
  }

  // -- a call

  rung(originator, session, request) {
    if (originator !== 'remote' || this.session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.changeCall({ state: 'ringing', muted: false, trouble: '', from: session.remote_identity.display_name ?? '' });
    session.on('ended', () => this.over(session));
    session.on('failed', () => this.over(session));
    session.on('peerconnection', ({ peerconnection }) => this.listen(peerconnection));
    session.on('icecandidate', (event) => this.gathered(event));
    session.on('accepted', () => this.up());
    session.on('hold', () => this.tellHold());
    session.on('unhold', () => this.tellHold());
    session.on('muted', () => this.changeCall({ muted: true }));
    session.on('unmuted', () => this.changeCall({ muted: false }));
    // The agent has asked for this call (dial out, call back): the desk's own gateway says so, and no citizen can.
    if (request?.getHeader('X-Gateway-Answer') === 'auto') this.answer().catch((failure) => this.hurt(failure));
    else this.ringer.start();
  }

  hurt(failure) {
    console.warn('softphone', failure);
    this.changeCall({ trouble: 'mic' });
  }

  /** Candidates come at once on a hall's network; one that is slow must not keep the citizen waiting. */
  gathered({ ready }) {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(ready, GATHER_MS);
  }

  listen(connection) {
    this.speaker ??= new Speaker();
    connection.addEventListener('track', ({ track, streams }) => {
      this.speaker.play(streams[0] ?? new MediaStream([track]));
    });
  }

  up() {
    this.ringer.stop();
    this.changeCall({ state: 'up' });
  }

  tellHold() {
    if (!this.session || this.state.call?.state === 'ringing') return;
    this.changeCall({ state: this.session.isOnHold().local ? 'held' : 'up' });
  }

  over(session) {
    if (session !== this.session) return;
    this.ended();
    if (!this.mendLater) return;
    this.mendLater = false;
    this.hang();
    this.retry(this.round);
  }

  ended() {
    clearTimeout(this.gathering);
    this.ringer.stop();
    this.speaker?.stop();
    closeStream(this.stream);
    this.session = this.stream = this.answering = null;
    this.change({ call: null });
  }

  /** The call that is here, or the one that is on its way. Rejects with words when none comes. */
  async coming() {
    const end = Date.now() + COMING_MS;
    while (!this.session && this.state.registered && Date.now() < end) await pause(LOOK_MS);
    return this.line();
  }

  /** Take the call up. Rejects with words when there is none, or no microphone; it goes on ringing then. */
  async answer() {
    const session = await this.coming();
    if (this.answering || this.state.call?.state !== 'ringing') return;
    this.answering = true;
    try {
      const stream = await openMicrophone();
      if (session !== this.session) return closeStream(stream); // the caller has gone meanwhile
      this.keep(stream);
      session.answer({
        mediaStream: stream,
        mediaConstraints: { audio: true, video: false },
        pcConfig: { iceServers: this.ice, bundlePolicy: 'max-bundle' },
      });
    } finally {
      if (session === this.session) this.answering = false;
    }
  }

  keep(stream) {
    this.stream = stream;
    stream.getAudioTracks()[0]?.addEventListener('ended', () => stream === this.stream && this.reopen());
  }

  /** The microphone was unplugged, or another was chosen: go on with one that is there. */
  async reopen() {
    const session = this.session;
    const sender = session?.connection?.getSenders().find((one) => one.track?.kind === 'audio');
    if (!sender) return;
    try {
      const stream = await openMicrophone();
      if (session !== this.session) return closeStream(stream);
      const [track] = stream.getAudioTracks();
      track.enabled = sender.track.enabled;
      await sender.replaceTrack(track);
      const before = this.stream;
      this.keep(stream);
      closeStream(before);
      this.changeCall({ trouble: '' });
    } catch (failure) {
      this.hurt(failure);
    }
  }

  /** Hold, with music for the other side. Resolves when Asterisk has agreed. */
  hold() {
    return this.renegotiate('hold', 'up');
  }

  resume() {
    return this.renegotiate('unhold', 'held');
  }

  async renegotiate(act, from) {
    const session = this.line();
    if (this.state.call.state !== from) return;
    const busy = new AudioTrouble('话机正忙，请再试一次', 'the phone is busy, try once more');
    await new Promise((done, failed) => {
      if (!session[act]({}, done)) return failed(busy);
      session.once('ended', done);
      return setTimeout(() => failed(busy), RENEGOTIATED_MS);
    });
  }

  async mute() {
    this.line().mute({ audio: true });
  }

  async unmute() {
    this.line().unmute({ audio: true });
  }

  /** Keys of the keypad, as RFC 4733 events where those were agreed on, else by INFO. */
  async dtmf(digits) {
    const session = this.line();
    const sender = session.connection?.getSenders().find((one) => one.dtmf)?.dtmf;
    const transportType = sender?.canInsertDTMF ? 'RFC2833' : 'INFO';
    session.sendDTMF(digits, { transportType, duration: 120, interToneGap: 80 });
  }

  /** End the call, or refuse it while it rings (the queue rings the next seat then). */
  async hangup() {
    const session = this.line();
    session.terminate(this.state.call.state === 'ringing' ? { status_code: 486 } : undefined);
  }

  line() {
    if (!this.session) throw new AudioTrouble(...NO_CALL);
    return this.session;
  }

  // -- microphone and earphones

  devices() {
    return devices();
  }

  /** Choose devices by id ('' for the system's own): {input, output, ringer}, any of them. Heard at once. */
  async use(some) {
    const now = choose(some);
    if ('output' in some) await this.speaker?.turnTo(now.output);
    if ('input' in some && this.stream) await this.reopen();
  }

  /** Hand the microphone's level (0 to 1) to `heard`. Resolves to a function that ends it. */
  micLevel(heard) {
    return listenToLevel(heard);
  }
}
