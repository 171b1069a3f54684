"""The message bus: a change and the events it caused are committed together, and every event has its effect once.

    outbox.add ─▶ table outbox ─▶ relay ─▶ exchange yiwang.events ─▶ <service>.inbox ─▶ inbox ─▶ @subscribe
                  (caller's        (own                              (quorum queue)     (batches,
                   transaction)     process)                                             exactly once)

`topology`  what exists on the broker          `outbox`, `relay`   the way out
`inbox`     the way in, `@subscribe`           `parked`            what is set aside, and bringing it back
`copies`    read models of others' data        `envelope`          CloudEvents on the wire
"""
