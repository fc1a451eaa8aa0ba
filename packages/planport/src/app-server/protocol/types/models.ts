/**
 * Types of the protocol (models), made from the protocol's schemas by `npm run protocol`.
 * @module
 */

/** `Model` of the protocol. */
export type Model = {
  readonly id: string;
  readonly model: string;
  readonly upgrade: string | null;
  readonly upgradeInfo: {
    readonly model: string;
    readonly upgradeCopy: string | null;
    readonly modelLink: string | null;
    readonly migrationMarkdown: string | null;
    readonly retirementAt: number | null;
  } | null;
  readonly availabilityNux: {
    readonly message: string;
  } | null;
  readonly displayName: string;
  readonly description: string;
  readonly modelSpecialty: string | null;
  readonly hidden: boolean;
  readonly supportedReasoningEfforts: readonly {
    readonly reasoningEffort: string;
    readonly description: string;
  }[];
  readonly defaultReasoningEffort: string;
  readonly inputModalities: readonly ("text" | "image" | "audio")[];
  readonly supportsPersonality: boolean;
  readonly multiAgentVersion: "disabled" | "v1" | "v2" | null;
  readonly additionalSpeedTiers: readonly string[];
  readonly serviceTiers: readonly {
    readonly id: string;
    readonly name: string;
    readonly description: string;
  }[];
  readonly defaultServiceTier: string | null;
  readonly availableAccessPrograms: null;
  readonly isDefault: boolean;
};

/** `ModelListParams` of the protocol. */
export type ModelListParams = {
  readonly modelProvider?: string | null | undefined;
  readonly cursor?: string | null | undefined;
  readonly limit?: number | null | undefined;
  readonly includeHidden?: boolean | null | undefined;
};

/** `ModelListResponse` of the protocol. */
export type ModelListResponse = {
  readonly data: readonly Model[];
  readonly nextCursor: string | null;
};

/** `ModelProviderListParams` of the protocol. */
export type ModelProviderListParams = Readonly<Record<string, never>>;

/** `ModelProviderListResponse` of the protocol. */
export type ModelProviderListResponse = {
  readonly data: readonly {
    readonly id: string;
    readonly name: string;
    readonly canEdit: boolean;
    readonly baseUrl: string | null;
    readonly settings:
      | {
          readonly type: "openai";
        }
      | {
          readonly type: "customGateway";
          readonly auth:
            | {
                readonly mode: "none";
              }
            | {
                readonly mode: "environmentVariable";
                readonly envKey: string;
              }
            | {
                readonly mode: "externallyConfigured";
                readonly envKey: string | null;
              };
        };
  }[];
  readonly defaultProviderId: string;
  readonly canChangeDefault: boolean;
};

/** `ModelProviderCapabilitiesReadParams` of the protocol. */
export type ModelProviderCapabilitiesReadParams = Readonly<Record<string, never>>;

/** `ModelProviderCapabilitiesReadResponse` of the protocol. */
export type ModelProviderCapabilitiesReadResponse = {
  readonly imageGeneration: boolean;
  readonly webSearch: boolean;
};

/** `ConfigLayerMetadata` of the protocol. */
export type ConfigLayerMetadata = {
  readonly name: {
    readonly type: "user";
    readonly file: string;
    readonly profile: null;
  };
  readonly version: string;
};

/** `ConfigReadParams` of the protocol. */
export type ConfigReadParams = {
  readonly includeLayers?: boolean | undefined;
  readonly cwd?: string | null | undefined;
};

/** `ConfigReadResponse` of the protocol. */
export type ConfigReadResponse = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, ConfigLayerMetadata>>;
  readonly layers?:
    | readonly {
        readonly name: {
          readonly type: "user";
          readonly file: string;
          readonly profile: null;
        };
        readonly version: string;
        readonly config: unknown;
        readonly disabledReason: null;
      }[]
    | null
    | undefined;
};

/** `ConfigRequirementsReadResponse` of the protocol. */
export type ConfigRequirementsReadResponse = {
  readonly supportsIndependentSpeedModes: boolean;
  readonly requirements: null;
};
