/** Tokens, and a stand-in for the sign-in server that answers from a queue. */
import { Response } from "undici";
import type { HttpClient, HttpFetchOptions } from "../../../src/net/types.ts";

/** 2026-11-20T12:00:00Z. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12);

/** An unsigned token with these claims. */
export function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${Buffer.from("signature").toString("base64url")}`;
}

/** An access token of `account` that ends in so many seconds. */
export function accessToken(inSeconds: number, account = "acct-1", extra: Record<string, unknown> = {}): string {
  return jwt({
    exp: NOW_MS / 1000 + inSeconds,
    "https://api.openai.com/auth": { chatgpt_account_id: account, chatgpt_plan_type: "pro" },
    ...extra,
  });
}

/** The object of an `auth.json`. */
export function authJson(
  tokens: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: jwt({ email: "ada@example.com", "https://api.openai.com/auth": { chatgpt_account_id: "acct-1" } }),
      access_token: accessToken(3600),
      refresh_token: "rt-first",
      account_id: "acct-1",
      ...tokens,
    },
    last_refresh: "2026-11-20T11:00:00.123456789Z",
    ...rest,
  };
}

export interface SentRequest {
  readonly url: string;
  readonly options: HttpFetchOptions;
  /** The body, parsed when it is JSON. */
  readonly json: Record<string, unknown>;
}

export interface FakeHttp extends HttpClient {
  readonly sent: SentRequest[];
  /** Answers the next request; a function is called when the request comes. */
  reply(status: number, body: unknown, headers?: Record<string, string>): void;
  replyWith(answer: (request: SentRequest) => Promise<Response> | Response): void;
}

/** Fails loudly on a request that no test expected. */
export function fakeHttp(): FakeHttp {
  const answers: ((request: SentRequest) => Promise<Response> | Response)[] = [];
  const sent: SentRequest[] = [];
  return {
    sent,
    reply(status, body, headers = {}) {
      answers.push(() => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));
    },
    replyWith: (answer) => void answers.push(answer),
    async fetch(url, options = {}) {
      const text = typeof options.body === "string" ? options.body : "";
      const request = { url, options, json: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {} };
      sent.push(request);
      const answer = answers.shift();
      if (answer === undefined) throw new Error(`unexpected request to ${url}`);
      return answer(request);
    },
    upgrade: () => Promise.reject(new Error("nothing here asks for it")),
    get dispatcher(): never {
      throw new Error("not used");
    },
    close: async () => {},
  };
}

/** A promise and the handle that settles it. */
export function gate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
