// Why an act cannot be done now: the key of the words that the button shows instead of being only grey. '' when it can. The
// gateway judges again; this is so that nobody presses in vain.

import { inCall } from './acts.js';

function general(acts) {
  if (!acts.leads) return 'why.role';
  if (!acts.hall.open) return 'why.lost';
  return acts.hall.live ? '' : 'why.link';
}

/** For listen, whisper and barge; `by` is the telephone chosen when the asker sits nowhere. */
export function whyNotWatch(acts, seat, by) {
  const mine = acts.mySeat();
  if (general(acts)) return general(acts);
  if (mine?.id === seat.id) return 'why.own';
  if (!seat.call_id && !inCall(seat)) return 'why.no_call';
  if (!inCall(seat)) return 'why.not_talking';
  if (!mine && !by) return 'why.phone';
  // from one call that is listened to another may be chosen
  return mine && inCall(mine) && !mine.monitoring ? 'why.my_call' : '';
}

export function whyNotTake(acts, seat) {
  return general(acts) || (acts.modeAt(seat) ? '' : 'why.not_watching');
}

export function whyNotHangUp(acts, seat) {
  return general(acts) || (inCall(seat) || seat.activity === 'ringing' ? '' : 'why.no_call');
}

export function whyNotState(acts, seat, act) {
  if (general(acts)) return general(acts);
  if (seat.presence === 'signed_out') return 'why.no_agent';
  return act === 'ready' && seat.presence === 'ready' ? 'why.is_ready' : '';
}

export function whyNotMessage(acts, seat) {
  if (!acts.leads) return 'why.role';
  if (!acts.hall.open) return 'why.lost';
  return seat.presence === 'signed_out' ? 'why.no_agent' : '';
}

/** For answering a waiting caller oneself. */
export function whyNotAnswer(acts) {
  if (general(acts)) return general(acts);
  const mine = acts.mySeat();
  if (!mine) return 'why.no_phone';
  if (!mine.reachable) return 'why.offline';
  return inCall(mine) || mine.activity === 'ringing' ? 'why.my_call' : '';
}

/** For moving callers, opening and closing queues. */
export const whyNotQueue = (acts) => general(acts);
