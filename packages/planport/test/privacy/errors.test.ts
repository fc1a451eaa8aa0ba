/** Every class and code of error, made with secrets in all its parts, and shown in every way there is. */
import { describe, expect, it } from "vitest";
import { reportFailure } from "../../src/cli/failure.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import {
  ConfigError,
  CredentialError,
  type ErrorCode,
  errorTable,
  type PlanportError,
  RequestError,
  SignInError,
  toPlanportError,
  UpstreamError,
} from "../../src/errors.ts";
import { createLogger } from "../../src/observe/index.ts";
import { toErrorBody } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { createGateway } from "../../src/server/index.ts";
import type { CodexClient } from "../../src/upstream/types.ts";
import { everyPrint } from "./support/prints.ts";
import { type Finding, scan } from "./support/scanner.ts";
import { listed, shaped, syntheticSecrets } from "./support/secrets.ts";

const secrets = syntheticSecrets();
const known = shaped(secrets);
const sentence = known.map(({ value }) => value).join(", ");
const codes = Object.keys(errorTable) as ErrorCode[];
const classes = {
  credential: CredentialError,
  signIn: SignInError,
  upstream: UpstreamError,
  request: RequestError,
  config: ConfigError,
} as const;

/** What a library throws that was handed a secret: in its words, in its fields, and all the way down. */
function foreignFault(depth = 3): Error {
  const fault = new TypeError(`bad request: ${sentence}`, depth === 0 ? {} : { cause: foreignFault(depth - 1) });
  return Object.assign(fault, {
    code: "ERR_SYNTHETIC",
    input: `https://example.com/callback?code=${secrets.authorizationCode}`,
    headers: { authorization: `Bearer ${secrets.accessToken}` },
    response: { config: { data: JSON.stringify({ refresh_token: secrets.refreshToken }) } },
  });
}

function causesFor(code: ErrorCode): unknown[] {
  const failure = {
    status: 500,
    upstreamCode: secrets.refreshToken,
    requestId: secrets.accessToken,
    cfRay: `Bearer ${secrets.personalAccessToken}`,
    systemCode: null,
    planType: secrets.idToken,
    resetsAtMs: null,
  };
  if (errorTable[code].family === "upstream") return [failure];
  if (errorTable[code].family === "request") return [{ param: `input[0].${secrets.apiKey}` }];
  return [
    foreignFault(),
    foreignFault(8),
    sentence,
    { nested: [{ deep: sentence }] },
    new AggregateError([foreignFault()]),
  ];
}

/** An error of each cause; the pairing of class and code is what the compiler checks elsewhere. */
function errorsOf(code: ErrorCode): PlanportError[] {
  const Class = classes[errorTable[code].family] as unknown as new (
    code: ErrorCode,
    message: string,
    options: object,
  ) => PlanportError;
  return causesFor(code).map((cause) => new Class(code, `It failed: ${sentence}`, { cause }));
}

function findings(value: unknown): Finding[] {
  return [...everyPrint(value)].flatMap(([way, text]) => scan(way, text, known));
}

describe("an error with secrets in its message and causes shows none", () => {
  it("the instrument: the foreign error itself shows all of them, in most ways", () => {
    const found = findings(foreignFault());
    for (const { name } of known) expect(found.map((finding) => finding.secret)).toContain(name);
    expect(new Set(found.map((finding) => finding.where)).size).toBeGreaterThan(8);
  });

  it.each(codes)("%s: by no way of printing", (code) => {
    for (const error of errorsOf(code)) expect(findings(error)).toEqual([]);
  });

  it.each(codes)("%s: on no command line, plain, as JSON, or with its stack", async (code) => {
    for (const error of errorsOf(code))
      for (const options of [
        { json: false, debug: false },
        { json: true, debug: false },
        { json: false, debug: true },
        { json: true, debug: true },
      ]) {
        const { text, output } = sink();
        await reportFailure(error, output, options);
        expect(text()).toMatch(/It failed|an unexpected fault/);
        expect(scan(JSON.stringify(options), text(), known)).toEqual([]);
      }
  });

  it.each(codes)("%s: in no log line", (code) => {
    for (const error of errorsOf(code)) {
      const { text, stream } = sink();
      for (const format of ["json", "text"] as const)
        createLogger({ level: "debug", format, sink: stream }).error("http.fault", { error, stack: error.stack });
      expect(scan("log", text(), known)).toEqual([]);
    }
  });

  it.each(codes)("%s: in no answer of the gateway, and in no line that it logs", async (code) => {
    for (const error of errorsOf(code)) {
      expect(scan("body", JSON.stringify(toErrorBody(toPlanportError(error), 0)), known)).toEqual([]);
      expect(await throughGateway(error)).toEqual([]);
    }
  });
});

describe("anything else that is thrown", () => {
  const strange: [string, unknown][] = [
    ["an error of a library", foreignFault()],
    ["a text", sentence],
    ["an object", { message: sentence, cause: foreignFault() }],
    ["a rejected answer", Object.assign(new Error("x"), { status: 401, body: sentence, error: { message: sentence } })],
    ["a list of errors", new AggregateError([foreignFault(), foreignFault()], sentence)],
    ["what JSON.parse says", parseFault(secrets.accessToken)],
    ["what URL says", urlFault(`http://${secrets.refreshToken}:${secrets.apiKey}@[x`)],
  ];

  it.each(strange)("%s becomes an error that shows nothing of it", async (_name, thrown) => {
    expect(findings(toPlanportError(thrown))).toEqual([]);
    expect(await throughGateway(thrown)).toEqual([]);
    for (const debug of [false, true]) {
      const { text, output } = sink();
      await reportFailure(thrown, output, { json: false, debug });
      expect(scan("command line", text(), known)).toEqual([]);
    }
  });
});

describe("a Secret", () => {
  it.each(listed(secrets))("of the kind $name is shown by nothing, alone or inside of something", ({ name, value }) => {
    const secret = new Secret(value);
    const holder = { secret, list: [secret], map: new Map([["a", secret]]), error: new Error("x", { cause: secret }) };
    for (const shown of [secret, holder, Object.create(secret) as unknown, { ...holder }])
      for (const [way, text] of everyPrint(shown)) expect(scan(way, text, [{ name, value }])).toEqual([]);
  });
});

interface Sink {
  readonly text: () => string;
  readonly stream: { write(text: string): boolean };
  readonly output: ReturnType<typeof createTerminal>["err"];
}

function sink(): Sink {
  let text = "";
  const stream = {
    destroyed: false,
    writableEnded: false,
    isTTY: false,
    write: (more: string | Uint8Array) => {
      text += String(more);
      return true;
    },
    on: () => stream,
    off: () => stream,
  };
  const terminal = createTerminal(stream as never, stream as never, { FORCE_COLOR: "1" });
  return { text: () => text, stream, output: terminal.err };
}

/** What the gateway answers and logs when the backend's client throws, on each of its routes. */
async function throughGateway(thrown: unknown): Promise<Finding[]> {
  const { text, stream } = sink();
  const refuse = async (): Promise<never> => {
    throw thrown;
  };
  const client = { send: refuse, stream: refuse, models: refuse, usage: refuse, close: async () => {} };
  const gateway = createGateway({
    client: client as unknown as CodexClient,
    version: "0.0.0",
    logger: createLogger({ level: "debug", format: "json", sink: stream }),
  });
  const found: Finding[] = [];
  for (const [path, body] of [
    ["/v1/responses", { model: "m", input: "hi" }],
    ["/v1/chat/completions", { model: "m", messages: [{ role: "user", content: "hi" }], stream: true }],
    ["/v1/models", null],
  ] as const) {
    const response = await gateway.fetch(
      new Request(`http://127.0.0.1:9107${path}`, {
        method: body === null ? "GET" : "POST",
        headers: { host: "127.0.0.1:9107", "content-type": "application/json" },
        ...(body !== null && { body: JSON.stringify(body) }),
      }),
    );
    expect(response.status).toBeGreaterThanOrEqual(400);
    const answer = `${JSON.stringify([...response.headers])}\n${await response.text()}`;
    found.push(...scan(`the answer of ${path}`, answer, known));
  }
  return [...found, ...scan("the gateway's log", text(), known)];
}

function parseFault(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return error;
  }
}

function urlFault(text: string): unknown {
  try {
    return new URL(text);
  } catch (error) {
    return error;
  }
}
