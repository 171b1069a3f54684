-- depends: 0101_cases
-- Photos and documents of matters. The files lie in the store of files; a row says that one belongs to a matter.

CREATE TABLE attachments (
    attachment_id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    name text NOT NULL,
    size_bytes bigint NOT NULL,
    width integer,
    height integer,
    sha256 bytea NOT NULL,
    received_sha256 bytea NOT NULL,
    stored_as text NOT NULL,
    attached_by uuid,
    attached_as text NOT NULL,
    attached_at timestamptz NOT NULL,
    removed_at timestamptz,
    removed_by uuid,
    removal_reason text,
    -- When the file of a removed attachment was taken from the store.
    erased_at timestamptz,
    CONSTRAINT attachments_pkey PRIMARY KEY (attachment_id),
    CONSTRAINT attachments_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT attachments_stored_key UNIQUE (stored_as),
    CONSTRAINT attachments_kind_check CHECK (kind IN ('photo', 'document')),
    CONSTRAINT attachments_size_check CHECK (size_bytes > 0),
    CONSTRAINT attachments_removal_check CHECK ((removed_at IS NULL) = (removal_reason IS NULL))
);
CREATE INDEX attachments_case_idx ON attachments (case_id, attached_at);
CREATE INDEX attachments_removed_idx ON attachments (removed_at) WHERE removed_at IS NOT NULL AND erased_at IS NULL;

-- Up to which day the store was searched for files that no row knows.
CREATE TABLE attachment_sweeps (
    only_one boolean NOT NULL DEFAULT true,
    swept_through date NOT NULL,
    CONSTRAINT attachment_sweeps_pkey PRIMARY KEY (only_one),
    CONSTRAINT attachment_sweeps_one_check CHECK (only_one)
);
