/** Rows of ../shim/differences.ts that random programs meet: they are compared up to there, since all after it follows from it. */
const different: readonly {
  readonly what: string
  readonly kernel: RegExp
  readonly shim: RegExp
  readonly onlyBare?: true
}[] = [
  { what: 'a stream that connects to itself', kernel: / to itself 0$/, shim: / to itself ECONNREFUSED$/ },
  {
    what: 'the end of the peer, after shutdown(SHUT_RDWR)',
    kernel: /^\d shutdown: ENOTCONN$/,
    shim: /^\d shutdown: 0$/,
  },
  {
    what: 'what another holder learns of the unspecified address',
    kernel: / local (0\.0\.0\.0|::):P\d+ peer ENOTCONN/,
    shim: / local (127\.0\.0\.1|::1):P\d+ peer ENOTCONN/,
    onlyBare: true,
  },
  {
    what: 'poll after the peer has closed',
    kernel: /^\d poll: IN (OUT )?RDHUP $/,
    shim: /^\d poll: IN (OUT )?RDHUP HUP $/,
  },
]

export type Comparison = {
  readonly isCut: boolean
  readonly onKernel: readonly string[]
  readonly underShim: readonly string[]
}

/** Two transcripts up to where they may differ. */
export function compare(kernel: readonly string[], shim: readonly string[], place: string): Comparison {
  const at = kernel.findIndex((line, index) => line !== shim[index])
  // In a plain wrapper the name of a socket is all that the next program learns of it; what comes after may follow from that.
  const exec = kernel.findIndex((line) => line.includes(' exec: again type'))
  const followsExec = place === 'bare' && exec >= 0 && exec <= at
  const isCut =
    followsExec ||
    different.some(
      (row) =>
        row.kernel.test(kernel[at] ?? '') &&
        row.shim.test(shim[at] ?? '') &&
        (row.onlyBare !== true || place === 'bare'),
    )
  const end = isCut ? at : Infinity
  return { isCut, onKernel: kernel.slice(0, end), underShim: shim.slice(0, end) }
}
