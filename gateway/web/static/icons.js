// Line icons on a 24-unit square, drawn in the colour of the text. One for each state, so that colour never stands alone.

const PATHS = {
  ready: 'M20 6 9 17l-5-5',
  reserved: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
  ringing: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
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
