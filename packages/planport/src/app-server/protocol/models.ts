/**
 * Models, providers and configuration.
 * @module
 */
import * as z from "zod";
import { int, json, mapOf, maybe, namesFor, u32 } from "./vocabulary.ts";

const named = namesFor("models");

const Model = named(
  "Model",
  z.object({
    id: z.string(),
    model: z.string(),
    upgrade: z.nullable(z.string()),
    upgradeInfo: z.nullable(
      z.object({
        model: z.string(),
        upgradeCopy: z.nullable(z.string()),
        modelLink: z.nullable(z.string()),
        migrationMarkdown: z.nullable(z.string()),
        retirementAt: z.nullable(int),
      }),
    ),
    availabilityNux: z.nullable(z.object({ message: z.string() })),
    displayName: z.string(),
    description: z.string(),
    modelSpecialty: z.nullable(z.string()),
    hidden: z.boolean(),
    supportedReasoningEfforts: z.array(z.object({ reasoningEffort: z.string(), description: z.string() })),
    defaultReasoningEffort: z.string(),
    inputModalities: z.array(z.enum(["text", "image", "audio"])),
    supportsPersonality: z.boolean(),
    multiAgentVersion: z.nullable(z.enum(["disabled", "v1", "v2"])),
    additionalSpeedTiers: z.array(z.string()),
    serviceTiers: z.array(z.object({ id: z.string(), name: z.string(), description: z.string() })),
    defaultServiceTier: z.nullable(z.string()),
    availableAccessPrograms: z.null(),
    isDefault: z.boolean(),
  }),
);
/** Params of `model/list`. */
export const ModelListParams: z.ZodType = named(
  "ModelListParams",
  z.object({
    modelProvider: maybe(z.string()),
    cursor: maybe(z.string()),
    limit: maybe(u32),
    includeHidden: maybe(z.boolean()),
  }),
);
/** Result of `model/list`. */
export const ModelListResponse: z.ZodType = named(
  "ModelListResponse",
  z.object({ data: z.array(Model), nextCursor: z.nullable(z.string()) }),
);

/** Params of `modelProvider/list`. */
export const ModelProviderListParams: z.ZodType = named("ModelProviderListParams", z.object({}));
/** Result of `modelProvider/list`. */
export const ModelProviderListResponse: z.ZodType = named(
  "ModelProviderListResponse",
  z.object({
    data: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        canEdit: z.boolean(),
        baseUrl: z.nullable(z.string()),
        settings: z.discriminatedUnion("type", [
          z.object({ type: z.literal("openai") }),
          z.object({
            type: z.literal("customGateway"),
            auth: z.discriminatedUnion("mode", [
              z.object({ mode: z.literal("none") }),
              z.object({ mode: z.literal("environmentVariable"), envKey: z.string() }),
              z.object({ mode: z.literal("externallyConfigured"), envKey: z.nullable(z.string()) }),
            ]),
          }),
        ]),
      }),
    ),
    defaultProviderId: z.string(),
    canChangeDefault: z.boolean(),
  }),
);
/** Params of `modelProvider/capabilities/read`. */
export const ModelProviderCapabilitiesReadParams: z.ZodType = named(
  "ModelProviderCapabilitiesReadParams",
  z.object({}),
);
/** Result of `modelProvider/capabilities/read`. */
export const ModelProviderCapabilitiesReadResponse: z.ZodType = named(
  "ModelProviderCapabilitiesReadResponse",
  z.object({ imageGeneration: z.boolean(), webSearch: z.boolean() }),
);

const ConfigLayerMetadata = named(
  "ConfigLayerMetadata",
  z.object({
    name: z.object({ type: z.literal("user"), file: z.string(), profile: z.null() }),
    version: z.string(),
  }),
);
/** Params of `config/read`. */
export const ConfigReadParams: z.ZodType = named(
  "ConfigReadParams",
  z.object({ includeLayers: z.boolean().optional(), cwd: maybe(z.string()) }),
);
/** Result of `config/read`. */
export const ConfigReadResponse: z.ZodType = named(
  "ConfigReadResponse",
  z.object({
    config: mapOf(json),
    origins: mapOf(ConfigLayerMetadata),
    layers: maybe(
      z.array(
        z.object({
          name: z.object({ type: z.literal("user"), file: z.string(), profile: z.null() }),
          version: z.string(),
          config: json,
          disabledReason: z.null(),
        }),
      ),
    ),
  }),
);
/** Result of `configRequirements/read`. */
export const ConfigRequirementsReadResponse: z.ZodType = named(
  "ConfigRequirementsReadResponse",
  z.object({ supportsIndependentSpeedModes: z.boolean(), requirements: z.null() }),
);
