// The first letters of a Chinese name's pinyin, so that "xf" finds 消防. No table: the browser's own Chinese collation sorts
// by pinyin, and a character lies between the first character of its letter and that of the next. A character with several
// readings has the one that collation knows, so this is for finding, never for writing.

const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他屲夕丫帀';
const LETTERS = 'abcdefghjklmnopqrstwxyz';

const collator = new Intl.Collator('zh-CN-u-co-pinyin');

function letterOf(character) {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase();
  if (!/\p{Script=Han}/u.test(character)) return '';
  let place = FIRST.length - 1;
  while (place > 0 && collator.compare(character, FIRST[place]) < 0) place -= 1;
  return LETTERS[place];
}

export const initialsOf = (name) => [...name].map(letterOf).join('');

/** A function of what is typed: whether a name with these numbers fits it, by number, word, English word or initials. */
export function finder(name, english, ...numbers) {
  const initials = initialsOf(name);
  const words = [name, english.toLowerCase(), ...numbers];
  return (typed) => {
    const wanted = typed.trim().toLowerCase();
    return !wanted || initials.includes(wanted) || words.some((word) => word.includes(wanted));
  };
}
