/**
 * `planport status`: who is signed in, from where, and what is set where.
 * @module
 */
import { type CredentialPlace, isStored, openPlace, placeLabel, readCredential } from "../../auth/index.ts";
import { type Settings, type SettingsFlags, describeOrigin } from "../../config/index.ts";
import { type AnyPlanportError, CredentialError, isPlanportError } from "../../errors.ts";
import { type PlanportDescription, assertAllowed, loadSettings } from "../../planport.ts";
import { redactText } from "../../redact.ts";
import { Secret } from "../../secret.ts";
import { type Endpoints, resolveEndpoints, routeOf } from "../../upstream/endpoints.ts";
import { abortable } from "../../upstream/retry.ts";
import { toJsonText } from "../json-text.ts";
import type { CommandContext } from "../context.ts";
import {
  KIND_NAMES,
  type LookedIn,
  explainSources,
  forcedSettings,
  printForced,
  printSources,
  printSurfaces,
  sourcesToJson,
  surfacesToJson,
} from "../explain.ts";
import { EXIT, type ExitCode, exitCodeFor } from "../exit-codes.ts";
import { type ShownSetting, configToJson, printSettings } from "../explain-settings.ts";
import { formatTime } from "../format.ts";
import { loadConfigFile } from "../gateway-config.ts";
import { searchedPlaces } from "../places.ts";
import { limitedSignal } from "../limited-signal.ts";
import { type BackendOptions, type Session, withSession } from "../session.ts";
import { type Output, printable } from "../terminal.ts";

/** How long the owner of an access token may take to look up: status must also be of use without a network. */
const WHOAMI_TIMEOUT_MS = 5_000;

/** What the command found out. */
interface Status {
  readonly who: PlanportDescription | null;
  /** Why there is no sign-in, or why it could not be verified. */
  readonly problem: AnyPlanportError | null;
  /** True when a server has vouched for the sign-in just now. */
  readonly verified: boolean;
  readonly places: readonly LookedIn[];
  readonly settings: Settings;
}

/** Options of {@link status}. */
export interface StatusOptions extends BackendOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly explain?: boolean;
}

/** Runs the command. */
export async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const config = await loadConfigFile(context, options.config);
  const flags = { ...options, ...(config.file !== null && { file: config.file }) };
  const settings = loadSettings({ ...context, flags });
  const found = await look(context, flags, settings);
  const { out } = context.terminal;
  const nowMs = Date.now();
  const sources = options.explain === true ? await explainSources(found.places, context, settings) : null;
  if (options.json === true) {
    const { loginMethod, workspaceIds } = forcedSettings(settings);
    const explained = sources !== null && {
      sources: sourcesToJson(sources),
      forced: { loginMethod, workspaceIds },
      surfaces: surfacesToJson(),
    };
    await out.line(toJsonText({ ...toJson(found), config: configToJson(config.file), ...explained }));
  } else {
    await print(found, context, nowMs, sources === null);
    if (sources !== null) {
      await printSources(sources, out, nowMs);
      await printForced(settings, out);
      await printSurfaces(out);
      await printSettings(shownSettings(settings), config, show, out);
    }
  }
  if (isUsable(found, Date.now())) return EXIT.ok;
  return found.problem === null ? EXIT.signInNeeded : exitCodeFor(found.problem);
}

async function look(context: CommandContext, options: SettingsFlags, settings: Settings): Promise<Status> {
  try {
    return await withSession(context, options, async (session) => {
      const who = session.describe();
      const found: Status = { who, problem: forbidden(who, settings), verified: false, places: who.tried, settings };
      return who.kind === "personalAccessToken" ? await askWhose(found, who, session, context) : found;
    });
  } catch (error) {
    // Ctrl-C, and settings that are wrong, are told like everywhere else.
    if (context.signal.aborted || !isPlanportError(error) || error.code === "config_invalid") throw error;
    return { who: null, problem: error, verified: false, places: await lookAgain(context, settings), settings };
  }
}

/** Why no request may use it, as each of them would say; the owner of an access token is yet to be looked up. */
function forbidden(who: PlanportDescription, settings: Settings): AnyPlanportError | null {
  if (who.kind === "personalAccessToken") return null;
  try {
    assertAllowed(who, settings);
    return null;
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return error;
  }
}

/** Only its server knows whose an access token is. */
async function askWhose(
  found: Status,
  who: PlanportDescription,
  { tokens }: Session,
  { signal }: CommandContext,
): Promise<Status> {
  const limit = limitedSignal(signal, WHOAMI_TIMEOUT_MS);
  try {
    const grant = await abortable(tokens.get({ signal: limit.signal }), limit.signal);
    const { accountId, email, planType, userId } = grant;
    return { ...found, who: { ...who, accountId, email, planType, userId }, verified: email !== null };
  } catch (error) {
    if (signal.aborted || !isPlanportError(error)) throw error;
    return { ...found, problem: error.code === "cancelled" ? silentServer() : error };
  } finally {
    limit.release();
  }
}

function silentServer(): CredentialError<"refresh_unavailable"> {
  return new CredentialError(
    "refresh_unavailable",
    `The server that knows whose token this is did not answer within ${WHOAMI_TIMEOUT_MS / 1000} s.`,
  );
}

/** The places once more, for whoever wonders why there is no sign-in: the search itself ends with an error. */
async function lookAgain(context: CommandContext, settings: Settings): Promise<readonly LookedIn[]> {
  const places: LookedIn[] = [];
  let isOver = false;
  for (const place of searchedPlaces(context, settings)) {
    const outcome: string = isOver ? "not looked in" : await outcomeAt(place, context);
    isOver ||= outcome === UNUSABLE;
    places.push({ place, outcome });
  }
  return places;
}

/** `used` is told on a line of its own; the others were not looked in. */
const QUIET_OUTCOMES: ReadonlySet<string> = new Set(["used", "not needed", "not looked in"]);
const UNUSABLE = "cannot be used";

async function outcomeAt(place: CredentialPlace, { env }: CommandContext): Promise<string> {
  if (place.kind === "memory") return "out of reach";
  if (!isStored(place)) {
    const value = (env[place.name] ?? "").trim();
    if (value === "") return "not set";
    return place.name === "OPENAI_API_KEY" && !value.startsWith("sk-") ? "holds no OpenAI key" : UNUSABLE;
  }
  try {
    const document = await openPlace(place).read();
    if (document === null) return place.kind === "file" ? "no such file" : "no such entry";
    return readCredential(document) === null ? "holds no sign-in" : UNUSABLE;
  } catch {
    return UNUSABLE; // Why stands in the problem.
  }
}

/** A token whose owner cannot be looked up right now may well be good; one that was refused is not. */
function isUsable({ who, problem }: Status, nowMs: number): boolean {
  if (who === null || (problem !== null && problem.code !== "refresh_unavailable" && problem.code !== "cancelled"))
    return false;
  return who.renewable || who.expiresAtMs === null || who.expiresAtMs > nowMs;
}

/** The settings that are shown, under the names they are shown by. */
function shownSettings(settings: Settings): ShownSetting[] {
  const names: Readonly<Partial<Record<keyof Settings, string>>> = {
    codexHome: "Codex's folder",
    planportHome: "planport's folder",
    account: "account",
    backendBaseUrl: "backend",
    chatgptBaseUrl: "ChatGPT base",
    loginIssuer: "sign-in server",
    loginClientId: "sign-in client",
    authApiBaseUrl: "access token server",
    whoamiUrl: "access token owner at",
    refreshUrl: "tokens renewed at",
    revokeUrl: "tokens revoked at",
    clientVersion: "client version",
    caCertificate: "extra certificates",
    httpsProxy: "proxy",
    noProxy: "hosts without proxy",
    forcedLoginMethod: "way to sign in",
    forcedWorkspaceIds: "workspaces allowed",
    codexCredentialsStore: "Codex's login is in",
    credentialsStore: "planport's sign-in is in",
    tokenCommand: "token command",
    model: "model",
    host: "gateway host",
    port: "gateway port",
    gatewayKey: "gateway key",
    logLevel: "log level",
    memory: "memory",
    credentials: "credential of /backend-api",
    allowedOrigins: "origins allowed",
    allowedHosts: "hosts allowed",
  };
  return Object.entries(names).map(([key, name]) => ({ key, name, setting: settings[key as keyof Settings] }));
}

function toJson({ who, problem, verified, places, settings }: Status): Record<string, unknown> {
  return {
    signedIn: who !== null,
    account: settings.account.value,
    kind: who?.kind ?? null,
    email: who?.email ?? null,
    planType: who?.planType ?? null,
    accountId: who?.accountId ?? null,
    expiresAt: who?.expiresAtMs == null ? null : new Date(who.expiresAtMs).toISOString(),
    renewable: who?.renewable ?? false,
    verified,
    source: who?.place == null ? null : placeLabel(who.place),
    tried: places.map(({ place, outcome }) => ({ place: placeLabel(place), outcome })),
    problem: problem === null ? null : { code: problem.code, message: problem.message },
    backend: endpointsFor({ who, settings }).codexBase,
    settings: Object.fromEntries(
      shownSettings(settings).map(({ key, setting: { value, origin } }) => [
        key,
        { value, origin: describeOrigin(origin) },
      ]),
    ),
  };
}

/** Where the sign-in that is in use goes: an API key goes to OpenAI's plain API. */
function endpointsFor({ who, settings }: Pick<Status, "who" | "settings">): Endpoints {
  return resolveEndpoints({
    route: who === null ? "codex" : routeOf(who.kind),
    baseUrl: settings.backendBaseUrl.value,
    chatgptBaseUrl: settings.chatgptBaseUrl.value,
  });
}

async function print(found: Status, { terminal }: CommandContext, nowMs: number, withPlaces: boolean): Promise<void> {
  const { out } = terminal;
  const { dim, red } = out.style;
  const { who, problem, places, settings } = found;
  if (who === null) {
    await row(out, "signed in", red("no"));
    // The places follow one by one; their list in the message is for commands that say nothing else.
    const message =
      problem?.message.replace(/ Tried: .*(?:not set|no such file|holds no sign-in|holds no OpenAI key)\./, "") ?? "";
    await row(out, "problem", printable(message));
  } else await printWho(found, who, out, nowMs);
  for (const { place, outcome } of withPlaces ? places : [])
    if (!QUIET_OUTCOMES.has(outcome)) await row(out, "looked in", dim(`${placeLabel(place)}: ${outcome}`));
  const { value, origin } = settings.backendBaseUrl;
  const { codexBase: base, route } = endpointsFor(found);
  const how =
    value === null
      ? route === "platform"
        ? "OpenAI's API: what an API key uses is billed"
        : `${describeOrigin(settings.chatgptBaseUrl.origin)}, then workspace routing`
      : describeOrigin(origin);
  await row(out, "backend", `${base}  ${dim(`(${how})`)}`);
  for (const { key, name, setting } of shownSettings(settings)) {
    if (setting.origin.kind === "default" || key === "backendBaseUrl" || key === "chatgptBaseUrl") continue;
    await row(out, "setting", `${name}: ${show(setting.value)}  ${dim(`(${describeOrigin(setting.origin)})`)}`);
  }
}

async function printWho(found: Status, who: PlanportDescription, out: Output, nowMs: number): Promise<void> {
  const { problem, verified } = found;
  const { bold, yellow } = out.style;
  await row(out, "signed in", bold(printable(who.email ?? who.accountId ?? KIND_NAMES[who.kind])));
  if (found.settings.account.value !== null) await row(out, "account", found.settings.account.value);
  await row(out, "kind", KIND_NAMES[who.kind]);
  if (who.planType !== null) await row(out, "plan", printable(who.planType));
  if (who.accountId !== null) await row(out, "workspace", printable(who.accountId));
  if (who.expiresAtMs !== null) {
    const expired = who.expiresAtMs <= nowMs;
    const renewal = who.renewable ? ", renewed by itself" : expired ? ", run planport login" : "";
    await row(out, "token", `${expired ? "expired" : "expires"} ${formatTime(who.expiresAtMs, nowMs)}${renewal}`);
  }
  if (who.place !== null) await row(out, "found in", placeLabel(who.place));
  if (problem !== null) await row(out, "problem", yellow(printable(problem.message)));
  else
    await row(
      out,
      "checked",
      verified
        ? "its server has just said whose token it is"
        : "no server has said whether it is still good; planport usage asks",
    );
}

function show(value: unknown): string {
  if (value instanceof Secret) return String(value);
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

async function row(out: Output, name: string, text: string): Promise<void> {
  // Also what was set by hand: a token may have slipped into any variable.
  await out.line(`${name.padEnd(11)}${redactText(text)}`);
}
