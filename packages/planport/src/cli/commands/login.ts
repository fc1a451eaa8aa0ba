/**
 * `planport login`: with a browser, with a device code, or with an access token.
 * @module
 */
import {
  createPersonalAccessTokenSource,
  personalAccessTokenCredential,
  newPersonalAccessTokenDocument,
  planportAuthFile,
  resolveAuthEndpoints,
} from "../../auth/index.ts";
import { DEVICE_CODE_SETTING } from "../../auth/oauth/device-code.ts";
import { deviceLogin } from "../../auth/oauth/device-login.ts";
import { login as browserLogin } from "../../auth/oauth/login.ts";
import { type RevokeOptions, revokeDocument } from "../../auth/oauth/revoke.ts";
import type { CommonLoginOptions, LoginStep } from "../../auth/oauth/sign-in.ts";
import type { Settings } from "../../config/index.ts";
import { RequestError, type SignInError } from "../../errors.ts";
import { createHttpClient } from "../../net/index.ts";
import { assertAllowed, loadSettings } from "../../planport.ts";
import { Secret } from "../../secret.ts";
import { type CredentialDocument, type CredentialStore, createFileStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import { joinSignals } from "../../upstream/join-signals.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatTime } from "../format.ts";
import { readAll, readLines } from "../input.ts";
import { openBrowser } from "../open-browser.ts";
import { judgePasted } from "../pasted.ts";
import { type BackendOptions, assertLoginMethod } from "../session.ts";
import { type Output, printable, startSpinner } from "../terminal.ts";

/** Options of {@link login}. */
export interface LoginOptions extends BackendOptions {
  /** False with `--no-browser`. */
  readonly browser: boolean;
  readonly deviceAuth?: boolean;
  readonly withAccessToken?: boolean;
}

/** What all ways of signing in work with. */
interface Desk extends RevokeOptions {
  readonly context: CommandContext;
  readonly settings: Settings;
  readonly store: CredentialStore;
}

/** Runs the command. */
export async function login(context: CommandContext, options: LoginOptions): Promise<ExitCode> {
  const settings = loadSettings({ ...context, flags: options });
  const http = createHttpClient({ env: context.env });
  const desk: Desk = {
    context,
    settings,
    http,
    endpoints: resolveAuthEndpoints(context.env),
    client: createIdentity({ env: context.env }),
    store: createFileStore(planportAuthFile(context)),
  };
  try {
    assertLoginMethod("chatgpt", settings);
    const previous = await readQuietly(desk.store);
    const name = options.withAccessToken === true ? await withAccessToken(desk) : await withPerson(desk, options);
    if (previous !== null) await revokeDocument(previous, desk);
    await congratulate(desk, name);
    return EXIT.ok;
  } finally {
    await http.close();
  }
}

/** The sign-in that is about to be replaced. A broken one cannot be revoked and is simply replaced. */
async function readQuietly(store: CredentialStore): Promise<CredentialDocument | null> {
  return store.read().catch(() => null);
}

async function withPerson(desk: Desk, options: LoginOptions): Promise<string> {
  const { context, settings, store } = desk;
  const ended = new AbortController();
  const { signal, release } = joinSignals(context.signal, ended.signal);
  const common: CommonLoginOptions = {
    http: desk.http,
    endpoints: desk.endpoints,
    client: desk.client,
    signal,
    allowedWorkspaceIds: settings.forcedWorkspaceIds.value,
    save: async (document) => void (await store.replace(document)),
  };
  const paste: PasteDesk = { state: null, ending: null, end: () => ended.abort() };
  const steps =
    options.deviceAuth === true
      ? deviceLogin(common)
      : browserLogin({ ...common, pasted: judged(readLines(context), paste, context.terminal.err) });
  try {
    for (let before = ""; ;) {
      const step = await steps.next();
      if (step.done === true) return nameOf(step.value.credential);
      if (step.value.type === "open-url") paste.state = new URL(step.value.url).searchParams.get("state");
      // The server has refused the pasted code: it will not take it later, and waiting would only look like work.
      if (step.value.type === "rejected" && before === "exchanging") throw step.value.error;
      await show(step.value, context, options.browser);
      before = step.value.type;
    }
  } catch (error) {
    throw paste.ending ?? error;
  } finally {
    ended.abort();
    await steps.next().catch(() => {}); // Closes its port, wherever it stands.
    release();
  }
}

/** What the pasted lines and the sign-in know of each other. */
interface PasteDesk {
  /** Of the address that was shown; null before. */
  state: string | null;
  /** The refusal that was pasted. */
  ending: SignInError | null;
  readonly end: () => void;
}

/** The lines that the sign-in should see. Not a generator: those let go of their source only once a line has come. */
function judged(lines: AsyncIterableIterator<string>, desk: PasteDesk, err: Output): AsyncIterableIterator<string> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) return line;
        const judgement = judgePasted(line.value, desk.state);
        if (judgement.kind === "take") return line;
        if (judgement.kind === "end") {
          desk.ending = judgement.error;
          desk.end();
          return { done: true, value: undefined };
        }
        await err.line(err.style.yellow(judgement.message));
      }
    },
    return: async () => (await lines.return?.()) ?? { done: true, value: undefined },
  };
}

async function show(step: LoginStep, context: CommandContext, wantsBrowser: boolean): Promise<void> {
  const { out, err } = context.terminal;
  const { bold, dim } = out.style;
  switch (step.type) {
    case "open-url": {
      const opened = wantsBrowser && step.port !== null && (await openBrowser(step.url, context.platform, context.env));
      await out.line(opened ? "Your browser should show OpenAI's sign-in page. If not, open:" : "To sign in, open:");
      await out.line(`\n  ${bold(step.url)}\n`);
      await out.line(
        step.port === null
          ? "The browser will end on a page that cannot be loaded. Paste that page's whole address here:"
          : dim("Should the browser end on a page that cannot be loaded, paste that page's whole address here."),
      );
      break;
    }
    case "device-code":
      await out.line(`On any device, open ${bold(step.verificationUrl)} and type this code:`);
      await out.line(`\n  ${bold(printable(step.userCode))}\n`);
      await out.line(dim(`It is good until ${formatTime(step.expiresAtMs, Date.now())}. Never give it to anybody.`));
      await out.line(dim(`Should the page ask to have device codes enabled: ${DEVICE_CODE_SETTING}.`));
      break;
    case "rejected":
      await err.line(err.style.yellow(printable(step.error.message)));
      break;
    case "waiting":
    case "exchanging":
    case "done":
      break; // Said by what comes before and after.
  }
}

async function withAccessToken(desk: Desk): Promise<string> {
  const { context, settings, store, http, client, endpoints } = desk;
  if (context.stdin.isTTY)
    throw new RequestError(
      "request_invalid",
      "Pipe the token in, so that it does not show: printenv CODEX_ACCESS_TOKEN | planport login --with-access-token",
    );
  const text = (await readAll(context)).trim();
  if (text === "") throw new RequestError("request_invalid", "Standard input holds no access token.");
  const token = new Secret(text);
  const place = "standard input";
  const credential = personalAccessTokenCredential(token, place);
  const source = createPersonalAccessTokenSource({
    credential,
    place,
    http,
    whoamiUrl: endpoints.whoamiUrl,
    client,
  });
  const spinner = startSpinner(context.terminal.err, "asking whose token it is");
  const grant = await source.get({ signal: context.signal }).finally(spinner.stop);
  assertAllowed(grant, settings);
  await store.replace(newPersonalAccessTokenDocument(token));
  return nameOf(grant);
}

function nameOf(who: {
  readonly email: string | null;
  readonly accountId: string | null;
  readonly planType: string | null;
}): string {
  const name = who.email ?? who.accountId ?? "an account without a name";
  return printable(who.planType === null ? name : `${name} (${who.planType})`);
}

async function congratulate({ context, store }: Desk, name: string): Promise<void> {
  const { out, err } = context.terminal;
  await out.line(`${out.style.green("Signed in")} as ${out.style.bold(name)}. Kept in ${store.place}.`);
  const winner = ["CODEX_ACCESS_TOKEN", "CODEX_PAT"].find((variable) => (context.env[variable] ?? "").trim() !== "");
  if (winner !== undefined)
    await err.line(
      err.style.yellow(`planport: ${winner} is set and goes before this sign-in; unset it to use this one.`),
    );
}
