/** Roles as the platform names them (domain: who uses it). */
export const ROLES = [
  'resident',
  'grid_worker',
  'grid_lead',
  'community_officer',
  'caller',
  'responder',
  'dispatcher',
  'operator',
  'supervisor',
  'mediator',
  'property',
  'team_lead',
  'volunteer',
  'shopkeeper',
  'integrator',
  'admin',
] as const
export type Role = (typeof ROLES)[number]

/** Those who work at a desk. */
export const DESK: readonly Role[] = [
  'community_officer',
  'caller',
  'responder',
  'dispatcher',
  'operator',
  'supervisor',
  'mediator',
  'property',
  'admin',
]
