/**
 * What planport says about itself: log lines, and what may stand in them.
 * @module
 */
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogSink,
  type LogThreshold,
  silentLogger,
} from "./logger.ts";
export { redact } from "./redact.ts";
