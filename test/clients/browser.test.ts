/**
 * A person with a real browser signs in: the simulator's page, the buttons on it, the way back to planport, planport's pages.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { type Browser, findBrowser, launchBrowser, type Page } from "./support/browser.ts";
import { reportNotRun } from "./support/not-run.ts";
import { type Running, temporaryFolder } from "./support/process.ts";
import { startPlanport } from "./support/stack.ts";
import { takeSignInPorts } from "../support/sign-in-ports.ts";

takeSignInPorts();

const executable = findBrowser();
let browser: Browser;
let simulator: Simulator;
let home: string;

function environment(): Record<string, string> {
  return {
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
  };
}

/** `planport login` that listens, and the address it printed. Another test's sign-in may have its ports for a moment. */
async function startLogin(): Promise<{ login: Running; url: string }> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const login = startPlanport(home, ["login", "--no-browser"], environment());
    const [url] = await login.waitFor(/http\S+\/oauth\/authorize\S+/);
    const [how] = await login.waitFor(/Paste that page's whole address here|Should the browser end/);
    if (how.startsWith("Should")) return { login, url };
    login.child.kill("SIGKILL");
    await login.finished;
    await delay(100);
  }
  throw new Error("the ports for signing in stay taken");
}

/** Opens the sign-in page as a person would, by the address on the terminal. */
async function openSignIn(): Promise<{ login: Running; page: Page }> {
  const [page, { login, url }] = await Promise.all([browser.newPage(), startLogin()]);
  await page.open(url);
  return { login, page };
}

const isSignedIn = (): boolean => existsSync(join(home, ".planport", "auth.json"));

if (executable === null) reportNotRun("the browser", "no Chromium is installed");
else {
  describe("planport login with a browser", () => {
    beforeAll(() => {
      browser = launchBrowser(executable);
    });
    beforeEach(async () => {
      simulator = await startSimulator();
      home = temporaryFolder("browser-home");
    });
    afterEach(() => simulator.close());
    afterAll(() => browser.close());

    it("a click on Continue ends on planport's success page, and planport is signed in", async () => {
      const { login, page } = await openSignIn();
      expect(await page.waitForText(/Sign in to the simulator/)).toContain("person@example.com (pro)");
      await page.click('button[value="approve"]');
      expect(await page.waitForText(/You are signed in/)).toContain("You can close this page");
      const { code, stdout } = await login.finished;
      expect(stdout).toContain("Signed in as person@example.com (pro)");
      expect(code).toBe(0);
      const status = await startPlanport(home, ["status", "--json"], environment()).finished;
      expect(JSON.parse(status.stdout)).toMatchObject({ signedIn: true, email: "person@example.com" });
      // Neither the page's address nor its text gives a token away.
      const shown = `${String(await page.read("location.href"))} ${String(await page.read("document.documentElement.outerHTML"))}`;
      const { tokens } = JSON.parse(readFileSync(join(home, ".planport", "auth.json"), "utf8")) as {
        tokens: Record<string, string>;
      };
      for (const name of ["id_token", "access_token", "refresh_token"]) expect(shown).not.toContain(tokens[name]);
    });

    it("a click on Cancel ends on planport's error page, and planport says so and keeps nothing", async () => {
      const { login, page } = await openSignIn();
      await page.click('button[value="deny"]');
      const text = await page.waitForText(/Sign-in failed/);
      expect(text).toContain("access_denied");
      expect(text).toContain("The person said no.");
      const { code, stderr } = await login.finished;
      expect(stderr).toContain("The person said no.");
      expect(code).toBe(1);
      expect(isSignedIn()).toBe(false);
    });

    it("what the sign-in server says of an error is shown as text, also where nothing forbids scripts", async () => {
      const [page, { login, url }] = await Promise.all([browser.newPage(), startLogin()]);
      const asked = new URL(url).searchParams;
      const back = new URL(asked.get("redirect_uri") ?? "");
      const description = `<script>document.title="ran"</script><img src=x onerror='document.title="ran"'>`;
      back.search = new URLSearchParams({
        error: "<b>server_error</b>",
        error_description: description,
        state: asked.get("state") ?? "",
      }).toString();
      simulator.script.push("authorize", { kind: "http", status: 302, headers: { location: back.href } });
      await page.ignoreContentSecurityPolicy();
      await page.open(url);
      expect(await page.waitForText(/Sign-in failed/)).toContain(description);
      expect(
        await page.read("[document.scripts.length, document.images.length, document.querySelectorAll('b').length]"),
      ).toEqual([0, 0, 0]);
      expect(await page.read("document.title")).toBe("Sign-in failed · planport");
      expect((await login.finished).code).toBe(1);
      expect(isSignedIn()).toBe(false);
    });
  });
}
