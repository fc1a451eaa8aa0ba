/**
 * One after another for the tests that take the ports which the sign-in server knows for a browser to come back to (1455 and 1457), or
 * look at who has them: a sign-in that finds the port taken ends the other one, or falls back on pasting. Run by vitest before each file.
 */
import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";

/** Whoever listens here has the turn. A process that ends, however it does, gives it back. */
const TURN_PORT = 14_570;
/** All of the files together take less. */
const TURN_LIMIT_MS = 600_000;

const FILES = [
  "packages/planport/test/cli/paste.test.ts",
  "packages/planport/test/cli/serve.test.ts",
  "packages/planport/test/cli/sign-in.test.ts",
  "packages/planport/test/hosts/documented.test.ts",
  "packages/planport/test/hosts/pi-extension/host.test.ts",
  "packages/planport/test/privacy/sign-in.test.ts",
  "test/app-server/account.test.ts",
  "test/clients/browser.test.ts",
  "test/clients/login-screen.test.ts",
  "test/clients/opencode-sign-in.test.ts",
  "test/clients/pi-terminal.test.ts",
];

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

const path = (expect.getState().testPath ?? "").replaceAll("\\", "/");
if (FILES.some((file) => path.endsWith(`/${file}`))) {
  let turn: Server | null = null;
  beforeAll(async () => {
    while ((turn = await takeTurn()) === null) await delay(100);
  }, TURN_LIMIT_MS);
  afterAll(() => {
    turn?.close();
  });
}
