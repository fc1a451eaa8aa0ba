/**
 * Why the sign-in in use is the one in use: every place it could have come from, and what is in each.
 * @module
 */
import {
  type CredentialDescription,
  type CredentialPlace,
  type SurfaceSource,
  describeCredential,
  isStored,
  openPlace,
  placeLabel,
  readCredential,
  surfaces,
} from "../auth/index.ts";
import { type Settings, describeOrigin } from "../config/index.ts";
import { type AnyPlanportError, isPlanportError } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { formatDuration, formatTime } from "./format.ts";
import { type Output, printable } from "./terminal.ts";

/** A place that was looked in, and what was there. */
export interface LookedIn {
  readonly place: CredentialPlace;
  /** `used`, `not needed`, `not looked in`, `cannot be used`, or why there is nothing. */
  readonly outcome: string;
}

/** A place with all that can be told of it without asking a server. */
export interface ExplainedSource extends LookedIn {
  /** What keeps it: `environment`, `file`, … */
  readonly store: CredentialPlace["kind"] | "environment";
  readonly why: string;
  /** Null when nothing usable is there. */
  readonly who: Pick<
    CredentialDescription,
    "kind" | "email" | "planType" | "accountId" | "expiresAtMs" | "renewable"
  > | null;
  readonly problem: AnyPlanportError | null;
}

/** What a credential is called. */
export const KIND_NAMES: Readonly<Record<CredentialDescription["kind"], string>> = {
  chatgpt: "ChatGPT sign-in",
  personalAccessToken: "Codex access token",
  external: "tokens of a host program",
  apiKey: "OpenAI API key",
};

/** Looks into every place, also behind the one that won. Never throws. */
export async function explainSources(
  places: readonly LookedIn[],
  context: CommandContext,
  { account }: Pick<Settings, "account">,
): Promise<readonly ExplainedSource[]> {
  const winner = places.find(({ outcome }) => outcome === "used");
  const culprit = places.find(({ outcome }) => outcome === "cannot be used");
  return Promise.all(
    places.map(async ({ place, outcome }) => {
      const { who, problem } = await inspect(place, context);
      const store = place.kind === "variable" ? "environment" : place.kind;
      let why = outcome;
      if (outcome === "used")
        why =
          account.value === null
            ? "used: the first place that holds a sign-in"
            : `used: ${describeOrigin(account.origin)} names this account, and no other place counts`;
      else if (outcome === "not needed" && winner !== undefined)
        why = `${who === null && problem === null ? "nothing is here, and " : ""}not needed: ${placeLabel(winner.place)} comes first`;
      else if (outcome === "not looked in" && culprit !== undefined)
        why = `not looked in: the search ends at ${placeLabel(culprit.place)}, which is there but cannot be used`;
      return { place, outcome, store, why, who, problem };
    }),
  );
}

async function inspect(
  place: CredentialPlace,
  { env }: CommandContext,
): Promise<Pick<ExplainedSource, "who" | "problem">> {
  if (place.kind === "variable") {
    const value = (env[place.name] ?? "").trim();
    const kind = value.startsWith("at-") ? "personalAccessToken" : value.startsWith("sk-") ? "apiKey" : null;
    if (kind === null) return { who: null, problem: null };
    const accountId = kind === "apiKey" ? null : (env["CODEX_ACCOUNT_ID"] ?? "").trim() || null;
    const who = { kind, email: null, planType: null, accountId, expiresAtMs: null, renewable: false } as const;
    return { who, problem: null };
  }
  // A command is not run, nor another program's memory read, just to tell of them.
  if (!isStored(place)) return { who: null, problem: null };
  try {
    const document = await openPlace(place).read();
    const credential = document === null ? null : readCredential(document);
    return { who: credential === null ? null : describeCredential({ credential }), problem: null };
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return { who: null, problem: error };
  }
}

/** The sources for JSON. */
export function sourcesToJson(sources: readonly ExplainedSource[]): readonly Record<string, unknown>[] {
  return sources.map(({ place, outcome, store, why, who, problem }, index) => ({
    order: index + 1,
    place: placeLabel(place),
    store,
    outcome,
    why,
    kind: who?.kind ?? null,
    email: who?.email ?? null,
    planType: who?.planType ?? null,
    accountId: who?.accountId ?? null,
    expiresAt: who?.expiresAtMs == null ? null : new Date(who.expiresAtMs).toISOString(),
    renewable: who?.renewable ?? false,
    problem: problem === null ? null : { code: problem.code, message: problem.message },
  }));
}

/** Prints the sources. */
export async function printSources(sources: readonly ExplainedSource[], out: Output, nowMs: number): Promise<void> {
  const { bold, dim, yellow } = out.style;
  await out.line();
  await out.line("Where a sign-in comes from; the first that is there wins:");
  for (const [index, { place, outcome, store, why, who, problem }] of sources.entries()) {
    const label = printable(placeLabel(place));
    await out.line(`  ${index + 1}. ${outcome === "used" ? bold(label) : label}`);
    await out.line(`     ${outcome === "used" ? why : dim(why)}`);
    if (problem !== null) await out.line(`     ${yellow(printable(problem.message))}`);
    if (who === null) continue;
    const facts = [
      KIND_NAMES[who.kind],
      who.email,
      who.planType === null ? null : `plan ${who.planType}`,
      who.accountId === null ? null : `workspace ${who.accountId}`,
      who.expiresAtMs === null ? null : lifeOf(who.expiresAtMs, who.renewable, nowMs),
      `kept in: ${store}`,
    ];
    await out.line(`     ${dim(printable(facts.filter((fact) => fact !== null).join(", ")))}`);
  }
}

function lifeOf(expiresAtMs: number, renewable: boolean, nowMs: number): string {
  const word = expiresAtMs <= nowMs ? "expired" : "expires";
  return `${word} ${formatTime(expiresAtMs, nowMs)}${renewable ? " and renewed by itself" : ""}`;
}

/** What a setting forbids, for JSON and for people. */
export function forcedSettings({
  forcedLoginMethod,
  forcedWorkspaceIds,
}: Pick<Settings, "forcedLoginMethod" | "forcedWorkspaceIds">): {
  readonly loginMethod: string | null;
  readonly workspaceIds: readonly string[];
  readonly lines: readonly string[];
} {
  const method = forcedLoginMethod.value;
  const ids = forcedWorkspaceIds.value;
  const lines = [
    ...(method === null
      ? []
      : [`${method === "api" ? "API keys" : "ChatGPT sign-ins"} alone (${describeOrigin(forcedLoginMethod.origin)})`]),
    ...(ids.length === 0
      ? []
      : [
          `workspace ${ids.join(" or ")} alone (${describeOrigin(forcedWorkspaceIds.origin)}), at sign-in and at refresh`,
        ]),
  ];
  return { loginMethod: method, workspaceIds: ids, lines };
}

/** Prints what is forced. */
export async function printForced(settings: Settings, out: Output): Promise<void> {
  const { lines } = forcedSettings(settings);
  await out.line();
  await out.line(lines.length === 0 ? "Forced by Codex's configuration: nothing." : "Forced by Codex's configuration:");
  for (const line of lines) await out.line(`  ${printable(line)}`);
}

/** The table of surfaces for JSON. */
export function surfacesToJson(): readonly Record<string, unknown>[] {
  return Object.entries(surfaces).map(([surface, rule]) => ({ surface, ...rule }));
}

const SOURCE_NAMES: Readonly<Record<SurfaceSource, string>> = {
  option: "what it is given",
  external: "the program around it",
  CODEX_ACCESS_TOKEN: "CODEX_ACCESS_TOKEN",
  CODEX_PAT: "CODEX_PAT",
  PLANPORT_TOKEN_COMMAND: "PLANPORT_TOKEN_COMMAND",
  planport: "planport's own sign-in",
  codex: "Codex's login",
  OPENAI_API_KEY: "OPENAI_API_KEY",
  pi: "pi's login",
};

/** Prints where each way of using planport looks, and how long before its end it renews a token. */
export async function printSurfaces(out: Output): Promise<void> {
  const { dim } = out.style;
  await out.line();
  await out.line("When a ChatGPT sign-in is renewed, and where each way of using planport looks, in order:");
  for (const { title, sources, refreshEarlyMs, backgroundEarlyMs } of Object.values(surfaces)) {
    const background = backgroundEarlyMs === null ? "" : `, in the background ${formatDuration(backgroundEarlyMs)}`;
    await out.line(`  ${title}: ${formatDuration(refreshEarlyMs)} before its end${background}; at once on a 401`);
    await out.line(`     ${dim(sources.map((source) => SOURCE_NAMES[source]).join(", "))}`);
  }
}
