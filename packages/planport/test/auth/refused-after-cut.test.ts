/**
 * A refresh was cut off, and the next one is refused: what the refusal says decides whether the cut is to blame.
 */
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTokenSource, resolveAuthEndpoints } from "../../src/auth/index.ts";
import { Secret } from "../../src/secret.ts";
import { createFileStore, createRefreshJournal } from "../../src/store/index.ts";
import { tokenDigest } from "../../src/store/refresh-journal.ts";
import { accessToken, authJson, fakeHttp, NOW_MS } from "./support/fakes.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "planport-refused-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

it.each([
  ["refresh_token_reused", "refresh_interrupted", /cut off before the new tokens arrived/],
  ["refresh_token_invalidated", "refresh_interrupted", /cut off before the new tokens arrived/],
  ["refresh_token_expired", "refresh_rejected", /its refresh token has expired/],
])("after a cut %s is told as %s", async (said, code, words) => {
  const file = path.join(folder, "auth.json");
  fs.writeFileSync(file, JSON.stringify(authJson({ access_token: accessToken(-1) })));
  const journal = createRefreshJournal(async () => file);
  const attempt = { pid: 77, host: "desk", atMs: NOW_MS - 5_000 };
  (await journal.begin(tokenDigest(new Secret("rt-first")), attempt)).close();
  const http = fakeHttp();
  http.reply(400, { error: { code: said } });
  const source = await createTokenSource({
    store: createFileStore(file),
    http,
    endpoints: resolveAuthEndpoints({}),
    now: () => NOW_MS,
  });
  await expect(source.get()).rejects.toMatchObject({
    code,
    message: expect.stringMatching(words) as unknown,
  });
});
