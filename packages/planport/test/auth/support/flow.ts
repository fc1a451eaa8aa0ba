/** Follows a sign-in step by step. */
import {
  type CommonLoginOptions,
  type LoginResult,
  type LoginStep,
  resolveAuthEndpoints,
} from "../../../src/auth/index.ts";
import { accessToken, type FakeHttp, jwt, NOW_MS } from "./fakes.ts";

export const TOKENS = {
  access_token: accessToken(3600),
  refresh_token: "rt-new",
  id_token: jwt({ email: "ada@example.com", "https://api.openai.com/auth": { chatgpt_account_id: "acct-1" } }),
};
export interface Flow {
  readonly steps: LoginStep[];
  readonly next: () => Promise<LoginStep | undefined>;
  readonly result: () => Promise<LoginResult>;
  readonly stop: () => Promise<unknown>;
}

export function follow(flow: AsyncGenerator<LoginStep, LoginResult, void>): Flow {
  const steps: LoginStep[] = [];
  let last: LoginResult | undefined;
  const next = async (): Promise<LoginStep | undefined> => {
    const step = await flow.next();
    if (step.done === true) {
      last = step.value;
      return undefined;
    }
    steps.push(step.value);
    return step.value;
  };
  return {
    steps,
    next,
    result: async () => {
      while ((await next()) !== undefined);
      if (last === undefined) throw new Error("no result");
      return last;
    },
    stop: () => flow.return(undefined as never),
  };
}

const never = (_ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped"))));

export function common(http: FakeHttp): CommonLoginOptions {
  return {
    http,
    endpoints: resolveAuthEndpoints({}),
    client: { originator: "planport", userAgent: "planport/0.1.0" },
    now: () => NOW_MS,
    sleep: never,
  };
}
