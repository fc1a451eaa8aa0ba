/**
 * The three ways to sign in of planport's plug-in inside the real opencode. A file of its own, because one of them takes the port that the
 * sign-in server knows.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { readTokens } from "../faults/support/world.ts";
import { prepare, serveOpencode, canRunOpencode } from "./support/opencode.ts";
import { signedInHome } from "./support/stack.ts";
import { takeSignInPorts } from "../support/sign-in-ports.ts";

takeSignInPorts();

interface Begun {
  readonly url: string;
  readonly method: string;
}

/** It takes seconds to start, and minutes where many tests run at once. */
const LIMIT_MS = 300_000;

if (canRunOpencode()) {
  it(
    "signs in by a code on another device, by a browser and by an access token, into planport's own store",
    async () => {
      const simulator = await startSimulator({ maxRecordedRequests: 10_000, autoApprove: true });
      onTestFinished(() => simulator.close());
      const home = signedInHome(simulator);
      const authFile = join(home, "auth.json");
      const server = await serveOpencode(prepare(simulator, home));
      const begin = (method: number): Promise<unknown> => server.call("/provider/planport/oauth/authorize", { method });
      const finish = (method: number, code?: string): Promise<unknown> =>
        server.call("/provider/planport/oauth/callback", { method, ...(code !== undefined && { code }) });
      const kept = (): unknown => JSON.parse(readFileSync(authFile, "utf8"));

      expect(await begin(1)).toMatchObject({ method: "auto" });
      const before = readTokens(authFile)["refresh_token"];
      expect(await finish(1)).toBe(true);
      const byDevice = readTokens(authFile)["refresh_token"];
      expect(byDevice).not.toBe(before);

      const browser = (await begin(0)) as Begun;
      const waiting = finish(0);
      await fetch(browser.url); // The simulator says yes, and its redirect leads back to the plug-in.
      expect(await waiting).toBe(true);
      expect(readTokens(authFile)["refresh_token"]).not.toBe(byDevice);

      const token = simulator.issuePersonalAccessToken();
      expect(await begin(2)).toMatchObject({ method: "code" });
      await expect(finish(2, "sk-this-is-no-access-token")).rejects.toThrow();
      expect(await finish(2, token)).toBe(true);
      expect(JSON.stringify(kept())).toContain(token);
      expect(await server.ask("Reply with exactly: with an access token")).toMatchObject({
        text: "with an access token",
      });
      const noted = readFileSync(join(home, ".local", "share", "opencode", "auth.json"), "utf8");
      expect(JSON.parse(noted)).toEqual({ planport: { type: "api", key: "planport" } });
    },
    LIMIT_MS,
  );
}
