// Categories are found by what they are called or by the first letters of their pinyin: 暴露垃圾 by "bllj".
// The browser sorts Chinese by pinyin; these are the first characters of each letter in that order.
const LETTERS = "abcdefghjklmnopqrstwxyz";
const FIRST = "阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀";
const HAN = /\p{Script=Han}/u;

const order = new Intl.Collator("zh-CN-u-co-pinyin");
const byPinyin = order.compare("八", "嚓") < 0 && order.compare("讥", "夕") < 0;

export const folded = (text) => String(text ?? "").normalize("NFKC").toLowerCase().replace(/\s+/g, "");

export function initials(text) {
  return Array.from(folded(text), (character) => {
    if (!HAN.test(character) || !byPinyin) return character;
    let k = FIRST.length - 1;
    while (k > 0 && order.compare(character, FIRST[k]) < 0) k -= 1;
    return LETTERS[k];
  }).join("");
}

// What is called so comes before what only has it in its name, and both before what only has the letters.
export function matching(names, typed) {
  const wanted = folded(typed);
  if (!wanted) return [...names];
  const rank = (name) => {
    const [whole, letters] = [folded(name), initials(name)];
    const ranks = [whole === wanted, whole.startsWith(wanted), whole.includes(wanted), letters.startsWith(wanted), letters.includes(wanted)];
    return ranks.indexOf(true);
  };
  return names
    .map((name) => ({ name, rank: rank(name) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map(({ name }) => name);
}
