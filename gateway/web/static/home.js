// The landing page: where to go from here.

import { fill, label, words } from './i18n.js';
import { icon } from './icons.js';

const LINKS = [
  ['/seats', 'map', 'home.seats'],
  ['/login', 'key', 'home.login'],
  ['/api/openapi.json', 'book', 'home.api'],
  ['/readyz', 'pulse', 'home.ready'],
];

function link([href, picture, key]) {
  const a = document.createElement('a');
  a.href = href;
  a.className = 'card';
  const text = document.createElement('span');
  const strong = document.createElement('strong');
  strong.append(label(words(key)));
  const [zh, en] = words(`${key}.sub`);
  const line = document.createElement('span');
  line.textContent = zh;
  const small = document.createElement('small');
  small.textContent = en;
  text.append(strong, line, small);
  a.append(icon(picture), text);
  return a;
}

fill();
document.getElementById('links').append(...LINKS.map(link));
