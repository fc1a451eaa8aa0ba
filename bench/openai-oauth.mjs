/**
 * Starts openai-oauth's server through its library entry, which is what its command starts as well, in this process: no
 * controller beside it and no look-up of newer versions.
 *
 * Arguments: URL of its installed entry, port, backend base URL, path of auth.json.
 */
const [entry = "", port = "", baseURL = "", authFilePath = ""] = process.argv.slice(2);
const { startOpenAIOAuthServer } = await import(entry);
await startOpenAIOAuthServer({ host: "127.0.0.1", port: Number(port), baseURL, authFilePath, codexVersion: "0.169.0" });
