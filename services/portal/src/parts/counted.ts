export interface Counted {
  count?: number
  /** There are more than `count`. */
  is_capped?: boolean
}

/** A count as the server gives it; beyond what it counts it says so: 10,000+. */
export function counted({ count = 0, is_capped }: Counted): string {
  return `${count.toLocaleString('en-US')}${is_capped ? '+' : ''}`
}
