/**
 * `planport status`: who is signed in, from where, and what is set where.
 * @module
 */
import { credentialPlaces, placeLabel } from "../../auth/index.ts";
import { type Setting, type Settings, describeOrigin } from "../../config/index.ts";
import { type AnyPlanportError, isPlanportError } from "../../errors.ts";
import { type PlanportDescription, loadSettings } from "../../planport.ts";
import { Secret } from "../../secret.ts";
import { resolveEndpoints } from "../../upstream/endpoints.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode, exitCodeFor } from "../exit-codes.ts";
import { formatTime } from "../format.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Output, printable } from "../terminal.ts";

/** How long the owner of an access token may take to look up: status must also be of use without a network. */
const WHOAMI_TIMEOUT_MS = 5_000;

/** What the command found out. */
interface Status {
  readonly who: PlanportDescription | null;
  /** Why there is no sign-in, or why it could not be verified. */
  readonly problem: AnyPlanportError | null;
  readonly settings: Settings;
}

/** Runs the command. */
export async function status(
  context: CommandContext,
  options: BackendOptions & { readonly json?: boolean },
): Promise<ExitCode> {
  const settings = loadSettings({ ...context, flags: options });
  const found = await look(context, options, settings);
  const { out } = context.terminal;
  if (options.json === true) await out.line(JSON.stringify(toJson(found, context), null, 2));
  else await print(found, context, Date.now());
  if (isUsable(found, Date.now())) return EXIT.ok;
  return found.problem === null ? EXIT.signInNeeded : exitCodeFor(found.problem);
}

async function look(context: CommandContext, options: BackendOptions, settings: Settings): Promise<Status> {
  try {
    return await withSession(context, options, async ({ describe, tokens }) => {
      const who = describe();
      if (who.kind !== "personalAccessToken") return { who, problem: null, settings };
      try {
        const signal = AbortSignal.any([context.signal, AbortSignal.timeout(WHOAMI_TIMEOUT_MS)]);
        const { accountId, fedramp, email, planType, userId } = await tokens.get({ signal });
        return { who: { ...who, accountId, fedramp, email, planType, userId }, problem: null, settings };
      } catch (error) {
        if (!isPlanportError(error)) throw error;
        return { who, problem: error, settings };
      }
    });
  } catch (error) {
    // Settings that are wrong are a fault of their own, told like everywhere else.
    if (!isPlanportError(error) || error.code === "config_invalid") throw error;
    return { who: null, problem: error, settings };
  }
}

/** A token whose owner cannot be looked up right now may well be good; one that was refused is not. */
function isUsable({ who, problem }: Status, nowMs: number): boolean {
  if (who === null || (problem !== null && problem.code !== "refresh_unavailable" && problem.code !== "cancelled"))
    return false;
  return who.renewable || who.expiresAtMs === null || who.expiresAtMs > nowMs;
}

/** The settings that are shown, under the names they are shown by. */
function shownSettings(settings: Settings): [string, Setting<unknown>][] {
  return [
    ["codexHome", settings.codexHome],
    ["planportHome", settings.planportHome],
    ["backendBaseUrl", settings.backendBaseUrl],
    ["chatgptBaseUrl", settings.chatgptBaseUrl],
    ["loginIssuer", settings.loginIssuer],
    ["loginClientId", settings.loginClientId],
    ["authApiBaseUrl", settings.authApiBaseUrl],
    ["whoamiUrl", settings.whoamiUrl],
    ["refreshUrl", settings.refreshUrl],
    ["revokeUrl", settings.revokeUrl],
    ["clientVersion", settings.clientVersion],
    ["caCertificate", settings.caCertificate],
    ["httpsProxy", settings.httpsProxy],
    ["noProxy", settings.noProxy],
    ["forcedLoginMethod", settings.forcedLoginMethod],
    ["forcedWorkspaceIds", settings.forcedWorkspaceIds],
    ["codexCredentialsStore", settings.codexCredentialsStore],
    ["model", settings.model],
    ["port", settings.port],
    ["gatewayKey", settings.gatewayKey],
    ["logLevel", settings.logLevel],
  ];
}

function toJson({ who, problem, settings }: Status, context: CommandContext): Record<string, unknown> {
  const places = credentialPlaces(context).map((place) => ({ place: placeLabel(place), outcome: null }));
  return {
    signedIn: who !== null,
    kind: who?.kind ?? null,
    email: who?.email ?? null,
    planType: who?.planType ?? null,
    accountId: who?.accountId ?? null,
    expiresAt: who?.expiresAtMs == null ? null : new Date(who.expiresAtMs).toISOString(),
    renewable: who?.renewable ?? false,
    source: who?.place == null ? null : placeLabel(who.place),
    tried: who?.tried.map(({ place, outcome }) => ({ place: placeLabel(place), outcome })) ?? places,
    problem: problem === null ? null : { code: problem.code, message: problem.message },
    backend: resolveEndpoints(endpointOptions(settings)).codexBase,
    settings: Object.fromEntries(
      shownSettings(settings).map(([name, { value, origin }]) => [name, { value, origin: describeOrigin(origin) }]),
    ),
  };
}

function endpointOptions(settings: Settings): { baseUrl: string | null; chatgptBaseUrl: string } {
  return { baseUrl: settings.backendBaseUrl.value, chatgptBaseUrl: settings.chatgptBaseUrl.value };
}

async function print(found: Status, { terminal }: CommandContext, nowMs: number): Promise<void> {
  const { out } = terminal;
  const { who, problem, settings } = found;
  if (who === null) await row(out, "signed in", `${out.style.red("no")}  ${printable(problem?.message ?? "")}`);
  else await printWho(who, problem, out, nowMs);
  const { value, origin } = settings.backendBaseUrl;
  const base = resolveEndpoints(endpointOptions(settings)).codexBase;
  const how =
    value === null
      ? `${describeOrigin(settings.chatgptBaseUrl.origin)}, then workspace routing`
      : describeOrigin(origin);
  await row(out, "backend", `${base}  ${out.style.dim(`(${how})`)}`);
  for (const [name, setting] of shownSettings(settings)) {
    if (setting.origin.kind === "default" || name === "backendBaseUrl" || name === "chatgptBaseUrl") continue;
    await row(out, "set", `${name} = ${show(setting.value)}  ${out.style.dim(`(${describeOrigin(setting.origin)})`)}`);
  }
}

async function printWho(
  who: PlanportDescription,
  problem: AnyPlanportError | null,
  out: Output,
  nowMs: number,
): Promise<void> {
  const person = who.email ?? who.accountId ?? KIND_NAMES[who.kind];
  await row(out, "signed in", out.style.bold(printable(person)));
  await row(out, "kind", KIND_NAMES[who.kind]);
  if (who.planType !== null) await row(out, "plan", printable(who.planType));
  if (who.accountId !== null) await row(out, "workspace", printable(who.accountId));
  if (who.expiresAtMs !== null) {
    const expired = who.expiresAtMs <= nowMs;
    const renewal = who.renewable ? ", renewed by itself" : expired ? ", run planport login" : "";
    await row(out, "token", `${expired ? "expired" : "expires"} ${formatTime(who.expiresAtMs, nowMs)}${renewal}`);
  }
  if (problem !== null) await row(out, "problem", out.style.yellow(printable(problem.message)));
  for (const { place, outcome } of who.tried) {
    const text = `${placeLabel(place)}: ${outcome}`;
    await row(out, outcome === "used" ? "source" : "", outcome === "used" ? placeLabel(place) : out.style.dim(text));
  }
}

const KIND_NAMES: Readonly<Record<PlanportDescription["kind"], string>> = {
  chatgpt: "ChatGPT sign-in",
  personalAccessToken: "Codex access token",
  external: "tokens of a host program",
  apiKey: "OpenAI API key",
};

function show(value: unknown): string {
  if (value instanceof Secret) return String(value);
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

async function row(out: Output, name: string, text: string): Promise<void> {
  await out.line(`${name.padEnd(11)}${text}`);
}
