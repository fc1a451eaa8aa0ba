/**
 * What a command wrote, within bounds.
 * @module
 */

/** Characters of a command's output that are kept: the first half and the last. */
const MAX_KEPT_CHARS = 1024 * 1024;
/** Models count in tokens of about this many characters. */
const CHARS_PER_TOKEN = 4;

/** Collects text; of too much, the beginning and the end. */
export class BoundedText {
  readonly #maxChars: number;
  #head = "";
  #tail = "";
  #droppedChars = 0;

  constructor(maxChars: number = MAX_KEPT_CHARS) {
    this.#maxChars = maxChars;
  }

  add(text: string): void {
    const half = Math.floor(this.#maxChars / 2);
    const room = half - this.#head.length;
    if (room > 0) this.#head += text.slice(0, room);
    this.#tail += text.slice(Math.max(0, room));
    // Cut now and then, not at each piece: the tail is copied by it.
    if (this.#tail.length > 2 * half) this.#cut(half);
  }

  /** How many characters were added. */
  get totalChars(): number {
    return this.#head.length + this.#tail.length + this.#droppedChars;
  }

  toString(): string {
    this.#cut(Math.floor(this.#maxChars / 2));
    if (this.#droppedChars === 0) return this.#head + this.#tail;
    return `${this.#head}\n[… ${this.#droppedChars} characters left out …]\n${this.#tail}`;
  }

  #cut(half: number): void {
    const excess = this.#tail.length - half;
    if (excess <= 0) return;
    this.#tail = this.#tail.slice(excess);
    this.#droppedChars += excess;
  }
}

/** About how many tokens a text has. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** The text, or its beginning and end where it has more tokens than that. */
export function withinTokens(text: string, maxTokens: number): string {
  if (estimateTokens(text) <= maxTokens) return text;
  const kept = new BoundedText(maxTokens * CHARS_PER_TOKEN);
  kept.add(text);
  return kept.toString();
}
