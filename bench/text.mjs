/** The text that the stand-in streams and the load generator expects, so that both agree on every character. */

const WORDS = ["the ", "gateway ", "passes ", "on ", "what ", "it ", "hears", ", ", "naïve ", "or — ", "“not” ", "✓ "];

/** `count` pieces the size of a token, some beyond ASCII: a gateway that cuts or mislabels UTF-8 is caught. */
export function createText(count) {
  return Array.from({ length: count }, (_, index) => `${WORDS[index % WORDS.length]}${index % 7 === 0 ? index : ""}`);
}
