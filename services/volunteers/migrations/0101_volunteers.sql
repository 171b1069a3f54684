-- depends: 0002_http
-- Teams, volunteers, activities, participations, service orders. People are ids only: names and phones are registry's.

CREATE TABLE teams (
    team_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    is_active boolean NOT NULL,
    version integer NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (team_id),
    CONSTRAINT teams_kind_check CHECK (kind IN (
        'corps', 'professional', 'subdistrict_brigade', 'community_team', 'social_organisation'))
);
-- 1+4+N: one corps per district.
CREATE UNIQUE INDEX teams_corps_key ON teams (area) WHERE kind = 'corps' AND is_active;
CREATE UNIQUE INDEX teams_name_key ON teams (area, name) WHERE is_active;
CREATE INDEX teams_area_idx ON teams (area, team_id);
CREATE INDEX teams_lead_idx ON teams (lead_id);

CREATE TABLE volunteers (
    person_id uuid NOT NULL,
    areas text[] COLLATE "C" NOT NULL,
    skills text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT volunteers_pkey PRIMARY KEY (person_id)
);

CREATE TABLE members (
    team_id uuid NOT NULL,
    person_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (team_id, person_id),
    CONSTRAINT members_team_fkey FOREIGN KEY (team_id) REFERENCES teams (team_id),
    CONSTRAINT members_volunteer_fkey FOREIGN KEY (person_id) REFERENCES volunteers (person_id)
);
CREATE INDEX members_person_idx ON members (person_id, team_id);

CREATE TABLE activities (
    activity_id uuid NOT NULL,
    team_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    capacity integer NOT NULL,
    required_skills text[] NOT NULL,
    code text NOT NULL,
    state text NOT NULL,
    taken integer NOT NULL,
    version integer NOT NULL,
    CONSTRAINT activities_pkey PRIMARY KEY (activity_id),
    CONSTRAINT activities_team_fkey FOREIGN KEY (team_id) REFERENCES teams (team_id),
    CONSTRAINT activities_state_check CHECK (state IN ('planned', 'published', 'settled', 'cancelled')),
    CONSTRAINT activities_window_check CHECK (starts_at < ends_at),
    -- The last line of defence: no place is given twice, whatever the code does.
    CONSTRAINT activities_taken_check CHECK (taken BETWEEN 0 AND capacity)
);
CREATE INDEX activities_open_idx ON activities (starts_at, activity_id) WHERE state = 'published';
CREATE INDEX activities_team_idx ON activities (team_id, starts_at, activity_id);
CREATE INDEX activities_area_idx ON activities (area, starts_at, activity_id);

CREATE TABLE participations (
    participation_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    person_id uuid NOT NULL,
    part text NOT NULL,
    signed_up_at timestamptz NOT NULL,
    checked_in_at timestamptz,
    checked_out_at timestamptz,
    minutes integer,
    confirmed_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT participations_pkey PRIMARY KEY (participation_id),
    CONSTRAINT participations_activity_fkey FOREIGN KEY (activity_id) REFERENCES activities (activity_id),
    CONSTRAINT participations_person_fkey FOREIGN KEY (person_id) REFERENCES volunteers (person_id),
    CONSTRAINT participations_part_check CHECK (part IN (
        'waiting', 'signed_up', 'checked_in', 'checked_out', 'confirmed', 'no_show', 'cancelled')),
    CONSTRAINT participations_minutes_check CHECK (minutes >= 0)
);
-- One live participation per person; who cancelled may come again.
CREATE UNIQUE INDEX participations_live_key ON participations (activity_id, person_id) WHERE part <> 'cancelled';
CREATE INDEX participations_waiting_idx ON participations (activity_id, signed_up_at, participation_id)
    WHERE part = 'waiting';
CREATE INDEX participations_activity_idx ON participations (activity_id, participation_id);
CREATE INDEX participations_person_idx ON participations (person_id, participation_id);

-- The menu of services 点单.
CREATE TABLE menu (
    service text COLLATE "C" NOT NULL,
    name text NOT NULL,
    usual_minutes integer NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT menu_pkey PRIMARY KEY (service)
);

CREATE TABLE service_orders (
    service_order_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    -- No reference to the menu: a draw may name a service that is offered no longer.
    service text NOT NULL,
    resident_id uuid NOT NULL,
    words text NOT NULL,
    ordered_at timestamptz NOT NULL,
    draw_id uuid,
    planned_minutes integer,
    offered_team_id uuid,
    volunteer_id uuid,
    state text NOT NULL,
    minutes integer,
    rating integer,
    remark text NOT NULL,
    taken_at timestamptz,
    served_at timestamptz,
    confirmed_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT service_orders_pkey PRIMARY KEY (service_order_id),
    -- A draw opens one order, however often its event comes.
    CONSTRAINT service_orders_draw_key UNIQUE (draw_id),
    CONSTRAINT service_orders_team_fkey FOREIGN KEY (offered_team_id) REFERENCES teams (team_id),
    CONSTRAINT service_orders_volunteer_fkey FOREIGN KEY (volunteer_id) REFERENCES volunteers (person_id),
    CONSTRAINT service_orders_state_check CHECK (state IN ('ordered', 'taken', 'served', 'confirmed', 'cancelled')),
    CONSTRAINT service_orders_minutes_check CHECK (minutes BETWEEN 1 AND 1440),
    CONSTRAINT service_orders_rating_check CHECK (rating BETWEEN 1 AND 5)
);
CREATE INDEX service_orders_resident_idx ON service_orders (resident_id, service_order_id);
CREATE INDEX service_orders_volunteer_idx ON service_orders (volunteer_id, service_order_id)
    WHERE volunteer_id IS NOT NULL;
CREATE INDEX service_orders_open_idx ON service_orders (area, service_order_id) WHERE state = 'ordered';
CREATE INDEX service_orders_area_idx ON service_orders (area, service_order_id);
