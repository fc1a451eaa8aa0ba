/**
 * The part of opencode's plug-in interface that is used (`@opencode-ai/plugin` 1.18.33, `dist/index.d.ts`). Written down here so
 * that the package needs nothing but planport.
 * @module
 */

/** What ends a sign-in. Nothing secret is in it: `key` is all that opencode keeps. */
export interface SignedIn {
  readonly type: "success";
  readonly key: string;
}

/** A sign-in under way. `auto`: `callback` waits for its end; `code`: it takes what the person pastes. */
export type Authorization = { readonly url: string; readonly instructions: string } & (
  | { readonly method: "auto"; readonly callback: () => Promise<SignedIn> }
  | { readonly method: "code"; readonly callback: (code: string) => Promise<SignedIn> }
);

/** A way to sign in. */
export interface SignInMethod {
  readonly type: "oauth";
  readonly label: string;
  readonly authorize: () => Promise<Authorization>;
}

/** What opencode makes the provider's client of (`@ai-sdk/openai`). */
export interface ProviderOptions {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/** A model in opencode's configuration. Limits are in tokens. */
export interface ConfiguredModel {
  readonly name?: string;
  readonly reasoning?: boolean;
  readonly attachment?: boolean;
  readonly tool_call?: boolean;
  readonly modalities?: { readonly input: readonly string[]; readonly output: readonly string[] };
  readonly limit?: { readonly context: number; readonly output: number };
  readonly variants?: Readonly<Record<string, object>>;
}

/** A provider in opencode's configuration. */
export interface ConfiguredProvider {
  readonly npm?: string;
  readonly name?: string;
  readonly options?: object;
  readonly models?: Readonly<Record<string, ConfiguredModel>>;
}

/** opencode's configuration, which a plug-in may change while it is read. */
export interface OpencodeConfig {
  provider?: Readonly<Record<string, ConfiguredProvider>>;
}

/** What the plug-in hooks in. */
export interface PlanportHooks {
  /** Adds the provider and its models. */
  readonly config: (config: OpencodeConfig) => Promise<void>;
  readonly auth: {
    readonly provider: string;
    /** Asked for where opencode has noted a sign-in. */
    readonly loader: () => Promise<ProviderOptions>;
    readonly methods: readonly SignInMethod[];
  };
  /** opencode lets go of the plug-in. */
  readonly dispose: () => Promise<void>;
}
