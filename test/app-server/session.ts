/**
 * One scenario against one server: the simulator, a home, and the words in which scenarios are written.
 */
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript } from "../clients/support/codex.ts";
import { cleanEnvironment, temporaryFolder } from "../clients/support/process.ts";
import { BIN } from "../clients/support/stack.ts";
import { type Answer, Driver, type Message } from "./driver.ts";
import { type Transcript, transcriptOf } from "./normalise.ts";

/** What is asked of both servers. */
export interface Scenario {
  /** Lines of `config.toml` beside those that point to the simulator. */
  readonly config?: string;
  /** A sign-in that lies in the home: Codex's own, or none. */
  readonly signedIn?: "chatgpt" | "apikey";
  readonly simulator?: SimulatorOptions;
  /** Variables beside those that every run has. */
  readonly env?: (simulator: Simulator) => Readonly<Record<string, string>>;
  /** It needs a port that there is one of: the two servers take turns. */
  readonly takesTurns?: boolean;
  readonly run: (session: Session) => Promise<void>;
}

/** Which server. */
export type Server = "codex" | "planport";

const COMMANDS: Readonly<Record<Server, readonly string[]>> = {
  codex: [process.execPath, codexScript ?? "", "app-server"],
  planport: [process.execPath, BIN, "app-server"],
};

/** Nothing that reaches for other hosts, and nothing that is not in the protocol. */
const QUIET =
  "check_for_update_on_startup = false\n[analytics]\nenabled = false\n[features]\nplugins = false\napps = false\n";

/** What a run came to. */
export interface Outcome {
  readonly transcript: Transcript;
  readonly driver: Driver;
}

/** Runs a scenario to its end. */
export async function runScenario(server: Server, scenario: Scenario): Promise<Outcome> {
  const simulator = await startSimulator({
    autoApprove: true,
    deviceIntervalSeconds: 1,
    seed: "differential",
    ...scenario.simulator,
  });
  // Over plain HTTP: what a WebSocket adds is the transport's matter, and not the protocol's.
  simulator.script.always("websocket", { kind: "http", status: 426 });
  const home = realpathSync(temporaryFolder("app-server"));
  const cwd = join(home, "work");
  mkdirSync(cwd);
  writeFileSync(
    join(home, "config.toml"),
    `model = "gpt-5.5"\n${scenario.config ?? ""}\n${simulator.codexConfig}\n${QUIET}`,
  );
  signIn(home, simulator, scenario.signedIn);
  const env = cleanEnvironment({
    HOME: home,
    USERPROFILE: home,
    CODEX_HOME: home,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/revoke`,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    ...scenario.env?.(simulator),
  });
  const driver = new Driver(COMMANDS[server], { env, cwd });
  try {
    await scenario.run(new Session(driver, simulator, home));
  } finally {
    await driver.close();
    await simulator.close();
  }
  return { transcript: transcriptOf(driver, { home, cwd }), driver };
}

function signIn(home: string, simulator: Simulator, as: Scenario["signedIn"]): void {
  if (as === undefined) return;
  const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens();
  const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId };
  const document =
    as === "apikey"
      ? { auth_mode: "apikey", OPENAI_API_KEY: simulator.issueApiKey() }
      : { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  writeFileSync(join(home, "auth.json"), JSON.stringify(document), { mode: 0o600 });
}

/** What parents hand over. */
export interface ExternalTokens {
  readonly accessToken: string;
  readonly chatgptAccountId: string;
  readonly chatgptPlanType?: string | null;
}

/** A conversation in the words of scenarios. */
export class Session {
  readonly driver: Driver;
  readonly simulator: Simulator;
  readonly home: string;
  threadId = "";

  constructor(driver: Driver, simulator: Simulator, home: string) {
    this.driver = driver;
    this.simulator = simulator;
    this.home = home;
  }

  ask(method: string, params?: unknown, id?: string | number): Promise<Answer> {
    return this.driver.ask(method, params, id);
  }

  /** Greets the server; a stored sign-in is announced then, once its workspace is known. */
  async begin(capabilities: unknown = { experimentalApi: true }): Promise<void> {
    await this.ask("initialize", {
      clientInfo: { name: "differential", title: "Test", version: "1.0.0" },
      capabilities,
    });
    this.driver.notify("initialized");
  }

  /** Fresh tokens of an account, as a parent has them. */
  tokens(accountId?: string): ExternalTokens {
    const issued = this.simulator.issueTokens(accountId === undefined ? {} : { accountId });
    return { accessToken: issued.accessToken, chatgptAccountId: issued.accountId };
  }

  /** Logs in with tokens of the parent's, and waits until the server says that it is done. */
  async login(more: object = {}): Promise<void> {
    const from = this.driver.told.length;
    await this.ask("account/login/start", { type: "chatgptAuthTokens", ...this.tokens(), ...more });
    await this.driver.heard("account/login/completed", from);
    await this.settled();
  }

  /** Greets, logs in, starts a thread. */
  async thread(params: object = {}): Promise<void> {
    await this.begin();
    await this.login();
    await this.startThread(params);
  }

  async startThread(params: object = {}): Promise<string> {
    const from = this.driver.told.length;
    const { result } = await this.ask("thread/start", params);
    this.threadId = (result as { thread: { id: string } }).thread.id;
    await this.driver.heard(
      ({ method, params: heard }) => method === "thread/started" && threadOf(heard) === this.threadId,
      from,
    );
    return this.threadId;
  }

  /** Starts a turn and gives its id. */
  async startTurn(text: string, params: object = {}, threadId: string = this.threadId): Promise<string> {
    const input = [{ type: "text", text, text_elements: [] }];
    const { result } = await this.ask("turn/start", { threadId, input, ...params });
    return (result as { turn: { id: string } } | undefined)?.turn.id ?? "";
  }

  /** A whole turn. */
  async turn(text: string, params: object = {}, threadId: string = this.threadId): Promise<void> {
    const from = this.driver.told.length;
    await this.startTurn(text, params, threadId);
    await this.driver.heard(
      ({ method, params: heard }) => method === "turn/completed" && (heard as Message)["threadId"] === threadId,
      from,
    );
    await this.settled();
  }

  /** Gives what comes on the heels of something the time to come: an answer to a question asked now comes behind it. */
  async settled(): Promise<void> {
    await this.driver.ask("getAuthStatus", { includeToken: false, refreshToken: false });
  }
}

function threadOf(params: unknown): unknown {
  return ((params as Message)["thread"] as Message)["id"];
}
