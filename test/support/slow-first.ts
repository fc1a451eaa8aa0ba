/**
 * The order of the test files: those that take longest begin first, so that no worker is left with one when all others are done.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { SLOW } from "./file-lists.ts";

/** For `sequence.sequencer` of vitest. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((file) => moduleId.replaceAll("\\", "/").endsWith(`/${file}`));
      return at < 0 ? SLOW.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
