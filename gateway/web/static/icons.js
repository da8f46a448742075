// Line icons on a 24-unit square, drawn in the colour of the text. One for each state, so that colour never stands alone;
// one for each act and each page.

const PATHS = {
  ready: 'M20 6 9 17l-5-5',
  reserved: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
  ringing: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  ring_left: 'M7.150 17.330 5.940 12.480A6 6 0 0 1 17.580 9.580L18.790 14.430 21.210 15.890 5.690 19.760zM12.240 21.220 16.120 20.250',
  ring_right: 'M5.210 14.430 6.420 9.580A6 6 0 0 1 18.060 12.480L16.850 17.330 18.310 19.760 2.790 15.890zM7.880 20.250 11.760 21.220',
  talking: 'M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2',
  held: 'M8 5v14M16 5v14',
  consulting: 'M4 5h16v11h-9l-4 4v-4H4zM9 10h6',
  three_way: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20c0-6 12-6 12 0M16 5a3 3 0 0 1 0 6M17.500 14.500c2.500 .5 3.500 2.500 3.500 5.500',
  outbound: 'M7 17 17 7M9 7h8v8',
  monitored: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  wrap_up: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  not_ready: 'M4 9h12v6a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM16 11h2a2.500 2.500 0 0 1 0 5h-2M8 3v2M12 3v2',
  offline: 'M12 4 2.500 20h19zM12 10v4M12 17v.1',
  signed_out: 'M12 3v8M6.500 7a8 8 0 1 0 11 0',
  map: 'M4 5h6v6H4zM14 5h6v6h-6zM4 15h6v5H4zM14 15h6v5h-6z',
  book: 'M9 6 3 12l6 6M15 6l6 6-6 6',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  report: 'M4 20h16M7 20v-6M12 20V6M17 20v-9',
  people: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20c0-6 12-6 12 0M16 5a3 3 0 0 1 0 6M17.500 14.500c2.500 .5 3.500 2.500 3.500 5.500',
  record: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  wall: 'M3 5h18v11H3zM8 20h8M12 16v4',
  desk: 'M4 13v-1a8 8 0 0 1 16 0v1M4 13h3v6H5a1 1 0 0 1-1-1zM20 13h-3v6h2a1 1 0 0 0 1-1z',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  close: 'M6 6l12 12M18 6 6 18',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  list: 'M8 6h12M8 12h12M8 18h12M4 6v.1M4 12v.1M4 18v.1',
  listen: 'M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v5H4zM20 14h-3v5h3z',
  whisper: 'M4 5h16v11h-9l-4 4v-4H4zM8 10.500v.1M12 10.500v.1M16 10.500v.1',
  barge: 'M5 12h14M13 6l6 6-6 6M5 5v14',
  take: 'M8 4 4 8l4 4M4 8h9a6 6 0 0 1 0 12H9',
  hangup: 'M3 14c5-5 13-5 18 0l-2 3-4-2v-2.500c-2-.6-4-.6-6 0V15l-4 2z',
  message: 'M4 5h16v12H9l-5 4z',
  move: 'M4 12h14M13 7l5 5-5 5M20 5v14',
  up: 'M12 19V5M6 11l6-6 6 6',
  open: 'M5 11h14v9H5zM8 11V8a4 4 0 0 1 8-.5',
  shut: 'M5 11h14v9H5zM8 11V8a4 4 0 0 1 8 0v3',
  broadcast: 'M4 10v4h3l6 4V6L7 10zM17 9a4 4 0 0 1 0 6M19.500 6.500a8 8 0 0 1 0 11',
  standby: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20c0-6 12-6 12 0M19 8v6M16 11h6',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  check: 'M20 6 9 17l-5-5',
  snooze: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
  warn: 'M12 4 2.500 20h19zM12 10v4M12 17v.1',
  more: 'M5 12v.1M12 12v.1M19 12v.1',
  down: 'M6 9l6 6 6-6',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8M11 12l8-8M15.500 7.500l3 3',
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name] ?? '');
  svg.append(path);
  return svg;
}
