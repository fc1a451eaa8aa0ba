/**
 * Threads and turns as a part of the server.
 * @module
 */
import { localToolboxes } from "../../agent/tools/toolbox.ts";
import type { ModelAuth } from "../../agent/index.ts";
import { planportAuthFile } from "../../auth/index.ts";
import { joinPath } from "../../environment.ts";
import type { Feature, Services } from "../open-server.ts";
import type { WorkspaceRouting } from "../protocol/types/account.ts";
import { CODEX_CLIENT_VERSION } from "../../upstream/index.ts";
import { DIRECT_ROUTE, type Route } from "../../upstream/routing.ts";
import { createThreadService } from "./service.ts";

/** The provider that is built in: where its calls go is a matter of the account's workspace. */
const BUILT_IN = "openai";

/** Makes the feature. */
export function threadFeature(services: Services): ReturnType<Feature> {
  const { account, codexHome, env, platform, onEnd } = services;
  const authFile = joinPath(platform, codexHome, "auth.json");
  const service = createThreadService({
    ...services,
    home: codexHome,
    cwd: process.cwd(),
    identity: () => services.identity,
    authFor: (provider) => authOf(services, provider === BUILT_IN),
    findRoute: async () => {
      const { workspace } = services.isBaseGiven ? { workspace: null } : await account.workspace();
      return workspace === null ? DIRECT_ROUTE : routeOf(workspace.routing);
    },
    createToolbox: localToolboxes({ hidden: [authFile, planportAuthFile(services)] }),
    cliVersion: CODEX_CLIENT_VERSION,
    env,
  });
  onEnd(() => service.close());
  return service.handlers;
}

function authOf({ account, isBaseGiven }: Services, isBuiltIn: boolean): ModelAuth {
  return {
    get: async (signal) => {
      const auth = account.current();
      if (auth === null) return null;
      // The workspace is found first: a bearer that is refused there is replaced there.
      if (isBuiltIn && !isBaseGiven && auth.mode !== "apikey") return (await account.workspace()).grant;
      return auth.source.get({ signal });
    },
    recover: (rejected, _attempt, signal) => account.tokens.recover(rejected, { signal }),
  };
}

function routeOf({ backendOrigin, accountRoutingOverride }: WorkspaceRouting): Route {
  const override = accountRoutingOverride === "NO_CONSTRAINT" ? null : accountRoutingOverride;
  return { origin: backendOrigin, override };
}
