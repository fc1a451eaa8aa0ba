/**
 * Brings together what may happen while a sign-in waits.
 * @module
 */

/** A queue with one reader. */
export interface Inbox<T> {
  push(item: T): void;
  /** The oldest item, waited for if need be. */
  next(): Promise<T>;
}

/** An empty queue. */
export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  let wake: (() => void) | null = null;
  return {
    push(item) {
      items.push(item);
      wake?.();
    },
    async next() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
