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
import { deviceLogin } from "../../auth/oauth/device-login.ts";
import { login as browserLogin } from "../../auth/oauth/login.ts";
import { type RevokeOptions, revokeDocument } from "../../auth/oauth/revoke.ts";
import type { CommonLoginOptions, LoginStep } from "../../auth/oauth/sign-in.ts";
import { type Settings, describeOrigin } from "../../config/index.ts";
import { CredentialError, RequestError } from "../../errors.ts";
import { createHttpClient } from "../../net/index.ts";
import { assertAllowed, loadSettings } from "../../planport.ts";
import { Secret } from "../../secret.ts";
import { type CredentialDocument, type CredentialStore, createFileStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatTime } from "../format.ts";
import { readAll, readLines } from "../input.ts";
import { openBrowser } from "../open-browser.ts";
import type { BackendOptions } from "../session.ts";
import { printable, startSpinner } from "../terminal.ts";

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
    assertLoginMethod(settings);
    const previous = await readQuietly(desk.store);
    const name = options.withAccessToken === true ? await withAccessToken(desk) : await withPerson(desk, options);
    if (previous !== null) await revokeDocument(previous, desk);
    await congratulate(desk, name);
    return EXIT.ok;
  } finally {
    await http.close();
  }
}

function assertLoginMethod({ forcedLoginMethod }: Settings): void {
  if (forcedLoginMethod.value !== "api") return;
  throw new CredentialError(
    "workspace_forbidden",
    `${describeOrigin(forcedLoginMethod.origin)} allows API keys alone; a ChatGPT sign-in is not permitted.`,
  );
}

/** The sign-in that is about to be replaced. A broken one cannot be revoked and is simply replaced. */
async function readQuietly(store: CredentialStore): Promise<CredentialDocument | null> {
  return store.read().catch(() => null);
}

async function withPerson(desk: Desk, options: LoginOptions): Promise<string> {
  const { context, settings, store } = desk;
  const common: CommonLoginOptions = {
    http: desk.http,
    endpoints: desk.endpoints,
    client: desk.client,
    signal: context.signal,
    allowedWorkspaceIds: settings.forcedWorkspaceIds.value,
    save: async (document) => void (await store.replace(document)),
  };
  const pasted = options.deviceAuth === true ? null : readLines(context);
  const steps = pasted === null ? deviceLogin(common) : browserLogin({ ...common, pasted });
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return nameOf(step.value.credential);
    await show(step.value, context, options.browser);
  }
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
