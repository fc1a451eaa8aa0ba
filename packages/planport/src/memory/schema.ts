/**
 * The tables, and how they came to be what they are.
 * @module
 */
import { ConfigError } from "../errors.ts";
import { numberOf, type SqlSession } from "./sql.ts";

const NAME = "memory";

/** One list of statements for each version, in order; what was released is never changed, only added to. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE responses (
      account_key TEXT NOT NULL, response_id TEXT NOT NULL, model TEXT NOT NULL, kept_at_ms BIGINT NOT NULL,
      expires_at_ms BIGINT NOT NULL, bytes BIGINT NOT NULL, response TEXT NOT NULL, input TEXT NOT NULL,
      PRIMARY KEY (account_key, response_id))`,
    "CREATE INDEX responses_by_age ON responses (kept_at_ms, bytes)",
    `CREATE TABLE response_items (
      account_key TEXT NOT NULL, item_id TEXT NOT NULL, response_id TEXT NOT NULL,
      PRIMARY KEY (account_key, item_id))`,
    "CREATE INDEX response_items_by_response ON response_items (account_key, response_id)",
    `CREATE TABLE reasoning_turns (
      account_key TEXT NOT NULL, turn_id TEXT NOT NULL, kept_at_ms BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL,
      bytes BIGINT NOT NULL, items TEXT NOT NULL,
      PRIMARY KEY (account_key, turn_id))`,
    "CREATE INDEX reasoning_turns_by_age ON reasoning_turns (kept_at_ms, bytes)",
    `CREATE TABLE reasoning_anchors (
      account_key TEXT NOT NULL, model TEXT NOT NULL, anchor TEXT NOT NULL, turn_id TEXT NOT NULL,
      kept_at_ms BIGINT NOT NULL,
      PRIMARY KEY (account_key, model, anchor))`,
    "CREATE INDEX reasoning_anchors_by_turn ON reasoning_anchors (account_key, turn_id)",
  ],
];

/**
 * Brings the tables up to date. To be run within a transaction, so that two processes do not both do it.
 * @throws {ConfigError} `config_invalid` for tables of a newer planport, which are then left alone.
 */
export async function migrate(session: SqlSession): Promise<void> {
  await session.run(
    "CREATE TABLE IF NOT EXISTS planport_schema (name TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (name))",
  );
  const rows = await session.all("SELECT version FROM planport_schema WHERE name = ?", [NAME]);
  const version = numberOf(rows[0], "version");
  if (version > MIGRATIONS.length)
    throw new ConfigError("config_invalid", "It was made by a newer planport: use that one, or another file.");
  if (version === MIGRATIONS.length) return;
  for (const statements of MIGRATIONS.slice(version)) for (const sql of statements) await session.run(sql);
  await session.run(
    "INSERT INTO planport_schema (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
    [NAME, MIGRATIONS.length],
  );
}
