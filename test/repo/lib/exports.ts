/**
 * Follows what an entry exports to the place where each name is declared.
 * @module
 */
import path from "node:path";
import { type AstNode, parse } from "./modules.ts";
import { readText } from "./tree.ts";

/** Where an exported name is declared. */
export interface Declaration {
  readonly name: string;
  readonly file: string;
  readonly node: AstNode;
  /** Text of the docstring right above the declaration; null when there is none. */
  readonly docstring: string | null;
}

function field(node: AstNode, key: string): AstNode | null {
  const value = node[key];
  return typeof value === "object" && value !== null ? (value as AstNode) : null;
}

function list(node: AstNode, key: string): readonly AstNode[] {
  const value = node[key];
  return Array.isArray(value) ? (value as AstNode[]) : [];
}

/** The name of an identifier, or the text of a string literal. */
export function nameOf(node: AstNode | null): string {
  const name = node?.["name"] ?? node?.["value"];
  return typeof name === "string" ? name : "";
}

/** The docstring that ends right before `node`; null when something else does. */
export function docstringAbove(file: string, node: AstNode): string | null {
  const text = readText(file);
  const above = parse(file).comments.findLast((comment) => comment.end <= node.start);
  if (above === undefined || above.type !== "Block" || !above.value.startsWith("*")) return null;
  if (above.value.includes("@module") || text.slice(above.end, node.start).trim() !== "") return null;
  return above.value.replace(/^\s*\*+/gm, "").trim() || null;
}

function targetOf(file: string, node: AstNode): string | null {
  const specifier = nameOf(field(node, "source"));
  return specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file), specifier) : null;
}

function declaredNames(declaration: AstNode): readonly string[] {
  if (declaration.type === "VariableDeclaration")
    return list(declaration, "declarations").map((each) => nameOf(field(each, "id")));
  return [nameOf(field(declaration, "id"))];
}

function body(file: string): readonly AstNode[] {
  return parse(file).program.body as unknown as readonly AstNode[];
}

/** A name that a file declares for itself, or imports from another file of the repository. */
function findLocal(file: string, name: string): Declaration | null {
  for (const statement of body(file)) {
    const declaration = field(statement, "declaration") ?? statement;
    if (declaration.type.endsWith("Declaration") && declaredNames(declaration).includes(name))
      return { name, file, node: declaration, docstring: docstringAbove(file, statement) };
    if (statement.type !== "ImportDeclaration") continue;
    const specifier = list(statement, "specifiers").find((each) => nameOf(field(each, "local")) === name);
    const target = targetOf(file, statement);
    if (specifier !== undefined && target !== null) return findExport(target, nameOf(field(specifier, "imported")));
  }
  return null;
}

function findExport(file: string, name: string): Declaration | null {
  return exportsOf(file).find((each) => each.name === name) ?? null;
}

function fromSpecifiers(file: string, statement: AstNode): readonly Declaration[] {
  const target = targetOf(file, statement);
  if (target === null && field(statement, "source") !== null) return [];
  return list(statement, "specifiers").map((specifier) => {
    const local = nameOf(field(specifier, "local"));
    const name = nameOf(field(specifier, "exported"));
    const found = target === null ? findLocal(file, local) : findExport(target, local);
    return { ...(found ?? { file, node: specifier, docstring: null }), name };
  });
}

/** Everything a file exports, its own and what it passes on from files of this repository. */
export function exportsOf(file: string): readonly Declaration[] {
  return body(file).flatMap((statement): readonly Declaration[] => {
    if (statement.type === "ExportAllDeclaration") {
      const target = targetOf(file, statement);
      return target === null ? [] : exportsOf(target);
    }
    if (statement.type !== "ExportNamedDeclaration") return [];
    const declaration = field(statement, "declaration");
    if (declaration === null) return fromSpecifiers(file, statement);
    const docstring = docstringAbove(file, statement);
    return declaredNames(declaration).map((name) => ({ name, file, node: declaration, docstring }));
  });
}

/** Public methods and accessors of a class, and methods of an interface, without those that override a documented one. */
export function publicMethods(declaration: Declaration): readonly AstNode[] {
  const members = list(field(declaration.node, "body") ?? declaration.node, "body");
  return members.filter(
    (member) =>
      (member.type === "MethodDefinition" || member.type === "TSMethodSignature") &&
      member["kind"] !== "constructor" &&
      member["override"] !== true &&
      member["accessibility"] !== "private" &&
      field(member, "key")?.type !== "PrivateIdentifier",
  );
}
