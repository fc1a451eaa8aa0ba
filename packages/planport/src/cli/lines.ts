/**
 * Lines that come one by one from a person, for whoever waits for them.
 * @module
 */

/** Lines to be read once. */
export interface LineQueue extends AsyncIterableIterator<string> {
  push(line: string): void;
  /** No more will come. */
  end(): void;
}

/** Makes an empty one. */
export function lineQueue(): LineQueue {
  const lines: string[] = [];
  let waiting: ((result: IteratorResult<string>) => void) | null = null;
  let isOver = false;
  const done: IteratorResult<string> = { done: true, value: undefined };
  const answer = (result: IteratorResult<string>): void => {
    waiting?.(result);
    waiting = null;
  };
  const end = (): void => {
    isOver = true;
    answer(done);
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      new Promise((resolve) => {
        const line = lines.shift();
        if (line !== undefined) resolve({ done: false, value: line });
        else if (isOver) resolve(done);
        else waiting = resolve;
      }),
    return: async () => {
      end();
      return done;
    },
    push(line) {
      if (waiting === null) lines.push(line);
      else answer({ done: false, value: line });
    },
    end,
  };
}
