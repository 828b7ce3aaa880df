/** A list that keeps the newest `limit` items, give or take an eighth, and counts the others. */
export type Bounded<Item> = { push(item: Item): void; readonly items: readonly Item[]; readonly forgotten: number }

export function createBounded<Item>(limit: number, onForget: (item: Item) => void = () => {}): Bounded<Item> {
  const items: Item[] = []
  // Forgetting in batches: to shift an array at each push would cost its length.
  const batch = Math.max(1, limit >> 3)
  let forgotten = 0
  return {
    push(item) {
      items.push(item)
      if (items.length <= limit) return
      const old = items.splice(0, batch)
      forgotten += old.length
      old.forEach(onForget)
    },
    items,
    get forgotten() {
      return forgotten
    },
  }
}
