/** What a service answers when it does not do what was asked (RFC 9457), or what stands in its place when no answer came. */
export class Problem extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** Stable code, such as `stale` or `not_in_this_state`. */
    readonly code: string,
    detail: string,
    /** Name of a field of the body, with dots between levels → what is wrong with it. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** For how many seconds it is no use to ask again. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }

  /** Nothing was decided: the same request may be sent again as it is. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }

  static of(answer: Response, body: unknown): Problem {
    const said = (typeof body === 'object' && body !== null ? body : {}) as {
      code?: string
      detail?: string
      errors?: { pointer?: string; detail?: string }[]
    }
    const fields = Object.fromEntries(
      (said.errors ?? []).map((one) => [
        (one.pointer ?? '').replace(/^[#/?]+/, '').replaceAll('/', '.'),
        one.detail ?? '',
      ]),
    )
    const seconds = Number(answer.headers.get('Retry-After'))
    return new Problem(
      answer.status,
      said.code ?? `http_${answer.status}`,
      said.detail ?? answer.statusText,
      fields,
      Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    )
  }

  /** No answer came: the network is away, or the time was up. */
  static unreachable(): Problem {
    return new Problem(0, 'unreachable', '')
  }
}
