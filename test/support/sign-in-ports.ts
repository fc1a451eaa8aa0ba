/**
 * The ports that the sign-in server knows for a browser to come back to, 1455 and 1457, for one test file at a time.
 */
import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";

/** Whoever listens here has the turn. A process that ends, however it does, gives it back. */
const TURN_PORT = 14_570;
/** The sum of what the others may take, and more: with many workers the last one waits for all of them. */
const TURN_LIMIT_MS = 1_800_000;

function takeTurn(): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen({ port: TURN_PORT, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

/**
 * For a file whose tests take these ports, or look at who has them: waits until no other such file runs. A sign-in that finds the port taken
 * ends the other one, or falls back on pasting.
 */
export function takeSignInPorts(): void {
  let turn: Server | null = null;
  beforeAll(async () => {
    while ((turn = await takeTurn()) === null) await delay(100);
  }, TURN_LIMIT_MS);
  afterAll(() => {
    turn?.close();
  });
}
