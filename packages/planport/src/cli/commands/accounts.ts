/**
 * `planport accounts`: the named accounts and whose they are.
 * @module
 */
import {
  type CredentialDescription,
  type NamedAccount,
  describeCredential,
  listAccounts,
  readCredential,
} from "../../auth/index.ts";
import { type AnyPlanportError, isPlanportError } from "../../errors.ts";
import { loadSettings } from "../../planport.ts";
import { createFileStore } from "../../store/index.ts";
import { toJsonText } from "../json-text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatTime } from "../format.ts";
import type { BackendOptions } from "../session.ts";
import { type Output, printable } from "../terminal.ts";

/** Options of {@link accounts}. */
export interface AccountsOptions extends BackendOptions {
  readonly json?: boolean;
}

/** An account and what its file says. */
interface Entry extends NamedAccount {
  /** Null when the file holds no sign-in, or none that can be used. */
  readonly who: CredentialDescription | null;
  readonly problem: AnyPlanportError | null;
  /** True for the one that `--account` or `PLANPORT_ACCOUNT` names. */
  readonly selected: boolean;
}

/** Runs the command. No server is asked. */
export async function accounts(context: CommandContext, options: AccountsOptions): Promise<ExitCode> {
  const { out } = context.terminal;
  const selected = loadSettings({ ...context, flags: options }).account.value;
  const found = await listAccounts(context);
  const entries = await Promise.all(found.map((account) => readEntry(account, selected)));
  if (options.json === true) await out.line(toJsonText({ accounts: entries.map(toJson) }));
  else if (entries.length === 0)
    await out.line("There are no named accounts. planport login --account NAME makes one.");
  else await print(entries, out, Date.now());
  return EXIT.ok;
}

async function readEntry(account: NamedAccount, selected: string | null): Promise<Entry> {
  const entry = { ...account, selected: account.name === selected };
  try {
    const document = await createFileStore(account.file).read();
    const credential = document === null ? null : readCredential(document);
    return { ...entry, who: credential === null ? null : describeCredential({ credential }), problem: null };
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return { ...entry, who: null, problem: error };
  }
}

function toJson({ name, file, who, problem, selected }: Entry): Record<string, unknown> {
  return {
    name,
    file,
    selected,
    kind: who?.kind ?? null,
    email: who?.email ?? null,
    planType: who?.planType ?? null,
    accountId: who?.accountId ?? null,
    expiresAt: who?.expiresAtMs == null ? null : new Date(who.expiresAtMs).toISOString(),
    renewable: who?.renewable ?? false,
    problem: problem === null ? null : { code: problem.code, message: problem.message },
  };
}

async function print(entries: readonly Entry[], out: Output, nowMs: number): Promise<void> {
  const { bold, dim } = out.style;
  const rows = entries.map((entry) => rowOf(entry, nowMs));
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], paint: (text: string, column: number) => string): string =>
    row
      .map((text, column) => paint(text, column) + " ".repeat((widths[column] ?? 0) - text.length))
      .join("  ")
      .trimEnd();
  await out.line(dim(line(HEAD, (text) => text)));
  for (const row of rows) await out.line(line(row, (text, column) => (column === 0 ? bold(text) : text)));
  if (entries.some((entry) => entry.selected)) await out.line(dim("* is used here: PLANPORT_ACCOUNT or --account."));
}

const HEAD: readonly string[] = ["NAME", "WHO", "PLAN", "WORKSPACE", "TOKEN"];
const KIND_WORDS: Readonly<Record<CredentialDescription["kind"], string>> = {
  chatgpt: "ChatGPT sign-in",
  personalAccessToken: "access token",
  external: "tokens of a host program",
  apiKey: "API key",
};

function rowOf({ name, who, problem, selected }: Entry, nowMs: number): string[] {
  const shown = selected ? `${name}*` : name;
  if (who === null) return [shown, printable(problem?.message ?? "holds no sign-in")];
  const whose = printable(who.email ?? KIND_WORDS[who.kind]);
  return [shown, whose, printable(who.planType ?? "-"), printable(who.accountId ?? "-"), lifeOf(who, nowMs)];
}

function lifeOf({ expiresAtMs, renewable }: CredentialDescription, nowMs: number): string {
  if (expiresAtMs === null) return "-";
  const word = expiresAtMs <= nowMs ? "expired" : "expires";
  return `${word} ${formatTime(expiresAtMs, nowMs)}${renewable ? ", renewed by itself" : ""}`;
}
