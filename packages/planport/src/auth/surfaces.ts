/**
 * How each way of using planport comes by a sign-in, and how long before its end it refreshes one: the one table.
 * @module
 */

/** The ways of using planport. */
export type Surface = "cli" | "gateway" | "library" | "transport" | "pi" | "app-server";

/** A place where a sign-in can come from, as a name that people know. */
export type SurfaceSource =
  | "option"
  | "external"
  | "CODEX_ACCESS_TOKEN"
  | "CODEX_PAT"
  | "PLANPORT_TOKEN_COMMAND"
  | "planport"
  | "codex"
  | "OPENAI_API_KEY"
  | "pi";

/** One row of {@link surfaces}. */
export interface SurfaceRule {
  /** What it is, for people. */
  readonly title: string;
  /** Where a sign-in comes from, the first that has one. */
  readonly sources: readonly SurfaceSource[];
  /** A request refreshes the token first when so much of its life is left, or less, in milliseconds. */
  readonly refreshEarlyMs: number;
  /** In the background, without a request, it is refreshed at so much, in milliseconds; null for never. */
  readonly backgroundEarlyMs: number | null;
}

const CODEX_EARLY_MS = 300_000;
const FOUND_ANYWHERE: readonly SurfaceSource[] = [
  "option",
  "CODEX_ACCESS_TOKEN",
  "CODEX_PAT",
  "PLANPORT_TOKEN_COMMAND",
  "planport",
  "codex",
  "OPENAI_API_KEY",
];

/**
 * The table. Codex refreshes when five minutes are left (codex-rs/login/src/auth/manager.rs), and so do all that refresh
 * for a request; the gateway comes before it, so that the two hardly ever do it at the same time.
 */
export const surfaces: Readonly<Record<Surface, SurfaceRule>> = {
  cli: {
    title: "the commands",
    sources: FOUND_ANYWHERE,
    refreshEarlyMs: CODEX_EARLY_MS,
    backgroundEarlyMs: null,
  },
  gateway: {
    title: "planport serve",
    sources: FOUND_ANYWHERE,
    refreshEarlyMs: CODEX_EARLY_MS,
    backgroundEarlyMs: 600_000,
  },
  library: {
    title: "createPlanport",
    sources: ["option", "external", ...FOUND_ANYWHERE.slice(1)],
    refreshEarlyMs: CODEX_EARLY_MS,
    backgroundEarlyMs: null,
  },
  transport: {
    title: "a transport that is given its tokens",
    sources: ["option"],
    refreshEarlyMs: 30_000,
    backgroundEarlyMs: null,
  },
  pi: {
    title: "pi",
    sources: ["option", "pi", "CODEX_ACCESS_TOKEN", "CODEX_PAT", "OPENAI_API_KEY"],
    refreshEarlyMs: CODEX_EARLY_MS,
    backgroundEarlyMs: null,
  },
  "app-server": {
    title: "the app-server",
    sources: ["external", "CODEX_ACCESS_TOKEN", "codex", "planport"],
    refreshEarlyMs: CODEX_EARLY_MS,
    backgroundEarlyMs: null,
  },
};
