/** Drives synthetic secrets through everything these modules throw, warn of, describe or yield, and looks for them. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  createTokenSource,
  describeCredential,
  deviceLogin,
  discoverCredential,
  type Environment,
  login,
  parseAuthFile,
  parsePasted,
  resolveAuthEndpoints,
  signOut,
} from "../../src/auth/index.ts";
import { createMemoryStore, parseDocument } from "../../src/store/index.ts";
import { accessToken, authJson, type FakeHttp, fakeHttp, jwt, NOW_MS } from "./support/fakes.ts";
import { common, TOKENS } from "./support/flow.ts";

const MARK = "SyntheticSecret";
const secrets = {
  access_token: jwt({ exp: NOW_MS / 1000 - 5, mark: MARK }),
  refresh_token: `rt_${MARK}Refresh0000`,
  id_token: jwt({ email: "ada@example.com", mark: `${MARK}Id` }),
};
/** The mark itself, and the base64url that carries it inside a token. */
const traces = [MARK, ...Object.values(secrets), secrets.access_token.split(".")[1], secrets.id_token.split(".")[1]];
/** An answer that repeats what was sent, as careless servers and proxies do. */
const echo = {
  error: "server_error",
  error_description: `bad token ${secrets.refresh_token} / ${secrets.access_token} / Bearer ${MARK}`,
};

function everyPrint(value: unknown): string {
  const prints = [inspect(value, { depth: 20, showHidden: true, getters: true }), String(value)];
  prints.push(JSON.stringify(value) ?? "");
  if (value instanceof Error) {
    prints.push(value.message, value.stack ?? "", JSON.stringify(Object.entries(value)), everyPrint(value.cause));
  }
  return prints.join("\n");
}

function expectClean(value: unknown): void {
  const print = everyPrint(value);
  for (const trace of traces) expect(print).not.toContain(trace);
}

async function caught(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

const client = { originator: "planport", userAgent: "planport/0.1.0" };
const endpoints = resolveAuthEndpoints({});

describe("no secret can be seen", () => {
  it("the instrument sees one that is there", () => {
    expect(everyPrint(new Error("x", { cause: { token: secrets.refresh_token } }))).toContain(MARK);
    expect(everyPrint(authJson(secrets))).toContain(secrets.access_token);
  });

  it.each([400, 401, 403, 429, 500])(
    "in what a refresh answered with %i and an echo throws or warns of",
    async (status) => {
      for (const access of [secrets.access_token, accessToken(60, "acct-1", { mark: MARK })]) {
        const http = fakeHttp();
        http.reply(status, echo);
        http.reply(status, `plain echo of ${secrets.refresh_token}`);
        const warnings: unknown[] = [];
        const store = createMemoryStore(authJson({ ...secrets, access_token: access }));
        const onWarning = (error: Error): void => void warnings.push(error);
        const source = await createTokenSource({ store, http, endpoints, client, now: () => NOW_MS, onWarning });
        expectClean([source, store, warnings]);
        const outcome: unknown = await source.get().catch((error: unknown) => error);
        expectClean([outcome, warnings]);
        if (!(outcome instanceof Error)) expectClean(await caught(() => source.recover(outcome as never)));
      }
    },
  );

  it("in a grant, a discovery, its description, or a document", async () => {
    const store = createMemoryStore(authJson(secrets));
    const found = await discoverCredential({ env: {}, homeDir: "/h", platform: "linux", openStore: () => store });
    const source = await createTokenSource({ ...found, http: fakeHttp(), endpoints, now: () => 0 });
    expectClean([found, describeCredential(found), await store.read(), await source.get()]);
  });

  it.each([
    { CODEX_PAT: `sk-${MARK}` },
    { CODEX_ACCESS_TOKEN: secrets.access_token },
    { CODEX_PAT: `at-${MARK} ${MARK}` },
  ] as Environment[])("in the error about a variable", async (env) => {
    expectClean(await caught(() => discoverCredential({ env, homeDir: "/h", platform: "linux" })));
  });

  it.each([
    `{"tokens": {"access_token": "${MARK}", "refresh_token": ${MARK}}}`,
    `{"tokens": {"access_token": "${MARK} ${MARK}"}}`,
    `{"tokens": {"access_token": "x", "refresh_token": ["${MARK}"]}}`,
    `{"tokens": "${MARK}"}`,
    `{"auth_mode": "${MARK}", "OPENAI_API_KEY": "sk-${MARK}"}`,
    `{"personal_access_token": "${MARK}"}`,
    `["${MARK}"]`,
  ])("in the error about a broken file: %s", async (text) => {
    expectClean(await caught(() => parseAuthFile(text, "/h/auth.json")));
    expectClean(parseDocument(`{"a":"${MARK}"}`, "/h/auth.json"));
  });

  it.each([401, 500])("in the error about an access token answered with %i", async (status) => {
    const http = fakeHttp();
    http.reply(status, { error: { message: `no at-${MARK}` } });
    const found = await discoverCredential({ env: { CODEX_PAT: `at-${MARK}` }, homeDir: "/h", platform: "linux" });
    const source = await createTokenSource({ ...found, http, endpoints, client });
    expectClean([found, await caught(() => source.get())]);
  });

  it("in a URL with credentials in a variable", async () => {
    const env = { CODEX_WHOAMI_URL: `https://user:${MARK}@host/` };
    expectClean(await caught(() => resolveAuthEndpoints(env)));
  });

  async function expectCleanFlow(flow: AsyncGenerator<unknown, unknown, void>): Promise<void> {
    try {
      for (;;) {
        const step = await flow.next();
        expectClean(step.value);
        if (step.done === true) return;
      }
    } catch (error) {
      expectClean(error);
    }
  }
  async function* pasted(): AsyncGenerator<string> {
    yield `code=${MARK}`;
  }
  const flows: [string, (http: FakeHttp) => AsyncGenerator<unknown, unknown, void>, unknown[]][] = [
    ["browser", (http) => login({ ...common(http), ports: [], pasted: pasted() }), []],
    [
      "device",
      (http) => deviceLogin({ ...common(http), sleep: async () => {} }),
      [
        { device_auth_id: MARK, user_code: "ABCD" },
        { authorization_code: MARK, code_verifier: MARK },
      ],
    ],
  ];

  it.each(flows)("in the steps, the result or the error of a %s sign-in", async (_name, start, before) => {
    for (const [status, body] of [
      [200, { ...TOKENS, ...secrets }],
      [200, { access_token: secrets.access_token }],
      [400, echo],
      [500, echo],
      [400, `plain echo of ${secrets.refresh_token}`],
    ] as const) {
      const http = fakeHttp();
      for (const answer of before) http.reply(200, answer);
      http.reply(status, body);
      await expectCleanFlow(start(http));
    }
  });

  it("in the error about something pasted, or the outcome of signing out", async () => {
    expectClean(await caught(() => parsePasted(`${MARK} is this a code?!`)));
    expectClean(await caught(() => parsePasted(`?error=bad&error_description=Bearer+${secrets.refresh_token}`)));
    const http = fakeHttp();
    http.reply(400, echo);
    expectClean(await signOut(createMemoryStore(authJson(secrets)), { http, endpoints, client }));
  });
});
