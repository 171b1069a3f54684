-- depends: 0101_cases
-- Lists and search: what each list walks, and the words of matters cut into pairs of characters.

-- When the last entry of the timeline was made, and as what a matter without progress stands out (`0131`).
ALTER TABLE cases ADD COLUMN moved_at timestamptz;
ALTER TABLE cases ALTER COLUMN moved_at SET DEFAULT now();
ALTER TABLE cases ADD COLUMN stalled_as text;
ALTER TABLE cases ADD COLUMN stalled_at timestamptz;
UPDATE cases c SET moved_at = t.at
FROM timeline t
WHERE t.case_id = c.case_id AND t.position = c.timeline_length
  AND c.state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back');

-- Matters not yet ended are one in twenty, and most lists are of them: with what they are filtered and sorted by,
-- so that the whole of it is read without touching the table.
CREATE INDEX cases_live_idx ON cases (area, reported_at, case_id)
    INCLUDE (state, hold, due_at, category, channel, urgency, level, first_handler_by, stalled_as)
    WHERE state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back');
CREATE INDEX cases_due_idx ON cases (due_at, case_id) WHERE due_at IS NOT NULL;
-- The same for all matters of a subdistrict or less; in place of an index that began alike.
CREATE INDEX cases_place_idx ON cases (area, reported_at, case_id)
    INCLUDE (state, hold, due_at, category, channel, urgency, level, first_handler_by);
DROP INDEX cases_area_idx;
-- For what is rare among all matters; equal values share one entry.
CREATE INDEX cases_state_idx ON cases (state);
CREATE INDEX cases_category_idx ON cases (category);
CREATE INDEX cases_channel_idx ON cases (channel);
CREATE INDEX cases_urgency_idx ON cases (urgency) WHERE urgency <> 'ordinary';
CREATE INDEX cases_level_idx ON cases (level) WHERE level <> 'grid';
CREATE INDEX cases_handler_idx ON cases (first_handler_by, reported_at, case_id) WHERE first_handler_by IS NOT NULL;

-- Apart from `cases`, whose rows change with every step: this is written once, and so is its index.
CREATE TABLE case_words (
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    -- Words and address in one form: half-width, lower case.
    content text NOT NULL,
    CONSTRAINT case_words_pkey PRIMARY KEY (case_id)
);

-- Every pair of neighbouring characters, so that words of two characters are found; and the areas around.
CREATE FUNCTION search_grams(content text, area text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE(array_to_tsvector(array_agg(DISTINCT gram)), '')
    FROM (
        SELECT one || COALESCE(lead(one) OVER (ORDER BY place), '')
        FROM unnest(string_to_array(content, NULL)) WITH ORDINALITY AS characters (one, place)
        UNION ALL
        SELECT 'area' || left(area, digits) FROM unnest(ARRAY[9, 12, 15, 17]) AS digits
        WHERE digits <= length(area)
    ) AS grams (gram)
$$;

CREATE FUNCTION keep_case_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_words (case_id, area, content)
    VALUES (NEW.case_id, NEW.area, lower(normalize(NEW.words || ' ' || NEW.address, NFKC)))
    ON CONFLICT (case_id) DO UPDATE SET area = excluded.area, content = excluded.content;
    RETURN NULL;
END
$$;
CREATE TRIGGER words_of_new_cases AFTER INSERT ON cases
    FOR EACH ROW EXECUTE FUNCTION keep_case_words();
CREATE TRIGGER words_of_changed_cases AFTER UPDATE OF area, words, address ON cases
    FOR EACH ROW WHEN ((OLD.area, OLD.words, OLD.address) IS DISTINCT FROM (NEW.area, NEW.words, NEW.address))
    EXECUTE FUNCTION keep_case_words();

INSERT INTO case_words (case_id, area, content)
SELECT case_id, area, lower(normalize(words || ' ' || address, NFKC)) FROM cases;

-- The list of what was added lately is searched through each time: kept short.
CREATE INDEX case_words_grams_idx ON case_words USING gin (search_grams(content, area))
    WITH (gin_pending_list_limit = 512);
