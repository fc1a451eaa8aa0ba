/**
 * The images API, by way of the backend's image path or of the `image_generation` tool.
 * @module
 */
export {
  createImageReader,
  type MadeImage,
  type MadeImages,
  type PartialImage,
  readImagePathAnswer,
  toCompletedEvent,
  toImagesResponse,
  toPartialEvent,
} from "./answer.ts";
export { type ImageJob, isUnclearModel, toImageJob, toImagePathBody, toToolRequest } from "./job.ts";
