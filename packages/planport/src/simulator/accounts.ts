/**
 * The people who can sign in to the simulator, and what their plans have left.
 * @module
 */
import { RequestError } from "../errors.ts";
import type { UsageCredits } from "../protocol/index.ts";
import type { Random } from "./random.ts";

/** One window of an account's limit. */
export interface SimulatedWindow {
  usedPercent: number;
  windowMinutes: number;
  /** Milliseconds since the epoch; null: a whole window from the moment it is asked for. */
  resetsAtMs: number | null;
}

/** What an account has used. A window at 100 % makes `/responses` answer `usage_limit_reached`. */
export interface SimulatedUsage {
  primary: SimulatedWindow | null;
  secondary: SimulatedWindow | null;
  credits: UsageCredits | null;
}

/** One ChatGPT account (workspace) and the person in it. */
export interface SimulatedAccount {
  /** `chatgpt_account_id`. */
  readonly id: string;
  readonly userId: string;
  email: string;
  planType: string;
  fedramp: boolean;
  /** `workspace_backend_origin` of `/wham/accounts/check`: `NO_CONSTRAINT` or an https origin. */
  backendOrigin: string;
  /** `account_routing_override`: `NO_CONSTRAINT`, `us` or `us_cr`. */
  routingOverride: string;
  usage: SimulatedUsage;
}

/** What to set when adding an account; the rest gets sensible values. */
export type AccountOptions = Partial<Omit<SimulatedAccount, "usage">> & { readonly usage?: Partial<SimulatedUsage> };

/** The accounts of one simulator. */
export interface Accounts {
  /** The account that signs in when nobody picks another. */
  readonly default: SimulatedAccount;
  /** All accounts, oldest first. */
  readonly all: readonly SimulatedAccount[];
  /** Adds an account and returns it. Its fields may be changed at any time and count from the next answer on. */
  addAccount(options?: AccountOptions): SimulatedAccount;
  /** @throws {RequestError} `request_invalid` when there is no such account. */
  get(accountId: string): SimulatedAccount;
  /** Changes what an account has used; fields left out stay. Without an id: of the default account. */
  setUsage(usage: Partial<SimulatedUsage>, accountId?: string): void;
}

const FIVE_HOURS_MINUTES = 300;
const WEEK_MINUTES = 10_080;

/**
 * Makes the accounts of a simulator, with the default one in place.
 * @param backendOrigin What accounts have for `backendOrigin` when nobody says otherwise.
 */
export function createAccounts(random: Random, backendOrigin: string): Accounts {
  const list: SimulatedAccount[] = [];
  const accounts: Accounts = {
    get default() {
      return list[0] ?? accounts.addAccount();
    },
    all: list,
    addAccount(options = {}) {
      const account = newAccount(random, { backendOrigin, ...options });
      list.push(account);
      return account;
    },
    get(accountId) {
      const found = list.find((account) => account.id === accountId);
      if (found === undefined)
        throw new RequestError("request_invalid", `The simulator has no account "${accountId}".`, {
          cause: { param: "accountId" },
        });
      return found;
    },
    setUsage(usage, accountId) {
      const account = accountId === undefined ? accounts.default : accounts.get(accountId);
      Object.assign(account.usage, usage);
    },
  };
  accounts.addAccount({ email: "person@example.com", planType: "pro" });
  return accounts;
}

function newAccount(random: Random, options: AccountOptions): SimulatedAccount {
  const { usage, ...rest } = options;
  return {
    id: random.uuid(),
    userId: random.token("user-", 18),
    email: "someone@example.com",
    planType: "plus",
    fedramp: false,
    backendOrigin: "NO_CONSTRAINT",
    routingOverride: "NO_CONSTRAINT",
    ...rest,
    usage: {
      primary: { usedPercent: 8, windowMinutes: FIVE_HOURS_MINUTES, resetsAtMs: null },
      secondary: { usedPercent: 15, windowMinutes: WEEK_MINUTES, resetsAtMs: null },
      credits: { hasCredits: false, unlimited: false, balance: null },
      ...usage,
    },
  };
}

/** When a window resets, in milliseconds since the epoch. */
export function windowResetMs(window: SimulatedWindow, nowMs: number): number {
  return window.resetsAtMs ?? nowMs + window.windowMinutes * 60_000;
}

/** The window that is used up, if any: the one that resets last, since the account is stuck until then. */
export function exhaustedWindow(usage: SimulatedUsage, nowMs: number): SimulatedWindow | null {
  let found: SimulatedWindow | null = null;
  for (const window of [usage.primary, usage.secondary]) {
    if (window === null || window.usedPercent < 100) continue;
    if (found === null || windowResetMs(window, nowMs) > windowResetMs(found, nowMs)) found = window;
  }
  return found;
}
