/**
 * The files of types: those of `generate-ts`, one for each type, and those of this package, one for each part of the
 * protocol.
 * @module
 */
import { declaration, jsonSchemas, methodTables, namesIn } from "./write-out.ts";
import { namesByFile } from "./vocabulary.ts";

/** Texts by the name of the file. */
export type TextFiles = Readonly<Record<string, string>>;

const MADE = "made from the protocol's schemas";

/** One file for each type, one for the methods, and an index: what `generate-ts` writes. */
export function typeFiles(): TextFiles {
  const schemas = jsonSchemas();
  const all = Object.keys(schemas);
  const withImports = (text: string, own: string | null): string => {
    const used = namesIn(text, all).filter((name) => name !== own);
    const imports = used.map((name) => `import type { ${name} } from "./${name}.js";\n`).join("");
    return `// ${MADE} by planport app-server generate-ts\n${imports}\n${text}`;
  };
  const files = Object.entries(schemas).map(
    ([name, schema]) => [`${name}.ts`, withImports(declaration(name, schema), name)] as const,
  );
  const index = [...all, "methods"].map((name) => `export type * from "./${name}.js";\n`).join("");
  return {
    ...Object.fromEntries(files),
    "methods.ts": withImports(methodTables(), null),
    "index.ts": `// ${MADE} by planport app-server generate-ts\n\n${index}`,
  };
}

/**
 * The files of `protocol/types`, before the formatter: what this package's own code is checked against.
 * @public used by tools/protocol-types.mjs, which works on the build
 */
export function packageTypeFiles(): TextFiles {
  const schemas = jsonSchemas();
  const home = new Map([...namesByFile].flatMap(([file, names]) => names.map((name) => [name, file] as const)));
  const head = (what: string, text: string, own: string | null): string => {
    const used = namesIn(text, [...home.keys()]).filter((name) => home.get(name) !== own);
    const files = [...new Set(used.map((name) => home.get(name) ?? ""))].sort();
    const imports = files.map((file) => {
      const names = used.filter((name) => home.get(name) === file).sort();
      return `import type { ${names.join(", ")} } from "./${file}.ts";\n`;
    });
    return `/**\n * ${what}, ${MADE} by \`npm run protocol\`.\n * @module\n */\n${imports.join("")}\n${text}`;
  };
  const files = [...namesByFile].map(([file, names]) => {
    const text = names.map((name) => declaration(name, schemas[name] ?? {})).join("\n");
    return [`${file}.ts`, head(`Types of the protocol (${file})`, text, file)] as const;
  });
  return { ...Object.fromEntries(files), "methods.ts": head("The protocol's methods", methodTables(), null) };
}
