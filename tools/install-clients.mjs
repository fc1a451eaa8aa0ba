#!/usr/bin/env node
/**
 * Installs the clients that test/clients drives planport with, from the lock files of its folders: clients that run
 * on this Node.js, in node22 those that need a newer one, with that Node.js, the versions of pi, and opencode. Does nothing when what is installed came
 * from the same lock file. When a client cannot be had it says so in one line (`not run: <what>: <why>`), and fails if
 * CI is set.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repoRoot, runNpm } from "./lib.mjs";

const clients = path.join(repoRoot, "test", "clients");
const node22 = path.join(clients, "node22");
const pi = path.join(clients, "pi");
const opencode = path.join(clients, "opencode");

function giveUp(what, why) {
  console.log(`not run: ${what}: ${why}`);
  if (process.env.CI) process.exitCode = 1;
}

/** Installs a folder; gives the reason when that cannot be done, else null. */
function install(folder) {
  const stamp = path.join(folder, "node_modules", ".installed-from");
  const lock = readFileSync(path.join(folder, "package-lock.json"));
  const fingerprint = `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) return null;
  console.log(`Installing the clients of ${path.relative(repoRoot, folder)} …`);
  const result = runNpm(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
  if (result.ok) {
    writeFileSync(stamp, fingerprint);
    return null;
  }
  return (result.text.split("\n").find((line) => /npm error (?!code)/.test(line)) ?? result.text.slice(0, 200)).trim();
}

const binaryOf = (folder, name) => existsSync(path.join(folder, "node_modules", ...name.split("/")));
const machine = `${process.platform}-${process.arch}`;

const why = install(clients);
if (why !== null)
  giveUp("the Codex CLI and the clients of OpenAI, Anthropic and the AI SDK", `npm ci in test/clients failed (${why})`);
else if (!binaryOf(clients, `@openai/codex-${machine}`))
  giveUp("the Codex CLI", `@openai/codex has no binary for ${machine}`);

const why22 = install(node22);
const nodeMachine = machine.replace("win32", "win");
if (why22 !== null)
  giveUp("Qwen Code and the clients that need Node.js 22", `npm ci in test/clients/node22 failed (${why22})`);
else if (!binaryOf(node22, `node-${nodeMachine}`) && !binaryOf(node22, `node-bin-${nodeMachine}`))
  giveUp("Qwen Code and the clients that need Node.js 22", `npm's node package has no binary for ${machine}`);

const whyNoPi = install(pi);
if (whyNoPi !== null) giveUp("pi", `npm ci in test/clients/pi failed (${whyNoPi})`);
if (machine !== "linux-x64")
  console.log(`not run: opencode: its lock file has the binary for linux-x64, and this is ${machine}`);
else {
  const whyNot = install(opencode);
  if (whyNot !== null) giveUp("opencode", `npm ci in test/clients/opencode failed (${whyNot})`);
}
