import { it } from "vitest";
import { all, runScenario } from "./run.ts";
it("dump", async () => {
  for (const name of (process.env["DUMP"] ?? "").split(";")) {
    const s = all[name as keyof typeof all]!;
    for (const who of ["codex", "planport"] as const) {
      const { transcript, driver } = await runScenario(who, s);
      console.log(
        `##### ${who} ${name}\n` +
          transcript.told.map((l) => l.slice(0, 230)).join("\n") +
          "\n" +
          transcript.answered.map((l) => l.slice(0, 200)).join("\n") +
          "\nLOG " +
          driver.log.slice(-5).join("\n"),
      );
    }
  }
}, 200_000);
