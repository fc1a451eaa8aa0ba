import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { ensureBuilt } from "../cli/support/build.ts";
import { takeSignInPorts } from "../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

const packageFolder = fileURLToPath(new URL("../../", import.meta.url));
const rootFolder = fileURLToPath(new URL("../../../../", import.meta.url));
const document = readFileSync(path.join(rootFolder, "docs/library.md"), "utf8");

/** Blocks of TypeScript by the heading they stand under; the second one under it has a 2 behind it, and so on. */
function blocksOf(markdown: string): ReadonlyMap<string, string> {
  const blocks = new Map<string, string>();
  for (const section of markdown.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf("\n"));
    const found = [...section.matchAll(/^```ts\n([\s\S]*?)^```/gm)];
    for (const [index, match] of found.entries())
      blocks.set(index === 0 ? heading : `${heading} ${index + 1}`, match[1] ?? "");
  }
  return blocks;
}

const blocks = blocksOf(document);

/** What a block prints, and what else has to be true after it. A block without a line here fails the first test. */
const expected: Readonly<Record<string, RegExp>> = {
  "The backend, with the sign-in that is there": /^it works$/,
  "Bearers that stay fresh": /^\[ 'authorization', 'chatgpt-account-id' \] \w+\ntrue$/,
  "Where a sign-in rests": /auth\.json\nthe system's keyring \(.+\)\nmemory\nnull$/,
  "Signing in, step by step": /^Visit: http:.+\nSigned in as \S+@\S+$/,
  "Signing in, step by step 2": /^Visit: http:\S+\/codex\/device and type [A-Z0-9-]+\nSigned in as \S+@\S+$/,
  "Tokens that the program keeps itself":
    /^Visit: http:.+\naccess_token refresh_token expires_at account_id\ntrue\nkeep these: api_key refresh_token expires_at account_id$/,
  "Tokens of a parent program": /^initial null\nexternal \w+$/,
  "pi's login": /^Visit: http:.+\n(?:\? .+\n)?\[ 'openai-codex' \] string true\n\[\]$/,
  "pi's login 2": /id: 'my-custom-model'[\s\S]+\d+ undefined$/,
  "When something goes wrong": /^Unknown OAuth provider: another-provider\. .+$/,
};

let place: string;
let simulator: Simulator;
let home: string;

beforeAll(async () => {
  await ensureBuilt();
  place = realpathSync(mkdtempSync(path.join(tmpdir(), "planport-documented-")));
  mkdirSync(path.join(place, "node_modules"));
  symlinkSync(packageFolder, path.join(place, "node_modules", "planport"), "junction");
  writeFileSync(path.join(place, "package.json"), '{ "type": "module" }');
  writeFileSync(path.join(place, "ours.d.ts"), "declare function getUserInput(message: string): Promise<string>;\n");
  // The program's own part of pi's lines: asks on the terminal.
  writeFileSync(
    path.join(place, "ours.js"),
    `import { createInterface } from "node:readline";
     globalThis.getUserInput = (message) => new Promise((resolve) => {
       console.log("? " + message);
       const lines = createInterface({ input: process.stdin });
       lines.once("line", (line) => { lines.close(); resolve(line); });
     });`,
  );
  for (const [index, block] of [...blocks.values()].entries())
    writeFileSync(path.join(place, `block-${index}.ts`), block);
  compile();
});

/** Compiles all blocks, so that their types are checked, too. */
function compile(): void {
  const tsc = path.join(rootFolder, "node_modules/typescript/bin/tsc");
  const typeRoots = path.join(rootFolder, "node_modules/@types");
  const options = [
    "--strict",
    "--target",
    "es2023",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--typeRoots",
    typeRoots,
  ];
  const files = [...blocks.keys()].map((_heading, index) => `block-${index}.ts`);
  try {
    execFileSync(process.execPath, [tsc, ...options, "--skipLibCheck", "--outDir", "out", "ours.d.ts", ...files], {
      cwd: place,
      encoding: "utf8",
      stdio: "pipe",
    });
  } catch (error) {
    throw new Error(`docs/library.md does not compile: ${String((error as { stdout?: string }).stdout)}`, {
      cause: error,
    });
  }
  cpSync(path.join(place, "ours.js"), path.join(place, "out", "ours.js"));
}

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 0 });
  home = mkdtempSync(path.join(place, "home-"));
  mkdirSync(path.join(home, ".codex"));
  const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens();
  const tokens = { access_token: accessToken, refresh_token: refreshToken, id_token: idToken, account_id: accountId };
  writeFileSync(path.join(home, ".codex", "auth.json"), JSON.stringify({ auth_mode: "chatgpt", tokens }), {
    mode: 0o600,
  });
  return () => simulator.close();
});

afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));

/** The environment in which `planport` and the blocks use the simulator. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    ...(SystemRoot !== undefined && { SystemRoot }),
    HOME: home,
    USERPROFILE: home,
    CODEX_HOME: path.join(home, ".codex"),
    PI_CODING_AGENT_DIR: path.join(home, "pi"),
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/revoke`,
  };
}

/** Does what a person would: opens the page, and pastes where it ended if the browser could not come back. */
async function visit(url: string, child: ChildProcessWithoutNullStreams): Promise<void> {
  const page = await fetch(url, { redirect: "manual" });
  const address = page.headers.get("location");
  if (address === null) return; // The page for a device's code: the simulator approves it by itself.
  const status = await fetch(address).then(
    (response) => response.status,
    () => 0,
  );
  if (status !== 200) child.stdin.write(`${address}\n`);
}

async function run(index: number): Promise<string> {
  const child = spawn(process.execPath, ["--import", "./ours.js", `block-${index}.js`], {
    cwd: path.join(place, "out"),
    env: environment(),
  });
  let printed = "";
  let errors = "";
  const visits: Promise<void>[] = [];
  child.stdin.on("error", () => {}); // It has ended already.
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    const url = /^Visit: (http:\S+)(?=\s)/m.exec(printed)?.[1];
    if (url !== undefined && visits.length === 0) visits.push(visit(url, child));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  await Promise.all(visits);
  expect(errors).toBe("");
  expect(code).toBe(0);
  return printed.trim();
}

describe("docs/library.md", () => {
  it("has no block that is not run here", () => {
    expect([...blocks.keys()]).toEqual(Object.keys(expected));
  });

  it("PI-20: has the lines of pi's own document, with nothing changed but the name of the package", () => {
    expect(blocks.get("pi's login")).toContain(`import { AuthStorage, ModelRegistry } from "planport";

const authStorage = new AuthStorage();
const modelRegistry = new ModelRegistry(authStorage);

// Login programmatically
await authStorage.login("openai-codex", {
  onAuth: ({ url }) => console.log("Visit:", url),
  onPrompt: async ({ message }) => {
    // Prompt user for code
    return await getUserInput(message);
  },
});

// Get API key (auto-refreshes if needed)
const apiKey = await authStorage.getApiKey("openai-codex");
`);
  });

  it.each([...blocks.keys()].map((heading, index) => [heading, index] as const))("%s", async (heading, index) => {
    expect(await run(index)).toMatch(expected[heading] ?? /never/);
  });
});
