/** A line of a program's transcript that may differ between the kernel and the shim. */
export type Difference = {
  readonly program: string
  readonly kernel: string
  readonly shim: string
  /** Why it is so, for the README's table. */
  readonly reason: string
}

/** All that may differ. Whatever is not here is the same. */
export const differences: readonly Difference[] = []
