#!/usr/bin/env node
/**
 * Installs the clients that test/clients drives planport with, from that folder's own lock file. Does nothing when
 * what is installed came from the same lock file. When a client cannot be had it says so in one line
 * (`not run: <what>: <why>`), and fails if CI is set.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repoRoot, runNpm } from "./lib.mjs";

const clients = path.join(repoRoot, "test", "clients");
const modules = path.join(clients, "node_modules");
const stamp = path.join(modules, ".installed-from");
const lock = readFileSync(path.join(clients, "package-lock.json"));
const fingerprint = `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;

function giveUp(what, why) {
  console.log(`not run: ${what}: ${why}`);
  if (process.env.CI) process.exitCode = 1;
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint;
}

function install() {
  console.log("Installing the clients of test/clients …");
  const result = runNpm(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], clients);
  if (result.ok) writeFileSync(stamp, fingerprint);
  return result;
}

const result = isInstalled() ? { ok: true, text: "" } : install();
const codexBinary = path.join(modules, "@openai", `codex-${process.platform}-${process.arch}`);
if (!result.ok) {
  const reason = result.text.split("\n").find((line) => /npm error (?!code)/.test(line)) ?? result.text.slice(0, 200);
  giveUp("the Codex CLI and the OpenAI client", `npm ci in test/clients failed (${reason.trim()})`);
} else if (!existsSync(codexBinary)) {
  giveUp("the Codex CLI", `@openai/codex has no binary for ${process.platform}-${process.arch}`);
}
