/**
 * A string that no log line, error, JSON document, template or debugger print-out can show by accident.
 * @module
 */

const REDACTED = "[redacted]";

/** Wraps a secret. The only way to the value is {@link Secret.reveal}, so every use can be found by that name. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it where the value goes onto the wire or to disk, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  /** True when both hold the same value. */
  equals(other: Secret | null | undefined): boolean {
    return other != null && other.#value === this.#value;
  }

  /** Always `[redacted]`. */
  toString(): string {
    return REDACTED;
  }

  /** Always `[redacted]`: JSON.stringify calls this. */
  toJSON(): string {
    return REDACTED;
  }

  /** Always `[redacted]`: template literals, `+` and `String()` call this. */
  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  static {
    // console.log, util.inspect and assertion messages look this up; the symbol is registered, so no `node:` import is needed.
    Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: () => REDACTED });
  }
}
