/**
 * `planport connect`: points a client at the gateway.
 * @module
 */
import { ConfigError } from "../../errors.ts";
import { isLoopback } from "../../net/proxy.ts";
import { parseHttpUrl } from "../../environment.ts";
import { loadSettings } from "../../planport.ts";
import { snapshotCatalogue } from "../../upstream/index.ts";
import { setLine } from "../client-lines.ts";
import { textOf } from "../connect/edit-text.ts";
import { findRecipe, recipes, testedLabel } from "../connect/recipes.ts";
import type { ConnectTarget, Recipe, Setting, VariableValue } from "../connect/types.ts";
import { writeSetting, type Written } from "../connect/write.ts";
import type { CommandContext } from "../context.ts";
import { defaultModel } from "../default-model.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Output } from "../terminal.ts";

/** Options of {@link connect}. */
export interface ConnectOptions {
  readonly url?: string;
  readonly model?: string;
  readonly authCommand?: boolean;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** Models of the account are not asked for, so that this works before one has signed in. */
const USUAL_CONTEXT_WINDOW = 272_000;

/** Runs the command. No server is asked. */
export async function connect(
  context: CommandContext,
  client: string | undefined,
  options: ConnectOptions,
): Promise<ExitCode> {
  const { out } = context.terminal;
  if (client === undefined) {
    if (options.write === true)
      throw new ConfigError(
        "config_invalid",
        "--write needs the client whose file it is: planport connect lists them.",
      );
    await (options.json === true ? out.line(toJson({ clients: recipes.map(describe) })) : list(out));
    return EXIT.ok;
  }
  const recipe = findRecipe(client.toLowerCase());
  if (recipe === undefined)
    throw new ConfigError(
      "config_invalid",
      `planport knows no client "${client}": the clients are ${recipes.map(({ id }) => id).join(", ")}.`,
    );
  const target = targetOf(context, recipe, options);
  const settings = recipe.settings(target);
  const written = options.write === true ? await writeAll(recipe, settings) : [];
  if (options.json === true)
    await out.line(toJson({ ...describe(recipe), settings: settings.map(settingToJson), written }));
  else await print(recipe, settings, target, written, out);
  return EXIT.ok;
}

function describe({ id, title, testedWith, notes = [] }: Recipe): object {
  return { id, title, testedWith, notes };
}

async function list(out: Output): Promise<void> {
  const width = Math.max(...recipes.map(({ id }) => id.length));
  for (const recipe of recipes)
    await out.line(`${recipe.id.padEnd(width)}  ${recipe.title.padEnd(20)} ${out.style.dim(testedLabel(recipe))}`);
}

function targetOf(context: CommandContext, recipe: Recipe, options: ConnectOptions): ConnectTarget {
  const { env, platform, homeDir } = context;
  const settings = loadSettings({ ...context, flags: {} });
  const url = parseHttpUrl(options.url ?? `http://127.0.0.1:${settings.port.value}`);
  if (typeof url !== "string") throw new ConfigError("config_invalid", `--url ${url.problem}.`);
  const base = url.replace(/\/v1$/, "");
  // Both end up in lines for shells and programs.
  if (!/^https?:\/\/[\w.:[\]/~%-]+$/i.test(base))
    throw new ConfigError(
      "config_invalid",
      "--url must be the gateway's address alone, such as http://127.0.0.1:9107.",
    );
  const { protocol, hostname } = new URL(base);
  const isSafe = protocol === "https:" || isLoopback(hostname.replaceAll(/[[\]]/g, ""));
  if (options.authCommand !== undefined && recipe.id !== "codex")
    throw new ConfigError(
      "config_invalid",
      "--auth-command is for codex: no other client asks a command for its bearer.",
    );
  if (options.authCommand === true && !isSafe)
    throw new ConfigError(
      "config_invalid",
      "--auth-command needs https:// beyond this machine: it sends a plan's bearer.",
    );
  // Without a word about it, Codex brings its bearer wherever nobody can read it on its way.
  const authCommand = recipe.id === "codex" && (options.authCommand ?? isSafe) ? ["planport"] : null;
  const catalogue = snapshotCatalogue();
  const model = options.model ?? settings.model.value ?? defaultModel(catalogue) ?? "";
  if (!/^[\w.:/?=&,+-]+$/.test(model))
    throw new ConfigError("config_invalid", "--model must be the name of a model: planport models lists them.");
  const contextWindow = catalogue.models.find(({ slug }) => slug === model)?.context_window ?? USUAL_CONTEXT_WINDOW;
  const keyed = settings.gatewayKey.value !== null;
  return { env, platform, homeDir, url: base, model, contextWindow, keyed, authCommand };
}

async function writeAll(recipe: Recipe, settings: readonly Setting[]): Promise<Written[]> {
  const files = settings.filter((setting) => setting.kind === "file");
  if (files.length === 0)
    throw new ConfigError(
      "config_invalid",
      `${recipe.title} has no file that planport could write: run planport connect ${recipe.id}, and set what it prints.`,
    );
  const written: Written[] = [];
  for (const setting of files) written.push(await writeSetting(setting, Date.now()));
  return written;
}

async function print(
  recipe: Recipe,
  settings: readonly Setting[],
  { platform, keyed }: ConnectTarget,
  written: readonly Written[],
  out: Output,
): Promise<void> {
  const { dim } = out.style;
  await out.line(dim(`# ${recipe.title}: ${testedLabel(recipe)}`));
  if (keyed) await out.line(dim(`# PLANPORT_KEY, the gateway's key, must be set where it runs.`));
  for (const note of recipe.notes ?? []) await out.line(dim(`# ${note}`));
  for (const setting of settings) {
    const done = setting.kind === "file" ? written.find(({ file }) => file === setting.file) : undefined;
    if (done !== undefined) {
      await out.line(sentence(done));
      for (const said of done.said) await out.line(said);
      continue;
    }
    await out.line();
    await out.line(dim(`# ${headingOf(setting)}`));
    for (const line of linesOf(setting, platform)) await out.line(line);
  }
}

function sentence({ file, result, backup }: Written): string {
  if (result === "unchanged") return `${file} says all this already.`;
  if (backup === null) return `Wrote ${file}, which is new.`;
  return `Changed ${file}; as it was before it is in ${backup}.`;
}

function headingOf(setting: Setting): string {
  if (setting.kind === "environment") return "in the environment";
  return setting.kind === "file" ? setting.file : setting.title;
}

function linesOf(setting: Setting, platform: string): readonly string[] {
  if (setting.kind === "lines") return setting.lines;
  if (setting.kind === "file") return textOf(setting).trimEnd().split("\n");
  return Object.entries(setting.variables).map(([name, value]) => setLine(name, shellValue(value, platform), platform));
}

function shellValue(value: VariableValue, platform: string): string {
  if (typeof value === "string") return value;
  return platform === "win32" ? `$env:${value.sameAs}` : `"$${value.sameAs}"`;
}

function settingToJson(setting: Setting): object {
  return setting.kind === "file" ? { ...setting, text: textOf(setting) } : setting;
}

/** As it is: there is no secret in it, and a file's text with `"apiKey": "[redacted]"` would be of no use. */
function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
