/** The part of `proper-lockfile` that pi uses; it has no types of its own. */
declare module "proper-lockfile" {
  interface ProperLockfile {
    lock(file: string, options?: object): Promise<() => Promise<void>>;
    lockSync(file: string, options?: object): () => void;
    check(file: string, options?: object): Promise<boolean>;
  }
  const properLockfile: ProperLockfile;
  export default properLockfile;
}
